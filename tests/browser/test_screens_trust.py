"""The screens of keys, sessions, secrets, addresses and the audit trail, for desk and phone."""

import pytest
from test_screens import FORM, LIST, WIDTHS, address, album, check_screen  # noqa: F401

MAIN = [("project_id.code", "=", "acme"), ("stage", "=", "production")]
MODAL = (".modal-body", None)


def page_of(path):
    return (path, None, None, LIST)


# name: (place, clicks on every width, clicks that only a phone takes first)
SCREENS = {
    "api-keys": (page_of("ops-my-keys"), [], []),
    "api-key": (("ops-keys", "ops.api.key", [("name", "=", "CI of Acme")], FORM), [], []),
    "sessions": (page_of("ops-sessions"), [], []),
    "secrets": (page_of("ops-secrets"), [], []),
    "secret": (("ops-secrets", "ops.secret", [("name", "=", "sentry_dsn")], FORM), [], []),
    "audit": (page_of("ops-audit"), [], []),
    "wrong-logins": (page_of("ops-wrong-logins"), [], []),
    "environment-addresses": (
        ("ops-environments", "ops.environment", MAIN, FORM),
        [(".nav-link", "Addresses")],
        [],
    ),
    "allowed-addresses": (
        ("ops-environments", "ops.environment", MAIN, FORM),
        [(".nav-link", "Addresses"), ("button[name=action_allowed_addresses]", None), MODAL],
        [],
    ),
    "api-key-new": (page_of("ops-my-keys"), [(".o_ops_new_key", None), MODAL], []),
}


@pytest.mark.parametrize("size", WIDTHS)
@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_of_trust_fits(page, odoo, album, name, size):  # noqa: F811
    (path, model, domain, selector), clicks, on_phone = SCREENS[name]
    place = (address(odoo, path, model, domain), selector)
    first = on_phone if size == "phone" else []
    check_screen(page, place, [*first, *clicks], album / f"{name}-{size}.png", size)
