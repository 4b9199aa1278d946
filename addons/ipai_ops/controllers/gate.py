"""The way in of the mail catcher and the proxy: what they enforce, what they caught and refused."""

import base64
import binascii
import hmac
import json
from datetime import UTC, datetime

from odoo import SUPERUSER_ID, http
from odoo.http import request

from ..adapters.local import platform_facts
from ..engine import call_values, edge_config
from .edge import wrong_token

LARGEST_MAIL = 32 << 20
MOST_ROWS = 1000
LONGEST = 1000  # of an address
REASONS = ("not listed", "leads inside")


def gate_route(name, method):
    return http.route(
        f"/ipai/gate/{name}",
        type="http",
        auth="public",
        methods=[method],
        csrf=False,
        save_session=False,
    )


class Gate(http.Controller):
    @gate_route("policy", "GET")
    def policy(self):
        """Return the environments with their logins and hosts, or 304 when it is known already."""
        if not _is_gate():
            return wrong_token()
        text = _environments()._gate_policy()
        etag = edge_config.etag(text)
        headers = [("ETag", etag), ("Cache-Control", "no-store"), ("Content-Type", "text/plain")]
        if request.httprequest.headers.get("If-None-Match") == etag:
            return request.make_response("", headers=headers, status=304)
        return request.make_response(text, headers=headers)

    @gate_route("mail", "POST")
    def mail(self, **_form):
        """Keep a caught message; the same message twice is kept once."""
        if not _is_gate():
            return wrong_token()
        headers = request.httprequest.headers
        if headers.get("Content-Type") != "message/rfc822":
            return _said(415)
        if (request.httprequest.content_length or 0) > LARGEST_MAIL:
            return _said(413)
        envelope = _envelope(headers.get("X-Ipai-Envelope", ""))
        key = headers.get("X-Ipai-Mail", "")[:100]
        if not envelope or not key:
            return _said(400)
        environment = _environment(headers.get("X-Ipai-Environment", ""))
        if not environment:
            return _said(410)
        mails = environment.env["ops.mail"]
        mails._catch(environment, key, envelope, request.httprequest.get_data())
        return _said(202)

    @gate_route("refused", "POST")
    def refused(self, **_form):
        """Count what the proxy refused."""
        if not _is_gate():
            return wrong_token()
        if request.httprequest.mimetype != "application/json":
            return _said(415)
        try:
            rows = [_row(row) for row in json.loads(request.httprequest.get_data())["refused"]]
        except (ValueError, KeyError, TypeError, OverflowError, OSError):
            return _said(400)
        _environments().env["ops.egress.refusal"]._count(rows[:MOST_ROWS])
        return _said(202)


def _environments():
    # Catcher and proxy have no user here: their token proves who they are.
    return request.env(user=SUPERUSER_ID, su=True)["ops.environment"]


def _environment(text):
    """Return the environment of this number whose mail is caught, or an empty set."""
    found = _environments().browse(_number(text)).exists()
    return found.filtered(lambda one: one._is_closed() and one.state != "destroyed")


def _number(text):
    is_number = text.isascii() and text.isdigit() and len(text) < 10
    return int(text) if is_number else 0


def _is_gate():
    token = platform_facts.gate_token()
    given = request.httprequest.headers.get("Authorization", "")
    return bool(token) and hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


def _said(status):
    return request.make_response("", status=status)


def _envelope(header):
    """Return sender, recipients and time of a message, or None where they cannot be read."""
    try:
        facts = json.loads(base64.b64decode(header, validate=True))
        recipients = [_plain(address) for address in facts["to"]]
        return {"from": _plain(facts["from"]), "to": recipients, "at": _moment(facts["at"])}
    except (binascii.Error, ValueError, KeyError, TypeError, OverflowError, OSError):
        return None


def _row(row):
    if row["reason"] not in REASONS:
        raise ValueError(row["reason"])
    facts = {name: int(row[name]) for name in ("environment", "port", "count")}
    if not all(0 <= number <= call_values.LARGEST_ID for number in facts.values()):
        raise ValueError(facts)
    return {**facts, "host": _plain(row["host"]), "reason": row["reason"], "at": _moment(row["at"])}


def _plain(text):
    return str(text).replace("\0", "").encode("utf-8", "replace").decode()[:LONGEST]


def _moment(seconds):
    return datetime.fromtimestamp(float(seconds), UTC).replace(tzinfo=None, microsecond=0)
