"""No request of any kind makes a 500: what is sent in a wrong form is answered with a sentence."""

import inspect
import json
import logging
import random
from contextlib import nullcontext
from datetime import timedelta
from itertools import cycle
from unittest.mock import Mock, patch

from odoo import fields
from odoo.service.model import get_public_method
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..http import call_guard
from ..models.audit import audit
from .common import GATE_TOKEN, OpsMixin

OURS = ("ops.", "ipai.")
DEEP = [[[[[[[[["x"]]]]]]]]]
GARBAGE = (None, True, 0, -1, 10**30, 1.5, "", "a\0b", "\ud800", "x" * 3000, [], DEEP, {}, [None])
GARBAGE += ({"id": {"x": []}}, [["x", "=", "y"]], {"nosuch": 1}, [0, 0, {"a": 1}])
IDS = ([], [1, 2], [True], [0], [-1], [10**12], ["1"], [None], [[1]], "x", 1.5, {"a": 1}, [999_999])
CONTEXTS = (7, "x", [1], {"lang": 5}, {"tz": []}, {"allowed_company_ids": "x"}, {"lang": "xx"})
CONTEXTS += ({"default_name": {}}, {"active_test": "x"}, {"default_project_id": DEEP}, {"": "\0"})
# Odoo's own methods that any client calls.
GENERIC = ("create", "write", "unlink", "copy", "read", "search", "search_read", "search_count")
GENERIC += ("name_search", "name_create", "default_get", "fields_get", "onchange", "web_read")
GENERIC += ("web_save", "web_search_read", "web_read_group", "formatted_read_group", "load")
GENERIC += ("export_data", "copy_data", "get_views", "message_post", "has_access")
QUIET = (
    "odoo.sql_db",
    "odoo.models",
    "odoo.orm.models",
    "odoo.domains",
    "odoo.service.model",
    "odoo.addons.base.models.ir_rule",
    "odoo.addons.base.models.ir_model",
    "odoo.addons.rpc.controllers.xmlrpc",
    "odoo.addons.rpc.controllers.jsonrpc",
    "odoo.addons.ipai_auth_oidc.models.event",
)
REFUSED = (400, 401, 403, 404, 422)
JSON = {"Content-Type": "application/json"}


class Kept(logging.Handler):
    """Keeps what Odoo says of requests, instead of printing it."""

    def __init__(self):
        super().__init__()
        self.faults = []

    def emit(self, record):
        if "retrying with a read/write cursor" in record.getMessage():
            return  # the trail has a connection of its own, where no test keeps it
        if record.levelno >= logging.ERROR or record.exc_info:
            said = logging.Formatter().formatException(record.exc_info) if record.exc_info else ""
            self.faults.append(f"{record.getMessage()}\n{said[-1500:]}")


