"""A backup's archive: who may have it is asked here, the edge then sends the file."""

from odoo.exceptions import RedirectWarning, UserError
from odoo.http import Controller, content_disposition, request, route


class BackupController(Controller):
    @route("/ipai/backup/<int:backup_id>/zip", type="http", auth="user", methods=["GET"])
    def download(self, backup_id):
        """Hand the download over to the edge, by a name that only it can resolve."""
        backup = request.env["ops.backup"].search([("id", "=", backup_id)])
        if not backup:
            raise request.not_found(request.env._("There is no backup %s.", backup_id))
        try:
            backup.environment_id._check_may("download")
        except RedirectWarning:  # a link cannot ask who is there; the button on the page can
            return request.redirect(f"/odoo/ops-backups/{backup.id}")
        try:
            name = backup._archive()
        except UserError as error:
            raise request.not_found(str(error)) from error
        headers = [
            ("Content-Type", "application/zip"),
            ("Content-Disposition", content_disposition(name)),
            ("Cache-Control", "no-store"),
            ("X-Accel-Redirect", f"/ipai-exports/{name}"),
        ]
        return request.make_response("", headers)
