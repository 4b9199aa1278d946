"""Who may do what: every model, every public method, every route. What is not listed fails.

A right is written as

* a permission of ``engine/permissions.py``, or one ``or`` another: asked as every shipped role in every stage;
* ``manager``: those who may do everything everywhere; ``anyone``: whoever may open the app;
* ``None``: nobody.
"""

import time
from functools import partial

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..engine.permissions import ROLES, STAGES
from .common import SHA, OpsMixin
from .rights_walk import RightsWalk

# The ranks of people without regard to a project: an outsider cannot open the app.
PEOPLE = ("outsider", "viewer", "operator", "manager")
RANKS = {"anyone": "viewer"}

# model: the right to read, write, create, delete. A rank is asked of the model, a permission of
# a record in each stage.
MODELS = {
    "ops.project": ("anyone", "project settings", "manager", "manager"),
    "ops.environment": ("view", "settings", "settings", "destroy"),
    "ops.run": ("view", None, None, None),
    "ops.run.step": ("view", None, None, None),
    "ops.run.event": ("logs", None, None, None),
    "ops.artifact": ("view", None, None, None),
    "ops.database.server": ("anyone", "manager", "manager", "manager"),
    "ops.webhook.delivery": ("anyone", None, None, None),
    "ops.edge": ("manager", None, None, None),
    "ops.fact": ("view", None, None, None),
    "ops.fact.consumer": ("manager", None, None, None),
    "ops.alert": ("view", None, None, None),
    "ops.role": ("anyone", "manager", "manager", "manager"),
    "ops.role.right": ("anyone", "manager", "manager", "manager"),
    "ops.project.member": ("anyone", "project members", "project members", "project members"),
    "ops.backup": ("view", None, None, None),
    "ops.backup.repository": ("view", "project settings", "anyone", None),
    "ops.snapshot": ("view", None, None, None),
    "ops.restore": ("view", None, None, None),
    "ops.restore.point": ("view", None, None, None),
    "ops.archive": ("view", None, None, None),
    "ops.console.wizard": ("view", "view", "view", "view"),
    "ops.moment.wizard": ("view", "view", "view", "view"),
    "ops.import.wizard": ("view", "view", "view", "view"),
    "ops.restore.wizard": ("view", "view", "view", "view"),
    "ops.promote.wizard": ("view and production view",) * 4,
    "ops.rollback.wizard": ("view", "view", "view", "view"),
    "ops.policy": ("anyone", "project policies", "project policies", "project policies"),
    "ops.run.verdict": ("view", None, None, None),
    "ops.approval": ("view", None, None, None),
    "ops.delegation": ("anyone", "anyone", "anyone", "anyone"),
    "ops.run.decision": ("anyone", "anyone", "anyone", "anyone"),
    "ops.audit": ("manager", None, None, None),
    "ops.audit.checkpoint": ("manager", None, None, None),
    "ops.guess": ("manager", None, None, None),
    "ops.audited.mixin": (None, None, None, None),
    "ops.confidential.mixin": (None, None, None, None),
    "ops.address.list": ("view", "view", "view", "view"),
    "ops.mail": ("logs", None, None, None),
    "ops.egress.refusal": ("view", None, None, None),
    "ops.encrypted.mixin": (None, None, None, None),
    "ops.offered.mixin": (None, None, None, None),
    "ops.permission.mixin": (None, None, None, None),
    "ops.reauthenticated.mixin": (None, None, None, None),
    "ops.question": (None, None, None, None),
    "ops.secret": ("secrets", "secrets", "anyone", "secrets"),
    "ops.api.key": ("project members", None, None, None),
    "ops.api.key.new": ("anyone", "anyone", "anyone", "anyone"),
    "ops.environment.destroy": ("anyone", "anyone", "anyone", "anyone"),
    "ops.environment.redeploy": ("anyone", "anyone", "anyone", "anyone"),
}

