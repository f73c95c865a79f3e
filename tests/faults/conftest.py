"""Tests that break the product on purpose run when they are asked for: `make faults`, `pytest tests/faults`."""

from typing import Any

import pytest

# What a module counted, to be said at the end of the run.
CLOSING_LINES = pytest.StashKey[list[tuple[str, dict[str, int]]]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[CLOSING_LINES] = []


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    for subject, counts in config.stash[CLOSING_LINES]:
        words = ", ".join(f"{count} {word}" for word, count in counts.items())
        terminalreporter.write_line(f"{subject}: {words}; {'some were missed' if exitstatus else 'none was missed'}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not any("faults" in argument for argument in config.args):
        ours = [item for item in items if "faults" in item.path.parts]
        items[:] = [item for item in items if item not in ours]
        config.hook.pytest_deselected(items=ours)
