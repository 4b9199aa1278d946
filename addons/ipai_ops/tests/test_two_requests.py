"""Two real transactions at one moment, as two web workers have them."""

import threading
from contextlib import ExitStack

from psycopg2.errors import SerializationFailure

from odoo.api import SUPERUSER_ID, Environment
from odoo.exceptions import ConcurrencyError
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger

from .common import OTHER_SHA, SHA


@tagged("post_install", "-at_install", "ipai_ops")
class TestTwoRequests(BaseCase):
    """What they leave is committed, so it is taken away again at the end."""

    def setUp(self):
        super().setUp()
        self.registry, self.met, self.collisions = Registry(get_db_name()), set(), 0
        with self.registry.cursor() as cursor:
            values = {"name": "Two", "code": "two-requests", "repository_url": "git://x.example/x"}
            project = Environment(cursor, SUPERUSER_ID, {})["ops.project"].create(values)
            self.project_id, self.environment_id = project.id, project.environment_ids.id
        self.addCleanup(self.remove)

    def remove(self):
        with self.registry.cursor() as cursor:
            Environment(cursor, SUPERUSER_ID, {})["ops.project"].browse(self.project_id).unlink()

    @mute_logger("odoo.sql_db")  # the collision is what is wanted
    def test_two_pushes_at_one_moment_leave_one_waiting_run(self):
        meeting = threading.Barrier(2, timeout=20)
        with ExitStack() as stack:
            threads = [
                threading.Thread(target=self.push, args=(self.new_env(stack), meeting, commit))
                for commit in (SHA, OTHER_SHA)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(timeout=50)
        self.assertEqual(sorted(self.states()), ["queued", "superseded"])
        self.assertEqual(self.collisions, 1)

    def new_env(self, stack):
        """Return an environment of its own; only the test's thread may ask for the registry."""
        return Environment(stack.enter_context(self.registry.cursor()), SUPERUSER_ID, {})

    def push(self, env, meeting, commit):
        """Do as Odoo's request loop does: after a collision, once more on a fresh view."""
        try:
            self.queue(env, meeting, commit)
        except (ConcurrencyError, SerializationFailure):
            env.cr.rollback()
            env.transaction.clear()
            self.collisions += 1
            self.queue(env, meeting, commit)
        env.cr.commit()

    def queue(self, env, meeting, commit):
        environment = env["ops.environment"].browse(self.environment_id)
        environment.fetch(["state"])  # both have their view of the database before either writes
        if commit not in self.met:  # a second try goes alone
            self.met.add(commit)
            meeting.wait()
        environment._deploy("push", commit)

    def states(self):
        with self.registry.cursor() as cursor:
            runs = Environment(cursor, SUPERUSER_ID, {})["ops.run"]
            return runs.search([("project_id", "=", self.project_id)]).mapped("state")
