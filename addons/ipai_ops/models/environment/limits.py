"""What one environment may take of the machine."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..project.limits import DISK_OF_STAGE, LIMITS, MOST_CPUS, MOST_DISK_GB


class Environment(models.Model):
    _inherit = "ops.environment"

    cpus = fields.Float(
        string="CPUs",
        default=1.0,
        help="The most it uses at once. A part of one is fine; a preview gets by with one.",
    )

    disk_limit_gb = fields.Integer(
        string="Disk (GB)",
        help="The most its files and its database take together; there it is stopped until "
        "somebody raises the limit or frees space. 0: no limit.",
    )

    _disk_limit_sane = models.Constraint(
        f"CHECK(disk_limit_gb >= 0 AND disk_limit_gb <= {MOST_DISK_GB})",
        "Take between 0 and 100,000 GB of disk.",
    )
    _cpus_sane = models.Constraint(
        f"CHECK(cpus >= 0.1 AND cpus <= {MOST_CPUS})", "Take between 0.1 and 256 CPUs."
    )

    @api.constrains("disk_limit_gb", "project_id")
    def _check_disk_limit(self):
        for environment in self:
            most = environment.sudo().project_id.max_disk_gb
            if most and not 0 < environment.disk_limit_gb <= most:
                raise ValidationError(
                    self.env._(
                        "%(environment)s has to have a limit of its disk, and its project allows "
                        "%(most)s GB. Take that or less, or ask a manager to raise the limit in "
                        "the project's settings.",
                        environment=environment.display_name,
                        most=most,
                    )
                )

    def _usual_disk_limit(self, stage, project):
        """Return what a new environment of this stage gets, within its project's ceiling."""
        most, usual = project.sudo().max_disk_gb, DISK_OF_STAGE[stage]
        return min(usual, most) if most else usual

    @api.constrains(*LIMITS, "project_id")
    def _check_limits(self):
        for environment in self:
            project = environment.sudo().project_id
            for name, ceiling in LIMITS.items():
                if environment[name] > project[ceiling]:
                    raise ValidationError(
                        self.env._(
                            "%(environment)s would get %(field)s %(value)g, and its project "
                            "allows %(most)g. Take less, or ask a manager to raise the limit "
                            "in the project's settings.",
                            environment=environment.display_name,
                            field=environment._fields[name].string,
                            value=environment[name],
                            most=project[ceiling],
                        )
                    )
