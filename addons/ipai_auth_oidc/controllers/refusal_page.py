"""The one page on which every failed sign-in ends: a sentence for the person, a reference for the log."""

from odoo.http import request

STATUS = {
    "too_many": 429,
    "unreachable": 502,
    "too_slow": 504,
    "bad_answer": 502,
    "bad_keys": 502,
    "bad_configuration": 503,
    "key_lost": 503,
    "no_provider": 404,
}


def refusal_page(refused, provider=None):
    """Write the refusal down and return its page. A person who waits gets no new line in the log."""
    # Whoever signs in is nobody yet; the events are written for administrators.
    events = request.env["ipai.oidc.event"].sudo()
    address = request.httprequest.remote_addr
    is_counted = refused.code == "too_many"
    reference = "" if is_counted else events._note_refusal(provider, refused, address)
    response = request.render(
        "ipai_auth_oidc.refusal_page",
        {
            "sentence": sentence(refused.code),
            "advice": advice(refused.code),
            "reference": reference,
        },
        status=STATUS.get(refused.code, 403),
    )
    return guarded(response)


def guarded(response):
    """Keep a page out of caches, frames and the Referer of what comes next."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Content-Security-Policy"] = "frame-ancestors 'none'"
    return response


def sentence(code):
    """Return what happened, for the person in front of the page."""
    _ = request.env._
    known = {
        "unknown_state": _(
            "This sign-in was used before, took too long, or was begun in another browser."
        ),
        "denied": _("The provider did not let you in."),
        "too_weak": _("You have to sign in with a stronger method, such as a second factor."),
        "too_old": _("Your sign-in at the provider is too long ago."),
        "not_told_when": _("The provider did not say when you signed in there."),
        "somebody_else": _("You signed in at the provider as somebody else."),
        "wrong_domain": _("This account does not belong to an organisation that may sign in here."),
        "no_email": _("The provider did not tell your e-mail address."),
        "unverified_email": _("The provider has not verified your e-mail address."),
        "no_account": _("There is no user here for this account."),
        "account_taken": _("Your user is already linked to another account."),
        "account_closed": _("Your user here is closed."),
        "no_group": _("Your account is in none of the groups that may sign in here."),
        "too_many_groups": _("Your account is in more groups than the provider can tell."),
        "too_many": _("There were too many sign-ins from your address."),
        "unreachable": _("The provider cannot be reached at the moment."),
        "too_slow": _("The provider did not answer in time."),
        "code_refused": _("The provider did not accept this sign-in."),
        "wrong_time": _("The provider’s answer is not valid at this time."),
        "mixed_up": _("The answer came from another provider than the one that was asked."),
        "bad_configuration": _("Single sign-on is not set up properly."),
        "no_provider": _("Single sign-on is not set up properly."),
        "key_lost": _("Single sign-on is not set up properly."),
    }
    return known.get(code) or _("The provider’s answer could not be trusted.")


def advice(code):
    """Return what the person can do next."""
    _ = request.env._
    if code == "too_many":
        return _("Wait five minutes, then try again.")
    if code in (
        "unknown_state",
        "unreachable",
        "too_slow",
        "too_old",
        "code_refused",
        "somebody_else",
    ):
        return _("Try again. If it happens again, tell your administrator the reference.")
    return _("Tell your administrator the reference.")
