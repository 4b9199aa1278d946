"""A committed change becomes a pull request at its forge: once, with the project's token."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import TransactionCase, tagged

from .. import uninstall_hook
from ..adapters import forge as adapter
from ..engine import forge
from .common import ModulesMixin
from .forge_server import TOKEN, ForgeServer

COMMIT = "c" * 40
FORGES = ("github", "gitlab", "gitea")


@tagged("post_install", "-at_install", "ipai_module_manager")
class TestPulls(ModulesMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_modules()
        cls.env["ir.config_parameter"].set_param("ipai_ops.open_networks", "127.0.0.0/8, localhost")
        cls.package = cls.packages._named("odoo-addon-web-responsive")

    def serve(self, kind="github"):
        """Give the project a forge of this kind, and a token for it."""
        server = ForgeServer(kind)
        self.addCleanup(server.close)
        self.project.write(
            {
                "forge": kind,
                "repository_url": "https://forge.example.com/acme/erp.git",
                "forge_api_url": server.url,
            }
        )
        self.project.with_user(self.manager).new_forge_token = TOKEN
        return server

    def pushed(self, way="branch"):
        """Return a change whose reviewed text has just been committed."""
        change = self.changes.with_user(self.manager)._ask(self.package, self.production, way)
        line = "odoo-addon-web-responsive==19.0.1.0.4"
        own = change.sudo()
        own.write({"state": "confirmed", "requirement": line, "confirmed_by_id": self.manager.id})
        own.write({"after": f"{line}\n", "brings": line, "base_branch": "main"})
        own._note_pushed(COMMIT)
        return own

    def test_each_forge_gets_one_pull_request_with_its_own_field_names(self):
        for kind in FORGES:
            with self.subTest(kind):
                server, change = self.serve(kind), self.pushed()
                self.drive()
                self.assertEqual((change.pull_state, change.pull_said), ("open", False))
                self.assertIn("forge.example.com/acme/erp", change.pull_url)
                [pull] = server.pulls
                self.assertEqual(server.head(pull), change.branch)
                self.assertIn("web_responsive", pull["title"])
                words = pull["description" if kind == "gitlab" else "body"]
                self.assertIn(change.requirement, words)

    def test_one_that_is_open_already_is_found_and_not_opened_again(self):
        for kind in FORGES:
            with self.subTest(kind):
                server, change = self.serve(kind), self.pushed()
                self.drive()
                change.write(
                    {"pull_state": "wanted", "pull_url": False}
                )  # died before it was noted
                self.drive()
                self.assertEqual((len(server.pulls), change.pull_number), (1, 1))
                self.assertEqual([verb for verb, _path in server.asked], ["GET", "POST", "GET"])

    def test_one_of_the_branch_into_another_base_is_not_taken_for_ours(self):
        for kind in FORGES:
            with self.subTest(kind):
                server, change = self.serve(kind), self.pushed()
                place, token, wish = change._pull_facts()
                elsewhere = forge.Wish(wish.head, "another", wish.title, wish.text)
                adapter.open_pull(place, token, elsewhere)
                self.drive()
                self.assertEqual((len(server.pulls), change.pull_number), (2, 2))

    def test_a_request_the_forge_does_not_publish_is_noticed(self):
        """The shapes hold: a misspelt name or value of any call is a fault of the test's forge."""
        for kind in FORGES:
            with self.subTest(kind):
                server = ForgeServer(kind)
                server.check_query({"stat": ["open"]})
                server.check_query({"state": ["openly"]})
                server.opened(server.place, {}, {"titel": "x"})
                self.assertGreaterEqual(len(server.faults), 3)
                with self.assertRaises(AssertionError):
                    server.close()

    def test_what_the_forge_refuses_is_said_and_can_be_tried_again(self):
        server, change = self.serve(), None
        failed = {"message": "Validation Failed", "documentation_url": "https://docs.example.com"}
        head = {"resource": "PullRequest", "field": "head", "code": "invalid"}
        for answer, words in (
            ((401, {"message": "Bad credentials"}), "does not accept the token"),
            ((403, {"message": "Resource not accessible"}), "right to write them"),
            ((404, {"message": "Not Found"}), "knows no repository acme/erp"),
            ((422, {**failed, "errors": [{"code": "custom", "message": "x"}]}), "Failed; x"),
            ((422, {**failed, "errors": [head]}), "Failed; head: invalid"),
            ((400, {"message": {"base": ["is empty", "is odd"]}}), "base is empty, is odd"),
            ((502, "<html>"), "answered 502"),
            ((200, "<html>"), "is not the API of GitHub"),
        ):
            with self.subTest(words):
                server.answer = answer
                change = change or self.pushed()
                self.drive()
                self.assertEqual(change.pull_state, "failed")
                self.assertIn(words, change.pull_said)
                self.assertEqual((change.state, change.commit), ("pushed", COMMIT))
                self.assertTrue(change.with_user(self.operator).may_pull)
                change.with_user(self.operator).action_open_pull()
        server.answer = None
        self.drive()
        self.assertEqual(change.pull_state, "open")
        with self.assertRaises(UserError):
            change.with_user(self.operator).action_open_pull()

    def test_a_token_is_tested_and_the_answer_shown(self):
        project = self.project.with_user(self.manager)
        for kind in FORGES:
            with self.subTest(kind):
                server = self.serve(kind)
                self.assertFalse(project.forge_test)
                project.action_test_forge()
                self.assertEqual(project.forge_test, "asked")
                self.drive()
                self.assertEqual(project.forge_test, "well")
                self.assertIn("shows acme/erp", project.forge_said)
                self.assertEqual([verb for verb, _path in server.asked], ["GET"])
                project.new_forge_token = "another"
                self.assertFalse(project.forge_test)
                project.action_test_forge()
                self.drive()
                self.assertEqual(project.forge_test, "unwell")
                self.assertIn("does not accept the token", project.forge_said)
        server.answer = (200, '{"not": "a list"}')
        project.action_test_forge()
        self.drive()
        self.assertIn("is not the API", project.forge_said)

    def test_who_may_not_change_the_settings_tests_no_token(self):
        server = self.serve()
        with self.assertRaises(AccessError):
            self.project.with_user(self.viewer).action_test_forge()
        self.project.sudo().forge_token = False
        with self.assertRaises(UserError):
            self.project.with_user(self.manager).action_test_forge()
        self.drive()
        self.assertFalse(server.asked)

    def test_a_forge_that_is_away_is_one_sentence(self):
        server, change = self.serve(), self.pushed()
        server.close()
        self.drive()
        self.assertIn("GitHub cannot be reached", change.pull_said)

    def test_without_a_token_or_on_the_environments_branch_none_is_asked_for(self):
        server = self.serve()
        self.assertFalse(self.pushed("direct").pull_state)
        self.project.sudo().forge_token = False
        self.assertFalse(self.pushed().pull_state)
        self.drive()
        self.assertFalse(server.asked)

    def test_the_token_is_encrypted_and_read_by_nobody(self):
        self.serve()
        self.env.flush_all()
        self.env.cr.execute("SELECT row_to_json(t)::text FROM ops_project t")
        self.assertNotIn(TOKEN, str(self.env.cr.fetchall()))
        with self.assertRaises(AccessError):
            self.project.with_user(self.manager).read(["forge_token"])
        self.assertFalse(self.project.with_user(self.manager).new_forge_token)
        with self.assertRaises(AccessError):
            self.project.with_user(self.viewer).new_forge_token = "mine"

    def test_an_uninstallation_takes_the_token_along_and_leaves_other_secrets(self):
        self.serve()
        secret = self.project.sudo().webhook_secret
        self.env.flush_all()
        uninstall_hook(self.env)
        self.env.invalidate_all()
        self.assertFalse(self.project.has_forge_token)
        self.assertEqual(self.project.sudo().webhook_secret, secret)

    def test_a_token_never_goes_to_another_place_than_it_was_given_for(self):
        for moved in (
            {"forge_api_url": "https://elsewhere.example.com/api"},
            {"repository_url": "https://elsewhere.example.com/acme/erp.git"},
            {"forge": "gitea"},
        ):
            with self.subTest(moved):
                self.serve()
                self.project.write({"name": "Another name"})
                self.assertTrue(self.project.has_forge_token)
                self.project.write(moved)
                self.assertFalse(self.project.has_forge_token)

    def test_the_token_travels_encrypted(self):
        with self.assertRaises(ValidationError):
            self.project.forge_api_url = "http://forge.example.com/api"

    def test_the_api_is_on_a_server_elsewhere(self):
        self.env["ir.config_parameter"].set_param("ipai_ops.open_networks", "")
        for url in (
            "http://127.0.0.1:8069",
            "https://10.0.0.1/api",
            "https://registry/",
            "https://[",
        ):
            with self.subTest(url), self.assertRaisesRegex(ValidationError, "inside"):
                self.project.forge_api_url = url

    def test_addresses_of_repositories_name_the_api(self):
        for kind, url, root, path in (
            ("github", "https://github.com/acme/erp.git", "https://api.github.com", "acme/erp"),
            ("github", "git@git.acme.example:a/b.git", "https://git.acme.example/api/v3", "a/b"),
            ("gitlab", "https://gl.example:8443/a/b/c", "https://gl.example:8443/api/v4", "a/b/c"),
            ("gitea", "ssh://git@code.example:2222/a/b.git", "https://code.example/api/v1", "a/b"),
        ):
            with self.subTest(url):
                place = forge.place(kind, url)
                self.assertEqual((place.root, place.path), (root, path))
        for kind, url in (("other", "https://x.example/a/b"), ("github", "https://x.example/a")):
            with self.assertRaises(forge.ForgeFault):
                forge.place(kind, url)

    def test_a_redirect_is_not_followed_with_the_token(self):
        server = self.serve()
        server.answer = (307, {"message": "Moved"})
        wish = forge.Wish("module/x", "main", "t", "")
        place = forge.place("github", "https://github.com/acme/erp", server.url)
        with self.assertRaisesRegex(forge.ForgeFault, "answered 307"):
            adapter.open_pull(place, TOKEN, wish)
