"""What makes a copy of a database another one: its own identity, address and sessions."""

import secrets
import uuid

from .login import Login, literal

WHERE_ODOO_IS = """DO $ipai_identity$ BEGIN
IF to_regclass('public.ir_config_parameter') IS NOT NULL THEN
{statements}
END IF; END $ipai_identity$;"""
SET = """DELETE FROM public.ir_config_parameter WHERE key = {key};
INSERT INTO public.ir_config_parameter (key, value, create_uid, write_uid, create_date, write_date)
VALUES ({key}, {value}, 1, 1, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc');"""
SESSIONS = """IF to_regclass('public.http_sessions') IS NOT NULL THEN DELETE FROM public.http_sessions; END IF;"""
BUNDLES = "DELETE FROM public.ir_attachment WHERE url LIKE '/web/assets/%';"


def renew(login: Login, base_url: str = "") -> None:
    """New uuid and secret (cookies and tokens of the original stop working), own address, no sessions."""
    login.run(renewal(base_url))


def renewal(base_url: str = "") -> str:
    """The statement that renews; it does nothing to a database that is not Odoo's."""
    values = {"database.uuid": str(uuid.uuid4()), "database.secret": secrets.token_hex(32)}
    if base_url:
        values |= {"web.base.url": base_url, "web.base.url.freeze": "True"}
    lines = [SET.format(key=literal(key), value=literal(values[key])) for key in sorted(values)]
    return WHERE_ODOO_IS.format(statements="\n".join([*lines, SESSIONS]))


def forgotten_bundles() -> str:
    """The statement after which a database without its filestore names no asset files: Odoo makes them again."""
    return WHERE_ODOO_IS.format(statements=BUNDLES)


def is_odoo(login: Login) -> bool:
    return login.value("SELECT to_regclass('public.ir_config_parameter') IS NOT NULL") == "t"
