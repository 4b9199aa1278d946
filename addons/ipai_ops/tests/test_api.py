from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import OTHER_SHA, SHA, OpsCase, OpsMixin


@tagged("post_install", "-at_install", "ipai_ops")
class TestApi(OpsCase):
    def setUp(self):
        super().setUp()
        self.runs = self.env["ops.run"].with_user(self.operator)
        self.production.runner = "worker"

    def test_a_run_is_queued_by_names_or_ids(self):
        self.project.environment_ids.name = "Main shop"
        for project in ("acme", self.project.id):
            for env in ("main", "Main shop", self.production.id):
                with self.subTest(project=project, env=env):
                    run = self.runs.browse(self.runs.queue_run(project, env, SHA, "main"))
                    self.assertEqual(run.environment_id, self.production)
                    self.assertEqual((run.commit, run.ref), (SHA, "refs/heads/main"))
                    self.assertEqual((run.trigger, run.requested_by_id), ("api", self.operator))

    def test_a_run_without_commit_takes_the_newest_of_the_environments_branch(self):
        run = self.runs.browse(self.runs.queue_run("acme", "main"))
        self.assertEqual((run.commit, run.ref), (False, "refs/heads/main"))

    def test_wrong_names_and_commits_are_clear_errors(self):
        for arguments, said in (
            (("nobody", "main"), "no project “nobody”"),
            (("acme", "nowhere"), "no environment “nowhere”"),
            (("acme", "main", "3f2c1a9"), "all 40 hex digits"),
            (("acme", "main", "z" * 40), "all 40 hex digits"),
        ):
            with self.subTest(arguments), self.assertRaisesRegex(UserError, said):
                self.runs.queue_run(*arguments)

    def test_a_worker_claims_the_oldest_run_meant_for_workers(self):
        other = self.make_environment()
        other._deploy("push", OTHER_SHA)
        run = self.production._deploy("push", SHA)
        claim = self.runs.claim_next_run("worker-1")
        self.assertEqual(claim["run_id"], run.id)
        self.assertEqual(claim["fence"], 1)
        self.assertEqual(claim["lease_seconds"], 60)
        self.assertEqual(claim["spec"]["commit"], SHA)
        self.assertEqual(claim["spec"]["run"], run.id)
        self.assertEqual((run.state, run.worker), ("running", "worker-1"))
        self.assertIs(self.runs.claim_next_run("worker-2"), False)

    def test_a_worker_needs_a_name(self):
        for name in ("", None, 7):
            with self.subTest(name), self.assertRaises(UserError):
                self.runs.claim_next_run(name)

    def test_a_viewer_claims_nothing(self):
        with self.assertRaises(AccessError):
            self.env["ops.run"].with_user(self.viewer).claim_next_run("worker-1")

    def test_events_are_added_and_renew_the_lease(self):
        run, claim = self.claimed()
        run.lease_until = fields.Datetime.now() + timedelta(seconds=1)
        event_id = self.runs.append_event(run.id, "info", "hello", {"fence": claim["fence"]})
        [event] = self.runs.read_log(run.id)["events"]
        self.assertEqual((event["id"], event["message"]), (event_id, "hello"))
        self.assertIs(event["payload"], False)
        self.assertGreater(run.lease_until, fields.Datetime.now() + timedelta(seconds=50))

    def test_an_unknown_level_is_a_clear_error(self):
        run, claim = self.claimed()
        with self.assertRaisesRegex(UserError, "“loud” is no level"):
            self.runs.append_event(run.id, "loud", "x", {"fence": claim["fence"]})

    def test_a_finished_run_settles_its_environment(self):
        run, claim = self.claimed()
        self.runs.append_event(run.id, "warning", "hm", {"fence": claim["fence"]})
        self.assertIs(self.runs.finish_run(run.id, "done", claim["fence"]), True)
        self.assertEqual((run.state, run.colour), ("done", "yellow"))
        self.assertEqual((self.production.state, self.production.commit), ("up", SHA))
        self.assertFalse(run.lease_until)

    def test_a_failed_run_tells_the_last_error_as_its_cause(self):
        run, claim = self.claimed()
        self.runs.append_event(run.id, "error", "No space left.", {"fence": claim["fence"]})
        self.runs.with_context(fence=claim["fence"]).finish_run(run.id, "failed")
        self.assertEqual((run.state, run.colour, run.cause), ("failed", "red", "No space left."))

    def test_a_silent_workers_run_goes_back_to_the_queue(self):
        run, _claim = self.claimed()
        self.env["ops.run"]._expire_leases(run.lease_until + timedelta(seconds=1))
        self.assertEqual((run.state, run.worker), ("queued", False))
        again = self.runs.claim_next_run("worker-2")
        self.assertEqual((again["run_id"], again["fence"]), (run.id, 2))

    def test_late_writes_of_a_former_worker_are_refused(self):
        run, claim = self.claimed()
        self.env["ops.run"]._expire_leases(run.lease_until + timedelta(seconds=1))
        with self.assertRaisesRegex(UserError, "is waiting: nothing can be added"):
            self.runs.append_event(run.id, "info", "late", {"fence": claim["fence"]})
        self.runs.claim_next_run("worker-2")
        for fence in (claim["fence"], None):
            with self.subTest(fence), self.assertRaisesRegex(UserError, "given to another worker"):
                self.runs.append_event(run.id, "info", "late", {"fence": fence})
        with self.assertRaisesRegex(UserError, "given to another worker"):
            self.runs.finish_run(run.id, "done", claim["fence"])

    def test_a_lease_that_is_over_accepts_nothing_even_before_anybody_noticed(self):
        run, claim = self.claimed()
        run.lease_until = fields.Datetime.now() - timedelta(seconds=1)
        with self.assertRaisesRegex(UserError, "lease of run"):
            self.runs.append_event(run.id, "info", "late", {"fence": claim["fence"]})

    def test_a_silent_workers_run_gives_way_to_a_newer_one(self):
        run, _claim = self.claimed()
        newer = self.production._deploy("push", OTHER_SHA)
        self.env["ops.run"]._expire_leases(run.lease_until + timedelta(seconds=1))
        self.assertEqual((run.state, run.superseded_by_id), ("superseded", newer))
        self.assertEqual(newer.state, "queued")

    def test_a_silent_workers_cancelled_run_ends(self):
        run, _claim = self.claimed()
        run.action_cancel()
        self.env["ops.run"]._expire_leases(run.lease_until + timedelta(seconds=1))
        self.assertEqual(run.state, "cancelled")

    def test_the_servers_own_runs_are_not_finished_from_outside(self):
        self.production.runner = "driver"
        run = self.begin(self.production._deploy("push", SHA))
        with self.assertRaisesRegex(UserError, "by the server itself"):
            self.runs.finish_run(run.id, "done")

    def test_a_run_ends_only_as_done_or_failed(self):
        run, claim = self.claimed()
        with self.assertRaisesRegex(UserError, "“fine” is no end"):
            self.runs.finish_run(run.id, "fine", claim["fence"])

    def claimed(self):
        run = self.production._deploy("push", SHA)
        claim = self.runs.claim_next_run("worker-1")
        self.assertEqual(claim["run_id"], run.id)
        return run, claim


