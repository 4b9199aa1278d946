"""Gives a database of another installation an identity of its own, before anybody meets it."""

from ..identity import is_odoo, renew
from ..job import Job
from ..outcome import Failure
from ..postgres import server_of


def run(job: Job) -> dict:
    database = job.spec.text("database")
    with server_of(job.spec.part("server"), job.places) as server:
        server.wait()
        if not is_odoo(server, database):
            raise Failure(f"{database} is not a database of Odoo", "Choose another archive")
        renew(server, database, job.spec.maybe_text("base_url"))
    job.events.progress(1.0, f"{database} has a uuid, a secret and an address of its own")
    return {"renewed": True}
