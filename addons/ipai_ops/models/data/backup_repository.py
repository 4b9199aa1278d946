"""Where a project's backups are kept, and the key that opens them."""

import json
import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...authentication.asks_again import asks_again
from ...engine.steps.copies import BACKUPS
from ..secrets.encrypted import encrypted

SECRET_FILES = {
    "local": (),
    "s3": ("s3-credentials",),
    "sftp": ("sftp-key", "sftp-known-hosts"),
}
KEY_FILE = "restic-password"
REPOSITORY_FILES = frozenset({KEY_FILE, *SECRET_FILES["s3"], *SECRET_FILES["sftp"]})
NEEDED = {"local": (), "s3": ("endpoint", "bucket"), "sftp": ("host", "user", "path")}
S3 = ("endpoint", "bucket", "prefix", "region")
SFTP = ("host", "port", "user", "path", "sftp_known_hosts")
WRITE_ONLY = {
    "new_s3_access_key": "s3_access_key",
    "new_s3_secret_key": "s3_secret_key",
    "new_sftp_key": "sftp_key",
}


class BackupRepository(models.Model):
    _name = "ops.backup.repository"
    _description = "Backup repository"
    _inherit = ["ops.encrypted.mixin", "ops.audited.mixin"]
    _order = "active desc, id desc"

    name = fields.Char(compute="_compute_name")
    project_id = fields.Many2one("ops.project", required=True, index=True, ondelete="cascade")
    active = fields.Boolean(
        default=True, help="New backups go here; older ones stay where they are."
    )
    kind = fields.Selection(
        [("local", "This server's disk"), ("s3", "S3 storage"), ("sftp", "SFTP server")],
        required=True,
        default="local",
    )
    endpoint = fields.Char(help="For instance https://s3.eu-central-1.amazonaws.com")
    bucket = fields.Char()
    prefix = fields.Char(help="Folder within the bucket.")
    region = fields.Char()
    host = fields.Char()
    port = fields.Integer(default=22)
    user = fields.Char()
    path = fields.Char(help="Folder on the SFTP server.")
    sftp_known_hosts = fields.Text(
        string="Host keys", help="Lines of ssh-keyscan; other keys are refused."
    )
    key = encrypted(
        fields.Char, "key", goes_nowhere="It encrypts before anything is sent and is never sent."
    )
    s3_access_key = encrypted(fields.Char, "s3_access_key", goes_to=S3)
    s3_secret_key = encrypted(fields.Char, "s3_secret_key", goes_to=S3)
    sftp_key = encrypted(fields.Text, "sftp_key", goes_to=SFTP)
    new_s3_access_key = fields.Char(compute="_compute_new", inverse="_inverse_new")
    new_s3_secret_key = fields.Char(compute="_compute_new", inverse="_inverse_new")
    new_sftp_key = fields.Text(compute="_compute_new", inverse="_inverse_new")
    has_credentials = fields.Boolean(compute="_compute_has_credentials")
    key_exported_at = fields.Datetime(readonly=True, copy=False)
    key_exported_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    may_secrets = fields.Boolean(related="project_id.may_secrets", related_sudo=False)
    backup_ids = fields.One2many("ops.backup", "repository_id")

    _one_active = models.UniqueIndex(
        "(project_id) WHERE active", "A project has one repository for new backups."
    )

    @api.depends("kind", "bucket", "host", "project_id.code")
    def _compute_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for repository in self:
            place = {"s3": repository.bucket, "sftp": repository.host}.get(repository.kind)
            parts = (repository.project_id.code, kinds[repository.kind], place)
            repository.name = " · ".join(part for part in parts if part)

    def _compute_new(self):
        for name in WRITE_ONLY:
            self[name] = False

    def _inverse_new(self):
        """Keep what was typed where nobody can read it."""
        for repository in self:
            repository.project_id._check_may("secrets")
            values = {field: repository[name] for name, field in WRITE_ONLY.items()}
            repository.sudo().write({field: value for field, value in values.items() if value})
        self.invalidate_recordset(list(WRITE_ONLY))

    @api.depends("kind")
    def _compute_has_credentials(self):
        for repository in self:
            own = repository.sudo()  # says only whether they are there
            wanted = {"s3": own.s3_access_key and own.s3_secret_key, "sftp": own.sftp_key}
            repository.has_credentials = bool(wanted.get(own.kind, True))

    @api.constrains("kind", "endpoint", "bucket", "host", "user", "path")
    def _check_complete(self):
        for repository in self:
            missing = [name for name in NEEDED[repository.kind] if not repository[name]]
            if missing:
                raise ValidationError(
                    self.env._("The repository needs its %s.", ", ".join(missing))
                )

    @api.constrains("kind", "endpoint", "host")
    def _check_elsewhere(self):
        for repository in self:
            place = {"s3": repository.endpoint, "sftp": repository.host}.get(repository.kind)
            repository.project_id._refuse_inside(place, self.env._("The repository's address"))

    @api.model_create_multi
    def create(self, vals_list):
        rows = [{**self.default_get(["project_id", "active"]), **vals} for vals in vals_list]
        projects = [row.get("project_id") for row in rows if row["active"]]
        with self.env.cr.savepoint():
            # The new one takes over; what lies in the old one stays restorable. Whether that may be
            # is asked for the new one, once it is there.
            self.sudo().search([("project_id", "in", projects)]).active = False
            self.flush_model()
            repositories = super().create(rows)
        for repository in repositories.sudo():  # nobody may read or write the key itself
            repository.key = repository.key or secrets.token_urlsafe(48)
        return repositories

    def write(self, vals):
        if "project_id" in vals and any(one.project_id.id != vals["project_id"] for one in self):
            raise UserError(self.env._("A repository stays with its project: make a new one."))
        place = {"kind", *NEEDED["s3"], *NEEDED["sftp"], "prefix"}.intersection(vals)
        moved = self.filtered(lambda one: any(one[name] != vals[name] for name in place))
        if moved.sudo().backup_ids:  # also those the user may not see
            raise UserError(
                self.env._(
                    "Backups lie there already. Archive this repository and make a new one: "
                    "the old backups stay restorable."
                )
            )
        return super().write(vals)

    @asks_again
    def action_export_key(self):
        """Show the key that opens the backups, once, to be kept outside this system."""
        self.ensure_one()
        self.project_id._check_may("secrets")
        if self.key_exported_at:
            raise UserError(
                self.env._(
                    "The key was shown on %(date)s to %(person)s. It is shown only once.",
                    date=fields.Datetime.to_string(self.key_exported_at),
                    person=self.key_exported_by_id.name,
                )
            )
        own = self.sudo()  # the key itself is closed to everyone
        own.write(
            {"key_exported_at": fields.Datetime.now(), "key_exported_by_id": self.env.user.id}
        )
        self.env["ops.audit"]._note("secret.shown", self, name="backup key")
        return self.env["ops.environment"]._shown_once(
            self.env._(
                "Key of %s. Whoever has it reads every backup; without it no backup can be read. "
                "Keep it away from this server. It is not shown again.",
                self.name,
            ),
            own.key,
        )

    def _facts(self):
        """Return what a run's frozen spec says of the repository; nothing secret."""
        self.ensure_one()
        wanted = {
            "local": {"path": f"{BACKUPS}/{self.project_id.code}"},
            "s3": {name: self[name] or "" for name in ("endpoint", "bucket", "prefix", "region")},
            "sftp": {name: self[name] for name in ("host", "port", "user", "path")},
        }
        facts = {"kind": self.kind, **wanted[self.kind]}
        return {"id": self.id, "facts": facts, "secret_files": [KEY_FILE, *SECRET_FILES[self.kind]]}

    def _file_content(self, what):
        """Return the text of one of the repository's secret files."""
        self.ensure_one()
        own = self.sudo()  # only the driver asks, for a job
        contents = {
            KEY_FILE: own.key,
            "s3-credentials": json.dumps(
                {"access_key": own.s3_access_key or "", "secret_key": own.s3_secret_key or ""}
            ),
            "sftp-key": own.sftp_key,
            "sftp-known-hosts": own.sftp_known_hosts,
        }
        return contents[what] or ""

    def _secret_values(self):
        """Return the secrets that must never show in a log."""
        names = ("key", "s3_access_key", "s3_secret_key", "sftp_key")
        return [one[name] for one in self.sudo() for name in names if one[name]]
