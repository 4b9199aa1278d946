"""What a person wrote after ``/ops``."""

import re
from dataclasses import dataclass

RUN = re.compile("[0-9]{1,9}")
VERBS = ("deploy", "status", "logs", "rollback", "backups", "help")
HELP = "\n".join(
    (
        "*What `/ops` does*",
        "`/ops deploy` — a form; `/ops deploy acme/main [branch or commit]` — at once",
        "`/ops status [acme[/main]]` — what is up, what runs, what waits",
        "`/ops logs` — a form; `/ops logs acme/main` or `/ops logs 123` — the end of a run's log",
        "`/ops rollback [acme[/main]]` — a form with the builds you can go back to",
        "`/ops backups` — a form; `/ops backups acme/main` — the backups, and which are proven",
        "You act as yourself: Slack's verified e-mail names your user, with your rights.",
    )
)


@dataclass(frozen=True)
class Command:
    """``problem`` is a sentence where the words make no command."""

    verb: str
    project: str = ""
    environment: str = ""
    target: str = ""
    run_id: int = 0
    problem: str = ""


def parse(text: str) -> Command:
    """Return the command a person wrote; ``acme/feature/pos`` is environment feature/pos of acme."""
    words = (text or "").split()
    verb = words[0].lower() if words else "help"
    if verb not in VERBS:
        return Command("help", problem=f"There is no command “{verb}”.")
    rest = words[1:]
    if verb == "logs" and rest and RUN.fullmatch(rest[0].lstrip("#")):
        return Command(verb, run_id=int(rest[0].lstrip("#")))
    project, environment, others = _place(rest)
    target = others[0] if others else ""
    return Command(verb, project, environment, target)


def _place(words):
    """Return project, environment and what follows: ``acme/main x`` and ``acme main x`` are alike."""
    if not words:
        return "", "", []
    project, slash, environment = words[0].partition("/")
    if slash or len(words) == 1:
        return project, environment, words[1:]
    return project, words[1], words[2:]
