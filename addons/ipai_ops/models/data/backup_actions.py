"""What people and scripts do with backups: take, prove, restore, hold."""

from odoo import api, models
from odoo.exceptions import UserError


class Backup(models.Model):
    _inherit = "ops.backup"

    @api.model
    def create_backup(self, project, env):
        """Queue a backup; return its id.

        ``project``: code or id. ``env``: slug, name or id. Its proof follows by itself; the
        backup's ``state`` says proven, damaged or failed in the end.
        """
        runs = self.env["ops.run"]
        environment = runs._named_environment(runs._named_project(project), env)
        environment._check_may("backup")
        return environment._back_up("api").id

    @api.model
    def restore_backup(self, backup_id, target_env):
        """Queue the restore of a backup into an environment; return the run's id.

        ``target_env``: id, or slug or name within the backup's project. What serves there now is
        kept aside.
        """
        backup = self._one_by_id(backup_id)
        environment = self.env["ops.run"]._named_environment(backup.project_id, target_env)
        environment._check_may("restore")
        return backup._restore_into(environment, "api").run_id.id

    @api.model
    def _one_by_id(self, backup_id):
        known = isinstance(backup_id, int) and self.browse(backup_id).exists()
        if not known:
            raise UserError(self.env._("There is no backup %s.", backup_id))
        known.check_access("read")
        return known

    def action_prove(self):
        """Queue a proof of the backup and open its run."""
        self.ensure_one()
        self.environment_id._check_may("backup")
        return self._prove("button")._open()

    def action_restore(self):
        """Open the choice of where to restore it, with what will be lost and kept."""
        self.ensure_one()
        self.check_access("read")
        self._check_restorable()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Restore %s", self.display_name),
            "res_model": "ops.restore.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_backup_id": self.id},
        }

    def action_hold(self):
        """Keep the backup whatever the retention says, or let it go its way again."""
        for backup in self:
            backup.environment_id._check_may("backup")
            held = not backup.is_held
            own = backup.sudo()  # people may hold a backup, and write nothing else of it
            own.write({"is_held": held, "hold_reason": own.hold_reason if held else False})
        return True

    def action_view_run(self):
        """Open the run that made the backup."""
        self.ensure_one()
        return self.run_id._open() if self.run_id else False

    def _prove(self, trigger):
        """Queue the restore into quarantine that shows whether the backup works; return the run."""
        self.ensure_one()
        self._check_in_repository()
        run = self._queue_with("prove", self.environment_id, trigger, self.image_id, self._trial())
        proof = {"backup_id": self.id, "environment_id": self.environment_id.id}
        proof["data_at"] = self.taken_at
        self.env["ops.restore"].sudo().create({**proof, "purpose": "proof", "run_id": run.id})
        own = self.sudo()  # people may ask for a proof, and write nothing of a backup
        own.write({"proof_run_id": run.id, "state": "proving", "cause": False, "hint": False})
        return run

    def _check_in_repository(self):
        if not self.snapshot or self.state == "removed":
            raise UserError(self.env._("The repository does not hold this backup."))

    def _trial(self):
        """Return what a quarantine needs to know: another server, and what comes out of it."""
        server = self.env["ops.database.server"]._for_stage("staging", self.project_id)
        is_production = self.stage == "production"
        order = {"server": server._facts(), "makes_snapshot": is_production}
        return order | ({"masking": self.project_id._masking()} if is_production else {})

    def _restore_into(self, environment, trigger, image=None):
        """Queue the restore; return its record. Callers have checked the right."""
        self._check_restorable()
        self._check_allowed(environment)
        image = image or self._image_for(environment)
        order = {"is_foreign": environment != self.environment_id}
        if self.stage == "production" and environment.stage != "production":
            order |= {"is_to_be_masked": True, "masking": self.project_id._masking()}
        run = self._queue_with("restore", environment, trigger, image, order)
        return (
            self.env["ops.restore"]
            .sudo()
            .create(  # the run is the person's, its record ours
                {
                    "backup_id": self.id,
                    "environment_id": environment.id,
                    "purpose": "restore",
                    "run_id": run.id,
                    "data_at": self.taken_at,
                }
            )
        )

    def _check_allowed(self, environment):
        if environment.project_id != self.project_id:
            raise UserError(self.env._("A backup is restored within its own project."))
        if environment.stage == "production" and self.stage != "production":
            raise UserError(
                self.env._("Production takes only its own backups: others were made harmless.")
            )

    def _image_for(self, environment):
        """Return the build to serve the data: the one it was taken under, or what serves there."""
        own = self.image_id if self.image_id.state == "present" else self.image_id.browse()
        image = own if environment == self.environment_id else environment.image_id
        image = image or own or environment.image_id
        if not image:
            raise UserError(self.env._("No build is kept that could serve it: deploy first."))
        return image

    def _queue_with(self, kind, environment, trigger, image, order):
        repository = self.sudo().repository_id  # whoever may restore need not see its settings
        return self.env["ops.run"]._queue(
            environment,
            kind,
            trigger,
            image.run_id.ref,
            image.run_id.commit or self.commit,
            commit_subject=image.run_id.commit_subject,
            redeploy_image=image,
            order={"backup": self._facts(), "repository": repository._facts(), **order},
        )
