"""A throw-away management database, and the ORM on it, inside this process."""

import os
import subprocess
from contextlib import contextmanager

import odoo
from odoo import api
from odoo.modules.module import initialize_sys_path
from odoo.modules.registry import Registry
from odoo.tools import config

INSTALL_TIMEOUT_SECONDS = 300


def configure():
    """Read script/odoo's configuration and make the addons importable."""
    config.parse_config(["-c", os.environ["ODOO_RC"]])
    initialize_sys_path()


@contextmanager
def environment(name, script, addons="ipai_ops"):
    """Yield an Environment of a fresh database with the addons installed; drop it afterwards.

    ``script`` is the path of script/odoo, which knows the configuration.
    """
    install = [script, "-d", name, "-i", addons, "--stop-after-init", "--log-level", "error"]
    subprocess.run(install, check=True, timeout=INSTALL_TIMEOUT_SECONDS)
    registry = Registry(name)
    try:
        with registry.cursor() as cursor:
            yield api.Environment(cursor, api.SUPERUSER_ID, {})
    finally:
        odoo.sql_db.close_db(name)
        _drop(name)


def _drop(name):
    with odoo.sql_db.db_connect("postgres").cursor() as cursor:
        cursor._cnx.autocommit = True
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