# (model, method): the right it takes, and how it is called.
METHODS = {
    ("ops.project", "action_view_environments"): ("view", ()),
    ("ops.project", "action_view_runs"): ("view", ()),
    ("ops.project", "action_new_webhook_secret"): ("project secrets", ()),
    ("ops.project", "action_deploy_production"): ("project deploy", ()),
    ("ops.project", "action_view_first_run"): ("view", ()),
    ("ops.environment", "action_deploy"): ("deploy", ()),
    ("ops.environment", "action_restart"): ("deploy", ()),
    ("ops.environment", "action_measure_disk"): ("deploy", ()),
    ("ops.environment", "action_resume"): ("deploy", ()),
    ("ops.environment", "action_redeploy"): ("rollback", ()),
    ("ops.environment", "action_promote"): ("view and production deploy", ()),
    ("ops.environment", "action_destroy"): ("destroy", ()),
    ("ops.environment", "action_open"): ("view", ()),
    ("ops.environment", "action_pin"): ("settings", ()),
    ("ops.environment", "action_show_admin_password"): ("secrets", ()),
    ("ops.environment", "action_view_runs"): ("view", ()),
    ("ops.environment", "action_view_last_run"): ("view", ()),
    ("ops.artifact", "action_redeploy"): ("rollback", ()),
    ("ops.artifact", "action_collect"): ("manager", ()),
    ("ops.run", "queue_run"): ("deploy", ("acme", "$environment")),
    ("ops.run", "claim_next_run"): ("deploy anywhere", ("worker-1",)),
    ("ops.run", "append_event"): ("deploy", ("$running", "info", "x")),
    ("ops.run", "finish_run"): ("deploy", ("$running", "done", 1)),
    ("ops.run", "read_log"): ("logs", ("$running",)),
    ("ops.run", "action_cancel"): ("deploy", ()),
    ("ops.run", "action_retry"): ("deploy", ()),
    ("ops.run", "action_redeploy"): ("rollback", ()),
    ("ops.run", "action_view_environment"): ("view", ()),
    ("ops.project", "action_view_backups"): ("view", ()),
    ("ops.project", "action_view_snapshots"): ("view", ()),
    ("ops.project", "action_first_backup"): ("project backup", ()),
    ("ops.environment", "action_back_up"): ("backup", ()),
    ("ops.environment", "action_view_backups"): ("view", ()),
    ("ops.environment", "action_view_storage"): ("view", ()),
    ("ops.environment", "action_preview_retention"): ("view", ()),
    ("ops.environment", "action_clear_backups"): ("backup", ()),
    ("ops.environment", "action_drill"): ("backup", ()),
    ("ops.environment", "action_fresh_clone"): ("deploy", ()),
    ("ops.environment", "action_roll_back"): ("rollback", ()),
    ("ops.run", "action_roll_back"): ("rollback", ()),
    ("ops.run", "restore_deployment"): ("rollback", ("$over",)),
    ("ops.backup", "create_backup"): ("backup", ("acme", "$environment")),
    ("ops.backup", "restore_backup"): ("restore", ("$backup", "$environment")),
    ("ops.backup", "action_prove"): ("backup", ()),
    ("ops.backup", "action_restore"): ("view", ()),
    ("ops.backup", "action_hold"): ("backup", ()),
    ("ops.backup", "action_download"): ("download", ()),
    ("ops.backup", "action_view_run"): ("view", ()),
    ("ops.backup.repository", "action_export_key"): ("project secrets", ()),
    ("ops.restore", "action_view_run"): ("view", ()),
    ("ops.restore.point", "action_roll_back"): ("rollback", ()),
    ("ops.restore.wizard", "action_confirm"): ("restore", ()),
    ("ops.environment", "action_import"): ("restore", ()),
    ("ops.archive", "action_import"): ("restore", ()),
    ("ops.archive", "action_remove"): ("restore", ()),
    ("ops.archive", "begin_upload"): ("restore", ("acme", "$environment", "a.zip", 9)),
    ("ops.archive", "import_archive"): ("restore", ("acme", "$environment", "a.zip")),
    ("ops.import.wizard", "action_confirm"): ("restore", ()),
    ("ops.environment", "action_restore_as_of"): ("view", ()),
    ("ops.environment", "restore_as_of"): (
        "restore",
        ("acme", "$environment", "2026-03-01 10:32:00", "$environment", "main"),
    ),
    ("ops.environment", "action_console"): ("shell or database_shell", ()),
    ("ops.run", "run_command"): ("shell", ("acme", "$environment", "shell", "date")),
    ("ops.console.wizard", "action_confirm"): ("shell", ()),
    ("ops.moment.wizard", "action_look_again"): ("view", ()),
    ("ops.moment.wizard", "action_confirm"): ("restore", ()),
    ("ops.promote.wizard", "action_confirm"): ("view and production deploy", ()),
    ("ops.rollback.wizard", "action_confirm"): ("rollback", ()),
    ("ops.alert", "raise_alert"): ("deploy", ("acme", "$environment", "disk", "Full")),
    ("ops.alert", "resolve_alert"): ("deploy", ("acme", "$environment", "disk")),
    ("ops.alert", "action_acknowledge"): ("deploy", ()),
    ("ops.alert", "action_silence"): ("deploy", ()),
    ("ops.alert", "action_resolve"): ("deploy", ()),
    ("ops.run", "approve_run"): ("approve", ("$blocked",)),
    ("ops.run", "reject_run"): ("approve", ("$blocked", "No.")),
    ("ops.run", "override_run"): ("policies", ("$blocked", "Fire.")),
    ("ops.run", "action_approve"): ("approve", ()),
    ("ops.run", "action_reject"): ("approve", ()),
    ("ops.run", "action_override"): ("policies", ()),
    ("ops.run.decision", "action_confirm"): ("approve", ()),
    ("ops.audit", "action_verify"): ("manager", ()),
    ("ops.guess", "action_unlock"): ("manager", ()),
    ("ops.environment", "action_allowed_addresses"): ("settings", ()),
    ("ops.environment", "action_view_mails"): ("logs", ()),
    ("ops.environment", "action_clear_mails"): ("settings", ()),
    ("ops.egress.refusal", "action_allow"): ("settings", ()),
    ("ops.address.list", "action_open_management"): ("manager", ()),
    ("ops.address.list", "action_apply"): ("settings", ()),
    ("ops.secret", "action_rotate"): ("manager", ()),
    ("ops.api.key", "action_revoke"): ("project members", ()),
    ("ops.api.key.new", "action_make"): ("anyone", ()),
    ("ops.environment.destroy", "action_confirm"): ("destroy", ()),
    ("ops.environment.redeploy", "action_confirm"): ("rollback", ()),
}

