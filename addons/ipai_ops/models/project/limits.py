"""What one environment may take of the machine, and the most that a project's environments may be given."""

from odoo import api, fields, models

MOST_MEMORY_MB = 1 << 20
MOST_WORKERS = 64
MOST_CPUS = 256
MOST_DISK_GB = 100_000
DISK_OF_STAGE = {"production": 500, "staging": 100, "development": 20}
LIMITS = {"memory_mb": "max_memory_mb", "workers": "max_workers", "cpus": "max_cpus"}


def _ceiling(field, **options):
    """A field that only managers see and change: a ceiling is no ceiling to those who may lift it."""
    return field(groups="ipai_ops.group_manager", tracking=True, required=True, **options)


class Project(models.Model):
    _inherit = "ops.project"

    max_memory_mb = _ceiling(
        fields.Integer,
        string="Memory of an environment, at most (MB)",
        default=8192,
        help="People who set up environments cannot give one of them more.",
    )
    max_workers = _ceiling(fields.Integer, string="Workers of an environment, at most", default=8)
    max_cpus = _ceiling(fields.Float, string="CPUs of an environment, at most", default=4.0)
    max_disk_gb = _ceiling(
        fields.Integer,
        string="Disk of an environment, at most (GB)",
        default=DISK_OF_STAGE["production"],
        help="Files and database together. 0: environments may be without a limit.",
    )

    _max_memory_sane = models.Constraint(
        f"CHECK(max_memory_mb >= 256 AND max_memory_mb <= {MOST_MEMORY_MB})",
        "An environment's memory is between 256 MB and 1 TB.",
    )
    _max_workers_sane = models.Constraint(
        f"CHECK(max_workers >= 0 AND max_workers <= {MOST_WORKERS})",
        "Take between 0 and 64 workers.",
    )
    _max_cpus_sane = models.Constraint(
        f"CHECK(max_cpus >= 0.1 AND max_cpus <= {MOST_CPUS})",
        "Take between 0.1 and 256 CPUs.",
    )
    _max_disk_sane = models.Constraint(
        f"CHECK(max_disk_gb >= 0 AND max_disk_gb <= {MOST_DISK_GB})",
        "Take between 0 and 100,000 GB of disk.",
    )

    @api.constrains("max_disk_gb")
    def _check_disk_ceiling(self):
        self.environment_ids.filtered(lambda each: each.state != "destroyed")._check_disk_limit()

    @api.constrains(*LIMITS.values())
    def _check_ceilings(self):
        self.environment_ids.filtered(lambda each: each.state != "destroyed")._check_limits()