@tagged("post_install", "-at_install", "ipai_ops")
class TestNo500(OpsMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()
        cls.mole = cls.make_member("developer", login="ops_mole")
        cls.nobody = new_test_user(cls.env, "ops_no_member", "ipai_ops.group_viewer")
        cls.portal = new_test_user(cls.env, "ops_no_employee", "base.group_portal")
        cls.env.ref("base.group_portal").api_key_duration = 1
        expiry = fields.Datetime.now() + timedelta(hours=1)
        cls.keys = {
            user: cls.env["res.users.apikeys"].with_user(user)._generate("rpc", "x", expiry)
            for user in (cls.manager, cls.mole, cls.nobody, cls.portal)
        }
        cls.environment = cls.make_environment("mine")

    def setUp(self):
        super().setUp()
        connection = Mock()
        connection.cursor = lambda: nullcontext(self.env.cr)
        self.enterContext(patch.object(audit, "db_connect", lambda _name: connection))
        self.kept = Kept()
        logger = logging.getLogger("odoo.http")
        before = (logger.handlers, logger.propagate)
        logger.handlers, logger.propagate = [self.kept], False
        self.addCleanup(lambda: vars(logger).update(handlers=before[0], propagate=before[1]))
        self.tried, self.wrong = 0, []

    def tearDown(self):
        for found in (self.wrong, self.kept.faults):
            if found:
                shown = "\n".join(str(one) for one in found[:40])
                self.fail(f"{len(found)} of {self.tried} requests:\n{shown}")
        super().tearDown()

    # methods of models

    @mute_logger(*QUIET)
    def test_no_method_of_ours_answers_500_to_what_is_malformed(self):
        for name, method in self.own_methods():
            for arguments in self.malformed(self.parameters(name, method)):
                self.call(self.manager, name, method, arguments)
            self.call(self.mole, name, method, {"ids": [999_999]})
        self.assertGreater(self.tried, 600)

    @mute_logger(*QUIET)
    def test_no_method_of_odoo_answers_500_on_a_model_of_ours(self):
        """Each method meets each kind of garbage on some of the models."""
        garbage, ids, contexts = cycle(GARBAGE), cycle(IDS), cycle(CONTEXTS)
        for place, name in enumerate(self.models()):
            for method in GENERIC[place % 2 :: 2]:
                if not callable(getattr(self.env[name], method, None)):
                    continue
                asked = self.parameters(name, method)
                arguments = {each: next(garbage) for each in asked}
                takes_ids = not getattr(getattr(self.env[name], method), "_api_model", False)
                arguments |= {"ids": next(ids)} if takes_ids else {}
                arguments |= {"context": next(contexts)} if self.tried % 3 == 0 else {}
                self.call(self.manager, name, method, arguments)
        self.assertGreater(self.tried, 450)

    @mute_logger(*QUIET)
    def test_values_of_a_wrong_type_are_refused_in_a_sentence(self):
        garbage = cycle(GARBAGE)
        for name in self.models():
            model = self.env[name].with_user(self.manager)
            if not model.has_access("create"):
                continue
            for field in list(model._fields.values()):
                if field.type in ("binary", "properties") or field.name.startswith("activity_"):
                    continue
                arguments = {"vals_list": [{field.name: next(garbage)}]}
                self.call(self.manager, name, "create", arguments)
        self.assertGreater(self.tried, 200)

    @mute_logger(*QUIET)
    def test_people_without_a_right_are_refused_whatever_they_send(self):
        """A sample of the methods of ours, as each role that may do little or nothing."""
        choose = random.Random(19)
        methods = list(self.own_methods())
        for user in (self.nobody, self.mole, self.portal):
            for name, method in choose.sample(methods, 25):
                calls = list(self.malformed(self.parameters(name, method)))
                self.call(user, name, method, choose.choice(calls))
        for user in (self.nobody, self.portal):
            for name, method in choose.sample(methods, 45):
                record = self.env[name].sudo().search([], limit=1)
                if not record or self.env[name]._transient or not self.is_of_a_project(name):
                    continue
                asked = dict.fromkeys(self.parameters(name, method), "x")
                self.call(user, name, method, {"ids": record.ids, **asked}, REFUSED)
        self.assertGreater(self.tried, 90)

    def is_of_a_project(self, name):
        return name == "ops.project" or "project_id" in self.env[name]._fields

    @mute_logger(*QUIET)
    def test_no_route_answers_500_to_who_has_no_right(self):
        choose, messages = random.Random(19), self.messages()
        for login in (self.nobody.login, self.portal.login):
            self.authenticate(login, login)
            for path in choose.sample(sorted(self.routes()), 40):
                method, sent = choose.choice(messages)
                answer = self.opener.request(
                    method, self.base_url() + path, timeout=20, allow_redirects=False, **sent
                )
                self.judge(answer, f"{login} {method} {path} {str(sent)[:150]}")

    def models(self):
        names = sorted(name for name in self.registry if name.startswith(OURS))
        return [name for name in names if not self.env[name]._abstract]

    def own_methods(self):
        """Yield each public method that our addons define on a model that is there."""
        for name in sorted(self.registry):
            model = self.env[name]
            if model._abstract and not name.startswith(OURS):
                continue
            own = {
                method
                for each in type(model).__mro__
                if each.__module__.startswith("odoo.addons.ipai_") and each._name != "base"
                for method, value in vars(each).items()
                if inspect.isfunction(value) and not method.startswith("_")
            }
            for method in sorted(own - set(GENERIC)):
                if name.startswith(OURS) and self.is_public(model, method):
                    yield name, method

    @staticmethod
    def is_public(model, method):
        try:
            return bool(get_public_method(model, method))
        except Exception:
            return False

    def parameters(self, name, method):
        signature = inspect.signature(getattr(type(self.env[name]), method))
        kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
        return [
            each.name for each in list(signature.parameters.values())[1:] if each.kind not in kinds
        ]

    def malformed(self, parameters):
        """Yield arguments: each parameter in turn with each piece of garbage, ids and contexts too."""
        yield from ({"ids": ids} for ids in IDS[:: 2 if not parameters else 4])
        yield {"nosuch": 1, "ids": [1]}
        yield {"context": next(self.contexts), "ids": [1]}
        plausible = {
            "project": "acme",
            "env": "main",
            "target_env": "main",
            "run_id": 1,
            "name": "x",
        }
        whole = {each: plausible.get(each, "x") for each in parameters}
        for place, parameter in enumerate(parameters):  # two neighbours meet every piece of it
            yield from ({**whole, parameter: value} for value in GARBAGE[place % 2 :: 2])

    contexts = cycle(CONTEXTS)

    def call(self, user, model, method, arguments, wanted=range(500)):
        headers = {"Authorization": f"bearer {self.keys[user]}", **JSON}
        body = json.dumps(arguments)
        answer = self.post(f"/json/2/{model}/{method}", body, headers)
        self.judge(answer, f"{user.login} {model} {method} {body[:200]}", wanted)

    # routes

    @mute_logger(*QUIET)
    def test_no_route_answers_500(self):
        routes = self.routes()
        self.assertGreater(len(routes), 20)
        for login in (self.manager.login, None):
            self.authenticate(login, login)
            for path, is_whole in routes.items():
                for method, sent in self.messages()[:: 1 if is_whole else 6]:
                    answer = self.opener.request(
                        method, self.base_url() + path, timeout=20, allow_redirects=False, **sent
                    )
                    self.judge(answer, f"{login} {method} {path} {str(sent)[:150]}")

    def routes(self):
        """Return addresses of every route of ours, the blanks filled with what does not fit.

        The first address of each gets every message, the others two.
        """
        found = {}
        fills = ("1", "0", "999999", str(10**25), "-1", "a%00b", "%ED%A0%80", "x" * 2000, "..%2f")
        for rule in self.env["ir.http"].routing_map().iter_rules():
            if not rule.rule.startswith(("/ipai/", "/auth_oidc/")):
                continue
            stem, rest = rule.rule.partition("<")[0], rule.rule.rpartition(">")[2]
            if "<" not in rule.rule:
                found[rule.rule] = True
                continue
            found |= {f"{stem}{fill}{rest}": fill == "1" for fill in fills}
        return found

    def messages(self):
        fields_sent = ("reason", "decision", "offset", "piece", "logout_token", "payload", "text")
        gate = {**JSON, "Authorization": f"Bearer {GATE_TOKEN}"}
        gate |= {"X-Ipai-Envelope": "e30=", "X-Ipai-Mail": "x"}
        odd = {"Range": "bytes=9-1,x", "If-None-Match": b"\xe4", "Authorization": b"Bearer \xe4"}
        query = "\0 \ud800".encode("utf-8", "surrogatepass")
        return (
            ("GET", {"headers": odd}),
            ("GET", {"params": {"state": query, "code": query, "redirect": query, "error": query}}),
            ("HEAD", {}),
            ("PUT", {"data": b"x"}),
            ("DELETE", {}),
            ("OPTIONS", {}),
            ("POST", {"data": dict.fromkeys(fields_sent, "\0")}),
            ("POST", {"files": dict.fromkeys(fields_sent, b"x")}),
            ("POST", {"data": b"{", "headers": gate}),
            ("POST", {"data": b'{"refused": [7, {"reason": {}}]}', "headers": gate}),
            ("POST", {"data": b"[" * 50_000, "headers": gate}),
            ("POST", {"data": b"\xff\xfe", "headers": {**gate, "Content-Type": "message/rfc822"}}),
        )

    def test_a_fault_of_ours_is_not_passed_off_as_the_callers(self):
        def fault():
            return len(7)

        with self.assertRaises(TypeError), call_guard.refusing(lambda: None):
            fault()
        with self.assertRaises(call_guard.CallRefused), call_guard.refusing(lambda: "Wrong."):
            fault()

    # XML-RPC and JSON-RPC

    @mute_logger(*QUIET)
    def test_no_message_of_the_older_protocols_ends_in_a_traceback(self):
        database, uid, key = self.env.cr.dbname, self.manager.id, self.keys[self.manager]
        calls = (
            [],
            [database],
            [database, uid, key],
            [database, uid, 7, "ops.run", "read", [[1]]],
            [database, "x", key, "ops.run", "read", [[1]]],
            [database, uid, "\0", "ops.run", "read", [[1]]],
            [database, uid, key, 7, "read", [[1]]],
            [database, uid, key, "ops.run", 7, [[1]]],
            [database, uid, key, "ops.run", "nosuch", [[1]]],
            [database, uid, key, "ops.run", "read", []],
            [database, uid, key, "ops.run", "read", 7],
            [database, uid, key, "ops.run", "read", [[1]], 7],
            [database, uid, key, "ops.run", "search", ["x"], {}],
            [database, uid, key, "ops.run", "search", [[["id", "=", {}]]], {}],
            [database, uid, key, "ops.run", "queue_run", [{}, [], 7], {}],
            [database, uid, key, "ops.run", "queue_run", [], {}],
            [database, uid, key, "ops.project", "create", [{"name": "a\0"}], {"context": 7}],
            [database, uid, key, "ops.environment", "write", [["x"], {"name": []}], {}],
            [database, uid, key, "ops.environment", "action_deploy", [[]], {}],
        )  # fmt: skip
        for arguments in calls:
            sent = {"service": "object", "method": "execute_kw", "args": arguments}
            body = json.dumps({"jsonrpc": "2.0", "method": "call", "id": 1, "params": sent})
            answer = self.post("/jsonrpc", body, JSON)
            self.judge(answer, body)
            name = answer.json().get("error", {}).get("data", {}).get("name", "")
            is_sentence = "exceptions." in name or name.endswith("CallRefused") or not name
            if not is_sentence:
                self.wrong.append((name, body[:200]))
        for body in (
            b"",
            b"<",
            b"<x/>",
            b"\0",
            b"<methodCall/>",
            b"<methodCall><methodName>x</methodName></methodCall>",
        ):
            for path in ("/xmlrpc/2/object", "/xmlrpc/2/common", "/xmlrpc/object", "/xmlrpc/2/x"):
                answer = self.post(path, body or b" ", {"Content-Type": "text/xml"})
                self.judge(answer, f"{path} {body}")
                if b"Traceback" in answer.content:
                    self.wrong.append((path, body, answer.text[-300:]))

    def post(self, path, body, headers):
        body = body if isinstance(body, bytes) else body.encode()
        return self.opener.post(self.base_url() + path, data=body, headers=headers, timeout=20)

    def judge(self, answer, asked, wanted=range(500)):
        self.tried += 1
        if answer.status_code not in wanted:
            self.wrong.append((answer.status_code, asked, self.reason(answer)))

    @staticmethod
    def reason(answer):
        try:
            return answer.json()["debug"][-250:]
        except (ValueError, KeyError, TypeError):
            return answer.text[-300:]
