"""discard: what was tried out, or not made safe, is removed at once, database and files."""

from ..plan import StepContext
from ..ports import JobSpec
from . import copies


def job(context: StepContext) -> JobSpec:
    """Return the job that removes the copy; what is gone already is fine."""
    database = copies.working_database(context)
    order = {
        "databases": [database],
        "role": None,
        "folders": [copies.filestore(database)],
        "owners": {database: [copies.role(context)]},
    }
    return copies.admin_job(context, "drop", order, (copies.files(context),))


def is_needless(context: StepContext) -> bool:
    """A copy that was never begun needs no removal; a parked one has another name by now.

    Where the data could not be put back a person looks first: nothing more is touched.
    """
    steps, kinds = context.run.steps, copies.BRINGING_DATA
    if any(step.kind == "back" and step.has_broken for step in steps):
        return True
    return not any(step.kind in kinds and step.attempt for step in steps)
