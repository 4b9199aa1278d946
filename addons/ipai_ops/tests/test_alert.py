"""Alerts: raised once, told once, silenced, acknowledged, resolved."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import OpsCase


@tagged("post_install", "-at_install", "ipai_ops")
class TestAlert(OpsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alerts = cls.env["ops.alert"]

    def raise_one(self, severity="warning", **values):
        return self.alerts._raise(self.production, "disk", "The disk is full.", severity, **values)

    def told(self):
        domain = [("environment_id", "=", self.production.id), ("kind", "=like", "alert.%")]
        return self.env["ops.fact"].search(domain, order="id").mapped("kind")

    def test_an_alert_raised_again_counts_up_and_tells_once(self):
        first, second = self.raise_one(), self.raise_one()
        self.assertEqual(first, second)
        self.assertEqual(first.raised_count, 2)
        self.assertEqual(self.told(), ["alert.raised"])

    def test_a_graver_one_tells_again(self):
        self.raise_one()
        alert = self.raise_one("critical")
        self.assertEqual(alert.severity, "critical")
        self.assertEqual(self.told(), ["alert.raised"] * 2)

    def test_a_silenced_one_stays_quiet_until_its_time_is_over(self):
        alert = self.raise_one()
        alert.action_silence(1)
        self.raise_one("critical")
        self.assertEqual(self.told(), ["alert.raised", "alert.silenced"])
        alert.silenced_until = fields.Datetime.now() - timedelta(minutes=1)
        self.raise_one()
        self.assertEqual(self.told()[-1], "alert.raised")
        self.raise_one()
        self.assertEqual(len(self.told()), 3)

    def test_a_silence_has_a_sane_length(self):
        alert = self.raise_one()
        for hours in (0, -1, 10_000):
            with self.assertRaises(UserError):
                alert.action_silence(hours)

    def test_resolved_and_raised_again_is_a_new_alert(self):
        first = self.raise_one()
        first.action_acknowledge()
        first.action_resolve()
        first.action_resolve()
        self.assertNotEqual(self.raise_one(), first)
        kinds = ["alert.raised", "alert.acknowledged", "alert.resolved", "alert.raised"]
        self.assertEqual(self.told(), kinds)

    def test_who_acknowledged_is_written_down(self):
        alert = self.raise_one()
        alert.with_user(self.manager).action_acknowledge()
        self.assertEqual(alert.acknowledged_by_id, self.manager)
        fact = self.env["ops.fact"].search([("kind", "=", "alert.acknowledged")], limit=1)
        self.assertEqual(fact.user_id, self.manager)

    def test_the_api_raises_and_resolves_by_key(self):
        alerts = self.alerts.with_user(self.manager)
        made = alerts.raise_alert("acme", "main", "cpu", "Busy", "critical", "Look at the workers.")
        alert = self.alerts.browse(made)
        self.assertEqual((alert.environment_id, alert.severity), (self.production, "critical"))
        self.assertEqual(alerts.raise_alert("acme", "main", "cpu", "Busy"), made)
        self.assertEqual(alerts.resolve_alert("acme", "main", "cpu"), made)
        self.assertIs(alerts.resolve_alert("acme", "main", "cpu"), False)
        with self.assertRaises(UserError):
            alerts.raise_alert("acme", "main", "cpu", "Busy", "deadly")

    def test_a_project_has_alerts_of_its_own(self):
        alerts = self.alerts.with_user(self.manager)
        alert = self.alerts.browse(alerts.raise_alert("acme", None, "dns", "No address"))
        self.assertEqual((alert.project_id, bool(alert.environment_id)), (self.project, False))
        stranger = alerts.with_user(self.viewer)
        with self.assertRaises(UserError):
            stranger.raise_alert("acme", None, "dns", "No address")
