"""The real stack under faults: two web processes, Postgres and Valkey behind a proxy, simulated people with journals.

`run.py` plays one run; `verifier.py` reads journals and Postgres and says what was lost, doubled or out of order.
"""
