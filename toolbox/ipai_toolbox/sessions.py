"""Sends other people's sessions away from databases that must be copied or renamed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from .postgres import Server, identifier, literal

PAUSE_SECONDS = 0.1
END_MILLISECONDS = 60_000


def end_statements_about(server: Server, database: str) -> None:
    """End what the server still does to a database for a job that was killed, and wait for that end.

    PostgreSQL notices only after a CREATE DATABASE that nobody waits for it any more.
    """
    server.run(
        f"SELECT pg_terminate_backend(pid, {END_MILLISECONDS}) FROM pg_stat_activity "
        f"WHERE strpos(query, {literal(identifier(database))}) > 0 AND state <> 'idle' "
        "AND pid <> pg_backend_pid()"
    )


@contextmanager
def cleared(server: Server, *databases: str) -> Iterator[None]:
    """While inside, whoever is connected to these databases is sent away, again and again.

    CREATE DATABASE and ALTER DATABASE … RENAME hold new connections back by their lock and give old
    ones five seconds to go. So nothing has to be forbidden, and a job that is killed here leaves no
    closed database behind.
    """
    over = threading.Event()
    thread = threading.Thread(target=_send_away, args=(server, databases, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _send_away(server: Server, databases: tuple[str, ...], over: threading.Event) -> None:
    names = ", ".join(literal(name) for name in databases)
    query = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE datname IN ({names}) AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    while True:
        server.attempt(query)
        if over.wait(PAUSE_SECONDS):
            return
