"""What fails in the program is told to the log, and to strangers not where or why."""

from odoo.addons.ipai_ops.controllers.rpc import TO_STRANGERS
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import EdgeMixin

HERE = "203.0.113.7"
INSIDE = ("Traceback", 'File "', "/odoo/", ".py", "psycopg2")
QUIET = (
    "odoo.http",
    "odoo.sql_db",
    "odoo.addons.base.models.res_users",
    "odoo.addons.rpc.controllers.xmlrpc",
    "odoo.addons.rpc.controllers.jsonrpc",
)


@tagged("post_install", "-at_install", "ipai_ops")
class TestNoInside(EdgeMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()
        cls.enterClassContext(mute_logger(*QUIET))
        cls.portal = new_test_user(cls.env, "ops_portal", "base.group_portal")

    def assert_no_inside(self, text):
        for word in INSIDE:
            self.assertNotIn(word, text)

    def test_strangers_get_no_traceback_over_xml_rpc(self):
        headers = self.from_address(HERE, **{"Content-Type": "text/xml"})
        call = "<?xml version='1.0'?><methodCall><methodName>{}</methodName>{}</methodCall>"
        number = "<params><param><value><int>1</int></value></param></params>"
        for version in ("/xmlrpc", "/xmlrpc/2"):
            for service, body in (
                ("common", "<no xml"),
                ("common", call.format("nothing", "")),
                ("common", call.format("authenticate", number)),
                ("object", call.format("execute_kw", "")),
                ("object", call.format("nothing", number)),
                ("nothing", call.format("version", "")),
                ("common", call.format("login", number.replace("int>1", "nothing>1"))),
            ):
                with self.subTest(version=version, service=service, body=body):
                    answer = self.url_open(f"{version}/{service}", data=body, headers=headers)
                    self.assertEqual(answer.status_code, 200)
                    self.assertIn("<fault>", answer.text)
                    self.assert_no_inside(answer.text)

    def test_who_is_known_is_told_what_failed_in_a_line(self):
        login = (self.env.cr.dbname, self.viewer.id, "ops_viewer")
        fault = self.rpc(HERE, "object.execute_kw", *login, "res.users", "read", [["x"], 7])
        self.assertTrue(fault.faultString.strip())
        self.assertNotIn("\n", fault.faultString.strip())
        self.assertNotEqual(fault.faultString, TO_STRANGERS)
        self.assert_no_inside(fault.faultString.replace("res.py", ""))

    def test_strangers_get_no_traceback_over_json_rpc(self):
        database = self.env.cr.dbname
        for path, params in (
            ("/jsonrpc", {"service": "common", "method": "nothing", "args": []}),
            ("/jsonrpc", {"service": "object", "method": "execute_kw", "args": [1]}),
            ("/jsonrpc", {"service": 7, "method": 7, "args": []}),
            ("/jsonrpc", {}),
            ("/web/session/authenticate", {"db": "nothing", "login": "a", "password": "b"}),
            ("/web/session/authenticate", {"db": database, "login": "a", "password": "b"}),
            ("/web/session/authenticate", {"db": database}),
            ("/web/dataset/call_kw/res.users/read", {"model": "res.users"}),
        ):
            with self.subTest(path=path, params=params):
                answer = self.json_rpc(HERE, path, **params)
                self.assertEqual(answer.json()["error"]["data"]["debug"], "")
                self.assert_no_inside(answer.text)

    def test_json_2_tells_strangers_no_more(self):
        for path in ("res.users/read", "nothing/read", "res.users/_login"):
            answer = self.json_2(HERE, "f" * 40, path)
            self.assertEqual((answer.status_code, answer.json()["debug"]), (401, ""))
            self.assert_no_inside(answer.text)

    def test_internal_users_see_the_traceback_and_portal_users_do_not(self):
        path, facts = (
            "/web/dataset/call_kw/res.users/read",
            {"model": "res.users", "method": "read"},
        )
        for login, is_shown in (("ops_viewer", True), ("ops_portal", False)):
            with self.subTest(login):
                self.authenticate(login, login)
                answer = self.json_rpc(HERE, path, **facts, args=[[7], 7], kwargs={})
                self.assertEqual("Traceback" in answer.json()["error"]["data"]["debug"], is_shown)
                if not is_shown:
                    self.assert_no_inside(answer.text)
