"""Finds what looks like a credential by its name or its form, in Odoo's tables and anybody's."""

import re
from dataclasses import dataclass

from ..catalog import Column
from ..session import Session, literal

KEYS = (
    "api|access|private|secret|client|hmac|signature|replacement|transaction|license|encryption"
    "|shared|server|auth|security|verification|webhook|notification|pos|kiosk|app|website|consumer"
    "|signing|ssh|service|account|master|session"
)
NAME = (
    r"(^|_)(r?tokens?|secrets?|passw(or)?d|passphrase|pwd|pass|credentials?|bearer|jwt|otp|totp"
    rf"|({KEYS})_?keys?|key_secret|key_id|access_code|auth_code|sha_request|sha_response"
    r"|csid_json|webhook(_ur[il]|_uuid|_id)?|(slack|teams|discord|n8n|zapier)_ur[il])(_|$)"
)
NOT_NAME = (
    r"(public_key|push_to_talk|form_key|_hash$|_hash_|token_type|policy|minlength|_expir|validity"
    r"|support_token|reset_password|token_uri|endpoint|_count$|_date$|_state$|_status$)"
)
NOT_FIELD_TYPES = ("selection", "many2one", "many2one_reference", "reference", "boolean", "html")
FORM = (
    r"(-----BEGIN [A-Z ]*PRIVATE KEY|^[a-z+]+://[^/@:]*:[^/@]+@|^(sk|pk|rk|whsec)_[A-Za-z0-9_]{8,}"
    r"|^gh[pousr]_\w{20,}|^xox[abeprs]-|^(AKIA|ASIA)[0-9A-Z]{16}$|^AIza[\w-]{20,}|^eyJ[\w-]{8,}\.eyJ"
    r"|^SG\.[\w-]{16,}\.|^https?://[^ ]*(webhook|hooks?[./]))"
)
PLAIN_VALUE = r"^(true|false|none|[0-9]+(\.[0-9]+)?|[a-z0-9]{1,3}|)$"
OWN_PARAMETERS = ("database.secret", "database.uuid")
MARK = "neutralised-"
TYPES = ("text", "varchar", "bpchar", "bytea", "jsonb", "json")
HANDLED = {("res_users", "password"), ("iap_account", "account_token")}


@dataclass(frozen=True)
class Finding:
    """Credentials in one column: how many values there were and how many are left."""

    column: Column
    found: int
    left: int = 0


def is_credential(column: Column) -> bool:
    """True when the column's name says that it holds a secret."""
    if (column.table, column.name) in HANDLED or column.type not in TYPES:
        return False
    if column.field_type in NOT_FIELD_TYPES or column.table in ("ir_model", "ir_ui_view"):
        return column.name == "visibility_password"
    return named_like_a_secret(column.name)


def named_like_a_secret(name: str) -> bool:
    plain = name.lower().replace(".", "_").replace("-", "_")
    return bool(re.search(NAME, plain)) and not re.search(NOT_NAME, plain)


def remaining(session: Session, column: Column) -> int:
    """How many values of the column are neither empty nor ours."""
    return session.value(f"SELECT count(*) FROM {column.relation} WHERE {_is_live(column)}")


def clear(session: Session, column: Column) -> None:
    """Empty the column; where it must have a value it gets one that opens nothing."""
    statement = f"UPDATE {column.relation} SET {column.sql} = {_harmless(column)}"
    session.run(f"{statement} WHERE {_is_live(column)}")


def _is_live(column: Column) -> str:
    if column.type == "bytea":
        return f"length({column.sql}) > 0"
    text = f"{column.sql}::text"
    empty = f"{text} IN ('', '{{}}', '[]', 'null', '\"\"', 'false')"
    return f"({text} IS NOT NULL AND NOT {empty} AND {text} NOT LIKE {literal(MARK + '%')})"


def _harmless(column: Column) -> str:
    if column.type == "bytea":
        return "''::bytea" if column.is_required else "NULL"
    if column.type in ("jsonb", "json"):
        return f"'{{}}'::{column.type}" if column.is_required else "NULL"
    if not column.is_required:
        return "NULL"
    value = f"{literal(MARK)} || replace(gen_random_uuid()::text, '-', '')"
    return f"left({value}, {column.length})" if column.length else value


def live_parameters(session: Session) -> list[str]:
    """Keys of system parameters that hold a secret, by name or by the form of their value."""
    rows = session.rows("SELECT key, value FROM ir_config_parameter WHERE value <> '' ORDER BY key")
    return [key for key, value in rows if _is_secret_parameter(key, value)]


def _is_secret_parameter(key: str, value: str) -> bool:
    if key in OWN_PARAMETERS:
        return False
    if re.search(FORM, value):
        return True
    return named_like_a_secret(key) and not re.match(PLAIN_VALUE, value, re.IGNORECASE)


def clear_parameters(session: Session, keys: list[str]) -> None:
    session.run("UPDATE ir_config_parameter SET value = '' WHERE key = ANY(%s)", [keys])


def secret_fields_in(session: Session, table: str, field: str) -> list[str]:
    """Values of `field` (names of other fields) that are named like a secret."""
    query = f"SELECT DISTINCT {field} FROM {table} WHERE {field} IS NOT NULL"
    return sorted(name for (name,) in session.rows(query) if named_like_a_secret(name))
