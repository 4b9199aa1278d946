"""XML-RPC and JSON-RPC tell the models from where somebody calls, and what: both hide the request.

Their answers tell nobody where in the program something failed; the log does.
"""

import xmlrpc.client
from xml.parsers.expat import ExpatError

from odoo.addons.rpc.controllers import RPC
from odoo.addons.rpc.controllers.xmlrpc import RPC_FAULT_CODE_APPLICATION_ERROR, dumps
from odoo.exceptions import AccessDenied, RedirectWarning, UserError
from odoo.http import Response, request, route

from .. import api_call

BEFORE_THE_MODEL = 3  # database, user id, password or key
LONGEST = 300  # of what a program said when it failed
FOR_PEOPLE = (UserError, RedirectWarning)
TO_STRANGERS = "The server could not do this. Its log says why."


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
        call = _call(service, method, arguments)
        with _let_in(service, method, call), api_call.calling(call):
            return super()._xmlrpc(service)

    @route()
    def jsonrpc(self, service, method, args):
        call = _call(service, method, args)
        with _let_in(service, method, call), api_call.calling(call):
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
    try:
        arguments, method = xmlrpc.client.loads(data, use_datetime=True)
    except (ExpatError, ValueError, TypeError, LookupError, xmlrpc.client.Error) as exc:
        raise UserError("This is no XML-RPC call.") from exc  # nobody is known, nor a language
    return arguments, method


def _call(service, method, arguments):
    """Return the Call of one message; only those to records name a model."""
    address = request.httprequest.remote_addr or ""
    named = list(arguments)[BEFORE_THE_MODEL : BEFORE_THE_MODEL + 2]
    if service != "object" or method not in ("execute", "execute_kw") or len(named) < 2:
        return api_call.Call(address)
    return api_call.Call(address, str(named[0]), str(named[1]))
