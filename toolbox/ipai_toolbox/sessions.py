"""Sends other people's sessions away from databases that must be copied or renamed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from .postgres import Server, identifier, literal

PAUSE_SECONDS, STRAGGLERS_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 0.5, 1.0
END_MILLISECONDS = 60_000


def ended_statements_about(database: str) -> str:
    """The statement that ends what the server still does to a database for a job that was killed.

    It waits for that end and answers one row. PostgreSQL notices only after a CREATE DATABASE that
    nobody waits for it any more.
    """
    return (
        f"SELECT count(pg_terminate_backend(pid, {END_MILLISECONDS})) FROM pg_stat_activity "
        f"WHERE strpos(query, {literal(identifier(database))}) > 0 AND state <> 'idle' "
        "AND pid <> pg_backend_pid()"
    )


def sent_away(*databases: str) -> str:
    """The statement that ends other people's sessions on these databases; it answers one row."""
    names = ", ".join(literal(name) for name in databases)
    return (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        f"WHERE datname IN ({names}) AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )


@contextmanager
def cleared(server: Server, *databases: str, pause: float = PAUSE_SECONDS) -> Iterator[None]:
    """While inside, whoever is connected to these databases is sent away, again and again.

    CREATE DATABASE and ALTER DATABASE … RENAME hold new connections back by their lock and give old
    ones five seconds to go. So nothing has to be forbidden, and a job that is killed here leaves no
    closed database behind. The first to be sent away are so after a `pause`: what is over by then
    costs no session of its own, and what begins with `sent_away` can wait longer for stragglers.
    """
    over = threading.Event()
    given = (server, sent_away(*databases), over, pause)
    thread = threading.Thread(target=_send_away, args=given, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _send_away(server: Server, statement: str, over: threading.Event, pause: float) -> None:
    while not over.wait(pause):
        server.attempt(statement)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
