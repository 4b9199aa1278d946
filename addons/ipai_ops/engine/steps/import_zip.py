"""import_zip: an archive of Odoo becomes a new database with its files, after a look at all of it."""

from ..plan import StepContext
from ..ports import JobSpec, Mount
from . import copies
from .restore import makes

__all__ = ["job", "makes"]

IMPORTS = "/ipai/imports"


def job(context: StepContext) -> JobSpec:
    """Return the job that takes the archive in; it never touches another database."""
    database, archive = copies.working_database(context), context.spec["archive"]
    order = {
        "database": database,
        "role": copies.role(context),
        "filestore": copies.filestore(database),
        "name": archive["file"],
        "major_version": archive.get("major_version"),
        "max_bytes": archive.get("max_bytes"),
    }
    place = Mount(context.platform.imports_source, IMPORTS, read_only=True)
    return copies.admin_job(context, "import_zip", order, (copies.files(context), place))
