"""Gives the copy an identity of its own: address, uuid, secret, passwords that nobody knows."""

import os
import uuid
from dataclasses import dataclass

from ..odoo_facts import password_hash
from ..session import Session

UUID, SECRET = "database.uuid", "database.secret"
ADMIN = """SELECT res_id FROM ir_model_data
            WHERE module = 'base' AND name = 'user_admin' AND model = 'res.users'"""


@dataclass(frozen=True)
class Identity:
    """What is written, to be compared with what is read back."""

    parameters: dict[str, str]
    users_hash: str
    admin_hash: str | None


def new_identity(base_url: str, admin_password: str | None) -> Identity:
    """An identity nobody has; only the administrator's password is known, when it was given."""
    parameters = {
        UUID: str(uuid.uuid4()),
        SECRET: str(uuid.uuid4()),
        "web.base.url": base_url,
        "web.base.url.freeze": "True",
        "report.url": "",
        "database.is_neutralized": "true",
    }
    unknown = password_hash(os.urandom(32).hex(), os.urandom(16))
    known = password_hash(admin_password, os.urandom(16)) if admin_password else None
    return Identity(parameters, unknown, known)


def write_identity(session: Session, identity: Identity) -> None:
    for key, value in identity.parameters.items():
        session.run(
            "INSERT INTO ir_config_parameter (key, value, create_date, write_date)"
            " VALUES (%s, %s, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            [key, value],
        )
    session.run("UPDATE res_users SET password = %s", [identity.users_hash])
    if identity.admin_hash:
        statement = f"UPDATE res_users SET password = %s WHERE id = ({ADMIN})"
        session.run(statement, [identity.admin_hash])


def identity_checks(session: Session, identity: Identity, before: dict[str, str]) -> list[dict]:
    """The checks table's rows, read back from the database."""
    now = read_parameters(session)
    renewed = [key for key in (UUID, SECRET) if now.get(key) and now[key] != before.get(key)]
    wrong = [key for key, value in identity.parameters.items() if now.get(key) != value]
    known = [value for value in (identity.users_hash, identity.admin_hash) if value]
    kept = "SELECT count(*) FROM res_users WHERE password IS NULL OR NOT password = ANY(%s)"
    users = session.value("SELECT count(*) FROM res_users")
    return [
        _row("The database has a uuid and a secret of its own", 2, 2 - len(renewed)),
        _row("The address is the environment's", len(identity.parameters), len(wrong)),
        _row("Nobody's password is production's", users, session.value(kept, [known])),
    ]


def read_parameters(session: Session) -> dict[str, str]:
    return dict(session.rows("SELECT key, value FROM ir_config_parameter"))


def admin_login(session: Session) -> str:
    """The login that belongs to the administrator's password; empty when there is no such user."""
    return session.value(f"SELECT login FROM res_users WHERE id = ({ADMIN})") or ""


def _row(name: str, found: int, left: int) -> dict:
    return {"name": name, "found": found, "fixed": found - left, "left": left}
