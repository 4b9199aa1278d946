"""Lets each addon's engine be imported alone: ``from ipai_ops.engine import …`` needs no Odoo."""

import sys
import types
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def _importable_without_odoo():
    for addon in (ROOT / "addons").iterdir():
        package = types.ModuleType(addon.name)
        package.__path__ = [str(addon)]
        sys.modules.setdefault(addon.name, package)
    sys.path[:0] = [str(ROOT / "toolbox"), str(ROOT / "tests")]


_importable_without_odoo()
