"""Where the keys of this database are: outside it."""

from odoo.tools import config

from ..adapters.local.key_files import KeyFile


def key_file(env, purpose):
    """Return the file of this database's key for ``purpose``: audit or secrets."""
    return KeyFile(purpose, env.cr.dbname, config["data_dir"])
