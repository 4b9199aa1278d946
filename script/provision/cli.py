"""Entry point."""

import sys

from . import docker_engine, machine, management, odoo_source, postgres, swarm, virtualenv, credentials, images, platform
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
        state = {}
        def make_images():
            state["recipes"] = images.ensure_archives(commands, settings, progress.line)
            return "ok"
        def push():
            state["images"] = platform.push_images(commands, settings, state["recipes"])
            return "ok"
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
            ("Secrets", lambda: credentials.ensure_secret_files(settings)),
            ("Swarm secrets", lambda: credentials.ensure_swarm_secrets(commands, settings)),
            ("Images", make_images),
            ("Registry", lambda: platform.ensure_registry(commands, settings, state["recipes"])),
            ("Push", push),
            ("Services", lambda: platform.ensure_platform_services(commands, settings, state["images"])),
            ("Platform.json", lambda: platform.write_platform(commands, settings, state["images"])),
            ("Management Odoo", lambda: management.ensure_management(commands, settings)),
        ):
            if sys.argv[1:] == ["setup"] and label == "Secrets":
                break
            with progress.step(label) as outcome:
                outcome["note"] = act()
    except Trouble as trouble:
        sys.exit(f"script/server: {trouble}")
