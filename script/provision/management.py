"""The management Odoo: its configuration, its database, its process."""

import configparser
import getpass
import hashlib
import time
import urllib.request

from . import audit_owner, postgres, processes
from .odoo_source import odoo_source
from .platform import control_url, platform_path
from .ports import require_free_port
from .trouble import Trouble
from .virtualenv import environment_folder, python

MODULES = "ipai_ops"
INSTALL_TIMEOUT_SECONDS = 600
START_TIMEOUT_SECONDS = 120
WORKERS_END_SECONDS = 15  # those of a killed Odoo hold its port until they notice
SETTLE = """import os
values = {{"web.base.url": {url!r}, "web.base.url.freeze": "True"}}
for key, value in values.items():
    env["ir.config_parameter"].set_param(key, value)
admin = env.ref("base.user_admin")
admin.password = open({password_file!r}).read().strip()
keys = env["res.users.apikeys"].with_user(admin)
keys.search([("user_id", "=", admin.id), ("name", "=", "script/server")]).sudo().unlink()
key = keys._generate("rpc", "script/server", None)
with open(os.open({key_file!r}, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
    out.write(key)
env.cr.commit()
"""


def public_url(settings):
    """Where people open the management Odoo."""
    return f"http://ops.{settings.domain}:{settings.ports['edge']}"


def pid_path(settings):
    return settings.state / "odoo.pid"


def log_path(settings):
    return settings.logs / "odoo.log"


def write_shell_config(settings):
    """The configuration of script/odoo: this instance's PostgreSQL, bound to the loopback address."""
    _write_config(
        settings,
        settings.state / "shell.conf",
        {
            "http_interface": "127.0.0.1",
            "workers": "0",
            "max_cron_threads": "0",
            "list_db": "True",
            "data_dir": str(settings.state / "shell-data"),
        },
    )
    return "written"


def write_server_config(commands, settings):
    """The configuration of the running management Odoo; returns its path."""
    path = settings.state / "odoo.conf"
    _write_config(
        settings,
        path,
        {
            "http_interface": control_url(commands, settings).split("/")[2].partition(":")[0],
            "http_port": str(settings.ports["odoo"]),
            "gevent_port": str(settings.ports["websocket"]),
            "db_name": settings.instance,
            "data_dir": str(settings.state / "odoo-data"),
        },
    )
    return path


def _write_config(settings, path, overrides):
    parser = configparser.RawConfigParser()
    parser.read(settings.checkout / "odoo.conf")
    folders = [*odoo_source(settings).addons, settings.checkout / "addons"]
    options = {
        "addons_path": ",".join(str(folder) for folder in folders),
        "db_host": str(postgres.socket_folder(settings)),
        "db_user": getpass.getuser(),
        **overrides,
    }
    for name, value in options.items():
        parser.set("options", name, value)
    settings.state.mkdir(parents=True, exist_ok=True)
    with path.open("w") as out:
        parser.write(out)


def ensure_management(commands, settings):
    """The management Odoo with this checkout's code, answering; says what was done."""
    config = write_server_config(commands, settings)
    code, process = _code_mark(settings), _process_mark(settings, config)
    if _read(settings, "odoo.process") == process and _answers_while_it_lives(commands, settings):
        return "running"
    stop_management(settings)
    note = _ensure_database(commands, settings, config, code)
    _start(commands, settings, config)
    (settings.state / "odoo.process").write_text(process)
    return note


def stop_management(settings):
    """Stop the management Odoo; says whether it was running."""
    return processes.stop(pid_path(settings), timeout_seconds=30)


def _ensure_database(commands, settings, config, code):
    known = _read(settings, "odoo.database")
    note = "started"
    postgres.ensure_database(commands, settings, settings.instance)
    audit_owner.hand_over(commands, settings, settings.instance)
    if known != code:
        verb, note = ("-u", "updated") if known else ("-i", "installed")
        words = [verb, MODULES, "--stop-after-init"]
        why = f"The addon {MODULES} could not be {note}"
        _odoo(commands, settings, config, words, why)
        (settings.state / "odoo.database").write_text(code)
    _settle(commands, settings, config)
    return note


def _settle(commands, settings, config):
    """Address, first password and our API key: set once, so a password changed later stays."""
    if _read(settings, "odoo.settled") == public_url(settings):
        return
    script = SETTLE.format(
        url=public_url(settings),
        password_file=str(settings.secrets / "admin-password"),
        key_file=str(settings.secrets / "api-key"),
    )
    why = "The administrator's password could not be set"
    _odoo(commands, settings, config, [], why, command="shell", stdin=script)
    (settings.state / "odoo.settled").write_text(public_url(settings))


def _odoo(commands, settings, config, words, why, command="server", stdin=None):
    """Run Odoo to its end, without a port, workers or crons."""
    alone = ["--no-http", "--workers", "0", "--max-cron-threads", "0", "--log-level", "warn"]
    return commands.run(
        [
            python(settings),
            odoo_source(settings).program,
            command,
            "--config",
            config,
            "--database",
            settings.instance,
            *alone,
            *words,
        ],
        timeout=INSTALL_TIMEOUT_SECONDS,
        why=why,
        stdin=stdin,
        environ=environment(settings),
    )


def environment(settings):
    """What Odoo finds in its environment: its code, and where the platform is described."""
    return {
        "PYTHONPATH": str(odoo_source(settings).python_path),
        "PYTHONPYCACHEPREFIX": str(settings.cache / "pycache"),
        "IPAI_PLATFORM": str(platform_path(settings)),
        "DOCUTILSCONFIG": str(settings.checkout / "script/docutils.conf"),
    }


def _start(commands, settings, config):
    for port, purpose in (("odoo", ""), ("websocket", "'s websocket")):
        require_free_port(
            settings.ports[port], f"the management Odoo{purpose}", WORKERS_END_SECONDS
        )
    command = [python(settings), odoo_source(settings).program, "server", "--config", config]
    processes.start_detached(command, pid_path(settings), log_path(settings), environment(settings))
    if not _answers_while_it_lives(commands, settings):
        log = log_path(settings)
        raise Trouble(f"The management Odoo ended: {processes.last_line(log)} (log: {log}).")


def _answers_while_it_lives(commands, settings):
    """True when the login page comes, which proves that the registry loads; False when Odoo ends first."""
    url = f"{control_url(commands, settings)}/web/login"
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while processes.running_pid(pid_path(settings)):
        if _answers(url):
            return True
        if time.monotonic() > deadline:
            raise Trouble(
                f"The management Odoo does not answer at {url} (log: {log_path(settings)})."
            )
        time.sleep(0.2)
    return False


def _answers(url):
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status == 200
    except OSError:
        return False


def _code_mark(settings):
    """Changes with any file of our addons, but not with their tests."""
    return _tree_mark(settings.checkout / "addons", str(environment_folder(settings)))


def _tree_mark(folder, start=""):
    digest = hashlib.sha256(start.encode())
    for path in sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not {"tests", "__pycache__"} & set(path.parts)
    ):
        digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _process_mark(settings, config):
    """Changes with everything a running Odoo has read once: code, configuration, platform, place."""
    parts = [
        _code_mark(settings),
        _tree_mark(settings.checkout / "toolbox"),
        config.read_text(),
        platform_path(settings).read_text(),
        str(settings.checkout),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _read(settings, name):
    path = settings.state / name
    return path.read_text() if path.exists() else ""
