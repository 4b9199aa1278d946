"""What runs, what does not, in a few lines."""

import json
import urllib.request

from . import docker_engine, firewall, forge, management, postgres, processes
from .platform import platform_path
from .services import replicas


def report(commands, settings):
    """Yield (what, is it well, detail) for each part of the instance."""
    has_engine = docker_engine.answers(commands)
    yield "Docker engine", has_engine, "ours" if docker_engine.is_ours() else "the machine's"
    if has_engine:
        yield from services(commands, settings)
    yield (
        "Management PostgreSQL",
        postgres.is_running(commands, settings),
        str(postgres.socket_folder(settings)),
    )
    yield (
        "Git daemon",
        bool(processes.running_pid(forge.pid_path(settings))),
        str(forge.served_folder(settings)),
    )
    yield "Management Odoo", _odoo_answers(settings), management.public_url(settings)


def services(commands, settings):
    """The firewall, then each Swarm service of the instance, targets included."""
    yield "Firewall", *firewall.state(commands, settings)
    for name, count in sorted(replicas(commands, settings).items()):
        running, _, wanted = count.partition("/")
        yield f"Service {name}", running == wanted != "0", count


def _odoo_answers(settings):
    if not platform_path(settings).exists():
        return False
    url = json.loads(platform_path(settings).read_text())["control_url"]
    try:
        with urllib.request.urlopen(f"{url}/web/health", timeout=10) as answer:
            return answer.status == 200
    except OSError:
        return False
