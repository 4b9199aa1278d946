"""What n8n asks of the suite: who it is, once, and no more than the person may."""

import json

from odoo.addons.ipai_ops.tests.common import SHA
from odoo.api import SUPERUSER_ID, Environment
from odoo.exceptions import ConcurrencyError
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, HttpCase, get_db_name, tagged
from odoo.tools import mute_logger

from .common import N8nMixin

PATH = "/ipai/n8n/v1"


@tagged("post_install", "-at_install", "ipai_n8n_bridge")
class TestCalls(N8nMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_n8n()
        cls.key = cls.n8n.with_user(cls.manager)._new_key()
        cls.strangers_key = cls.n8n.with_user(cls.stranger)._new_key()

    def call(self, action, payload=None, key=None, once="1", **headers):
        data = payload if isinstance(payload, str) else json.dumps(payload or {})
        given = {
            "Authorization": f"Bearer {key or self.key}",
            "Content-Type": "application/json",
            "Idempotency-Key": once,
            **headers,
        }
        answer = self.url_open(f"{PATH}/{action}", data=data.encode(), headers=given)
        return answer.status_code, answer.json()

    def test_a_run_is_queued_once_per_key(self):
        order = {"project": "acme", "env": "main"}
        status, first = self.call("queue_run", order)
        self.assertEqual(status, 200)
        run = self.env["ops.run"].browse(first["run_id"])
        self.assertEqual((run.state, run.requested_by_id), ("queued", self.manager))
        status, again = self.call("queue_run", order)
        self.assertEqual((status, again["run_id"], again["replayed"]), (200, run.id, True))
        status, _other = self.call("queue_run", {"project": "acme", "env": "other"})
        self.assertEqual(status, 409)

    def test_an_alert_is_raised_and_resolved(self):
        place = {"project": "acme", "env": "main", "key": "disk"}
        _status, raised = self.call("raise_alert", {**place, "name": "Full"}, once="a")
        alert = self.env["ops.alert"].browse(raised["alert_id"])
        self.assertEqual((alert.state, alert.environment_id), ("open", self.production))
        self.call("resolve_alert", place, once="b")
        self.assertEqual(alert.state, "resolved")

    def test_an_event_is_added_to_a_running_run(self):
        run = self.begin(self.production._deploy("api"))
        event = {"run_id": run.id, "level": "info", "message": "From a workflow"}
        status, answer = self.call("add_event", event)
        self.assertEqual(status, 200)
        said = self.env["ops.run.event"].browse(answer["event_id"])
        self.assertEqual(said.message, "From a workflow")

    def test_a_report_tells_what_the_user_may_see(self):
        self.finish(self.production._deploy("api"))
        _status, everything = self.call("report", {"hours": 24})
        self.assertEqual(everything["runs"], {"done": 1})
        _status, nothing = self.call("report", {"hours": 24}, key=self.strangers_key)
        self.assertEqual(nothing["runs"], {})

    def test_the_rights_of_the_keys_owner_hold(self):
        policy = {"name": "Two more eyes", "rule": "approvals", "stage": "production", "quorum": 1}
        self.env["ops.policy"].create(policy)
        run = self.production._deploy("api", SHA)
        self.assertEqual(run.state, "blocked")
        viewer = self.n8n.with_user(self.make_member("viewer", login="vera_of_n8n"))._new_key()
        decision = {"run_id": run.id, "reason": "x"}
        status, said = self.call("approve", decision, key=viewer)
        self.assertEqual(status, 403, said)
        status, said = self.call("queue_run", {"project": "acme", "env": "main"}, key=viewer)
        self.assertEqual(status, 403, said)
        self.env.invalidate_all()
        self.assertEqual((run.state, self.production.run_ids), ("blocked", run))

    def test_strangers_are_told_the_same_of_what_is_there_and_what_is_not(self):
        run = self.production._deploy("api", SHA)
        for call, key, there, missing in (
            ("approve", "run_id", run.id, run.id + 1000),
            ("queue_run", "project", "acme", "nobody"),
        ):
            rest = {"reason": "x"} if call == "approve" else {"env": "main"}
            answers = [
                self.call(call, {key: value, **rest}, key=self.strangers_key)
                for value in (there, missing)
            ]
            self.assertEqual([status for status, _said in answers], [422, 422])
            texts = [said["error"] for _status, said in answers]
            self.assertEqual(texts[0].replace(str(there), str(missing)), texts[1])
        self.env.invalidate_all()
        self.assertEqual(self.production.run_ids, run)

    def test_who_may_approve_approves_and_nobody_what_is_their_own(self):
        policy = {"name": "Two more eyes", "rule": "approvals", "stage": "production", "quorum": 1}
        self.env["ops.policy"].create(policy)
        ann = self.make_member("admin", login="ann_of_n8n")
        run = self.production.with_user(self.operator)._deploy("button", SHA).sudo()
        self.assertEqual(run.state, "blocked")
        key = self.n8n.with_user(self.operator)._new_key()
        decision = {"run_id": run.id, "reason": "Looks well"}
        status, said = self.call("approve", decision, key=key)
        self.assertEqual(status, 403, said)
        self.env.invalidate_all()
        self.assertEqual(run.state, "blocked")
        status, _said = self.call("approve", decision, key=self.n8n.with_user(ann)._new_key())
        self.env.invalidate_all()
        self.assertEqual((status, run.state, run.approval_ids.user_id), (200, "queued", ann))
        self.assertEqual(run.approval_ids.reason, "Looks well")

    def test_what_fails_leaves_nothing_and_may_be_tried_again(self):
        status, said = self.call("queue_run", {"project": "nobody", "env": "main"})
        self.assertEqual(status, 422)
        self.assertIn("nobody", said["error"])
        status, _said = self.call("queue_run", {"project": "acme", "env": "main"})
        self.assertEqual(status, 200, "the key is free: nothing was done with it")

    @mute_logger("odoo.http")
    def test_bad_calls_are_refused_each_in_its_way(self):
        order = {"project": "acme", "env": "main"}
        self.assertEqual(self.call("queue_run", order, key="no key")[0], 401)
        self.assertEqual(self.call("queue_run", order, once="")[0], 400)
        self.assertEqual(self.call("queue_run", {"projekt": "acme"})[0], 400)
        self.assertEqual(self.call("queue_run", "no json")[0], 400)
        self.assertEqual(self.call("queue_run", "[1]")[0], 400)
        self.assertEqual(self.call("drop_database")[0], 404)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        self.assertEqual(self.call("queue_run", order, **form)[0], 415)
        self.assertEqual(self.call("queue_run", {"project": "x" * 300_000, "env": "m"})[0], 413)

    @mute_logger("odoo.http", "odoo.sql_db")
    def test_odd_values_are_refused_and_never_a_fault_of_the_server(self):
        run = self.begin(self.production._deploy("api"))
        odd = ({"a": 1}, [1], None, True, 2**40, -1, 1.5, "", "x" * 5000, "\x00", "%s", "\ud800")
        fitting = {
            "queue_run": {"project": "acme", "env": "main", "git_sha": None, "ref": None},
            "approve": {"run_id": run.id, "reason": "x"},
            "add_event": {"run_id": run.id, "level": "info", "message": "x", "payload": None},
            "raise_alert": {
                "project": "acme",
                "env": "main",
                "key": "k",
                "name": "n",
                "severity": "warning",
                "message": "m",
            },
            "resolve_alert": {"project": "acme", "env": "main", "key": "k"},
            "report": {"hours": 1},
        }
        number = 0
        for action, fields in fitting.items():
            for name in fields:
                for value in odd:
                    number += 1
                    with self.subTest(f"{action}: {name}={str(value)[:20]!r}"):
                        status, said = self.call(action, {**fields, name: value}, once=f"o{number}")
                        self.assertIn(status, (200, 400, 403, 422), said)
                        self.assertLess(len(said.get("error", "")), 500)

    def test_the_key_opens_nothing_else(self):
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        answer = self.url_open("/json/2/res.users/search", data=b"{}", headers=headers)
        self.assertEqual(answer.status_code, 401)


@tagged("post_install", "-at_install", "ipai_n8n_bridge")
class TestTwiceAtOneMoment(BaseCase):
    """On connections of their own, as two requests are; what is committed here is taken away again."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        self.addCleanup(self.remove)

    def remove(self):
        with self.registry.cursor() as cursor:
            cursor.execute("DELETE FROM ipai_n8n_call WHERE key = 'at one moment'")

    def ask(self, cursor):
        calls = Environment(cursor, SUPERUSER_ID, {})["ipai.n8n.call"]
        return calls._answer("report", "at one moment", {"hours": 1})

    @mute_logger("odoo.sql_db")
    def test_the_second_of_two_is_asked_again_and_gets_the_first_ones_answer(self):
        with self.registry.cursor() as first, self.registry.cursor() as second:
            second.execute("SELECT count(*) FROM ipai_n8n_call")  # its view of the rows begins
            _status, said = self.ask(first)
            first.commit()
            with self.assertRaises(ConcurrencyError):  # then Odoo's request loop calls it again
                self.ask(second)
            second.rollback()
            self.assertEqual(self.ask(second), (200, {**said, "replayed": True}))
