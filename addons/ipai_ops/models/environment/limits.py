"""What one environment may take of the machine."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..project.limits import LIMITS, MOST_CPUS


class Environment(models.Model):
    _inherit = "ops.environment"

    cpus = fields.Float(
        string="CPUs",
        default=1.0,
        help="The most it uses at once. A part of one is fine; a preview gets by with one.",
    )

    _cpus_sane = models.Constraint(
        f"CHECK(cpus >= 0.1 AND cpus <= {MOST_CPUS})", "Take between 0.1 and 256 CPUs."
    )

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
