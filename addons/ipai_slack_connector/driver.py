"""Between the database and Slack: commit, call, record, commit. The only place that commits.

No transaction is open while Slack is asked. What is to be done is written down before, what came of
it after; killed anywhere, the next turn goes on and tells nothing twice that Slack can still show.
"""

import logging
import time

import psycopg2

from odoo import fields
from odoo.exceptions import ConcurrencyError

from .adapters import slack
from .engine import failures, pace

_logger = logging.getLogger(__name__)

TURN_SECONDS = 40  # of one cron call; Odoo ends a cron after limit_time_real_cron (120 s)
SHORTEST_REST_SECONDS, LONGEST_REST_SECONDS = 0.02, 0.5
LONGEST_SETTLE_SECONDS = 2.0
FORM_SECONDS = 2  # Slack waits three for a form
LOOKUP_SECONDS = 5
MOST_TRIES = 3

authorize_url = slack.authorize_url


class Turn:
    """How much of this cron call is left, and when each channel and method may be called again."""

    def __init__(self, seconds, gaps):
        self._end = time.monotonic() + seconds
        self._gaps = gaps
        self._free_at = {}

    @property
    def is_over(self):
        return time.monotonic() >= self._end

    def is_free(self, *places):
        now = time.monotonic()
        return all(self._free_at.get(place, 0) <= now for place in places)

    def used(self, channel, workspace, method):
        now = time.monotonic()
        self._free_at[channel] = now + self._gaps.channel
        self._free_at[workspace, method] = now + self._gaps.of(method)

    def rest(self):
        """Sleep until something is free again."""
        now = time.monotonic()
        waits = [moment - now for moment in self._free_at.values() if moment > now]
        time.sleep(max(min([*waits, LONGEST_REST_SECONDS]), SHORTEST_REST_SECONDS))

    def settle(self):
        """Wait until the last call's pause is over, so that the next turn need not know of it."""
        left = max(self._free_at.values(), default=0) - time.monotonic()
        time.sleep(min(max(left, 0), LONGEST_SETTLE_SECONDS))


def send(env, turn_seconds=TURN_SECONDS, gaps=pace.SLACKS):
    """Take the new facts and tell them until nothing is left for now, or the turn is over."""
    env = env(su=True)
    turn = Turn(turn_seconds, gaps)
    env["ipai.slack.workspace"]._pause_where_the_key_is_lost()
    while not turn.is_over:
        took = env["ipai.slack.message"]._take_facts()
        env.cr.commit()
        _connect_and_test(env)
        if _tell(env, turn) or took:
            continue
        if not _is_due(env):
            break
        turn.rest()
    turn.settle()
    _come_back(env)


def _tell(env, turn):
    """Make one move in each channel that may be called; return how many were made."""
    made = 0
    for message in env["ipai.slack.message"]._ready():
        if turn.is_free(message.channel_id.id):
            made += _move(env, message, turn)
    return made


def _move(env, message, turn):
    """Make the message's next move; return 1 when it did something."""
    workspace = message.channel_id.workspace_id.id
    call = _prepared(env, message)
    if call and not turn.is_free((workspace, call.method)):
        env.cr.rollback()
        return 0
    env.cr.commit()
    if not call:
        return 1
    outcome = slack.call(call.method, call.arguments, call.token, call.base_url)
    turn.used(message.channel_id.id, workspace, call.method)
    _insist(env, lambda: message._record(call, outcome))
    return 1


def _prepared(env, message):
    """Return the message's next call; one that cannot be drawn is set aside, the others go on."""
    try:
        return message._prepare()
    except Exception:  # whatever is wrong with one message must not silence all
        _logger.exception("Slack message %s cannot be drawn", message.id)
        env.cr.rollback()
        env.invalidate_all()
        message._set_aside()
        return None


def _is_due(env):
    due = env["ipai.slack.message"]._next_due()
    env.cr.commit()
    return bool(due) and due <= fields.Datetime.now()


def _come_back(env):
    """Be called again when the next message is due, at once where the turn was too short."""
    messages_ = env["ipai.slack.message"]
    due = messages_._next_due()
    if due:
        cron = env.ref("ipai_slack_connector.cron_send")
        cron._trigger(max(due, fields.Datetime.now()))
    env.cr.commit()


