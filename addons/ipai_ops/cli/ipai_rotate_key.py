"""``odoo-bin ipai_rotate_key``: a new key for secrets, and every secret encrypted with it."""

import argparse
import sys

import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.cli import Command
from odoo.modules.registry import Registry
from odoo.tools import config

BATCH = 100
TRIES = 10


class Ipai_Rotate_Key(Command):
    """Encrypt all secrets with a new key; called again after an interruption it goes on"""

    name = "ipai_rotate_key"

    def run(self, args):
        parser = argparse.ArgumentParser(prog="odoo-bin ipai_rotate_key", description=self.__doc__)
        parser.add_argument("-c", "--config", help="Odoo's configuration file")
        parser.add_argument("-d", "--database", required=True)
        wanted = parser.parse_args(args)
        options = ["--config", wanted.config] if wanted.config else []
        config.parse_config([*options, "-d", wanted.database, "--no-http"])
        done = _rotate(Registry(wanted.database))
        sys.stdout.write(f"{done} records are encrypted with the new key.\n")


def _rotate(registry):
    """Make a key unless one is half introduced; return how many records were encrypted anew."""
    _in_transaction(registry, lambda secrets: secrets._begin_rotation())
    done = 0
    while count := _in_transaction(registry, lambda secrets: secrets._reseal_some(BATCH)):
        done += count
        sys.stderr.write(f"{done} records\n")
    _in_transaction(registry, lambda secrets: secrets._note_rotation(done))
    return done


def _in_transaction(registry, step):
    """Return what ``step`` gives in a transaction of its own; somebody else's write goes first."""
    for left in reversed(range(TRIES)):
        try:
            with registry.cursor() as cursor:
                return step(api.Environment(cursor, SUPERUSER_ID, {})["ops.secret"])
        except psycopg2.errors.SerializationFailure:
            if not left:
                raise
    return None
