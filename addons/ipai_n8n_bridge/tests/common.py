"""An n8n with one subscription, and a place to post to that answers as told."""

import json
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from odoo.addons.ipai_n8n_bridge import driver
from odoo.addons.ipai_ops.tests.common import OpsMixin
from odoo.tests import new_test_user


class Listener:
    """A local HTTP server: keeps what it was sent, answers with ``status`` and ``text``."""

    def __init__(self):
        self.messages, self.status, self.text = [], 200, "{}"
        self.is_endless = False  # it answers until nobody listens any more
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                size = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(size)
                listener.messages.append((self.path, dict(self.headers), body))
                status = listener.status(body) if callable(listener.status) else listener.status
                self.send_response(status)
                if listener.is_endless:
                    return self.go_on()
                data = listener.text.encode()
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
                return None

            def go_on(self):
                self.end_headers()
                with suppress(OSError):
                    while True:
                        self.wfile.write(b"x" * 4096)

            do_POST = do_GET = answer

            def log_message(self, *_arguments):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def facts(self):
        return [json.loads(body)["fact"] for _path, _headers, body in self.messages]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class N8nMixin(OpsMixin):
    @classmethod
    def set_up_n8n(cls):
        cls.set_up_operations()
        cls.env["ir.config_parameter"].set_param("ipai_ops.open_networks", "127.0.0.1")
        cls.stranger = new_test_user(cls.env, "n8n_stranger", "ipai_ops.group_viewer")
        cls.n8n = cls.env["ipai.n8n.server"].create(
            {"name": "flows", "url": "http://127.0.0.1:9", "new_api_key": "a key of n8n"}
        )
        cls.subscription = cls.env["ipai.n8n.subscription"].create(
            {"name": "all", "server_id": cls.n8n.id, "path": "facts", "kinds": "test.*"}
        )
        cls.deliveries = cls.env["ipai.n8n.delivery"]

    def listen(self):
        """Have n8n's place be a listener of this test's own; return it."""
        listener = Listener()
        self.addCleanup(listener.close)
        self.n8n.write({"url": listener.url, "new_api_key": "a key of n8n"})
        return listener

    @classmethod
    def note(cls, number=0, record=None, kind="test.fact"):
        return cls.env["ops.fact"]._note(kind, record or cls.production, number=number)

    def drive(self):
        """Let the driver work on a cursor that may commit: each commit is a savepoint of the test's."""
        self.settle_facts()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            driver.work(self.env(cr=cr), turn_seconds=20)
        self.env.invalidate_all()
