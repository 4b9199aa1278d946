"""Buttons that ask once more who sits there: Odoo's own dialog asks, then the button goes on by itself."""

from functools import wraps

from odoo.addons.base.models.res_users import check_identity

from . import signed_in


def asks_again(action):
    """Have a button's method ask who is there, unless they showed it within ten minutes."""
    asked = check_identity(action)

    @wraps(asked)
    def checked(self, *args, **kwargs):
        if signed_in.is_confirmed(self.env):
            return action(self, *args, **kwargs)
        if self.env["res.users.identitycheck"]._has_no_way():
            return self.env["res.users"]._action_sign_in_again()
        signed_in.forget_password()  # it was not enough, or is too old
        return asked(self, *args, **kwargs)

    return checked


def asks_again_when(is_dangerous):
    """Have a button's method ask who is there where ``is_dangerous(record)`` says so."""

    def decorate(action):
        asked = asks_again(action)

        @wraps(asked)
        def checked(self, *args, **kwargs):
            wanted = asked if is_dangerous(self) else action
            return wanted(self, *args, **kwargs)

        return checked

    return decorate


def on_production(record):
    """Say whether what a button is about is production."""
    places = record if record._name == "ops.environment" else record.environment_id
    return "production" in places.mapped("stage")
