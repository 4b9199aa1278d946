"""``odoo-bin ipai_audit``: verify or export the audit trail from the command line."""

import argparse
import sys
from datetime import datetime

from odoo import SUPERUSER_ID, api
from odoo.cli import Command
from odoo.modules.registry import Registry
from odoo.tools import config


class Ipai_Audit(Command):
    """Verify the audit trail, export it, or show the public key that verifies an export"""

    name = "ipai_audit"

    def run(self, args):
        parser = argparse.ArgumentParser(prog="odoo-bin ipai_audit", description=self.__doc__)
        parser.add_argument("what", choices=("verify", "export", "public-key"))
        parser.add_argument("-c", "--config", help="Odoo's configuration file")
        parser.add_argument("-d", "--database", required=True)
        for name in ("since", "until"):
            words = f"export only rows {name} this day or time (UTC): 2026-01-31"
            parser.add_argument(f"--{name}", type=datetime.fromisoformat, help=words)
        wanted = parser.parse_args(args)
        options = ["--config", wanted.config] if wanted.config else []
        config.parse_config([*options, "-d", wanted.database, "--no-http"])
        with Registry(wanted.database).cursor() as cursor:
            audit = api.Environment(cursor, SUPERUSER_ID, {})["ops.audit"]
            sys.exit(_answer(audit, wanted.what, wanted.since, wanted.until))


def _answer(audit, what, since, until):
    """Print what was asked for; return the exit status."""
    if what == "export":
        for line in audit._export(since, until):
            sys.stdout.write(f"{line}\n")
        return 0
    if what == "public-key":
        sys.stdout.write(audit._public_key() + "\n")
        return 0
    verdict = audit._verify()
    sys.stdout.write(audit._verdict_text(verdict) + "\n")
    return 0 if verdict.is_good else 1
