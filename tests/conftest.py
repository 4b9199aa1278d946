"""Lets the engine be imported alone: ``from ipai_ops.engine import …`` needs no Odoo."""

import sys
import types
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDON = ROOT / "addons" / "ipai_ops"


def _importable_without_odoo():
    package = types.ModuleType("ipai_ops")
    package.__path__ = [str(ADDON)]
    sys.modules.setdefault("ipai_ops", package)
    sys.path.insert(0, str(ROOT / "toolbox"))


_importable_without_odoo()
