"""What Slack sends, taken apart strictly: each field once, in UTF-8, of the form Slack documents. Pure."""

import re
from urllib.parse import parse_qsl

from .interaction import Interaction, Malformed

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 100
LONGEST_TEXT = 4000  # Slack takes 3,000 in a form
PART = r"[A-Za-z0-9._-]"
FORMS = {
    "team_id": re.compile(f"{PART}{{0,64}}"),
    "user_id": re.compile(f"{PART}{{0,64}}"),
    "channel_id": re.compile(f"{PART}{{0,64}}"),
    "trigger_id": re.compile(f"{PART}{{0,200}}"),
    "response_url": re.compile(r"(https://|http://127\.0\.0\.1:)[!-~]{1,2000}|"),
}


def fields(body: bytes) -> dict[str, str]:
    """Return the fields of a form. Raises Malformed with a sentence."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError as exc:
        raise Malformed("The body is no form in UTF-8.") from exc
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Malformed("A field is there twice.")
    if any("\0" in part for pair in pairs for part in pair):
        raise Malformed("A field holds a NUL character.")
    check(found)
    return found


def check(found: dict) -> None:
    """Refuse names and addresses that Slack gives nobody. Raises Malformed."""
    for name, form in FORMS.items():
        if not form.fullmatch(found.get(name, "")):
            raise Malformed(f"“{name}” has not the form that Slack documents.")


def check_interaction(found: Interaction) -> None:
    """Refuse what was pressed or filled in by somebody, or somewhere, that Slack never names."""
    names = {"team_id": found.team, "user_id": found.user, "channel_id": found.channel}
    check({**names, "trigger_id": found.trigger_id, "response_url": found.response_url})
    if not found.user:
        raise Malformed("It names no person.")
    texts = (found.action, found.value, *found.answers, *found.answers.values())
    if any(len(text) > LONGEST_TEXT for text in texts):
        raise Malformed(f"A text is longer than {LONGEST_TEXT} characters.")