@tagged("post_install", "-at_install", "ipai_ops")
class TestApiOverHttp(OpsMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()
        cls.production.runner = "worker"
        expiry = fields.Datetime.now() + timedelta(hours=1)
        keys = cls.env["res.users.apikeys"].with_user(cls.operator)
        cls.key = keys._generate("rpc", "worker", expiry)

    def test_a_worker_lives_on_json_2(self):
        run_id = self.json_2("queue_run", project="acme", env="main", git_sha=SHA, ref="main")
        claim = self.json_2("claim_next_run", worker_id="w")
        self.assertEqual((claim["run_id"], claim["fence"]), (run_id, 1))
        payload = {"fence": 1, "progress": 0.5}
        self.json_2("append_event", run_id=run_id, level="info", message="hi", payload=payload)
        self.assertIs(self.json_2("finish_run", run_id=run_id, status="done", fence=1), True)
        log = self.json_2("read_log", run_id=run_id)
        self.assertEqual((log["state"], log["events"][0]["message"]), ("done", "hi"))
        self.assertIs(self.json_2("claim_next_run", worker_id="w"), False)

    @mute_logger("odoo.addons.rpc.controllers.xmlrpc")  # warns that XML-RPC is old
    def test_a_worker_lives_on_xml_rpc(self):
        run_id = self.xml_rpc("queue_run", "acme", "main", SHA, "refs/heads/main")
        claim = self.xml_rpc("claim_next_run", "w")
        self.assertEqual((claim["run_id"], claim["spec"]["commit"]), (run_id, SHA))
        self.xml_rpc("append_event", run_id, "info", "hi", {"fence": 1})
        self.assertIs(self.xml_rpc("finish_run", run_id, "failed", 1), True)
        self.assertEqual(self.xml_rpc("read_log", run_id)["state"], "failed")

    def test_a_clear_error_reaches_the_caller(self):
        with mute_logger("odoo.http"):
            answer = self.post_json_2("queue_run", project="nobody", env="main")
        self.assertEqual(answer.status_code, 422)
        self.assertIn("There is no project “nobody”.", answer.json()["message"])

    def json_2(self, method, **arguments):
        answer = self.post_json_2(method, **arguments)
        self.assertEqual(answer.status_code, 200, answer.text)
        return answer.json()

    def post_json_2(self, method, **arguments):
        headers = {"Authorization": f"bearer {self.key}"}
        return self.url_open(f"/json/2/ops.run/{method}", json=arguments, headers=headers)

    def xml_rpc(self, method, *arguments):
        database, user = self.env.cr.dbname, self.operator.id
        return self.xmlrpc_object.execute_kw(database, user, self.key, "ops.run", method, arguments)
