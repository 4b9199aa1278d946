"""The commands of script/server."""

import fcntl
import sys
from contextlib import contextmanager

from . import machine, management, status, teardown, virtualenv
from .commands import Commands
from .progress import Progress
from .server import Server
from .settings import current_settings
from .trouble import Trouble

USAGE = """usage: script/server [start|stop|restart|status|reset|setup|tools]

  start    (or nothing) everything: engine, images, services, management Odoo, demo project
  stop     stop all of it; the next start continues where it was
  restart  stop, then start
  status   what runs; exit status 0 when all does
  reset    remove this instance and its data; downloads and images stay in the cache
  setup    only what it takes to run Odoo here: engine, Python environment, PostgreSQL
  tools    setup, and what the tests need besides: pytest, linters, a browser
"""


def main(words=None):
    """Run one command; the exit status."""
    words = sys.argv[1:] if words is None else words
    command = COMMANDS.get(words[0] if words else "start")
    if command is None or len(words) > 1:
        sys.stderr.write(USAGE)
        return 2
    return reported(command)


def reported(command):
    """Run `command`; a Trouble becomes one sentence on the error output and exit status 1."""
    try:
        return _run(command)
    except Trouble as trouble:
        sys.stderr.write(f"\n{trouble}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped; script/server continues from here.\n")
        return 130


def _run(command):
    machine.require_root()
    settings = current_settings()
    progress = Progress()
    if command in (show_status, show_services):
        return command(settings, Commands(settings.logs / "provision.log"), progress)
    with only_one(settings):
        return command(settings, Commands(settings.logs / "provision.log"), progress)


@contextmanager
def only_one(settings):
    """Two at once would trip over each other: the second says so and ends."""
    settings.state.mkdir(parents=True, exist_ok=True)
    with (settings.state / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            raise Trouble(
                f"Another script/server is at work on “{settings.instance}”: wait for it to finish."
            ) from exc
        yield


def start(settings, commands, progress):
    server = Server(settings, commands, progress)
    server.start()
    url = server.deploy_demo()
    progress.line("Ready", progress.total_seconds())
    sys.stdout.write(
        f"\n  Operations     {management.public_url(settings)}/"
        f"  login admin, password in {settings.secrets / 'admin-password'}\n"
        f"  Acme’s Odoo    {url}/  login admin, password under its environment in Operations\n"
        f"  Its repository git clone {settings.state / 'git/demo.git'}; a push to main deploys it\n"
    )
    return 0


def setup(settings, commands, progress):
    Server(settings, commands, progress).setup()
    return 0


def tools(settings, commands, progress):
    setup(settings, commands, progress)
    with progress.step("Test tools") as outcome:
        outcome["note"] = virtualenv.ensure_test_tools(commands, settings)
    with progress.step("Browser") as outcome:
        outcome["note"] = machine.ensure_packages(commands, machine.TEST_PACKAGES)
    return 0


def stop(settings, commands, progress):
    return _do_all(teardown.stop(commands, settings), progress)


def reset(settings, commands, progress):
    return _do_all(teardown.reset(commands, settings), progress)


def restart(settings, commands, progress):
    stop(settings, commands, progress)
    return start(settings, commands, progress)


def show_status(settings, commands, progress):
    return _show(status.report(commands, settings), progress)


def show_services(settings, commands, progress):
    return _show(status.services(commands, settings), progress)


def _show(parts, progress):
    parts = list(parts)
    for what, is_well, detail in parts:
        progress.line(f"{'✓' if is_well else '✗'} {what}", note=detail)
    return 0 if all(is_well for _, is_well, _ in parts) else 3


def _do_all(steps, progress):
    for label, act in steps:
        with progress.step(label) as outcome:
            outcome["note"] = act()
    return 0


COMMANDS = {
    "start": start,
    "stop": stop,
    "restart": restart,
    "status": show_status,
    "reset": reset,
    "setup": setup,
    "tools": tools,
}
