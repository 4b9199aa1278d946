"""What the end of a run means for backups, snapshots, restores and the copies kept to go back to."""

from odoo import fields, models

from ...engine.steps import copies

ORDER_AGAIN = (
    "archive",
    "backup",
    "base",
    "console",
    "export",
    "is_foreign",
    "is_to_be_masked",
    "makes_snapshot",
    "masking",
    "moment",
    "point",
    "repository",
    "server",
    "snapshots",
)


class Run(models.Model):
    _inherit = "ops.run"

    backup_ids = fields.One2many("ops.backup", "run_id", string="Backups made")
    restore_ids = fields.One2many("ops.restore", "run_id", string="Restores")
    point_ids = fields.One2many("ops.restore.point", "run_id", string="Kept to go back to")

    def _order_again(self):
        """Return what a retry must know besides what every order says; a deploy asks anew."""
        if self.kind == "deploy":
            return {}
        return {key: self.spec[key] for key in ORDER_AGAIN if key in self.spec}

    def _hand_over(self, again):
        """A retried backup, proof or restore is about the same record."""
        own = self.sudo()  # whoever may retry the run
        if own.kind == "backup":
            own.backup_ids.write({"run_id": again.id, "state": "making", "cause": False})
        self.env["ops.backup"].sudo().search([("proof_run_id", "=", self.id)]).write(
            {"proof_run_id": again.id, "state": "proving"}
        )
        for restore in own.restore_ids:
            restore.copy({"run_id": again.id, "aside_id": False})

    def _steps_done(self, kind):
        return self.step_ids.filtered(lambda step: step.kind == kind and step.state == "done")

    def _has_discarded(self):
        """Say whether nothing of what the run tried out is left."""
        return bool(self._steps_done("discard") or self._steps_done("park"))

    def _settle_artifacts(self):
        """Remember the copies that exist now before what nothing needs is given up."""
        if self.kind == "measure":
            self._settle_measured()
        self._settle_copies()
        self._settle_backups()
        self._settle_things()
        self._settle_swapped()

    def _settle_copies(self):
        """Note what the run leaves to go back to: restore point, what was live, what broke."""
        points, went_back = self.env["ops.restore.point"], self._steps_done("back")
        serving = self._serving_image()
        for step in self._steps_done("point"):
            if not went_back:
                points._keep(self, "point", self._copy("p"), serving, **self._copy_facts(step))
        for step in self._steps_done("swap"):
            if not went_back and self._had_data():
                aside = points._keep(
                    self, "aside", self._copy("a"), serving, taken_at=step.finished_at
                )
                self.restore_ids.aside_id = aside
        if self.step_ids.filtered(lambda step: step.kind == "back" and step.state == "failed"):
            self.environment_id._tell_stuck_between(self)
        if went_back and self._steps_done("point"):
            at = went_back.finished_at
            points._keep(self, "failed", self._copy("f"), points.image_id, taken_at=at)

    def _had_data(self):
        return bool((self.spec.get("environment") or {}).get("has_data"))

    def _serving_image(self):
        image = (self.spec.get("serving") or {}).get("image_id")
        return self.env["ops.artifact"].browse(image).exists()

    def _copy(self, mark):
        """Return the name of the copy this run made under ``mark``."""
        first = self.step_ids.sorted("sequence")[:1]
        return copies.copy_name(self._context_of(first.name), mark)

    @staticmethod
    def _copy_facts(step):
        result = step.result or {}
        facts = {name: result.get(name) or 0 for name in ("size_bytes", "seconds")}
        at = step.started_at or step.run_id.started_at
        return {**facts, "method": result.get("method"), "taken_at": at}

    def _settle_swapped(self):
        """What was swapped in has no name of its own any more."""
        if not self._steps_done("swap") or self._steps_done("back"):
            return
        point = self.env["ops.restore.point"].browse((self.spec.get("point") or {}).get("id"))
        point.exists().write({"state": "used"})
        incoming = point.exists().database_name or self._copy("i")
        known = [("kind", "=", "database"), ("name", "=", incoming), ("state", "!=", "removed")]
        self.env["ops.artifact"].search(known)._mark_removed()

    def _settle_backups(self):
        """Carry the outcome over to the records people look at."""
        settle = {
            "backup": self._settle_backup,
            "prove": self._settle_proof,
            "drill": self._settle_drill,
            "forget": self._settle_forgotten,
            "export": self._settle_export,
            "base": self._settle_archive,
            "watch": self._settle_archive,
        }.get(self.kind)
        if settle:
            settle()
        if self.kind in ("restore", "rollback", "deploy") and self.state == "done":
            self.restore_ids._measure()

    def _settle_backup(self):
        for backup in self.backup_ids:
            if self.state == "done":
                backup._take_result(self)
                backup._prove("schedule")
            else:
                backup._fail(self)

    def _settle_proof(self):
        """Restored, equal to its manifest and started: then it is proven, whatever follows."""
        backup = self.env["ops.backup"].search([("proof_run_id", "=", self.id)], limit=1)
        if not backup:
            return
        if self._steps_done("boot"):
            self.restore_ids._measure()
            backup._note_proven(self)
        elif self.state == "failed":
            backup._fail(self, state="damaged")
        else:
            backup.state = "stored"
        if self.spec.get("makes_snapshot") and self._steps_done("boot"):
            self._settle_snapshot(backup)

    def _settle_snapshot(self, backup):
        parked = self._steps_done("park")
        if not parked and self.state != "failed":
            return None
        results = {step.kind: step.result or {} for step in self.step_ids if step.result}
        name = self._copy("s")
        known = [("kind", "=", "database"), ("name", "=", name), ("state", "!=", "removed")]
        artifact = self.env["ops.artifact"].search(known, limit=1)
        snapshot = self.env["ops.snapshot"].create(
            {
                "project_id": self.project_id.id,
                "environment_id": self.environment_id.id,
                "backup_id": backup.id,
                "run_id": self.id,
                "database_name": name,
                "database_server_id": artifact._server().id,
                "artifact_id": artifact.id,
                "state": "present" if parked else "failed",
                "cause": False if parked else self.cause,
                "taken_at": backup.taken_at,
                "neutralization": _report(results.get("neutralize")),
                "masking": _report(results.get("mask")),
                **_only(results.get("park") or {}, "size_bytes", "method"),
            }
        )
        if not parked:
            return snapshot.environment_id._tell_snapshot_failed(self)
        artifact._keep()
        artifact._mark_present(size_bytes=snapshot.size_bytes)
        snapshot.environment_id._tell_snapshot_ready()
        return snapshot._give_up_older()

    def _settle_drill(self):
        self.restore_ids._measure()
        if self.state == "done":
            self.environment_id._tell_drill(self)
        elif self.state == "failed":
            self.environment_id._tell_backup_failed(self.restore_ids.backup_id, self)

    def _settle_export(self):
        backup = self.env["ops.backup"].search([("export_run_id", "=", self.id)], limit=1)
        backup._note_exported(self)

    def _settle_forgotten(self):
        backups = self.env["ops.backup"].browse(self.spec.get("backup_ids", ())).exists()
        if self.state == "done":
            backups.write({"state": "removed", "removed_at": self.finished_at})

    def _settle_archive(self):
        """Carry the outcome over to the server; older looks have nothing to say any more."""
        servers = self.env["ops.database.server"]
        server = servers.browse(self.spec.get("server_id")).exists()
        if server and self.state in ("done", "failed"):
            server._take_archive(self)
        over = [("kind", "=", "watch"), ("state", "in", ("done", "failed", "cancelled"))]
        older = self.search([*over, ("id", "<", self.id)])
        older.filtered(lambda run: run.spec.get("server_id") == server.id).unlink()


def _report(result):
    """Return what a verb reported: its result may hold it apart, or be it."""
    result = result or {}
    return result.get("report") or {key: value for key, value in result.items() if key != "ok"}


def _only(result, *names):
    return {name: result[name] for name in names if result.get(name)}
