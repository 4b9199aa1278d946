"""discard: what was tried out in quarantine is removed at once, database and files."""

from . import copies


def job(context):
    """Return the job that removes the copy; what is gone already is fine."""
    database = copies.working_database(context)
    order = {"databases": [database], "role": None, "folders": [copies.filestore(database)]}
    return copies.admin_job(context, "drop", order, (copies.files(context),))


def is_needless(context):
    """A copy that was never begun needs no removal; a parked one has another name by now."""
    begun = (step for step in context.run.steps if step.kind == "restore" and step.attempt)
    return not any(begun)
