"""An upload comes in pieces: none has to be in memory, and one that breaks off goes on where it was."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...adapters.local import imports_folder
from ...authentication import signed_in
from ...engine.wording import size
from .archive import KEPT

PIECE_BYTES = 8 << 20
MOST_BYTES = 200 << 30
LIMIT = "ipai_ops.import_max_bytes"


class Archive(models.Model):
    _inherit = "ops.archive"

    @api.model
    def begin_upload(self, project, env, name, size_bytes):
        """Prepare an upload; return its ``id``, the ``offset`` to go on from and ``piece_bytes``.

        ``project``: code or id. ``env``: slug, name or id of where it is to be taken in.
        The pieces are posted to ``/ipai/archive/<id>/piece``. An upload that broke off, of the
        same name and size by the same person, is gone on with.
        """
        runs = self.env["ops.run"]
        environment = runs._named_environment(runs._named_project(project), env)
        environment._check_may("restore")
        total = self._checked_bytes(name, size_bytes)
        own = self.sudo()  # people upload through the pieces' route, and write nothing else
        known = own.search(
            [
                ("environment_id", "=", environment.id),
                ("create_uid", "=", self.env.uid),
                ("state", "=", "uploading"),
                ("name", "=", name),
                ("size_bytes", "=", total),
            ],
            limit=1,
        )
        archive = known or own.create(own._upload(environment, name, total))
        offset = imports_folder.size_of(archive.file_name, is_partial=True)
        return {"id": archive.id, "offset": offset, "piece_bytes": PIECE_BYTES}

    @api.model
    def _upload(self, environment, name, total):
        project = environment.project_id
        return {
            "name": name,
            "file_name": imports_folder.new_name(project.code),
            "project_id": project.id,
            "environment_id": environment.id,
            "source": "upload",
            "size_bytes": total,
            "expires_at": fields.Datetime.now() + KEPT,
        }

    @api.model
    def _most_bytes(self):
        return int(self.env["ir.config_parameter"].sudo().get_param(LIMIT) or MOST_BYTES)

    @api.model
    def _checked_bytes(self, name, size_bytes):
        """Return the size as a number; say before a byte comes in why it cannot."""
        total = int(size_bytes) if isinstance(size_bytes, int | float) else 0
        if not imports_folder.folder():
            raise UserError(self.env._("This installation has no folder for imports."))
        if not str(name).lower().endswith(".zip") or total <= 0:
            raise UserError(
                self.env._("Choose the .zip that Odoo's database manager or Odoo.sh has made.")
            )
        most, free = self._most_bytes(), imports_folder.free_bytes()
        if total > most:
            raise UserError(
                self.env._(
                    "“%(name)s” has %(size)s, %(most)s are allowed.",
                    name=name,
                    size=size(total),
                    most=size(most),
                )
            )
        if total > free:
            raise UserError(
                self.env._(
                    "“%(name)s” has %(size)s, and only %(free)s are free for uploads.",
                    name=name,
                    size=size(total),
                    free=size(free),
                )
            )
        return total

    def _check_may_upload(self):
        """Pieces come from whoever began, while that person may restore there."""
        self.ensure_one()
        with signed_in.asked_before():  # pieces of one file may come for hours
            self.environment_id._check_may("restore")
        return self.sudo().create_uid == self.env.user and self.state == "uploading"

    def _receive(self, offset, stream):
        """Write one piece; return how many bytes are there. Raises ValueError, UserError."""
        own = self.sudo()  # the right was asked by the route
        self.env.cr.execute("SELECT 1 FROM ops_archive WHERE id = %s FOR UPDATE", [self.id])
        received = imports_folder.write_piece(own.file_name, offset, stream)
        own.write({"received_bytes": received, "expires_at": fields.Datetime.now() + KEPT})
        if received > own.size_bytes or not imports_folder.is_zip(own.file_name):
            imports_folder.remove(own.file_name)
            own.state = "removed"
        elif received == own.size_bytes:
            imports_folder.complete(own.file_name)
            own.state = "ready"
        return received
