"""An upload over HTTP: pieces, rights, sizes told before, names that lead nowhere else."""

from odoo.exceptions import AccessError, UserError
from odoo.http import Request
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import OpsMixin
from .import_case import ImportMixin, archive_bytes

PIECE = 1000


@tagged("post_install", "-at_install", "ipai_ops")
class TestArchiveUpload(ImportMixin, OpsMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()
        cls.set_up_folder()
        cls.staging = cls.make_environment("stage", stage="staging")
        cls.data = archive_bytes(3 * PIECE)

    def begin(self, user=None, name="a.zip", size=None):
        archives = self.env["ops.archive"].with_user(user or self.operator)
        size = len(self.data) if size is None else size
        start = archives.begin_upload("acme", "stage", name, size)
        self.env.flush_all()
        return start

    def post(self, start, offset, data, login="ops_operator", token=None):
        self.authenticate(login, login)
        token = Request.csrf_token(self) if token is None else token
        return self.url_open(
            f"/ipai/archive/{start['id']}/piece",
            data={"csrf_token": token, "offset": str(offset)},
            files={"piece": ("../../../evil.zip", data, "application/octet-stream")},
        )

    def upload(self, start):
        for offset in range(start["offset"], len(self.data), PIECE):
            answer = self.post(start, offset, self.data[offset : offset + PIECE])
            self.assertEqual(answer.status_code, 200, answer.text)
        return answer.json()

    def archive(self, start):
        self.env.invalidate_all()
        return self.env["ops.archive"].browse(start["id"])

    def test_pieces_become_the_file_under_a_name_of_ours(self):
        start = self.begin(name="../../etc/cron.d/evil.zip")
        self.assertEqual(self.upload(start)["state"], "ready")
        [path] = self.folder.iterdir()
        self.assertRegex(path.name, r"^acme\.[0-9a-f]{32}\.zip$")
        self.assertEqual(path.read_bytes(), self.data)
        self.assertTrue(self.archive(start).expires_at)

    def test_an_upload_that_broke_off_goes_on_where_it_was(self):
        start = self.begin()
        self.post(start, 0, self.data[:PIECE])
        again = self.begin()
        self.assertEqual(again["id"], start["id"])
        self.assertEqual(again["offset"], PIECE)
        self.assertEqual(self.upload(again)["state"], "ready")
        [path] = self.folder.iterdir()
        self.assertEqual(path.read_bytes(), self.data)

    def test_the_same_piece_twice_is_as_good_as_once(self):
        start = self.begin()
        for _attempt in range(2):
            self.assertEqual(self.post(start, 0, self.data[:PIECE]).json()["received"], PIECE)

    def test_a_piece_that_leaves_a_hole_is_told_where_to_go_on(self):
        start = self.begin()
        answer = self.post(start, 2 * PIECE, self.data[2 * PIECE :])
        self.assertEqual((answer.status_code, answer.json()["received"]), (409, 0))

    @mute_logger("odoo.http")
    def test_without_the_token_of_the_session_nothing_is_taken(self):
        start = self.begin()
        self.assertEqual(self.post(start, 0, self.data, token="wrong").status_code, 400)
        self.assertFalse(list(self.folder.iterdir()))

    @mute_logger("odoo.http")
    def test_others_cannot_add_to_an_upload(self):
        start = self.begin()
        self.make_member("tester", login="ops_tester_two")
        expected = {"ops_tester_two": 403, "ops_viewer": 403}
        for login, status in expected.items():
            self.assertEqual(self.post(start, 0, self.data, login).status_code, status)
        self.assertFalse(list(self.folder.iterdir()))

    def test_who_may_not_restore_there_cannot_begin(self):
        with self.assertRaises(AccessError):
            self.begin(self.viewer)
        with self.assertRaises(AccessError):
            archives = self.env["ops.archive"].with_user(self.operator)
            archives.begin_upload("acme", "main", "a.zip", 10)

    def test_what_is_no_zip_is_refused_with_the_first_piece(self):
        start = self.begin()
        answer = self.post(start, 0, b"#!/bin/sh" + self.data[:PIECE])
        self.assertEqual(answer.status_code, 415)
        self.assertIn("not the zip", answer.json()["error"])
        self.assertFalse(list(self.folder.iterdir()))
        self.assertEqual(self.archive(start).state, "removed")

    def test_more_than_was_announced_is_refused(self):
        start = self.begin(size=PIECE)
        self.assertEqual(self.post(start, 0, self.data).status_code, 415)
        self.assertFalse(list(self.folder.iterdir()))

    def test_what_is_too_large_is_told_before_a_byte_comes_in(self):
        self.env["ir.config_parameter"].set_param("ipai_ops.import_max_bytes", "2000")
        with self.assertRaisesRegex(UserError, "2.0 kB are allowed"):
            self.begin()
        self.env["ir.config_parameter"].set_param("ipai_ops.import_max_bytes", str(1 << 62))
        with self.assertRaisesRegex(UserError, "are free for uploads"):
            self.begin(size=1 << 60)

    def test_only_archives_can_be_announced(self):
        for name, size in (("a.tar.gz", 10), ("a.zip", 0), ("a.zip", "many")):
            with self.assertRaisesRegex(UserError, "Choose the .zip"):
                self.begin(name=name, size=size)

    @mute_logger("odoo.http")
    def test_a_piece_larger_than_agreed_is_not_read(self):
        start = self.begin(size=1 << 30)
        answer = self.post(start, 0, self.data + b"x" * (9 << 20))
        self.assertEqual(answer.status_code, 413)
        self.assertFalse(list(self.folder.iterdir()))
