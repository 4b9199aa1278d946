"""Text as Slack reads it: escaped, cut to its limits, with links and mentions.

Limits and escapes: docs.slack.dev, "Formatting message text" and "Block Kit reference".
"""

SECTION_LIMIT = 3000
HEADER_LIMIT = 150
BUTTON_LIMIT = 75
OPTION_LIMIT = 75
TITLE_LIMIT = 24
MESSAGE_LIMIT = 4000
ELLIPSIS = "…"
ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
NAMED_MENTIONS = {"here": "<!here>", "channel": "<!channel>"}


def escape(text) -> str:
    """Return ``text`` so that Slack shows it as it is: nobody is mentioned, nothing is linked."""
    shown = "" if text is None or text is False else str(text)
    return "".join(ESCAPES.get(letter, letter) for letter in shown)


def cut(text: str, limit: int) -> str:
    """Return ``text`` in at most ``limit`` characters, never ending inside an escape or a link."""
    if len(text) <= limit:
        return text
    shorter = text[: limit - 1]
    for opening, closing in (("&", ";"), ("<", ">")):
        start = shorter.rfind(opening)
        if start > shorter.rfind(closing) and limit - start < 300:
            shorter = shorter[:start]
    return shorter + ELLIPSIS


def link(url: str, label: str) -> str:
    """Return a link, or the label alone where there is no address."""
    return f"<{url}|{escape(label)}>" if url else escape(label)


def mention(who: str, slack_id: str = "") -> str:
    """Return a mention: ``here``, ``channel``, or the id of a member (U…, W…) or user group (S…)."""
    if who in NAMED_MENTIONS:
        return NAMED_MENTIONS[who]
    if slack_id.startswith("S"):
        return f"<!subteam^{slack_id}>"
    return f"<@{slack_id}>" if slack_id else ""


def seconds(duration) -> str:
    """Return a duration in the words people use: ``41 s``, ``3 min 20 s``, ``2 h 5 min``."""
    whole = round(duration or 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
