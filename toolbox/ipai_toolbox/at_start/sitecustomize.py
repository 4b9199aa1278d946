"""Gives Odoo a database of its own where it asks for "postgres".

Odoo tells its processes of bus messages and due crons by LISTEN and NOTIFY in the database `postgres`,
which all environments of a server would share: each would hear the others and could silence them. That
database is closed to them. Python reads this file when it starts, in every process of the target
(workers, websocket, shell), and `odoo.sql_db` is changed at the one place where a database's name
becomes a connection, whatever image Odoo comes from. Without it Odoo does not start at all, so a
redirection that is lost is seen.
"""

import importlib.machinery
import importlib.util
import os
import sys

SHARED = "postgres"
VARIABLE = "IPAI_BUS_DATABASE"
WATCHED = "odoo.sql_db"


class Watcher:
    """Waits for the import of odoo.sql_db and changes it as soon as it is read."""

    def __init__(self, bus):
        self.bus = bus

    def find_spec(self, name, path=None, target=None):
        if name != WATCHED:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            read = spec.loader.exec_module

            def exec_module(module):
                read(module)
                redirect(module, self.bus)

            # One loader is made for one module: no other module is read by this one.
            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def redirect(sql_db, bus):
    """Connect to `bus` where "postgres" is asked for; the connection keeps its name for Odoo."""
    given = sql_db.connection_info_for

    def connection_info_for(db_or_uri, *args, **kwargs):
        name, info = given(db_or_uri, *args, **kwargs)
        if info.get("database") == SHARED:
            info = {**info, "database": bus}
        return name, info

    sql_db.connection_info_for = connection_info_for


def run_the_images_own():
    """A sitecustomize of the image, which this one hides, is run as well."""
    here = os.path.dirname(os.path.abspath(__file__))
    paths = [path for path in sys.path if os.path.abspath(path) != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", paths)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


if os.environ.get(VARIABLE):
    sys.meta_path.insert(0, Watcher(os.environ[VARIABLE]))
run_the_images_own()
