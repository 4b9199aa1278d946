"""Entry point."""

import sys

from . import docker_engine, machine, management, odoo_source, postgres, swarm, virtualenv
from .commands import Commands
from .progress import Progress
from .settings import current_settings
from .trouble import Trouble


def main():
    try:
        machine.require_root()
        settings = current_settings()
        commands = Commands(settings.logs / "provision.log")
        progress = Progress()
        for label, act in (
            ("Debian packages", lambda: machine.ensure_packages(commands)),
            ("Docker engine", lambda: docker_engine.ensure_engine(commands)),
            ("Swarm", lambda: swarm.ensure_swarm(commands, settings)),
            ("Networks", lambda: swarm.ensure_networks(commands, settings)),
            ("Odoo 19 source", lambda: odoo_source.ensure_odoo_source(commands, settings)),
            ("Python environment", lambda: virtualenv.ensure_environment(commands, settings)),
            ("Management PostgreSQL", lambda: postgres.ensure_postgres(commands, settings)),
            ("Odoo shell configuration", lambda: management.write_shell_config(settings)),
            ("Test tools", lambda: virtualenv.ensure_test_tools(commands, settings)),
        ):
            with progress.step(label) as outcome:
                outcome["note"] = act()
    except Trouble as trouble:
        sys.exit(f"script/server: {trouble}")
