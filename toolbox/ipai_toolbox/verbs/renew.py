"""Gives a database of another installation an identity of its own, before anybody meets it."""

from ..identity import is_odoo, renew
from ..job import Job
from ..outcome import Failure
from ..ownership import require_owned
from ..postgres import server_of
from ..tenant import tenant


def run(job: Job) -> dict:
    database, role = job.spec.text("database"), job.spec.text("role")
    with server_of(job.spec.part("server"), job.places) as server:
        server.wait()
        require_owned(server, [database], [role])
        with tenant(server, database, role) as login:
            if not is_odoo(login):
                raise Failure(f"{database} is not a database of Odoo", "Choose another archive")
            renew(login, job.spec.maybe_text("base_url"))
    job.events.progress(1.0, f"{database} has a uuid, a secret and an address of its own")
    return {"renewed": True}
