"""point: a cheap copy of the live data on its own server, just before a risky step."""

from ..plan import StepContext
from ..ports import JobSpec
from . import common, copies
from .copies import Made


def job(context: StepContext) -> JobSpec:
    """Return the job that copies the live database and links its files."""
    live, point = common.database(context), copies.copy_name(context, "p")
    order = {
        "database": live,
        "role": copies.role(context),
        "point": point,
        "filestore": copies.filestore(live),
        "point_filestore": copies.filestore(point),
    }
    return copies.admin_job(context, "point", order, (copies.files(context),))


def is_needless(context: StepContext) -> bool:
    """Where nothing was deployed yet there is nothing to go back to."""
    return not context.spec["environment"].get("has_data")


def makes(context: StepContext) -> tuple[Made, ...]:
    """Return the copy."""
    return (copies.made(context, copies.copy_name(context, "p")),)
