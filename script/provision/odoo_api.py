"""The management Odoo's JSON-2 API, as the administrator."""

import json
import urllib.error
import urllib.request

from .credentials import read_secret
from .platform import control_url
from .trouble import Trouble

TIMEOUT_SECONDS = 60


class OdooApi:
    """Calls public methods of models; raises Trouble with Odoo's own sentence when it refuses."""

    def __init__(self, commands, settings):
        self.url = control_url(commands, settings)
        self.headers = {
            "Authorization": f"Bearer {read_secret(settings, 'api-key')}",
            "Content-Type": "application/json",
            "X-Odoo-Database": settings.instance,
        }

    def call(self, model, method, **arguments):
        """The method's answer; `ids` among the arguments are the records it is called on."""
        request = urllib.request.Request(
            f"{self.url}/json/2/{model}/{method}", json.dumps(arguments).encode(), self.headers
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as exc:
            said = _sentence(exc.read())
            raise Trouble(f"The management Odoo refused {model}.{method}: {said}") from exc
        except OSError as exc:
            raise Trouble(f"The management Odoo at {self.url} does not answer: {exc}") from exc

    def search(self, model, domain, fields, **options):
        return self.call(model, "search_read", domain=domain, fields=fields, **options)


def _sentence(body):
    try:
        return str(json.loads(body)["message"]).strip().splitlines()[0]
    except (ValueError, KeyError, TypeError, IndexError):
        return body[:200].decode(errors="replace")