# Methods that are called on another run than the finished one.
CALLED_ON = {
    ("ops.run", "action_cancel"): "$running",
    ("ops.run", "action_approve"): "$blocked",
    ("ops.run", "action_reject"): "$blocked",
    ("ops.run", "action_override"): "$blocked",
}

# route: whom it lets in; the tests of each route show what it then asks for.
ROUTES = {
    "/ipai/hook/<string:code>": "public",
    "/ipai/edge/config": "public",
    "/ipai/run/<int:run_id>/log": "user",
    "/ipai/gate/policy": "public",
    "/ipai/gate/mail": "public",
    "/ipai/gate/refused": "public",
    "/ipai/mail/<int:mail_id>/html": "user",
    "/ipai/mail/<int:mail_id>/raw": "user",
    "/ipai/mail/<int:mail_id>/file/<int:place>": "user",
    "/ipai/backup/<int:backup_id>/zip": "user",
    "/ipai/archive/<int:archive_id>/piece": "user",
    "/ipai/approval/<string:token>": "user",
    "/ipai/audit/export": "user",
}


def role_may(role, right, stage):
    """Say what the table of roles says; a stranger is a member of no project."""
    if role == "manager":
        return True
    if right == "anyone":
        return True
    if " or " in right:
        return any(role_may(role, each, stage) for each in right.split(" or "))
    if " and " in right:
        return all(role_may(role, each, stage) for each in right.split(" and "))
    granted = ROLES.get(role, {})
    if right.startswith("production "):
        return "p" in granted.get(right.removeprefix("production "), "")
    if right == "deploy anywhere":
        return bool(granted.get("deploy"))
    if right in ("project deploy", "project backup"):
        return "p" in granted.get(right.removeprefix("project "), "")
    if right.startswith("project "):
        return set(granted.get(right.removeprefix("project "), "")) == set("psd")
    return STAGES[stage] in granted.get(right, "")


