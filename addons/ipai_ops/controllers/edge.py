"""The edge's way in: it pulls what it is to serve, and says what it serves."""

import base64
import binascii
import hmac

from odoo import SUPERUSER_ID, http
from odoo.http import request

from ..adapters.local import platform_facts

LONGEST_NAME = 64


def wrong_token():
    """Count a wrong token by its address, and refuse it. A right one is taken whatever came before."""
    guesses = request.env["ops.guess"]
    guesses._check()
    guesses._count()
    return request.make_response("The token does not match.", status=401)


class Edge(http.Controller):
    @http.route(
        "/ipai/edge/config",
        type="http",
        auth="public",
        methods=["GET"],
        save_session=False,
    )
    def configuration(self):
        """Return the edge's configuration, or 304 when it has it already."""
        headers = request.httprequest.headers
        if not self._is_edge(headers.get("Authorization", "")):
            return wrong_token()
        # The edge has no user here: its token proves who it is.
        edge = request.env(user=SUPERUSER_ID, su=True)["ops.edge"]
        edge.env["ops.run"]._wake_late_driver()
        name = headers.get("X-Edge-Name", "")[:LONGEST_NAME]
        edge._note_applied(name, headers.get("X-Edge-Applied"), self._error(headers))
        etag, text = edge._configuration()
        answer = [("ETag", etag), ("Cache-Control", "no-store"), ("Content-Type", "text/plain")]
        if edge.env["ops.run.step"]._is_hold_near():
            answer.append(("X-Edge-Pace", "quick"))
        if headers.get("If-None-Match") == etag:
            return request.make_response("", headers=answer, status=304)
        return request.make_response(text, headers=answer)

    @staticmethod
    def _is_edge(authorization):
        token = platform_facts.edge_token()
        expected = f"Bearer {token}"
        return bool(token) and hmac.compare_digest(authorization.encode(), expected.encode())

    @staticmethod
    def _error(headers):
        """Return why nginx refused the last configuration, or an empty text."""
        try:
            raw = base64.b64decode(headers.get("X-Edge-Error", ""), validate=True)
        except (binascii.Error, ValueError):
            return "The edge refused the configuration; its reason could not be read."
        return raw.decode("utf-8", "replace").replace("\0", "")[:10000]
