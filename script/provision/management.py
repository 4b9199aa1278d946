"""The management Odoo: its configuration, its database, its process."""

import configparser
import getpass

from . import postgres
from .odoo_source import odoo_source



def write_shell_config(settings):
    """The configuration of script/odoo: this instance's PostgreSQL, bound to the loopback address."""
    path = settings.state / "shell.conf"
    _write_config(settings, path, {"http_interface": "127.0.0.1", "workers": "0", "max_cron_threads": "0",
                                   "list_db": "True", "data_dir": str(settings.state / "shell-data")})
    return "written"


def _write_config(settings, path, overrides):
    parser = configparser.RawConfigParser()
    parser.read(settings.checkout / "odoo.conf")
    options = {
        "addons_path": ",".join(str(folder) for folder in _addons(settings)),
        "db_host": str(postgres.socket_folder(settings)),
        "db_user": getpass.getuser(),
        **overrides,
    }
    for name, value in options.items():
        parser.set("options", name, value)
    settings.state.mkdir(parents=True, exist_ok=True)
    with path.open("w") as out:
        parser.write(out)


def _addons(settings):
    ours = settings.checkout / "addons"
    return [*odoo_source(settings).addons, *([ours] if any(ours.glob("*/__manifest__.py")) else [])]
