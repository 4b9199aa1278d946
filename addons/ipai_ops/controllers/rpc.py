"""XML-RPC and JSON-RPC tell the models from where somebody calls, and what: both hide the request."""

import xmlrpc.client

from odoo.addons.rpc.controllers import RPC
from odoo.http import request, route

from .. import api_call

BEFORE_THE_MODEL = 3  # database, user id, password or key


class RpcController(RPC):
    def _xmlrpc(self, service):
        data = request.httprequest.get_data()
        arguments, method = xmlrpc.client.loads(data, use_datetime=True)
        with api_call.calling(_call(service, method, arguments)):
            return super()._xmlrpc(service)

    @route()
    def jsonrpc(self, service, method, args):
        with api_call.calling(_call(service, method, args)):
            return super().jsonrpc(service, method, args)


def _call(service, method, arguments):
    """Return the Call of one message; only those to records name a model."""
    address = request.httprequest.remote_addr or ""
    named = list(arguments)[BEFORE_THE_MODEL : BEFORE_THE_MODEL + 2]
    if service != "object" or method not in ("execute", "execute_kw") or len(named) < 2:
        return api_call.Call(address)
    return api_call.Call(address, str(named[0]), str(named[1]))
