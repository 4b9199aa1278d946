"""XML-RPC and JSON-RPC tell the models from where somebody calls, and what: both hide the request.

What is sent in a wrong form is refused in a sentence. Answers tell nobody where in the program
something failed; the log does.
"""

import xmlrpc.client
from xml.parsers.expat import ExpatError

from odoo.addons.rpc.controllers import RPC
from odoo.addons.rpc.controllers.xmlrpc import RPC_FAULT_CODE_APPLICATION_ERROR, dumps
from odoo.exceptions import AccessDenied, RedirectWarning, UserError
from odoo.http import Response, dispatch_rpc, request, route
from odoo.modules.registry import Registry
from odoo.service import common

from ..authentication import api_call
from ..engine import call_values
from ..http import call_guard

BEFORE_THE_MODEL = 3  # database, user id, password or key
LONGEST = 300  # of what a program said when it failed
FOR_PEOPLE = (UserError, RedirectWarning)
TO_STRANGERS = "The server could not do this. Its log says why."
UNREADABLE = (ExpatError, xmlrpc.client.Error, ValueError, LookupError, TypeError, AttributeError)


class RpcController(RPC):
    @route()
    def xmlrpc_1(self, service):
        with _plain_faults(lambda sentence: xmlrpc.client.Fault(sentence, "")):
            return super().xmlrpc_1(service)

    @route()
    def xmlrpc_2(self, service):
        code = RPC_FAULT_CODE_APPLICATION_ERROR
        with _plain_faults(lambda sentence: xmlrpc.client.Fault(code, sentence)):
            return super().xmlrpc_2(service)

    def _xmlrpc(self, service):
        arguments, method = _read(request.httprequest.get_data())
        if service == "common" and not hasattr(common, f"exp_{method}"):
            raise call_guard.CallRefused("There is no such method.")
        call = _call(service, method, arguments)
        with _let_in(service, method, call), api_call.calling(call), _guard(service, arguments):
            result = dispatch_rpc(service, method, arguments)
        return dumps((_without_none(result),))

    @route()
    def jsonrpc(self, service, method, args):
        call = _call(service, method, args)
        with _let_in(service, method, call), api_call.calling(call), _guard(service, args):
            return super().jsonrpc(service, method, args)


class _plain_faults:
    """Whatever a program failed with becomes one sentence, made a fault by ``make``."""

    def __init__(self, make):
        self.make = make

    def __enter__(self):
        return self

    def __exit__(self, _kind, error, _traceback):
        if isinstance(error, Exception) and not isinstance(error, FOR_PEOPLE):
            is_known = getattr(error, "ipai_is_known", False)
            told = f"{type(error).__name__}: {error}"[:LONGEST] if is_known else TO_STRANGERS
            error.error_response = Response(dumps(self.make(told)), mimetype="text/xml")


class _let_in:
    """Look after one call: no database management, and a refusal is told where Odoo says only “no”."""

    def __init__(self, service, method, call):
        self.is_management = service == "db" and method != "server_version"
        self.call = call

    def __enter__(self):
        if self.is_management:
            raise AccessDenied

    def __exit__(self, _kind, error, _traceback):
        if error is None and self.call.told.get("refusal"):
            raise self.call.told["refusal"]
        if error is not None:
            error.ipai_is_known = bool(self.call.told.get("person"))


def _read(data):
    """Return the arguments and the method of an XML-RPC message."""
    try:
        return xmlrpc.client.loads(data, use_datetime=True)
    except UNREADABLE as exc:
        raise call_guard.CallRefused("The body is no call of XML-RPC.") from exc


def _without_none(value):
    """XML-RPC has no None: it is told as False, as Odoo tells an empty field."""
    if isinstance(value, dict):
        return {name: _without_none(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_none(part) for part in value]
    return False if value is None else value


def _guard(service, arguments):
    """Return the guard of a message: of one to a model of ours, or of one that names no model."""
    arguments = list(arguments) if isinstance(arguments, list | tuple) else []
    database, *_who, model, method = [*arguments[: BEFORE_THE_MODEL + 2], *[None] * 5][:5]
    rest = arguments[BEFORE_THE_MODEL + 2 :]
    args, kwargs = [*rest, [], {}][:2] if len(rest) < 3 else (rest, {})

    def diagnose():
        wrong = _wrong_message(service, arguments)
        if wrong or not is_of_ours:
            return wrong
        registry = Registry(database)
        return call_guard.ModelCall(registry, model, method, args, kwargs).wrong()

    is_of_ours = isinstance(model, str) and model.startswith(call_guard.OURS)
    ids = args[0] if is_of_ours and isinstance(args, list) and args else ()
    return call_guard.refusing(diagnose, sees_ids=ids if isinstance(ids, list) else [ids])


def _wrong_message(service, arguments):
    """Return what is wrong with a message before a model is asked, or None."""
    if service not in ("object", "common"):
        return None
    database, who, secret = [*arguments, *[None] * BEFORE_THE_MODEL][:BEFORE_THE_MODEL]
    if service == "object" and not (isinstance(secret, str) and isinstance(who, int | str)):
        return "Send database, user id, password or key, model, method and arguments."
    if service == "common" and not all(isinstance(one, str | None) for one in (who, secret)):
        return "Send database, login and password as texts."
    is_named = isinstance(database, str | None)
    return call_values.unclean(arguments) if is_named else "Send the database as a text."


def _call(service, method, arguments):
    """Return the Call of one message; only those to records name a model."""
    address = request.httprequest.remote_addr or ""
    named = list(arguments)[BEFORE_THE_MODEL : BEFORE_THE_MODEL + 2]
    if service != "object" or method not in ("execute", "execute_kw") or len(named) < 2:
        return api_call.Call(address)
    return api_call.Call(address, str(named[0]), str(named[1]))
