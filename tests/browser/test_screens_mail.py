"""The screens of caught mail and of the way out, at the width of a desk and of a phone."""

import pytest
from test_screens import (  # noqa: F401
    FORM,
    LIST,
    WIDTHS,
    address,
    album,
    check_screen,
    environment,
)

QUOTATION = ("ops-mail", "ops.mail", [("subject", "like", "S00042")], FORM)
SCREENS = {
    "mail": (("ops-mail", None, None, LIST), []),
    "mail-message": (QUOTATION, [("iframe.o_ops_mail_frame", None)]),
    "mail-headers": (QUOTATION, [(".nav-link", "Headers")]),
    "environment-way-out": (
        environment("feature/pos"),
        [(".nav-link", "Way out"), ("[name=allowed_hosts]", None)],
    ),
}


@pytest.mark.parametrize("size", WIDTHS)
@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_of_mail_fits(page, odoo, album, name, size):  # noqa: F811
    (path, model, domain, selector), clicks = SCREENS[name]
    place = (address(odoo, path, model, domain), selector)
    check_screen(page, place, clicks, album / f"{name}-{size}.png", size)