class RightsMixin(RightsWalk, OpsMixin):
    """A project with an environment in each stage, and a person in each role."""

    addon = "ipai_ops"
    may_end_in_a_sentence = True

    @classmethod
    def set_up_operations(cls):
        super().set_up_operations()
        cls.outsider = new_test_user(cls.env, "ops_outsider", "base.group_user")
        cls.people = {name: getattr(cls, name) for name in PEOPLE}
        stranger = new_test_user(cls.env, "ops_stranger", "ipai_ops.group_viewer")
        cls.in_role = {"stranger": stranger, "manager": cls.manager}
        cls.in_role |= {role: cls.make_member(role) for role in ROLES}
        rule = {"name": "Green", "rule": "green_build", "enforcement": "off"}
        cls.policy = cls.env["ops.policy"].create({**rule, "project_id": cls.project.id})
        cls.places = {stage: cls.set_up_stage(stage) for stage in STAGES}

    @classmethod
    def set_up_stage(cls, stage):
        """Return one record of each model in ``stage``, and the ids its calls are given."""
        environment = cls.production
        if stage != "production":
            environment = cls.make_environment(stage, stage=stage)
        over = cls.finish(environment._deploy("push", SHA))
        image = cls.env["ops.artifact"]._plan(over, "image", SHA, f"reg/{stage}@sha256:1")
        image._mark_present()
        environment.image_id = image
        over.step_ids[0].result = {"image": image.uri}
        over._say(over.step_ids.browse(), "info", "said")
        garbage = cls.env["ops.artifact"]._plan(over, "volume", stage, f"volume:old-{stage}")
        garbage._mark_garbage("old")
        wizard = {"environment_id": environment.id}
        wizards = cls.env["ops.environment.destroy"], cls.env["ops.environment.redeploy"]
        records = {
            "ops.project": cls.project,
            "ops.project.member": cls.project.member_ids[:1],
            "ops.policy": cls.policy,
            "ops.environment": environment,
            "ops.artifact": image,
            "ops.run": over,
            "ops.fact": cls.env["ops.fact"].search([("run_id", "=", over.id)], limit=1),
            "ops.alert": cls.env["ops.alert"]._raise(environment, "load", "It is slow."),
            "ops.audit": cls.env["ops.audit"],
            "ops.guess": cls.env["ops.guess"],
            "ops.address.list": cls.env["ops.address.list"].create(
                {"environment_id": environment.id}
            ),
            "ops.secret": cls.env["ops.secret"].create(
                {
                    "project_id": cls.project.id,
                    "environment_id": environment.id,
                    "name": "stripe",
                    "new_value": "sk_very_secret",
                }
            ),
            "ops.mail": cls.make_mail(environment),
            "ops.egress.refusal": cls.env["ops.egress.refusal"].create(
                {
                    "environment_id": environment.id,
                    "host": "api.example.com",
                    "port": 443,
                    "reason": "not listed",
                    "last_at": over.finished_at,
                }
            ),
            "ops.run.step": over.step_ids[:1],
            "ops.run.event": over.event_ids[:1],
            "ops.api.key": cls.make_key(cls.outsider, project_ids=cls.project.ids),
            "ops.api.key.new": cls.env["ops.api.key.new"].create({"name": "CI"}),
            "ops.environment.destroy": wizards[0].create({**wizard, "typed_name": "main"}),
            "ops.environment.redeploy": wizards[1].create({**wizard, "image_id": image.id}),
        }
        records |= cls.set_up_data(environment, over, image)
        ids = {"$over": over.id, "$backup": records["ops.backup"].id}
        ids |= cls.set_up_runs(environment)
        blocked = cls.env["ops.run"].browse(ids["$blocked"])
        records["ops.run.verdict"] = blocked.verdict_ids
        records["ops.approval"] = cls.set_up_approval(blocked)
        decision = {"run_id": blocked.id, "decision": "approved"}
        records["ops.run.decision"] = cls.env["ops.run.decision"].create(decision)
        return {"records": records, "ids": ids}

    @classmethod
    def set_up_data(cls, environment, run, image):
        """Return one record of each model of the data plane in the environment's stage."""
        environment.database_name = environment.database_name or f"db_{environment.id}"
        places = {"environment_id": environment.id, "run_id": run.id}
        facts = {"database_name": f"copy_{environment.id}", "taken_at": run.finished_at}
        point = {**places, **facts, "kind": "point", "image_id": image.id}
        backup = cls.make_backup(environment, image_id=image.id)
        records = {
            "ops.backup": backup,
            "ops.backup.repository": backup.repository_id,
            "ops.restore.point": cls.env["ops.restore.point"].create(point),
            "ops.restore": cls.env["ops.restore"].create(
                {**places, "purpose": "proof", "backup_id": backup.id}
            ),
            "ops.snapshot": cls.env["ops.snapshot"].create(
                {**places, **facts, "project_id": cls.project.id, "backup_id": backup.id}
            ),
        }
        archive = {"name": "a.zip", "file_name": f"acme.{environment.id}.zip", "state": "ready"}
        archive |= {"project_id": cls.project.id, "environment_id": environment.id}
        records["ops.archive"] = cls.env["ops.archive"].create({**archive, "source": "upload"})
        wizards = {"environment_id": environment.id, "typed_name": environment.name}
        for name, values in (
            ("ops.console.wizard", {"text": "date"}),
            ("ops.restore.wizard", {"backup_id": backup.id}),
            ("ops.import.wizard", {"archive_id": records["ops.archive"].id}),
            ("ops.rollback.wizard", {"image_id": image.id}),
            ("ops.moment.wizard", {"source_id": environment.id, "target": "existing"}),
        ):
            records[name] = cls.env[name].create({**wizards, **values})
        places = {"source_id": environment.id, "environment_id": cls.production.id}
        wizard = cls.env["ops.promote.wizard"].create({**places, "image_id": image.id})
        return records | {"ops.promote.wizard": wizard}

    @classmethod
    def set_up_approval(cls, run):
        """Return a decision that does not count, made before the run was changed."""
        values = {"run_id": run.id, "user_id": cls.outsider.id, "decision": "rejected"}
        return cls.env["ops.approval"].create({**values, "state": "void", "fingerprint": "old"})

    @classmethod
    def set_up_runs(cls, environment):
        """Return what stands for the running run and the environment in the calls."""
        running = cls.begin(environment._deploy("push", SHA))
        policy = cls.env["ops.policy"].create({"name": "Four eyes", "rule": "approvals"})
        blocked = environment._deploy("push", SHA)
        policy.active = False
        ids = {"$running": running.id, "$blocked": blocked.id}
        return {**ids, "$environment": environment.slug}

    def may_call(self, user, model, method, arguments, stage):
        """Call the method as the user, take back what it did, and say whether it was allowed."""
        place = self.places[stage]
        where = CALLED_ON.get((model, method))
        records = place["records"][model]
        records = records.browse(place["ids"][where]) if where else records
        given = [place["ids"].get(argument, argument) for argument in arguments]
        prepare = partial(self.prepare, user, method, place)
        return self.is_let_in(user, method, records, *given, prepare=prepare)

    def prepare(self, user, method, place):
        """Give the run to an outside worker, where a worker ends its run; and to each their wizard."""
        if method == "action_make":
            query = "UPDATE ops_api_key_new SET create_uid = %s"
            self.env.cr.execute(query, [user.id])
        if method == "finish_run":
            lease = {"worker": "worker-1", "fence": 1, "worker_user_id": self.env.uid}
            self.env["ops.run"].browse(place["ids"]["$running"]).write(lease)
            self.env.flush_all()


