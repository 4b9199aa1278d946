"""export: a backup becomes the archive that Odoo itself reads, to be fetched through the edge."""

from .. import naming
from ..plan import StepContext
from ..ports import JobSpec, Mount
from . import common, copies
from .copies import Made

EXPORTS = "/ipai/exports"


def job(context: StepContext) -> JobSpec:
    """Return the job that writes the archive; it meets no live database."""
    order = {
        "repository": copies.repository(context),
        "snapshot": context.spec["backup"]["snapshot"],
        "name": context.spec["export"],
    }
    place = Mount(naming.exports_volume(context.platform.instance), EXPORTS)
    return common.toolbox_job(
        context,
        "export_zip",
        order,
        mounts=(place, *copies.repository_mounts(context)),
        secrets=copies.repository_secrets(context),
    )


def makes(context: StepContext) -> tuple[Made, ...]:
    """Return the archive: it is real data and goes after a day."""
    name, volume = context.spec["export"], naming.exports_volume(context.platform.instance)
    return (Made("export", name, f"{volume}/{name}"),)
