"""The catalogue: each package the index told us of, kept so that it can be searched without the index."""

from datetime import timedelta

from docutils.core import publish_string
from packaging.version import InvalidVersion, Version

from odoo import api, fields, models, release
from odoo.tools import SQL, html_sanitize, plaintext2html

from ..engine import index
from ..engine.catalogue import Catalogue

FRESH_FOR = timedelta(hours=24)
RST = {
    "embed_stylesheet": False,
    "doctitle_xform": False,
    "output_encoding": "unicode",
    "xml_declaration": False,
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "report_level": 5,
}


class ModulePackage(models.Model):
    _name = "ipai.module.package"
    _description = "Module of the catalogue"
    _product_written = True
    _order = "technical_name, id"
    _rec_name = "technical_name"
    _rec_names_search = ("technical_name", "name", "summary")

    name = fields.Char(string="Package", required=True, readonly=True, index="trigram")
    technical_name = fields.Char(string="Module", required=True, readonly=True, index="trigram")
    is_addon = fields.Boolean(string="Is a module", readonly=True)
    is_listed = fields.Boolean(
        string="On the index",
        readonly=True,
        help="Named in the index's list when it was read last.",
    )
    summary = fields.Char(readonly=True, index="trigram")
    series = fields.Char(
        string="For Odoo", readonly=True, help="The versions of Odoo it is made for."
    )
    latest_version = fields.Char(
        string="Newest version", readonly=True, help="The newest for this version of Odoo."
    )
    author = fields.Char(readonly=True)
    license = fields.Char(readonly=True)
    homepage = fields.Char(readonly=True)
    requires_python = fields.Char(string="Python", readonly=True)
    requires = fields.Text(string="Needs", readonly=True, help="What the newest version needs.")
    readme = fields.Html(readonly=True)
    page = fields.Json(readonly=True, help="The index's list of wheels.")
    details = fields.Json(readonly=True, help="What each release needs, as far as it was read.")
    read_at = fields.Datetime(readonly=True)
    fault = fields.Char(readonly=True, help="Why it could not be read.")
    is_read = fields.Boolean(compute="_compute_is_read", search="_search_is_read")

    _name_unique = models.UniqueIndex("(name)", "The catalogue knows this package already.")
    _offered_index = models.Index("(technical_name) WHERE is_addon AND is_listed")

    @api.depends("read_at")
    def _compute_is_read(self):
        for package in self:
            package.is_read = bool(package.read_at)

    def _search_is_read(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("read_at", "!=" if True in value else "=", False)]

    def action_read(self):
        """Ask the index for this module's versions, description and needs."""
        self.ensure_one()
        self.check_access("read")
        self.env["ipai.module.order"]._place("page", self)
        return self._notice(self.env._("The index is being asked; the page fills in a moment."))

    def action_add(self):
        """Choose the environment whose project shall get this module."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Add %s to a project", self.technical_name),
            "res_model": "ipai.module.add",
            "view_mode": "form",
            "target": "new",
            "context": {"default_package_id": self.id},
        }

    def _notice(self, text):
        params = {"message": text, "type": "info"}
        return {"type": "ir.actions.client", "tag": "display_notification", "params": params}

    @api.model
    def _take_names(self, names):
        """Take over the index's list of modules; what it lists no more stays, unlisted."""
        self.flush_model()
        rows = [index.technical_name(name) for name in names]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO ipai_module_package (name, technical_name, is_addon, is_listed,
                       create_uid, write_uid, create_date, write_date)
                SELECT row.name, row.technical_name, true, true, %s, %s,
                       now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
                  FROM unnest(%s::text[], %s::text[]) AS row(name, technical_name)
                ON CONFLICT (name) DO UPDATE SET is_listed = true
                 WHERE NOT coalesce(ipai_module_package.is_listed, false)
                """,
                self.env.uid,
                self.env.uid,
                list(names),
                rows,
            )
        )
        self.env.cr.execute(
            SQL(
                "UPDATE ipai_module_package SET is_listed = false"
                " WHERE is_listed AND NOT (name = ANY(%s))",
                list(names),
            )
        )
        self.invalidate_model()

    @api.model
    def _named(self, name):
        """Return the package's row, made where it is new."""
        found = self.search([("name", "=", name)], limit=1)
        values = {"technical_name": index.technical_name(name), "is_addon": index.is_addon(name)}
        return found or self.create({"name": name, **values})

    def _take_page(self, files):
        """Keep the index's list of wheels."""
        self.ensure_one()
        rows = [file.as_json() for file in files]
        versions = sorted({row["version"] for row in rows}, key=_key)
        series = sorted({".".join(v.split(".")[:2]) for v in versions}, key=_key)
        self.write(
            {
                "page": rows,
                "series": ", ".join(series) if self.is_addon else False,
                "latest_version": self._latest(rows) or False,
                "read_at": fields.Datetime.now(),
                "fault": False,
            }
        )

    def _latest(self, rows):
        """Return the newest final version for our Odoo (of a module), or of all."""
        prefix = f"{release.series}." if self.is_addon else ""
        found = [row["version"] for row in rows or () if not row["is_yanked"]]
        found = [version for version in found if version.startswith(prefix)]
        final = [version for version in found if not Version(version).is_prerelease]
        return max(final or found, key=_key, default="")

    def _take_metadata(self, version, read):
        """Keep what one release needs; the newest one's words are the package's."""
        self.ensure_one()
        known = {**(self.details or {}), version: list(read.requires)}
        values = {"details": known}
        if version == self.latest_version:
            values |= {
                "summary": read.summary,
                "author": read.author,
                "license": read.license,
                "homepage": read.homepage,
                "requires_python": read.requires_python,
                "requires": "\n".join(read.requires),
                "readme": _as_html(read.readme, read.readme_type),
            }
        self.write(values)

    def _file_of(self, version):
        """Return the wheel of a version as the index's File, or None."""
        rows = [row for row in self.page or () if row["version"] == version]
        return index.File(**rows[0]) if rows else None

    @api.model
    def _source(self, accepted=frozenset()):
        """Return the Catalogue of what is cached; pages older than a day count only when accepted."""
        fresh = fields.Datetime.now() - FRESH_FOR

        def page(name):
            found = self.search([("name", "=", name)], limit=1)
            is_fresh = found.read_at and (found.read_at > fresh or name in accepted)
            return (found.page or []) if is_fresh else None

        def details(name, version):
            found = self.search([("name", "=", name)], limit=1)
            return (found.details or {}).get(version)

        return Catalogue(page, details)


def _key(version):
    try:
        return (1, Version(version))
    except InvalidVersion:
        return (0, Version("0"))


def _as_html(text, kind):
    if kind != "text/x-rst":
        return html_sanitize(plaintext2html(text))
    body = publish_string(text, writer_name="html5", settings_overrides=RST)
    return html_sanitize(body)
