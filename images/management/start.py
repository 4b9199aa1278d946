"""Starts the management Odoo of a stack: its role and database first, then its code, then Odoo itself.

Begins as root: only root reads the password of the database's administrator, who makes Odoo's role,
its database and the audit trail's tables, and joins the group of Docker's socket. Root is given up
before Odoo runs; Odoo's own role is neither superuser nor owner of the database or of the trail.
The database remembers which code it has been updated to, so a restart is quick, and of two
replicas one updates while the other waits for it.
"""

import configparser
import hashlib
import os
import pwd
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import psycopg2

HOME = Path("/opt/ipai")
SECRETS = Path("/run/secrets")
CONFIG = Path("/run/ipai/odoo.conf")
SOCKET = Path("/var/run/docker.sock")
IMPORTS = Path("/ipai/imports")
ROLE = DATABASE = "ipai"
AS_ODOO = f"ROLE {ROLE} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
AUDIT = (
    "audit_owner",
    "ed25519",
    "audit_tables",
    "audit_functions",
    "audit_grants",
    "audit_views",
)
MODULES = "ipai_ops"
MARK = "ipai.code"
LOCK = 1768972649
DATABASE_WAIT_SECONDS = 120
INSTALL_TIMEOUT_SECONDS = 1800
SETTLE = """
for key, value in {values!r}.items():
    env["ir.config_parameter"].set_param(key, value)
if {is_new!r}:
    env.ref("base.user_admin").password = open("/run/secrets/admin-password").read().strip()
env.cr.commit()
"""


def secret(name):
    return (SECRETS / name).read_text().strip()


def host():
    return os.environ["DATABASE_HOST"]


def give_up_root():
    """Become the user odoo, in the group that owns Docker's socket; the configuration becomes ours."""
    odoo = pwd.getpwnam("odoo")
    CONFIG.parent.mkdir(mode=0o700, exist_ok=True)
    for path in filter(Path.exists, (CONFIG.parent, Path("/var/lib/odoo"), IMPORTS)):
        os.chown(path, odoo.pw_uid, odoo.pw_gid)
    groups = [SOCKET.stat().st_gid] if SOCKET.exists() else []
    os.setgroups([odoo.pw_gid, *groups])
    os.setgid(odoo.pw_gid)
    os.setuid(odoo.pw_uid)
    os.environ["HOME"] = odoo.pw_dir


def connect(user, password, database):
    return psycopg2.connect(
        host=host(), user=user, password=password, dbname=database, connect_timeout=5
    )


def wait_for_server():
    """An administrator's connection, as soon as the server takes one."""
    deadline = time.monotonic() + DATABASE_WAIT_SECONDS
    while True:
        try:
            return connect("postgres", secret("postgres-password"), "postgres")
        except psycopg2.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)


def ensure_database():
    """Odoo's own role and database: Odoo refuses to work as `postgres`."""
    administrator = wait_for_server()
    administrator.autocommit = True
    with administrator.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])
        verb = "ALTER" if cursor.fetchone() else "CREATE"
        cursor.execute(f"{verb} {AS_ODOO} PASSWORD %s", [secret("database-password")])
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if not cursor.fetchone():
            cursor.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0")
    administrator.close()
    with closing(connect("postgres", secret("postgres-password"), DATABASE)) as administrator:
        hand_over(administrator, ROLE)


def hand_over(administrator, role):
    """Give the audit trail an owner of its own, in one transaction; again is as good as once."""
    with administrator.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        cursor.execute("SELECT set_config('ipai.odoo_role', %s, false)", [role])
        for name in AUDIT:
            cursor.execute((HOME / f"addons/ipai_ops/sql/{name}.sql").read_text(encoding="utf-8"))
    administrator.commit()


def write_config():
    parser = configparser.RawConfigParser()
    parser.read(HOME / "odoo.conf")
    options = {
        "addons_path": f"/usr/lib/python3/dist-packages/odoo/addons,{HOME / 'addons'}",
        "db_host": host(),
        "db_user": ROLE,
        "db_password": secret("database-password"),
        "db_name": DATABASE,
        "data_dir": "/var/lib/odoo",
        "http_interface": "0.0.0.0",
        "http_port": "8069",
        "gevent_port": "8072",
        "workers": os.environ.get("ODOO_WORKERS", "2"),
    }
    for name, value in options.items():
        parser.set("options", name, value)
    with open(os.open(CONFIG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        parser.write(out)


def code_mark():
    """Changes with any file of our addons."""
    digest = hashlib.sha256()
    for path in sorted(path for path in (HOME / "addons").rglob("*") if path.is_file()):
        digest.update(str(path).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def known_mark(cursor):
    """The code this database was updated to; None where Odoo is not in it yet."""
    cursor.execute("SELECT to_regclass('ir_config_parameter') IS NOT NULL")
    if not cursor.fetchone()[0]:
        return None
    cursor.execute("SELECT value FROM ir_config_parameter WHERE key = %s", [MARK])
    found = cursor.fetchone()
    return found[0] if found else None


def ensure_code():
    """The database installed, or updated to the code of this image; one replica does it."""
    guard = connect(ROLE, secret("database-password"), DATABASE)
    guard.autocommit = True
    with guard.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        known = known_mark(cursor)
        if known != code_mark():
            odoo("server", "-u" if known else "-i", MODULES, "--stop-after-init")
            settle(is_new=known is None)
    guard.close()


def settle(is_new):
    """Address and code mark; the first password only once, so a person's own one stays."""
    values = {"web.base.url": os.environ["PUBLIC_URL"], "web.base.url.freeze": "True"}
    values[MARK] = code_mark()
    odoo("shell", said=SETTLE.format(values=values, is_new=is_new))


def odoo(command, *words, said=""):
    alone = ["--no-http", "--workers", "0", "--max-cron-threads", "0", "--log-level", "warn"]
    subprocess.run(
        ["/usr/bin/odoo", command, "--config", str(CONFIG), "--database", DATABASE, *alone, *words],
        input=said,
        text=True,
        check=True,
        timeout=INSTALL_TIMEOUT_SECONDS,
    )


def is_healthy():
    try:
        with urllib.request.urlopen("http://127.0.0.1:8069/web/health", timeout=4) as answer:
            return answer.status == 200
    except OSError:
        return False


def main():
    if sys.argv[1:] == ["health"]:
        sys.exit(0 if is_healthy() else 1)
    ensure_database()
    give_up_root()
    write_config()
    ensure_code()
    os.execv("/usr/bin/odoo", ["/usr/bin/odoo", "server", "--config", str(CONFIG)])


if __name__ == "__main__":
    main()
