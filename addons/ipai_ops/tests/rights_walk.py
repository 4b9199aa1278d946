"""What every addon's rights test walks: its models, its public methods as each person, its routes.

A test names its ``addon`` and lists what it has; whatever is not listed fails.
"""

import inspect
from contextlib import closing, nullcontext
from functools import partial
from unittest.mock import Mock, patch

from odoo.exceptions import AccessError, UserError
from odoo.http import Controller
from odoo.models import BaseModel

from ..models.audit import audit

OPERATIONS = ("read", "write", "create", "unlink")
OF_EVERY_MODEL = frozenset(dir(BaseModel)) | {"message_post", "onchange"}


class RightsWalk:
    addon = ""
    may_end_in_a_sentence = False  # a UserError after the right was asked counts as let in

    def public_methods(self, model):
        """Return the methods of ``model`` that this addon opens to JSON-2 and XML-RPC."""
        return {
            name
            for parent in type(self.env[model]).__mro__
            if parent.__module__.startswith(f"odoo.addons.{self.addon}")
            for name, member in vars(parent).items()
            if callable(member)
            and not name.startswith("_")
            and name not in OF_EVERY_MODEL
            and not getattr(member, "_api_private", False)
        }

    def methods_of(self, *models):
        return {(model, name) for model in models for name in self.public_methods(model)}

    def routes(self):
        """Return the addon's routes and whom each lets in."""
        found = {}
        for controller in Controller.children_classes[self.addon]:
            for _name, function in inspect.getmembers(controller, inspect.isfunction):
                routing = getattr(function, "original_routing", {})
                found |= dict.fromkeys(routing.get("routes", ()), routing.get("auth"))
        return found

    def check_closed_to_keys(self, models, methods):
        """Machines' keys reach none of these models and (model, method) pairs but those of Operations."""
        keys = self.env["ops.api.key"]
        reads = [(model, "search_read") for model in models]
        for model, method in (*reads, *methods):
            with self.subTest(model=model, method=method):
                self.assertEqual(keys._is_callable(model, method), model.startswith("ops."))

    def check_models(self, models, ranks):
        """``models``: the first of the ranks that may read, write, create, delete; None: nobody.

        ``ranks``: people by the name of their rank, the lowest first.
        """
        names = list(ranks)
        for model, firsts in models.items():
            for operation, first in zip(OPERATIONS, firsts, strict=True):
                may = names[names.index(first) :] if first else ()
                for name, user in ranks.items():
                    with self.subTest(model=model, operation=operation, person=name):
                        access = self.env[model].with_user(user).has_access(operation)
                        self.assertEqual(access, name in may)

    def check_methods(self, methods, ranks):
        """``methods``: the first of the ranks that may call each, by (model, method)."""
        names = list(ranks)
        for (model, method), first in methods.items():
            for name, user in ranks.items():
                with self.subTest(model=model, method=method, person=name):
                    may = names.index(name) >= names.index(first)
                    record = partial(self.record, user, model)
                    self.assertEqual(self.is_let_in(user, method, record), may)

    def record(self, user, model):
        """Return what a method is called on, as ``user``."""
        return self.records[model].with_user(user)

    def is_let_in(self, user, method, records, *arguments, prepare=None):
        """Call the method as ``user``, take back what it did, and say whether it was allowed.

        ``records``: what it is called on, or a function that makes them as the user.
        """
        self.env.flush_all()
        with closing(self.env.cr.savepoint(flush=False)), self.audit_taken_back():
            if prepare:
                prepare()
            self.env.invalidate_all(flush=False)
            try:
                called_on = records() if callable(records) else records
                getattr(called_on.with_user(user), method)(*arguments)
                self.env.flush_all()
            except AccessError:
                return False
            except UserError as refusal:
                if not self.may_end_in_a_sentence:
                    raise
                return not self.says_there_is_none(refusal)
            finally:
                self.env.invalidate_all(flush=False)
        return True

    def audit_taken_back(self):
        """Let refusals be noted in this transaction, which is quick; test_audit shows they stay."""
        connection = Mock()
        connection.cursor = lambda: nullcontext(self.env.cr)
        return patch.object(audit, "db_connect", lambda _name: connection)

    @staticmethod
    def says_there_is_none(refusal):
        """What a person may not see does not exist for them."""
        return str(refusal).startswith(
            ("There is no run", "There is no project", "Project “", "There is no backup")
        )
