"""The pieces of an archive that comes in: written to disk as they arrive, by who may restore there."""

from odoo.http import Controller, request, route

from ..models.data.archive_upload import PIECE_BYTES

OVERHEAD_BYTES = 64 << 10  # of the form around a piece


class ArchiveController(Controller):
    @route(
        "/ipai/archive/<int:archive_id>/piece",
        type="http",
        auth="user",
        methods=["POST"],
        max_content_length=PIECE_BYTES + OVERHEAD_BYTES,
    )
    def piece(self, archive_id, offset="", piece=None, **_others):
        """Take one piece at an offset; answer how many bytes are there.

        409 names the offset to go on from, 415 says that it is no archive.
        """
        archive = request.env["ops.archive"].search([("id", "=", archive_id)])
        if not archive:
            raise request.not_found(request.env._("There is no upload %s.", archive_id))
        if not archive._check_may_upload():
            return _answer(
                {"error": request.env._("This upload is not yours, or it is over.")}, 403
            )
        if not offset.isdecimal() or not hasattr(piece, "stream"):
            return _answer({"error": request.env._("Send an offset and a piece.")}, 400)
        try:
            received = archive._receive(int(offset), piece.stream)
        except ValueError:
            return _answer({"received": int(archive.received_bytes)}, 409)
        if archive.state == "removed":
            return _answer(
                {"error": request.env._("That is not the zip it was announced as.")}, 415
            )
        return _answer({"received": received, "state": archive.state})


def _answer(facts, status=200):
    return request.make_json_response(facts, status=status)
