"""What the addon's tests start from: two database servers, a project, three people."""

import json
import os
import re
import tempfile
import xmlrpc.client
from datetime import timedelta
from pathlib import Path

from odoo import fields
from odoo.sql_db import db_connect
from odoo.tests import TransactionCase, new_test_user

SHA = "3f2c1a9d0e5b47c8a6f1d2e3b4c5a6978d0e1f2a"
OTHER_SHA = "9b01ce77aa4d3e2f1c0b9a8d7e6f5c4b3a291807"
EDGE_TOKEN = "edge-token-for-tests"
GATE_TOKEN = "gate-token-for-tests"
PLATFORM = {
    "instance": "ipaitest",
    "domain": "localhost",
    "scheme": "http",
    "public_port": 18080,
    "mail": {"host": "ipaitest-mail", "port": 1025},
    "egress": {"host": "ipaitest-egress", "port": 3128},
    "database_servers": [
        {
            "name": "production",
            "host": "pg-production",
            "port": 5432,
            "admin_secret": "pg-production-password",
            "stages": ["production"],
        },
        {
            "name": "nonproduction",
            "host": "pg-nonproduction",
            "port": 5432,
            "admin_secret": "pg-nonproduction-password",
            "stages": ["staging", "development"],
        },
    ],
}


class OpsMixin:
    """Gives a test class a platform of its own and a project."""

    @classmethod
    def set_up_operations(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.platform_path = Path(folder, "platform.json")
        token_path = Path(folder, "edge-token")
        token_path.write_text(EDGE_TOKEN, encoding="utf-8")
        gate_path = Path(folder, "gate-token")
        gate_path.write_text(GATE_TOKEN, encoding="utf-8")
        cls.write_platform(edge_token_file=str(token_path), gate_token_file=str(gate_path))
        before = os.environ.get("IPAI_PLATFORM")
        cls.addClassCleanup(cls.restore_platform, before)
        os.environ["IPAI_PLATFORM"] = str(cls.platform_path)
        cls.env["ops.database.server"]._sync_platform()
        cls.viewer = new_test_user(cls.env, "ops_viewer", "ipai_ops.group_viewer")
        cls.operator = new_test_user(cls.env, "ops_operator", "ipai_ops.group_viewer")
        cls.manager = new_test_user(cls.env, "ops_manager", "ipai_ops.group_manager")
        cls.project = cls.env["ops.project"].create(
            {
                "name": "Acme ERP",
                "code": "acme",
                "repository_url": "https://git.example.org/acme/erp.git",
                "new_webhook_secret": "hook secret",
            }
        )
        for role in ("viewer", "operator"):
            cls.project._let_in(getattr(cls, role), role)
        cls.production = cls.project.environment_ids

    @classmethod
    def write_platform(cls, **facts):
        cls.platform_path.write_text(json.dumps({**PLATFORM, **facts}), encoding="utf-8")

    @staticmethod
    def restore_platform(before):
        os.environ.pop("IPAI_PLATFORM")
        if before is not None:
            os.environ["IPAI_PLATFORM"] = before

    @classmethod
    def make_member(cls, role, project=None, login=None):
        """Return a person whose only right is a role in one project."""
        user = new_test_user(cls.env, login or f"ops_{role}_alone", "ipai_ops.group_viewer")
        (project or cls.project)._let_in(user, role)
        return user

    @classmethod
    def make_environment(cls, name="feature/pos", **values):
        return cls.env["ops.environment"].create(
            {"project_id": cls.project.id, "name": name, **values}
        )

    @classmethod
    def make_backup(cls, environment, **values):
        """Make a backup as a finished run leaves it: stored, not proven yet."""
        repository = cls.project._backup_repository()
        return cls.env["ops.backup"].create(
            {
                "project_id": cls.project.id,
                "environment_id": environment.id,
                "repository_id": repository.id,
                "state": "stored",
                "snapshot": "5a3b9c01",
                "size_bytes": 1000,
                **values,
            }
        )

    @classmethod
    def make_key(cls, user, *permissions, **places):
        """Return a key of ``user`` for the given permissions; ``cls.key_text`` is what is sent."""
        values = {
            "name": "CI",
            "permissions": ",".join(permissions),
            "is_everywhere": not places.get("project_ids"),
            "is_whole_project": not places.get("environment_ids"),
            "expires_at": fields.Datetime.now() + timedelta(days=30),
            **places,
        }
        key, cls.key_text = cls.env["ops.api.key"]._make(values, user)
        return key

    @classmethod
    def make_mail(cls, environment, subject="Hello", **values):
        """Make a caught message as the catcher hands it over."""
        content = f"Subject: {subject}\r\nFrom: a@acme.test\r\n\r\nbody of {subject}".encode()
        envelope = {"from": "a@acme.test", "to": ["b@acme.test"], "at": fields.Datetime.now()}
        key = values.pop("key", f"{subject}-{cls.env['ops.mail'].search_count([])}")
        envelope |= values
        return cls.env["ops.mail"]._catch(environment, key, envelope, content)

    @classmethod
    def settle_facts(cls):
        """Let the facts of this transaction be takeable, as after its commit."""
        settled = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1"
        cls.env.flush_all()
        cls.env.cr.execute(
            f"UPDATE ops_fact SET xid = ({settled})::text::xid8"
            " WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())"
        )
        cls.env.cr.execute(
            f"UPDATE ops_fact_consumer SET cursor_xid = ({settled})::text"
            f" WHERE cursor_xid::bigint > {settled}"
        )
        cls.env["ops.fact.consumer"].invalidate_model()

    @classmethod
    def begin(cls, run):
        """Let a queued run be the running one, as the driver does."""
        run.sudo()._begin()
        return run

    @classmethod
    def finish(cls, run, state="done"):
        """End a run as the driver does."""
        run = run.sudo()
        if run.state == "queued":
            run._begin()
        run._finish(state, cls.env.cr.now())
        return run


class EdgeMixin(OpsMixin):
    """Calls as they come in through the edge, from any address in the world."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self.forget_guesses)

    def forget_guesses(self):
        """Guesses are counted in transactions of their own, which no test takes back."""
        with db_connect(self.env.cr.dbname).cursor() as cursor:
            cursor.execute("DELETE FROM ops_guess")

    @staticmethod
    def from_address(address, **headers):
        """Return the headers of a request from ``address``, as the edge hands it on."""
        told = {"X-Forwarded-For": address, "X-Forwarded-Host": "ops.localhost:18080"}
        return {"X-Ipai-Edge": EDGE_TOKEN, "X-Forwarded-Proto": "http", **told, **headers}

    def rpc(self, address, path, *arguments):
        """Call by XML-RPC from an address; return the answer, or the fault as an exception."""
        service, method = path.split(".")
        body = xmlrpc.client.dumps(arguments, method, allow_none=True)
        headers = self.from_address(address, **{"Content-Type": "text/xml"})
        answer = self.url_open(f"/xmlrpc/2/{service}", data=body, headers=headers)
        try:
            return xmlrpc.client.loads(answer.content)[0][0]
        except xmlrpc.client.Fault as fault:
            return fault

    def json_rpc(self, address, path, **params):
        headers = self.from_address(address)
        order = {"jsonrpc": "2.0", "method": "call", "params": params}
        return self.url_open(path, json=order, headers=headers)

    def json_2(self, address, key, path="res.users/context_get", **arguments):
        headers = self.from_address(address, Authorization=f"Bearer {key}")
        return self.url_open(f"/json/2/{path}", json=arguments, headers=headers, method="POST")

    def sign_in(self, address, login, password, **form):
        """Send the login form from an address, in a browser of its own."""
        self.opener.cookies.clear()
        page = self.url_open("/web/login", headers=self.from_address(address))
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text).group(1)
        form |= {"login": login, "password": password, "csrf_token": token, "type": "password"}
        headers = self.from_address(address)
        return self.url_open("/web/login", data=form, headers=headers, allow_redirects=False)


class OpsCase(OpsMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()
