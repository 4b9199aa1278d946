"""A deployed production, and steps that end as the driver would end them."""

import json
from datetime import timedelta

from odoo import fields

from .common import SHA, OpsCase

BACKED_UP = {
    "ok": True,
    "snapshot": "5a3b9c01",
    "taken_at": "2026-03-01T02:00:00Z",
    "size_bytes": 2_000_000,
    "added_bytes": 5_000,
    "database_bytes": 1_500_000,
    "filestore_files": 12,
    "filestore_bytes": 500_000,
    "seconds": 4.2,
    "manifest": {"server_version": "18.6", "modules": 20, "tables": 140, "rows": 9000},
}
MASKED = {
    "ok": True,
    "report": {
        "tables": [{"table": "res_partner", "column": "name", "kind": "name", "rows": 40}],
        "rows": 40,
        "rows_per_second": 90_000,
        "undecided": ["x_visit.x_note"],
        "leaks": 0,
    },
}
NEUTRAL = {
    "ok": True,
    "report": {
        "statements": 12,
        "checks": [{"name": "Mail servers", "found": 1, "fixed": 1}],
        "modules_without_neutralize": [{"module": "pay_<b>", "columns": ["api_key"]}],
    },
}
RESULTS = {
    "backup": BACKED_UP,
    "neutralize": NEUTRAL,
    "mask": MASKED,
    "park": {"ok": True, "size_bytes": 3_000_000, "method": "reflink"},
    "point": {"ok": True, "size_bytes": 3_000_000, "method": "reflink", "seconds": 0.2},
    "update": {"ok": True, "mode": "update", "modules": ["acme"]},
    "build": {"ok": True, "image": "reg/acme@sha256:2", "commit": SHA, "subject": "Two"},
}


class DataCase(OpsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.image = cls.serve(cls.production, "reg/acme@sha256:1")

    @classmethod
    def serve(cls, environment, uri):
        """Let the environment serve an image, deployed an hour ago."""
        run = environment._deploy("push", SHA)
        cls.begin(run)
        for step in run.step_ids.filtered(lambda step: step.kind not in ("point", "back")):
            result = {"ok": True, "image": uri, "commit": SHA} if step.name == "build" else {}
            step.write({"state": "done", "result": result})
        image = cls.env["ops.artifact"]._plan(run, "image", SHA, uri)
        image._mark_present()
        run._finish("done", fields.Datetime.now() - timedelta(hours=1))
        return image

    @classmethod
    def play(cls, run, until=None, state="failed", cause="It broke.", **results):
        """Let the run's steps end well, up to the one named ``until``, which ends in ``state``."""
        if run.state == "queued":
            run._begin()
        begun = fields.Datetime.now()
        has_broken = False
        for step in run.step_ids.sorted("sequence"):
            if step.when == "failed" and not has_broken:
                continue
            if has_broken and step.when == "done":
                continue
            ending = state if step.name == until else "done"
            has_broken = has_broken or step.name == until
            cls.plan_made(run, step)
            result = {
                "ok": ending == "done",
                **RESULTS.get(step.kind, {}),
                **results.get(step.name, {}),
            }
            step.write(
                {
                    "state": ending,
                    "attempt": 1,
                    "result": result if ending == "done" else False,
                    "cause": cause if ending == "failed" else False,
                    "started_at": begun,
                    "finished_at": begun + timedelta(seconds=10),
                }
            )
        run._finish(state if has_broken else "done", begun + timedelta(seconds=20))
        return run

    @classmethod
    def plan_made(cls, run, step):
        from ..engine import steps

        for made in steps.makes(run._context_of(step.name)):
            run._plan_made(made)

    @staticmethod
    def order_of(run, step):
        """Return what the container of the run's step would be told, and its volumes."""
        from ..engine import steps

        job = steps.job(run._context_of(step))
        volumes = {mount.target: mount.source for mount in job.mounts}
        return json.loads(job.environment["IPAI_SPEC"]), volumes

    def thing(self, name):
        """Return the newest artifact of the name."""
        return self.env["ops.artifact"].search([("name", "=", name)], limit=1)
