"""Chooses the verb. Imports only what that verb needs: the probe must start fast."""

import importlib
import sys

from .container import harden

DEPLOY = ("build", "database", "update", "smoke", "drop", "sweep", "replay", "probe", "serve")
MOVE = ("backup", "restore", "clone", "park", "point", "swap", "renew", "forget", "check", "boot")
ARCHIVES = ("export_zip", "import_zip", "pitr_base", "pitr_restore", "pitr_status")
CLEANSE = ("neutralize", "mask")
MODULES = ("modules", "module_plan", "uninstall")
PEOPLE = ("console",)
LIMITS = ("measure",)
VERBS = (*DEPLOY, *MOVE, *ARCHIVES, *CLEANSE, *MODULES, *PEOPLE, *LIMITS)


def main(arguments: list[str]) -> int:
    """Run one verb; the exit status is 0 when it did its work."""
    if len(arguments) != 1 or arguments[0] not in VERBS:
        print(f"Usage: ipai_toolbox VERB, one of: {', '.join(VERBS)}", file=sys.stderr)
        return 2
    harden()
    verb = importlib.import_module(f"ipai_toolbox.verbs.{arguments[0]}")
    if hasattr(verb, "main"):
        return verb.main()
    from .job import run_job

    return run_job(verb.run)
