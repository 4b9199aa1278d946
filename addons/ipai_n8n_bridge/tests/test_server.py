"""The server's page: secrets stay closed, buttons ask, answers are told."""

import json
from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from ..models.n8n_order import _import
from .common import N8nMixin


class Flows:
    """n8n's API as far as an import asks it; keeps the calls."""

    def __init__(self, *flows):
        self.flows, self.calls = list(flows), []

    def workflows(self):
        return self.flows

    def create_credential(self, name, kind, _data):
        self.calls.append(("credential", kind))
        return f"credential of {name}"

    def create_workflow(self, workflow):
        self.calls.append(("create", workflow["nodes"]))
        return {"id": "new", **workflow}

    def update_workflow(self, workflow_id, workflow):
        self.calls.append(("update", workflow_id))
        return {"id": workflow_id, **workflow}

    def set_active(self, workflow_id, is_active):
        self.calls.append(("activate" if is_active else "deactivate", workflow_id))
        return {"id": workflow_id, "active": is_active}


@tagged("post_install", "-at_install", "ipai_n8n_bridge")
class TestServer(N8nMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_n8n()

    def test_secrets_are_read_by_nobody(self):
        server = self.n8n.with_user(self.manager)
        for name in ("api_key", "signing_secret"):
            self.assertNotIn(name, server.fields_get())
            with self.assertRaises(AccessError):
                server.read([name])
        self.assertEqual((server.has_api_key, server.new_api_key), (True, False))
        self.assertEqual(self.n8n.sudo().api_key, "a key of n8n")

    def test_secrets_are_encrypted_at_rest(self):
        self.env.flush_all()
        query = "SELECT row_to_json(t)::text FROM ipai_n8n_server t WHERE id = %s"
        [(row,)] = self.env.execute_query(SQL(query, self.n8n.id))
        for secret in ("a key of n8n", self.n8n.sudo().signing_secret):
            self.assertNotIn(secret, row)

    def test_a_new_secret_is_shown_once(self):
        shown = self.n8n.with_user(self.manager).action_new_secret()["params"]["message"]
        self.assertEqual(self.n8n.sudo().signing_secret, shown)

    def test_a_wrong_address_is_refused(self):
        with self.assertRaises(ValidationError):
            self.n8n.url = "n8n.example.com"

    def test_the_test_button_tells_how_n8n_is(self):
        self.n8n.with_user(self.manager).action_test()
        order = self.env["ipai.n8n.order"].search([("server_id", "=", self.n8n.id)])
        order._note_end("n8n cannot be reached at this address.", False)
        self.assertEqual((self.n8n.health, order.state), ("unwell", "failed"))
        order._note_end("n8n is ready.", True)
        self.assertEqual((self.n8n.health, self.n8n.health_said), ("well", "n8n is ready."))

    def test_the_list_of_workflows_follows_n8n(self):
        flows = self.env["ipai.n8n.workflow"]
        flows._take_list(self.n8n, [{"id": "a", "name": "A", "active": True}, {"id": "b"}])
        flows._take_list(self.n8n, [{"id": "a", "name": "A2", "active": False}])
        found = flows.search([("server_id", "=", self.n8n.id)])
        self.assertEqual((found.name, found.is_active), ("A2", False))

    def test_an_import_fills_the_blanks_and_switches_off_what_is_not_set_up(self):
        wizard = self.env["ipai.n8n.import"].with_user(self.manager)
        for template, _name in wizard._fields["template"].selection:
            made = wizard.create({"server_id": self.n8n.id, "template": template})
            made.action_import()
            order = self.env["ipai.n8n.order"].sudo().search([], limit=1)
            text = order.payload["workflow"]
            blanks = [word for word in text.split("__") if word.isupper()]
            self.assertTrue(all(word.startswith("CREDENTIAL_") for word in blanks), blanks)
            nodes = {node["name"]: node for node in json.loads(text)["nodes"]}
            for name in ("Slack", "Mail"):
                self.assertTrue(nodes.get(name, {"disabled": True})["disabled"])
            order._note_end("n8n refused.", False)
            self.assertFalse(order.payload, "secrets do not stay")

    def test_an_import_creates_once_and_renews_afterwards(self):
        text = json.dumps({"name": "Ours", "nodes": "__CREDENTIAL_SUITE__"})
        payload = {"workflow": text, "credentials": {"CREDENTIAL_SUITE": ("s", "header", {})}}
        credential = ("credential", "header")
        first = Flows(
            {"id": "1", "name": "Another"}, {"id": "2", "name": "Ours", "isArchived": True}
        )
        self.assertTrue(_import(first, payload)["active"])
        made = ("create", "credential of s")
        self.assertEqual(first.calls, [credential, made, ("activate", "new")])
        again = Flows({"id": "3", "name": "Ours", "active": True})
        self.assertTrue(_import(again, payload)["active"])
        renewed = [("deactivate", "3"), ("update", "3"), ("activate", "3")]
        self.assertEqual(again.calls, [credential, *renewed])

    def test_a_count_opens_what_it_counts(self):
        view = self.env.ref("ipai_n8n_bridge.n8n_delivery_view_search").arch
        for chosen in ("waiting", "dead"):
            action = self.n8n.with_context(deliveries=chosen).action_view_deliveries()
            self.assertEqual(action["context"], {f"search_default_{chosen}": 1})
            self.assertIn(f'name="{chosen}"', view)
        self.assertEqual(self.n8n.action_view_deliveries()["context"], {})

    def test_mail_needs_a_server(self):
        wizard = self.env["ipai.n8n.import"].with_user(self.manager)
        with self.assertRaises(UserError):
            wizard.create({"server_id": self.n8n.id, "mail_to": "a@example.com"}).action_import()

    def test_a_server_with_waiting_messages_is_not_deleted(self):
        self.deliveries._plan(self.note())
        with self.assertRaises(UserError):
            self.n8n.unlink()

    def test_questions_answered_long_ago_are_swept_and_waiting_ones_are_kept(self):
        orders = self.env["ipai.n8n.order"]
        old, fresh, waiting = (orders._ask("test", server_id=self.n8n.id) for _turn in range(3))
        (old + fresh)._close(True, "n8n is ready.")
        old.ended_at -= timedelta(days=31)
        waiting.ended_at = old.ended_at
        sweep = type(orders)._gc_questions
        self.assertTrue(sweep._autovacuum, "Odoo's daily clean-up calls it")
        sweep(orders)
        self.assertEqual((old + fresh + waiting).exists(), fresh + waiting)
