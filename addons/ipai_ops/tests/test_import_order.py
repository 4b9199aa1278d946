"""What holds back a person or a run does not hang on the order in which our files are imported."""

import time
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import Mock, patch

from odoo import fields, http
from odoo.exceptions import AccessError, RedirectWarning
from odoo.orm.model_classes import is_model_definition
from odoo.tests import tagged

from ..authentication import signed_in
from .common import SHA, OpsCase
from .test_audit import AuditMixin

HOUR = 3600


def reversed_bodies(bases):
    """Return a model's base classes as if this addon had imported its files the other way round."""
    ours = [base for base in bases if is_model_definition(base) and base._module == "ipai_ops"]
    others_way = iter(reversed(ours))
    return tuple(next(others_way) if base in ours else base for base in bases)


@tagged("post_install", "-at_install", "ipai_ops")
class TestImportOrder(AuditMixin, OpsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.person = cls.make_member("operator")

    @contextmanager
    def other_order(self):
        """Have every model that no other one inherits from meet its bodies the other way round."""
        models = [model for model in self.registry.values() if not model._inherit_children]
        turned = [model for model in models if model.__bases__ != reversed_bodies(model.__bases__)]
        for model in turned:
            model.__bases__ = reversed_bodies(model.__bases__)
        try:
            yield
        finally:
            for model in turned:
                model.__bases__ = model._base_classes__

    def session(self, **marks):
        return patch.object(signed_in, "request", Mock(session=http.Session(marks, "sid")))

    def test_policies_hold(self):
        now = fields.Datetime.now()
        period = {"starts_at": now - timedelta(hours=1), "ends_at": now + timedelta(hours=1)}
        facts = {"name": "Frozen", "rule": "freeze", "project_id": self.project.id}
        self.env["ops.policy"].create({**facts, **period})
        with self.other_order():
            self.assertEqual(self.production._deploy("push", SHA).state, "blocked")

    def test_a_second_factor_is_asked_for(self):
        self.env.ref("ipai_ops.role_operator").needs_second_factor = True
        with self.other_order(), self.assertRaisesRegex(AccessError, "second factor"):
            self.production.with_user(self.person)._check_may("deploy")

    def test_a_sign_in_of_long_ago_is_not_enough(self):
        self.env.ref("ipai_ops.role_operator").session_hours = 1
        mark = {"user": self.person.id, "at": time.time() - 2 * HOUR, "method": "password"}
        with self.other_order(), self.session(**{signed_in.MARK: mark}):
            signed_in.request.session.uid = self.person.id
            with self.assertRaisesRegex(AccessError, "sign-in of the last"):
                self.production.with_user(self.person)._check_may("deploy")

    def test_what_cannot_be_undone_asks_again_who_is_there(self):
        mark = {"user": self.manager.id, "at": time.time() - HOUR, "method": "password"}
        with self.other_order(), self.session(**{signed_in.MARK: mark}):
            signed_in.request.session.uid = self.manager.id
            for place in (self.production, self.project):
                with self.subTest(place), self.assertRaises(RedirectWarning):
                    place.with_user(self.manager)._check_may("secrets")

    def test_a_refusal_is_in_the_audit_trail(self):
        for place in (self.production, self.project):
            before = len(self.apart("access.refused"))
            with self.subTest(place), self.other_order():
                with self.assertRaises(AccessError):
                    place.with_user(self.person)._check_may("members")
                self.assertEqual(len(self.apart("access.refused")), before + 1)
