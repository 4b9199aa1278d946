"""The odoo.conf of a target: closed where it can be, sized by its memory."""

import hashlib
from collections.abc import Mapping

DATA_DIR = "/var/lib/odoo"
CRON_THREADS = 1
THREADED_CONNECTIONS = 16
CONNECTIONS_PER_WORKER = 4
SOFT_SHARE, HARD_SHARE = 0.75, 0.95  # of the memory one process may take
SMALLEST_WORKER_MB = 640
# What a project may set: nothing that names a file, a program, a module, an address to listen on or a
# limit of the platform.
FREE = frozenset(
    (
        "smtp_server",
        "smtp_port",
        "smtp_ssl",
        "smtp_user",
        "smtp_password",
        "email_from",
        "from_filter",
    )
) | {
    "import_file_maxbytes",
    "import_file_timeout",
    "transient_age_limit",
    "websocket_keep_alive_timeout",
    "websocket_rate_limit_burst",
    "websocket_rate_limit_delay",
}
FREE_PREFIXES = ("sentry_", "x_")  # read by modules, not by Odoo itself
FIXED = {
    "list_db": False,
    "proxy_mode": True,
    "http_interface": "0.0.0.0",
    "http_port": 8069,
    "gevent_port": 8072,
    "data_dir": DATA_DIR,
    "max_cron_threads": CRON_THREADS,
    "without_demo": True,
    "logfile": "",
    "log_handler": ":INFO",
}


def render(
    database: str,
    host: str,
    port: int,
    user: str,
    password: str,
    workers: int = 0,
    memory_mb: int = 2048,
    addons_path: str | None = None,
    extra: Mapping[str, object] | None = None,
    bus: str = "",
) -> str:
    """Return the text of a target's odoo.conf; it holds the database password.

    The database manager is off: no list, one database, no master password that could be guessed.
    ``extra`` options win over all others. ``bus``: the database that Odoo takes for "postgres"; it has
    a section of its own, which the toolbox reads and Odoo does not.
    """
    options = {
        **FIXED,
        "admin_passwd": _master_password(password),
        "db_name": database,
        "dbfilter": f"^{database}$",
        "db_host": host,
        "db_port": port,
        "db_user": user,
        "db_password": password,
        "db_maxconn": _connections(workers),
        "workers": workers,
        **_limits(workers, memory_mb),
    }
    if addons_path:
        options["addons_path"] = addons_path
    options |= extra or {}
    told = f"[ipai]\nbus_database = {_value(bus)}\n" if bus else ""
    return "[options]\n" + "".join(f"{key} = {_value(options[key])}\n" for key in options) + told


def is_free_option(name: str) -> bool:
    """Say whether a project may set the option: one that is known to be harmless."""
    return name in FREE or name.startswith(FREE_PREFIXES)


def _master_password(password: str) -> str:
    """Return a password nobody knows, the same each time: the manager it opens is off anyway."""
    return hashlib.sha256(f"master password, {password}".encode()).hexdigest()


def _connections(workers: int) -> int:
    return CONNECTIONS_PER_WORKER if workers else THREADED_CONNECTIONS


def _limits(workers: int, memory_mb: int) -> dict[str, int]:
    """Return Odoo's memory limits: a process ends itself before the container is killed."""
    share = 1 if not workers else max(2, workers // 2 + 1)
    one = max(SMALLEST_WORKER_MB, memory_mb // share) << 20
    return {
        "limit_memory_soft": int(one * SOFT_SHARE),
        "limit_memory_hard": int(one * HARD_SHARE),
        "limit_time_cpu": 600,
        "limit_time_real": 1200,
        "limit_time_real_cron": 3600,
    }


def _value(value: object) -> str:
    text = str(value)
    if any(letter in text for letter in "\r\n\0"):
        raise ValueError("An option of odoo.conf is one line of text.")
    return text
