"""What Slack's errors mean: what to do next, and the sentences that tell a person.

Error names: docs.slack.dev, reference of each method.
"""

from dataclasses import dataclass

from . import pace

RETRY, PAUSE, CHANNEL, WORKSPACE, SHORTEN, REPOST, DROP = (
    "retry",
    "pause",
    "channel",
    "workspace",
    "shorten",
    "repost",
    "drop",
)


@dataclass(frozen=True)
class Verdict:
    """``kind`` is what the sender does; ``wait_seconds`` is set for a pause."""

    kind: str
    said: str
    hint: str = ""
    wait_seconds: float = 0.0

    @property
    def sentence(self):
        return f"{self.said} {self.hint}".strip()


INVITE = "In Slack, open the channel and write: /invite @ followed by the app's name."
REINSTALL = "Install the app again with “Connect”, or enter a new bot token."
TEXTS = {
    "channel_not_found": (
        CHANNEL,
        "Slack knows no such channel, or it is private and the app is not in it.",
        f"Check the channel's id. {INVITE}",
    ),
    "not_in_channel": (CHANNEL, "The app is not in this channel.", INVITE),
    "is_archived": (CHANNEL, "The channel is archived.", "Unarchive it, or route to another one."),
    "restricted_action": (
        CHANNEL,
        "A setting of the workspace forbids the app to post here.",
        "Ask a workspace owner to let it post, or take another channel.",
    ),
    "is_inactive": (CHANNEL, "The channel is frozen.", "Route to another one."),
    "user_not_in_channel": (
        DROP,
        "The person is not in this channel.",
        "Invite them, or ask in one they are in.",
    ),
    "user_not_visible": (
        DROP,
        "The app may not see this person.",
        "Ask an administrator of Slack.",
    ),
    "ekm_access_denied": (
        CHANNEL,
        "The workspace's administrators have suspended posting.",
        "Ask them to lift it.",
    ),
    "not_authed": (WORKSPACE, "There is no token.", "Press “Connect”, or enter a bot token."),
    "invalid_auth": (
        WORKSPACE,
        "Slack does not accept the token, or not from this server's address.",
        REINSTALL,
    ),
    "account_inactive": (WORKSPACE, "The app or its workspace was removed.", REINSTALL),
    "token_revoked": (WORKSPACE, "The token was revoked.", REINSTALL),
    "token_expired": (WORKSPACE, "The token has expired.", REINSTALL),
    "no_permission": (WORKSPACE, "The token has not the permission this needs.", REINSTALL),
    "missing_scope": (
        WORKSPACE,
        "The app has not all the scopes it needs.",
        "Compare its scopes with slack-app.yml, then install it again.",
    ),
    "org_login_required": (WORKSPACE, "The workspace is being moved into an organization.", ""),
    "team_added_to_org": (WORKSPACE, "The workspace is being moved into an organization.", ""),
    "access_denied": (WORKSPACE, "Slack denies access to the app.", REINSTALL),
    "msg_too_long": (SHORTEN, "The message was too long for Slack.", "It is sent shortened."),
    "msg_blocks_too_long": (
        SHORTEN,
        "The message was too long for Slack.",
        "It is sent shortened.",
    ),
    "invalid_blocks": (SHORTEN, "Slack did not accept the layout.", "It is sent as plain text."),
    "invalid_blocks_format": (
        SHORTEN,
        "Slack did not accept the layout.",
        "It is sent as plain text.",
    ),
    "no_text": (SHORTEN, "Slack saw no text in the message.", ""),
    "message_not_found": (REPOST, "The message was deleted in Slack.", "It is posted anew."),
    "thread_not_found": (REPOST, "The thread was deleted in Slack.", "It is posted anew."),
    "cant_update_message": (REPOST, "The message is another app's.", "It is posted anew."),
    "edit_window_closed": (
        REPOST,
        "A setting of the workspace forbids changing old messages.",
        "A new one is posted.",
    ),
    "fatal_error": (RETRY, "Slack had an error of its own.", "It is tried again."),
    "internal_error": (RETRY, "Slack had an error of its own.", "It is tried again."),
    "service_unavailable": (RETRY, "Slack is out of service.", "It is tried again."),
    "request_timeout": (RETRY, "Slack saw only a part of the call.", "It is tried again."),
    "timeout": (RETRY, "Slack did not answer in time.", "It is tried again."),
    "unreachable": (
        RETRY,
        "Slack cannot be reached from this server.",
        "Check the network, the proxy and the firewall; it is tried again.",
    ),
    "bad_answer": (
        RETRY,
        "The answer is not Slack's.",
        "Is there a proxy between? It is tried again.",
    ),
    "expired_trigger_id": (DROP, "The form came too late for Slack.", "Try again."),
    "exchanged_trigger_id": (DROP, "The form was opened already.", ""),
    "invalid_code": (DROP, "The code of the installation is not valid.", "Press “Connect” again."),
    "code_already_used": (DROP, "The code was used already.", "Press “Connect” again."),
    "bad_redirect_uri": (
        DROP,
        "The redirect URL is not one of the app's.",
        "Enter the one shown here under “OAuth & Permissions”.",
    ),
    "invalid_client_id": (DROP, "There is no app with this client id.", "Copy it again."),
    "bad_client_secret": (DROP, "The client secret is wrong.", "Copy it again."),
    "user_not_found": (DROP, "Slack knows no such person.", ""),
    "users_not_found": (DROP, "Slack knows no such person.", ""),
}
# What only a fault of this addon, or a new rule of Slack's, can bring.
OUR_FAULTS = frozenset(
    {
        "invalid_arg_name",
        "invalid_arguments",
        "invalid_array_arg",
        "invalid_charset",
        "invalid_form_data",
        "invalid_json",
        "invalid_post_type",
        "invalid_ts_latest",
        "invalid_ts_oldest",
        "json_not_object",
        "missing_post_type",
        "too_many_attachments",
        "unknown_method",
        "upgrade_required",
    }
)
LIMITED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})


def verdict(error: str, status: int = 200, retry_after=None) -> Verdict:
    """Return what an error of Slack, an HTTP status or a broken connection means."""
    if status == 429 or error in LIMITED:
        seconds = pace.retry_after(retry_after)
        said = f"Slack asks to wait {seconds:.0f} s: too many messages."
        return Verdict(PAUSE, said, wait_seconds=seconds)
    if error.startswith("restricted_action"):
        error = "restricted_action"
    if error in TEXTS:
        return Verdict(*TEXTS[error])
    if status >= 500:
        return Verdict(RETRY, f"Slack answers with status {status}.", "It is tried again.")
    hint = "That is a fault of this server: its administrator can send it again after an update."
    return Verdict(
        DROP, f"Slack refuses this call: {error or status}.", hint * (error in OUR_FAULTS)
    )