@tagged("post_install", "-at_install", "ipai_ops")
class TestRights(RightsMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()

    def test_every_model_is_listed(self):
        ours = {name for name in self.registry if name.startswith("ops.")}
        self.assertEqual(ours, set(MODELS))

    def test_every_model_lets_in_exactly_who_is_listed(self):
        operations = ("read", "write", "create", "unlink")
        for model, rights in MODELS.items():
            for operation, right in zip(operations, rights, strict=True):
                if self.is_rank(right):
                    self.check_rank(model, operation, right)
                else:
                    self.check_records(model, operation, right)

    def check_rank(self, model, operation, right):
        first = RANKS.get(right, right)
        may = PEOPLE[PEOPLE.index(first) :] if first else ()
        for name, user in self.people.items():
            with self.subTest(model=model, operation=operation, person=name):
                access = self.env[model].with_user(user).has_access(operation)
                self.assertEqual(access, name in may)

    def check_records(self, model, operation, right):
        for stage, role in self.stages_and_roles():
            record = self.places[stage]["records"][model].with_user(self.in_role[role])
            with self.subTest(model=model, operation=operation, stage=stage, role=role):
                self.assertEqual(record.has_access(operation), role_may(role, right, stage))

    @staticmethod
    def is_rank(right):
        return right is None or right in PEOPLE or right in RANKS

    def test_what_belongs_to_a_project_is_hidden_from_those_who_are_no_members(self):
        places = {"project_id", "environment_id", "run_id"}
        rules = self.env["ir.rule"].search([("groups", "=", False)])
        guarded = set(rules.filtered("perm_read").model_id.mapped("model"))
        belonging = {name for name in MODELS if places & set(self.env[name]._fields)}
        self.assertEqual(belonging - guarded, set())

    def test_every_public_method_is_listed(self):
        self.assertEqual(self.methods_of(*MODELS), set(METHODS))

    def test_every_public_method_lets_in_exactly_who_is_listed(self):
        for (model, method), (right, arguments) in METHODS.items():
            for stage, role in self.stages_and_roles():
                with self.subTest(model=model, method=method, stage=stage, role=role):
                    user = self.in_role[role]
                    allowed = self.may_call(user, model, method, arguments, stage)
                    self.assertEqual(allowed, self.is_allowed(role, right, stage))

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_no_public_method_lets_in_who_cannot_open_the_app(self):
        for (model, method), (_right, arguments) in METHODS.items():
            with self.subTest(model=model, method=method):
                called = self.may_call(self.outsider, model, method, arguments, "development")
                self.assertFalse(called)

    def is_allowed(self, role, right, stage):
        if not self.is_rank(right):
            return role_may(role, right, stage)
        rank = RANKS.get(right, right)
        return role == "manager" or rank == "viewer"

    @staticmethod
    def stages_and_roles():
        return [(stage, role) for stage in STAGES for role in ("stranger", "manager", *ROLES)]

    def test_every_route_is_listed(self):
        self.assertEqual(self.routes(), ROUTES)

    @mute_logger("odoo.http")
    def test_a_log_is_downloaded_by_those_who_may_read_it(self):
        people = [(role, role_may(role, "logs", "production")) for role in ("viewer", "developer")]
        path = f"/ipai/run/{self.places['production']['ids']['$running']}/log"
        for role, may in people:
            with self.subTest(role):
                login = self.in_role[role].login
                self.authenticate(login, login)
                self.assertEqual(self.url_open(path).status_code, 200 if may else 403)
        self.authenticate("ops_stranger", "ops_stranger")
        self.assertEqual(self.url_open(path).status_code, 404)
        self.authenticate("ops_outsider", "ops_outsider")
        self.assertEqual(self.url_open(path).status_code, 403)
        self.authenticate(None, None)
        answer = self.url_open(path, allow_redirects=False)
        self.assertIn(answer.status_code, (302, 303))

    @mute_logger("odoo.http")
    def test_an_archive_is_fetched_by_those_who_may_download(self):
        backup = self.places["staging"]["records"]["ops.backup"]
        until = fields.Datetime.add(fields.Datetime.now(), hours=1)
        backup.write({"export_name": "acme-1.zip", "export_until": until})
        for role in ("viewer", "tester"):
            with self.subTest(role):
                login = self.in_role[role].login
                shown = {"identity-check-last": time.time()}
                self.authenticate(login, login, session_extra=shown)
                answer = self.url_open(f"/ipai/backup/{backup.id}/zip")
                may = role_may(role, "download", "staging")
                self.assertEqual(answer.status_code, 200 if may else 403)
                sent = answer.headers.get("X-Accel-Redirect")
                self.assertEqual(sent, "/ipai-exports/acme-1.zip" if may else None)
        self.authenticate("ops_stranger", "ops_stranger")
        self.assertEqual(self.url_open(f"/ipai/backup/{backup.id}/zip").status_code, 404)

    def test_secrets_are_read_by_nobody(self):
        secrets = {
            "ops.project": ("webhook_secret", "git_credentials"),
            "ops.environment": ("db_password", "admin_password", "sealed_values"),
            "ops.secret": ("value", "sealed_values"),
            "ops.backup.repository": ("key", "s3_access_key", "s3_secret_key", "sftp_key"),
        }
        for model, names in secrets.items():
            for name in names:
                for person in ("viewer", "operator", "manager"):
                    record = self.places["development"]["records"][model]
                    record = record.with_user(self.people[person])
                    with self.subTest(field=name, person=person):
                        self.assertNotIn(name, record.fields_get())
                        with self.assertRaises(AccessError):
                            record.read([name])
