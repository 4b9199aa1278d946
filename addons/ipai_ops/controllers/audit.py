"""The audit trail as JSON lines, for safe-keeping and verification elsewhere."""

from odoo import api
from odoo.http import Controller, content_disposition, request, route


class AuditController(Controller):
    @route("/ipai/audit/export", type="http", auth="user", methods=["GET"])
    def export(self):
        """Stream the whole trail; only managers may, and that they did is in it."""
        audit = request.env["ops.audit"]
        audit._check_reader()
        audit._note("audit.exported")
        headers = [
            ("Content-Type", "application/jsonl; charset=utf-8"),
            ("Content-Disposition", content_disposition("audit.jsonl")),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        return request.make_response(_stream(request.env.registry, request.env.uid), headers)


def _stream(registry, uid):
    """Yield the lines from a cursor of its own: the request's is closed before the first one."""
    with registry.cursor() as cursor:
        for line in api.Environment(cursor, uid, {})["ops.audit"]._export():
            yield f"{line}\n".encode()