def _connect_and_test(env):
    """Buy the tokens people came back with, and make the tests people asked for."""
    for workspace in env["ipai.slack.workspace"].search([("state", "=", "connecting")]):
        if not workspace.install_code:
            continue
        method, arguments = workspace._exchange()
        base_url = workspace.api_url or ""
        workspace.install_code = False  # it is good for one try
        env.cr.commit()
        outcome = slack.call(method, arguments, base_url=base_url)
        _insist(env, lambda done=outcome, place=workspace: place._take_token(done))
    for workspace in env["ipai.slack.workspace"].search([("is_testing", "=", True)]):
        _test(env, workspace, workspace._test_calls(), workspace._take_test)
    for channel in env["ipai.slack.channel"].search([("is_testing", "=", True)]):
        _test(env, channel.workspace_id, channel._test_calls(), channel._take_test)


def _test(env, workspace, calls, take):
    token, base_url = workspace.bot_token or "", workspace.api_url or ""
    env.cr.commit()
    outcomes = []
    for method, arguments in calls:
        outcomes.append(slack.call(method, arguments, token, base_url))
        if not outcomes[-1].ok:
            break
    _insist(env, lambda: take(outcomes))


# ----- what people ask for -----


def answer(env, turn_seconds=TURN_SECONDS):
    """Do what people asked for, in their order, and answer them."""
    env = env(su=True)
    end = time.monotonic() + turn_seconds
    while time.monotonic() < end:
        open_ones = [("state", "in", ("queued", "running"))]
        request = env["ipai.slack.request"].search(open_ones, order="id", limit=1)
        if not request:
            break
        _serve(env, request)
    left = env["ipai.slack.request"].search_count(open_ones, limit=1)
    if left:
        env["ipai.slack.request"]._queue()
    env.cr.commit()


def _serve(env, request):
    """Find out who asks, do it as them, answer. Each part is done once."""
    if request.state == "queued":
        if not request.person_id._is_fresh():
            _look_up(env, request.person_id)
        _act(env, request)
    place, what = request._answer_call()
    workspace = request.workspace_id
    token, base_url = workspace.bot_token or "", workspace.api_url or ""
    _insist(env, request._answered)  # said once: a lost answer is asked for again by a person
    is_method = place.startswith("chat.")
    outcome = slack.call(place, what, token, base_url) if is_method else slack.respond(place, what)
    if not outcome.ok:
        verdict = failures.verdict(outcome.error, outcome.status, outcome.retry_after)
        _insist(env, lambda: request.write({"answer_problem": verdict.sentence}))


def _act(env, request):
    """Do it; a fault of the server ends this request, not those behind it."""
    try:
        _insist(env, request._act)
    except Exception:  # whatever is wrong with one request must not hold up all
        _logger.exception("Request %s from Slack failed", request.id)
        env.cr.rollback()
        env.invalidate_all()
        _insist(env, request._note_fault)


def _look_up(env, person):
    workspace = person.workspace_id
    token, base_url = workspace.bot_token or "", workspace.api_url or ""
    env.cr.commit()
    asked = {"user": person.slack_user}
    outcome = slack.call("users.info", asked, token, base_url, LOOKUP_SECONDS)
    _insist(env, lambda: person._take_answer(outcome))


def open_form(request, form, trigger):
    """Open a form for the person who asked; where Slack does not, they are told."""
    env, workspace = request.env, request.workspace_id
    token, base_url = workspace.bot_token or "", workspace.api_url or ""
    request.write({"state": "done", "said": env._("A form was opened.")})
    env.cr.commit()
    arguments = {"trigger_id": trigger, "view": form}
    outcome = slack.call("views.open", arguments, token, base_url, FORM_SECONDS)
    if outcome.ok:
        return
    verdict = failures.verdict(outcome.error, outcome.status, outcome.retry_after)
    request._note(verdict.sentence, is_refused=True)
    request._queue()


def _insist(env, do):
    """Do and commit; again where somebody else wrote the same rows at the same moment."""
    for attempt in range(1, MOST_TRIES + 1):
        try:
            do()
            env.cr.commit()
            return
        except (ConcurrencyError, psycopg2.errors.SerializationFailure):
            env.cr.rollback()
            env.invalidate_all()
            if attempt == MOST_TRIES:
                raise
