"""What makes a copy of a database another one: its own identity, address and sessions."""

import secrets
import uuid

from .postgres import Server, literal

SET = """DELETE FROM ir_config_parameter WHERE key = {key};
INSERT INTO ir_config_parameter (key, value, create_uid, write_uid, create_date, write_date)
VALUES ({key}, {value}, 1, 1, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc');"""
SESSIONS = """DO $$ BEGIN
  IF to_regclass('public.http_sessions') IS NOT NULL THEN DELETE FROM http_sessions; END IF;
END $$"""
BUNDLES = "DELETE FROM ir_attachment WHERE url LIKE '/web/assets/%'"


def renew(server: Server, database: str, base_url: str = "") -> None:
    """New uuid and secret (cookies and tokens of the original stop working), own address, no sessions."""
    if not is_odoo(server, database):
        return
    values = {"database.uuid": str(uuid.uuid4()), "database.secret": secrets.token_hex(32)}
    if base_url:
        values |= {"web.base.url": base_url, "web.base.url.freeze": "True"}
    lines = [SET.format(key=literal(key), value=literal(values[key])) for key in sorted(values)]
    server.run("\n".join(["BEGIN;", *lines, SESSIONS + ";", "COMMIT;"]), database)


def forget_bundles(server: Server, database: str) -> None:
    """Without its filestore a database must not name asset files: Odoo makes them again."""
    if is_odoo(server, database):
        server.run(BUNDLES, database)


def is_odoo(server: Server, database: str) -> bool:
    return (
        server.value("SELECT to_regclass('public.ir_config_parameter') IS NOT NULL", database)
        == "t"
    )
