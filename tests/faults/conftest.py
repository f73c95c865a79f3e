"""Tests that break the product on purpose run when they are asked for: `make faults`, `pytest tests/faults`."""

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not any("faults" in argument for argument in config.args):
        ours = [item for item in items if "faults" in item.path.parts]
        items[:] = [item for item in items if item not in ours]
        config.hook.pytest_deselected(items=ours)
