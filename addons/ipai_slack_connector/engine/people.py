"""Whether Slack vouches for a person, and under which e-mail address."""

FRESH_HOURS = 24


def verified_email(user: dict, team: str) -> tuple[str, str]:
    """Return (address, problem) of a ``users.info`` answer; one of them is blank.

    Trusted is only a full, living member of this very workspace whose address Slack has confirmed.
    """
    problem = _problem(user, team)
    email = str((user.get("profile") or {}).get("email") or "").strip().lower()
    if not problem and not email:
        problem = (
            "Slack does not show the e-mail address: the app needs the scope users:read.email."
        )
    return ("", problem) if problem else (email, "")


def _problem(user, team):
    if user.get("deleted"):
        return "The Slack account is switched off."
    if user.get("is_bot") or user.get("is_app_user"):
        return "A bot does not act for a person."
    if user.get("is_restricted") or user.get("is_ultra_restricted") or user.get("is_stranger"):
        return "Guests of the workspace cannot act here."
    if team and user.get("team_id") != team:
        return "The Slack account belongs to another workspace."
    if user.get("is_email_confirmed") is not True:
        return "Slack has not confirmed the e-mail address yet."
    return ""
