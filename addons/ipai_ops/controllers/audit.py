"""The audit trail as JSON lines, for safe-keeping and verification elsewhere."""

from werkzeug.exceptions import BadRequest

from odoo import api, fields
from odoo.http import Controller, content_disposition, request, route


class AuditController(Controller):
    @route("/ipai/audit/export", type="http", auth="user", methods=["GET"])
    def export(self, since=None, until=None, **_more):
        """Stream the trail, whole or between two days; only managers may, and it is in it."""
        audit = request.env["ops.audit"]
        audit._check_reader()
        times = [_time(since), _time(until)]
        audit._note("audit.exported", since=times[0], until=times[1])
        headers = [
            ("Content-Type", "application/jsonl; charset=utf-8"),
            ("Content-Disposition", content_disposition("audit.jsonl")),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        return request.make_response(
            _stream(request.env.registry, request.env.uid, *times), headers
        )


def _time(text):
    """Return the time that a parameter names, or None; 400 where it names none."""
    try:
        return fields.Datetime.to_datetime(text or None)
    except ValueError as exc:
        raise BadRequest("Give since and until as 2026-01-31 or 2026-01-31 12:00:00.") from exc


def _stream(registry, uid, since, until):
    """Yield the lines from a cursor of its own: the request's is closed before the first one."""
    with registry.cursor() as cursor:
        for line in api.Environment(cursor, uid, {})["ops.audit"]._export(since, until):
            yield f"{line}\n".encode()
