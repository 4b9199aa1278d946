"""Puts one database with its filestore in another's place; the old one is kept aside, whole."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..folders import MARK, absolute, link_tree, made_like_parent
from ..job import Job
from ..outcome import Failure
from ..ownership import database_given, require_owned
from ..postgres import Server, identifier, server_of
from ..sessions import cleared
from ..tenant import require_ordinary

LOCK_SECONDS = 60


@dataclass(frozen=True)
class Swap:
    """Three names, of databases on a server and of folders below one root."""

    server: Server
    root: Path
    live: str
    incoming: str
    aside: str


def run(job: Job) -> dict:
    spec = job.spec
    root = absolute(spec.text("filestore_root"))
    made_like_parent(root)
    with server_of(spec.part("server"), job.places) as server:
        server.wait()
        swap = Swap(server, root, spec.text("database"), spec.text("incoming"), spec.text("aside"))
        names = (swap.live, swap.incoming, swap.aside)
        require_owned(server, names, [spec.text("role")])
        swapped = _is_due(swap)
        if swapped:
            _open(swap, spec.text("role"))
            _swap(swap)
        (root / swap.live / MARK).unlink(missing_ok=True)
    job.events.progress(1.0, f"{swap.live} is in place" + ("" if swapped else " already"))
    return {"swapped": swapped}


def _is_due(swap: Swap) -> bool:
    """False when an earlier attempt has done it. Raises Failure when it cannot be done."""
    live, incoming, aside = map(swap.server.exists, (swap.live, swap.incoming, swap.aside))
    if incoming and live and aside:
        raise Failure(f"There is already a database {swap.aside}", "Drop it, then retry")
    if not incoming and not live:
        raise Failure(
            f"Neither {swap.live} nor {swap.incoming} exists",
            "Restore a backup of this environment",
        )
    return incoming


def _open(swap: Swap, role: str) -> None:
    """A parked copy becomes a database that its role may use."""
    name = identifier(swap.incoming)
    swap.server.run(
        f"ALTER DATABASE {name} ALLOW_CONNECTIONS true;\nALTER DATABASE {name} IS_TEMPLATE false"
    )
    require_ordinary(swap.server, role)
    swap.server.run(database_given(swap.incoming, role))


def _swap(swap: Swap) -> None:
    """Both renames and both folders while nobody can connect; the commit makes it real.

    Killed before the commit, the server takes the renames back, and the next attempt finds the folders
    as far as they were moved.
    """
    names = [swap.incoming, *([swap.live] if swap.server.exists(swap.live) else [])]
    with cleared(swap.server, *names), _transaction(swap.server) as rename:
        if swap.live in names:
            rename(swap.live, swap.aside)
        rename(swap.incoming, swap.live)
        with _undone_when_it_fails(swap):
            _move_folders(swap)


@contextmanager
def _transaction(server: Server) -> Iterator:
    """A function that renames databases; all of it counts at the end, or nothing. Raises Failure."""
    import psycopg2

    connection = None
    try:
        connection = server.connect()
        with connection, connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")

            def rename(old: str, new: str) -> None:
                cursor.execute(f"ALTER DATABASE {identifier(old)} RENAME TO {identifier(new)}")

            yield rename
    except psycopg2.Error as error:
        raise Failure(
            f"The databases could not change places: {' '.join(str(error).split())}",
            "The old one is still in place; retry the run",
        ) from error
    finally:
        if connection:
            connection.close()


def _move_folders(swap: Swap) -> None:
    live, incoming, aside = (swap.root / name for name in (swap.live, swap.incoming, swap.aside))
    if live.is_dir() and aside.is_dir():
        _keep_late_files(swap, live, aside)
    if incoming.is_dir():
        if live.is_dir():
            os.rename(live, aside)
        os.rename(incoming, live)


def _keep_late_files(swap: Swap, live: Path, aside: Path) -> None:
    """A killed attempt had moved the folders: what the old database wrote since belongs to it."""
    link_tree(live, aside)
    if (swap.root / swap.incoming).is_dir():
        shutil.rmtree(live)


@contextmanager
def _undone_when_it_fails(swap: Swap) -> Iterator[None]:
    live, incoming, aside = (swap.root / name for name in (swap.live, swap.incoming, swap.aside))
    try:
        yield
    except OSError as error:
        if aside.is_dir() and not live.is_dir():
            os.rename(aside, live)
        raise Failure(
            f"The filestore {incoming} could not be put in place: {error.strerror}",
            "The old database is still in place; check the volume, then retry",
        ) from error
