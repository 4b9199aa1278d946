"""Reads and writes a target's database through the psycopg2 of the target's own image."""

import base64
import hashlib
import json
import os
from contextlib import contextmanager

from .outcome import Failure, Unreachable
from .patience import DATABASE_SECONDS, patiently

CONNECT_SECONDS = 20
DIGESTS_KEY = "ipai.addons_digests"
PARTS_KEY = "ipai.addons_parts"
NEW_MARK = "ipai: new"
READY_MARK = "ipai: ready"
HASH_ROUNDS = 600_000
# What the database or its role may have set by ALTER … SET does not count here.
SETTINGS = "-c search_path=public,pg_temp -c standard_conforming_strings=on"

MODULE_ROWS = """
SELECT m.name, m.state, coalesce(m.latest_version, ''),
       coalesce(m.shortdesc ->> 'en_US', m.name), coalesce(m.author, ''),
       to_char(m.write_date, 'YYYY-MM-DD HH24:MI:SS'),
       ARRAY(SELECT d.name FROM ir_module_module_dependency d WHERE d.module_id = m.id ORDER BY 1)
  FROM ir_module_module m ORDER BY m.name
"""


class TargetDatabase:
    """One target's database, with the settings of its odoo.conf."""

    def __init__(self, connection, name: str):
        self._connection = connection
        self.name = name

    def is_initialized(self) -> bool:
        """True when Odoo's base module is installed or on its way."""
        tables = "to_regclass('public.ir_module_module'), to_regclass('public.ir_config_parameter')"
        if None in self._rows(f"SELECT {tables}")[0]:
            return False
        return bool(
            self._one(
                "SELECT count(*) FROM ir_module_module WHERE name = 'base' AND state <> 'uninstalled'"
            )
        )

    def is_new(self) -> bool:
        """True when the platform made this database and has not yet finished its first installation."""
        mark = self._one(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            self.name,
        )
        return mark == NEW_MARK

    def modules(self) -> dict[str, tuple[str, str]]:
        """State and installed version of each module."""
        rows = self._rows("SELECT name, state, coalesce(latest_version, '') FROM ir_module_module")
        return {name: (state, version) for name, state, version in rows}

    def module_rows(self) -> list[dict]:
        """Each module as Odoo lists it, with what it needs and when it was last changed."""
        names = ("name", "state", "version", "title", "author", "updated_at", "depends")
        return [dict(zip(names, row, strict=True)) for row in self._rows(MODULE_ROWS)]

    def stored_digests(self) -> dict[str, str]:
        """Addon digests of the last good update; empty when there was none."""
        return self._stored(DIGESTS_KEY)

    def stored_parts(self) -> dict[str, dict]:
        """Fingerprints of the addons' parts at the last good update; empty when there was none."""
        return self._stored(PARTS_KEY)

    def _stored(self, key: str) -> dict:
        try:
            return json.loads(self.parameter(key) or "{}")
        except ValueError:
            return {}

    def parameter(self, key: str) -> str | None:
        return self._one("SELECT value FROM ir_config_parameter WHERE key = %s", key)

    def set_parameter(self, key: str, value: str) -> None:
        done = self._run(
            "UPDATE ir_config_parameter SET value = %s, write_date = now() WHERE key = %s",
            value,
            key,
        )
        if not done:
            self._run(
                "INSERT INTO ir_config_parameter (key, value, create_uid, write_uid, create_date, write_date) "
                "VALUES (%s, %s, 1, 1, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')",
                key,
                value,
            )

    def set_admin_password(self, password: str, salt: bytes | None = None) -> bool:
        """Give the administrator this password; False when there is no user admin."""
        hashed = password_hash(password, salt or os.urandom(16))
        return bool(self._run("UPDATE res_users SET password = %s WHERE login = 'admin'", hashed))

    def switch_off_mail_servers(self) -> int:
        """How many outgoing mail servers were active until now."""
        return self._run("UPDATE ir_mail_server SET active = false WHERE active")

    def mark_ready(self) -> None:
        from psycopg2 import sql

        statement = sql.SQL("COMMENT ON DATABASE {} IS {}")
        self._run(statement.format(sql.Identifier(self.name), sql.Literal(READY_MARK)))

    def ask(self, query, *values) -> list[tuple]:
        """The rows of a question that changes nothing."""
        return self._rows(query, *values)

    def _rows(self, query, *values):
        with self._connection, self._connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()

    def _one(self, query: str, *values):
        rows = self._rows(query, *values)
        return rows[0][0] if rows else None

    def _run(self, query, *values) -> int:
        with self._connection, self._connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.rowcount


@contextmanager
def target_database(options: dict[str, str], name: str):
    """The database `name` on the server of these odoo.conf options."""
    connection = connect(options, name, options=SETTINGS)
    try:
        yield TargetDatabase(connection, name)
    finally:
        connection.close()


def connect(odoo_conf: dict[str, str], name: str, **more):
    """A psycopg2 connection to the database `name`; waits for a server that is starting."""
    return patiently(lambda: _connect(odoo_conf, name, more), DATABASE_SECONDS)


def _connect(options: dict[str, str], name: str, more: dict):
    import psycopg2

    settings = {**_settings(options), **more}
    try:
        return psycopg2.connect(dbname=name, connect_timeout=CONNECT_SECONDS, **settings)
    except psycopg2.OperationalError as error:
        raise _unreachable(name, str(error)) from error


def password_hash(password: str, salt: bytes) -> str:
    """A hash as Odoo's res.users stores it (passlib's pbkdf2_sha512)."""
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, HASH_ROUNDS)
    return f"$pbkdf2-sha512${HASH_ROUNDS}${_adapted64(salt)}${_adapted64(digest)}"


def _adapted64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=").replace("+", ".")


def _settings(options: dict[str, str]) -> dict[str, str]:
    names = ("host", "port", "user", "password", "sslmode")
    given = {name: options.get(f"db_{name}", "").strip() for name in names}
    return {key: value for key, value in given.items() if value and value.lower() != "false"}


def _unreachable(name: str, error: str) -> Failure:
    line = " ".join(error.split())
    if "does not exist" in line and "database" in line:
        return Failure(
            f"The database {name} does not exist",
            "Deploy the environment again: its first step creates it",
        )
    if "password authentication failed" in line:
        return Failure(
            "The database server refused the password of this environment",
            "Deploy the environment again: its first step sets the password",
        )
    return Unreachable(
        f"The database server cannot be reached: {line}",
        "Check that the database server of this environment runs, then retry",
    )
