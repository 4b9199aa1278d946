"""From the index's list of names to a commit in a project's repository."""

import time
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from ..adapters import pip_settings
from .common import GitServer, ModulesMixin

ODOO = "odoo==19.0.*"
PACKAGES = {
    "odoo-addon-web-responsive": {"18.0.1.0.0": [], "19.0.1.0.0": [ODOO], "19.0.1.0.1": [ODOO]},
    "odoo-addon-queue-job": {"19.0.1.2.0": [ODOO, "requests", "odoo-addon-base-sparse==19.0.*"]},
    "odoo-addon-base-sparse": {"19.0.1.0.0": [ODOO]},
    "odoo-addon-only-old": {"18.0.1.0.0": ["odoo==18.0.*"]},
    "odoo-addon-picky": {"19.0.1.0.0": [ODOO, "requests<2"]},
    "requests": {"2.31.0": [], "1.0": []},
}


@tagged("post_install", "-at_install", "ipai_module_manager")
class TestMarketplace(ModulesMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_modules()
        cls.git = GitServer()
        cls.addClassCleanup(cls.git.close)
        cls.env["ir.config_parameter"].set_param("ipai_ops.open_networks", "127.0.0.0/8")
        cls.project.repository_url = cls.git.url
        cls.first = cls.git.push("requests>=2\n")

    def setUp(self):
        super().setUp()
        self.index.packages = dict(PACKAGES)
        self.index.is_down = False
        self.index.asked.clear()

    def refresh(self):
        self.settings.with_user(self.manager).action_refresh()
        self.drive()

    def package(self, name):
        return self.packages.search([("technical_name", "=", name)])

    def ask(self, name, way="branch", user=None):
        package, place = self.package(name), self.production
        changes = self.changes.with_user(user or self.operator)
        change = changes._ask(package, place.with_user(user or self.operator), way)
        self.drive()
        return change

    def test_a_module_the_image_has_is_brought_to_its_newest_release(self):
        self.refresh()
        self.production.module_packages = {"odoo-addon-web_responsive": "19.0.1.0.0"}
        change = self.ask("web_responsive")
        self.assertEqual(change.requirement, "odoo-addon-web-responsive==19.0.1.0.1")

    def test_the_list_fills_the_catalogue_and_what_is_gone_stays_unlisted(self):
        self.refresh()
        offered = self.packages.search([("is_listed", "=", True)])
        self.assertEqual(len(offered), 5)
        self.assertNotIn("requests", offered.mapped("technical_name"))
        self.assertEqual((self.settings.state, self.settings.package_count), ("well", 5))
        del self.index.packages["odoo-addon-only-old"]
        self.refresh()
        self.assertFalse(self.package("only_old").is_listed)
        self.assertEqual(self.settings.package_count, 4)

    def test_a_modules_page_is_read_when_somebody_asks(self):
        self.refresh()
        package = self.package("web_responsive")
        package.with_user(self.viewer).action_read()
        self.drive()
        self.assertEqual(package.latest_version, "19.0.1.0.1")
        self.assertEqual(package.series, "18.0, 19.0")
        self.assertEqual(package.summary, "What odoo-addon-web-responsive does")
        self.assertIn("<strong>Bold</strong>", package.readme)

    def test_an_index_that_is_down_is_one_sentence_and_the_catalogue_stays(self):
        self.refresh()
        self.index.is_down = True
        self.settings.with_user(self.manager).action_test()
        self.drive()
        self.assertEqual(self.settings.state, "unwell")
        self.assertEqual(self.settings.said, "The package index answered 503.")
        self.assertTrue(self.packages.name_search("queue"))

    def test_without_an_address_people_are_told_where_to_enter_it(self):
        self.settings.url = False
        self.settings.with_user(self.manager).action_test()
        with self.without_pip_index():
            self.drive()
        self.assertIn("enter its address", self.settings.said)

    def without_pip_index(self):
        return patch.object(pip_settings, "index_url", lambda: "")

    def test_a_proposal_shows_the_change_and_what_comes_with_it(self):
        self.refresh()
        change = self.ask("queue_job")
        self.assertEqual(change.state, "ready", change.said)
        self.assertEqual(change.requirement, "odoo-addon-queue-job==19.0.1.2.0")
        self.assertIn("+odoo-addon-queue-job==19.0.1.2.0", change.difference)
        self.assertIn(
            "odoo-addon-base-sparse 19.0.1.0.0, needed by odoo-addon-queue-job", change.brings
        )
        self.assertIn("requests 2.31.0", change.brings)
        branches = self.git.git("--git-dir", str(self.git.bare), "branch", "--list", "module/*")
        self.assertNotIn(change.branch, branches, "nothing is committed yet")

    def test_a_reviewed_change_is_a_commit_on_its_own_branch_by_its_reviewer(self):
        self.refresh()
        change = self.ask("web_responsive")
        change.with_user(self.operator).action_confirm()
        self.drive()
        self.assertEqual(change.state, "pushed", change.said)
        text = self.git.show(f"{change.branch}:requirements.txt")
        self.assertEqual(text, "requests>=2\nodoo-addon-web-responsive==19.0.1.0.1\n")
        author = self.git.show(change.commit).splitlines()[1]
        self.assertIn(self.operator.name, author)
        self.assertEqual(self.git.show("main:requirements.txt"), "requests>=2\n")

    def test_a_direct_change_is_deployed(self):
        self.refresh()
        change = self.ask("web_responsive", "direct")
        change.with_user(self.operator).action_confirm()
        self.drive()
        self.assertEqual(change.state, "pushed", change.said)
        run = change.run_id
        self.assertEqual((run.kind, run.commit), ("deploy", change.commit))
        self.assertEqual(run.environment_id, self.production)
        self.git.push("requests>=2\n")

    def test_a_commit_whose_end_was_not_recorded_is_found_and_not_made_twice(self):
        self.index.packages["odoo-addon-only-new"] = {"19.0.1.0.0": [ODOO]}
        self.refresh()
        for way in ("branch", "direct"):
            with self.subTest(way):
                change = self.ask("only_new" if way == "direct" else "web_responsive", way)
                change.with_user(self.operator).action_confirm()
                self.drive()
                commit = change.commit
                self.assertTrue(commit)
                change.sudo().write({"state": "confirmed", "commit": False})  # died after the push
                self.drive()
                self.assertEqual((change.state, change.commit), ("pushed", commit))
                self.assertEqual(self.git.show(f"{change.branch}:requirements.txt"), change.after)
        self.git.push("requests>=2\n")

    @mute_logger("odoo.addons.ipai_module_manager.driver")
    def test_a_page_the_server_stumbles_over_does_not_hold_up_the_next_question(self):
        self.refresh()
        odd, well = self.package("web_responsive"), self.package("queue_job")
        odd.with_user(self.operator).action_read()
        with patch.object(type(odd), "_take_metadata", side_effect=KeyError("odd")):
            self.drive()
        self.assertIn("its log says why", odd.fault)
        self.assertFalse(self.orders.search([("state", "=", "waiting")]))
        well.with_user(self.operator).action_read()
        self.drive()
        self.assertEqual(well.latest_version, "19.0.1.2.0")

    def test_a_conflicting_module_is_refused_in_one_sentence(self):
        self.refresh()
        change = self.ask("picky")
        self.assertEqual(change.state, "refused")
        self.assertIn("the project wants requests>=2", change.said)
        self.assertIn("odoo-addon-picky 19.0.1.0.0 wants requests<2", change.said)
        with self.assertRaises(UserError):
            change.with_user(self.operator).action_confirm()

    def test_a_module_of_another_odoo_is_refused(self):
        self.refresh()
        change = self.ask("only_old")
        self.assertEqual(change.state, "refused")
        self.assertIn("Odoo 19.0", change.said)

    def test_what_changed_meanwhile_is_not_overwritten(self):
        self.refresh()
        change = self.ask("web_responsive")
        self.git.push("requests>=2.1\n")
        change.with_user(self.operator).action_confirm()
        self.drive()
        self.assertEqual(change.state, "failed")
        self.assertIn("has changed on main meanwhile", change.said)
        self.git.push("requests>=2\n")

    def test_a_proposal_works_from_the_cache_while_the_index_is_down(self):
        self.refresh()
        self.ask("queue_job")
        self.packages.search([("read_at", "!=", False)]).write({"read_at": "2020-01-01"})
        self.index.is_down = True
        change = self.ask("queue_job")
        self.assertEqual(change.state, "ready", change.said)
        change = self.ask("web_responsive")
        self.assertEqual(change.state, "failed")
        self.assertEqual(change.said, "The package index answered 503.")

    def test_a_repository_that_cannot_be_read_is_one_sentence(self):
        self.refresh()
        self.project.repository_url = "git://127.0.0.1:9/nothing.git"
        change = self.ask("web_responsive")
        self.assertEqual(change.state, "failed")
        self.assertTrue(change.said.startswith("Git refused to clone: "))

    def test_only_who_may_change_modules_asks_and_commits(self):
        self.refresh()
        with self.assertRaises(AccessError):
            self.ask("web_responsive", user=self.viewer)
        change = self.ask("web_responsive")
        with self.assertRaises(AccessError):
            change.with_user(self.viewer).action_confirm()
        self.assertEqual(change.state, "ready")

    def test_twenty_thousand_names_are_searched_within_a_tenth_of_a_second(self):
        names = [f"odoo-addon-made-up-{number}-{number % 97}" for number in range(20_000)]
        self.packages._take_names(names)
        self.env.flush_all()
        self.env.cr.execute("ANALYZE ipai_module_package")
        domain = [("is_listed", "=", True), ("technical_name", "ilike", "up_1234")]
        times = []
        for _round in range(5):
            self.env.invalidate_all()
            start = time.perf_counter()
            found = self.packages.web_search_read(domain, {"technical_name": {}}, limit=80)
            times.append(time.perf_counter() - start)
        self.assertEqual(found["length"], 11)
        self.assertLess(min(times), 0.1)
