"""The whole log of a run as a text file, however long it is."""

import re

from odoo import api
from odoo.http import Controller, content_disposition, request, route

BATCH = 5000
# Colours and other control sequences of terminals (ECMA-48): an editor shows them as noise.
CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-_]?")


class LogController(Controller):
    @route("/ipai/run/<int:run_id>/log", type="http", auth="user", methods=["GET"], readonly=True)
    def download(self, run_id):
        """Stream the log line by line: time, level, step and message."""
        run = request.env["ops.run"].search([("id", "=", run_id)])
        if not run:
            raise request.not_found(request.env._("There is no run %s.", run_id))
        run._check_may("logs")
        headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Disposition", content_disposition(f"run-{run_id}.log")),
            ("X-Content-Type-Options", "nosniff"),
        ]
        lines = _stream(request.env.registry, request.env.uid, run_id)
        return request.make_response(lines, headers)


def _stream(registry, uid, run_id):
    """Yield the log in batches of encoded lines, from a cursor of its own.

    The request's own cursor is closed before the first byte leaves.
    """
    with registry.cursor(readonly=True) as cursor:
        runs = api.Environment(cursor, uid, {})["ops.run"]
        after_id = 0
        while True:
            log = runs.read_log(run_id, after_id, BATCH)
            yield "".join(map(_line, log["events"])).encode()
            runs.env.invalidate_all(flush=False)
            if len(log["events"]) < BATCH:
                return
            after_id = log["last_id"]


def _line(event):
    step = f" [{event['step']}]" if event["step"] else ""
    message = CONTROL.sub("", event["message"])
    return f"{event['at']} {event['level'].upper():<7}{step} {message}\n"
