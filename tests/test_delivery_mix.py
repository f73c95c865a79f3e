"""A minute of the fault suite in every test run; the long form and the controls are `make faults`."""

import asyncio
import os
import random

import pytest

from tests.faults.delivery.run import Plan, play


@pytest.mark.slow  # a stack of its own is built, broken for half a minute, and mended
def test_promises_hold_through_a_mix_of_faults() -> None:
    seed = int(os.environ.get("FAULTS_SEED") or random.randrange(10**6))
    report = asyncio.run(play(Plan(seed=seed, seconds=26, scale=0.5, quick=True)))
    print(report)
    assert not report.broken, f"to repeat it: FAULTS_SEED={seed}\n{report}"
