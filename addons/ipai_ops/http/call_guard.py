"""A call that is not of its form is refused in a sentence; a fault of ours stays a fault, and in the log.

Odoo answers 500 with a traceback to whatever is no UserError. So after a call failed we look at what
was sent. It is refused with 400 where that is wrong, and where the error came from Odoo's code alone,
with none of ours in between: then it is about what was sent, too. Anything else goes on as it is.
"""

import logging
import re
from contextlib import contextmanager
from http import HTTPStatus

import psycopg2
from psycopg2 import errors

from odoo.exceptions import UserError

from ..engine import call_form, call_values

OURS = ("ops.", "ipai.")
OUR_PATHS = ("/ipai/", "/auth_oidc/")
OUR_CODE = re.compile(r"odoo\.addons\.ipai_\w+\.")
# Calls of all kinds pass through these; they are no sign that an error is ours.
DOORS = frozenset(
    f"odoo.addons.ipai_ops.{name}"
    for name in (
        *("http.call_guard", "controllers.rpc", "models.access.ir_http"),
        *("models.access.api_key_check", "models.access.judged", "models.access.named_records"),
        *("models.access.offered", "models.access.product_written"),
    )
)
FAULTS = (
    *(TypeError, ValueError, LookupError, AttributeError, AssertionError, ArithmeticError),
    *(RecursionError, NotImplementedError, psycopg2.DataError, psycopg2.ProgrammingError),
    errors.ProgramLimitExceeded,
)
SENTENCE = "The call is not of the form that the method takes: compare its arguments with the documentation."


class CallRefused(UserError):
    """What was sent has not the form that is expected; the text says which part."""

    http_status = HTTPStatus.BAD_REQUEST
    loglevel = logging.INFO


@contextmanager
def refusing(diagnose, *, sees_ids=()):
    """Raise CallRefused for an error inside that is about what was sent. ``diagnose`` says what is wrong, or None."""
    try:
        yield
    except FAULTS as exc:
        wrong = diagnose() or _singleton(exc, sees_ids) or (None if is_ours(exc) else SENTENCE)
        if not wrong:
            raise
        raise CallRefused(wrong) from exc


def _singleton(exc, ids):
    is_about_ids = str(exc).startswith("Expected singleton")
    return "Call this on one record." if is_about_ids and len(ids) != 1 else None


def is_ours(exc):
    """Say whether the error passed through code of ours on its way."""
    place = exc.__traceback__
    while place:
        name = place.tb_frame.f_globals.get("__name__", "")
        if OUR_CODE.match(name) and name not in DOORS:
            return True
        place = place.tb_next
    return False


class ModelCall:
    """A call of a method of one of our models, as it came over the wire."""

    def __init__(self, registry, model, method, args, kwargs, ids=None):
        self.registry, self.model, self.method = registry, model, method
        self.args, self.kwargs = _listed(args), kwargs if isinstance(kwargs, dict) else {}
        self.function = getattr(registry[model], method, None) if isinstance(method, str) else None
        takes_ids = ids is None and not getattr(self.function, "_api_model", False)
        self.ids = self.args[0] if takes_ids and self.args else ids or []
        self.args = self.args[1:] if takes_ids else self.args

    def wrong(self):
        """Return what is wrong with it, or None."""
        if not callable(self.function):
            return None
        call = (self.model, self.function, self.ids, self.args, self.kwargs)
        models = _Fields(self.registry)
        return call_form.wrong_call(models, *call) or self._wrong_name(models)

    def _wrong_name(self, models):
        """Return what is wrong with the name of a record that is made by its name alone."""
        if self.method != "name_create":
            return None
        name = self.args[0] if self.args else self.kwargs.get("name")
        return call_values.unfit_values(models, self.model, {self._named_by(): name})

    def _named_by(self):
        return self.registry[self.model]._rec_name or "display_name"

    def named_ids(self):
        return self.ids if isinstance(self.ids, list | tuple) else [self.ids]


class _Fields:
    def __init__(self, registry):
        self.registry = registry

    def __getitem__(self, model):
        return self.registry[model]._fields


def _listed(args):
    return list(args) if isinstance(args, list | tuple) else [args]


def of_request(request):
    """Return (diagnose, ids) of a request to a model or a route of ours, or None for another one."""
    params, path = request.params, request.httprequest.path
    if path.startswith(OUR_PATHS):
        return (lambda: _wrong_parts(params)), ()
    found = _model_call(request.registry, params, path)
    return found and (found.wrong, found.named_ids())


def _model_call(registry, params, path):
    if path.startswith("/json/2/"):
        rest = {name: params[name] for name in params if name not in ("__model__", "__method__", "ids")}  # fmt: skip
        named = (params.get("__model__"), params.get("__method__"), [], rest, params.get("ids", []))
    elif path.startswith("/web/dataset/call_"):
        named = (*(params.get(name) for name in ("model", "method", "args", "kwargs")), None)
    else:
        return None
    is_ours = isinstance(named[0], str) and named[0].startswith(OURS) and named[0] in registry
    return ModelCall(registry, *named) if is_ours else None


def _wrong_parts(params):
    """Return what is wrong with the parts of a form or an address: all are texts, and clean ones."""
    for name, value in params.items():
        said = call_values.unclean({name: value}) if isinstance(value, str) else None
        if said:
            return said
        if hasattr(value, "stream"):
            return f"“{name}”: expected a text, and no file."
    return None
