"""What may be asked of a console: programs, limits, and the right each takes."""

PROGRAMS = {"shell": "Shell (bash)", "odoo": "Odoo shell (Python)", "sql": "SQL"}
KIND_OF = {"shell": "shell", "odoo": "shell", "sql": "database_shell"}
KINDS = ("shell", "database_shell")
LONGEST_TEXT = 20_000  # characters
LONGEST_MINUTES = 8 * 60


def problem(program: object, text: object, minutes: object) -> str:
    """Return what is wrong with an order, in one sentence; empty when nothing is."""
    if program not in PROGRAMS:
        return f"“{program}” is no console; use {', '.join(PROGRAMS)}."
    if not isinstance(text, str) or not text.strip():
        return "Type what to run."
    if len(text) > LONGEST_TEXT:
        return f"That is longer than {LONGEST_TEXT} characters: put it into the repository as a script."
    if not isinstance(minutes, int) or not 1 <= minutes <= LONGEST_MINUTES:
        return f"It may take from 1 to {LONGEST_MINUTES} minutes."
    return ""


def order(program: str, text: str, minutes: int, writes: bool) -> dict[str, str | int | bool]:
    """Return the order as the step's job gets it; only SQL can be kept from writing."""
    return {"program": program, "text": text, "minutes": minutes, "writes": bool(writes)}
