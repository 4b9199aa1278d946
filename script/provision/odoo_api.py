"""The management Odoo's XML-RPC, as the administrator."""

import http.client
import xmlrpc.client

from .credentials import read_secret
from .platform import control_url
from .trouble import Trouble

TIMEOUT_SECONDS = 60


class _Transport(xmlrpc.client.Transport):
    def make_connection(self, host):
        return http.client.HTTPConnection(host, timeout=TIMEOUT_SECONDS)


class OdooApi:
    """Calls public methods of models; raises Trouble with Odoo's own sentence when it refuses."""

    def __init__(self, commands, settings):
        self.url = control_url(commands, settings)
        self.database = settings.instance
        self.password = read_secret(settings, "admin-password")
        self.uid = self._service("common").authenticate(self.database, "admin", self.password, {})
        if not self.uid:
            raise Trouble(f"The administrator's password in {settings.secrets / 'admin-password'} is no longer the one in use: write the new one there.")

    def call(self, model, method, *arguments, **options):
        try:
            return self._service("object").execute_kw(self.database, self.uid, self.password, model, method, list(arguments), options)
        except xmlrpc.client.Fault as exc:
            sentence = exc.faultString.strip().splitlines()[-1]
            raise Trouble(f"The management Odoo refused {model}.{method}: {sentence}") from exc

    def search(self, model, domain, fields, **options):
        return self.call(model, "search_read", domain, fields, **options)

    def _service(self, name):
        return xmlrpc.client.ServerProxy(f"{self.url}/xmlrpc/2/{name}", transport=_Transport(), allow_none=True)
