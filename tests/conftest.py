"""Lets each addon's engine be imported alone, and says which folders may run side by side."""

import sys
import types
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def _importable_without_odoo():
    for addon in (ROOT / "addons").iterdir():
        package = types.ModuleType(addon.name)
        package.__path__ = [str(addon)]
        sys.modules.setdefault(addon.name, package)
    sys.path.insert(0, str(ROOT / "toolbox"))


_importable_without_odoo()

# These share one Docker engine, and some of them kill it: they run one after the other.
ON_THE_ENGINE = {"contract", "dataplane", "edge", "integration", "stack"}


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the marks
def pytest_collection_modifyitems(items):
    """Say what may run side by side (`pytest -n 2 --dist loadgroup`): folders may, but for those above."""
    for item in items:
        folder = item.path.relative_to(ROOT).parts[
            1 if item.path.is_relative_to(ROOT / "tests") else 0
        ]
        group = "engine" if folder in ON_THE_ENGINE else folder
        item.add_marker(pytest.mark.xdist_group(group))
