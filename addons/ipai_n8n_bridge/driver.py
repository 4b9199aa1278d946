"""Carries facts to n8n: record the intent, commit, call, record the outcome, commit."""

import logging
import random
import time

import psycopg2

from odoo import fields
from odoo.exceptions import ConcurrencyError, UserError

from .adapters import n8n

_logger = logging.getLogger(__name__)

TURN_SECONDS = 45  # of one cron call; Odoo ends a cron after limit_time_real_cron (120 s)
FACTS_AT_ONCE = 200
DELIVERIES_AT_ONCE = 50
MOST_TRIES = 3


def work(env, turn_seconds=TURN_SECONDS):
    """Take facts, send what is due, do what people asked for, until nothing is left to do now."""
    env = env(su=True)
    deadline = time.monotonic() + turn_seconds
    env["ipai.n8n.delivery"]._recover()
    env["ipai.n8n.server"]._spare_where_the_key_is_lost()
    env.cr.commit()
    while time.monotonic() < deadline:
        moved = _take_facts(env) + _do_orders(env, deadline) + _deliver(env, deadline)
        if not moved:
            break
    away = _watch_executions(env, deadline)
    env["ipai.n8n.delivery"]._come_back(away)
    env.cr.commit()


def _take_facts(env):
    facts = env.ref("ipai_n8n_bridge.consumer")._take(FACTS_AT_ONCE)
    env["ipai.n8n.delivery"]._plan(facts)
    env.cr.commit()
    return len(facts)


def _deliver(env, deadline):
    """Send the due deliveries; one that fails holds back its lane, not the others."""
    held, sent = set(), 0
    for delivery in env["ipai.n8n.delivery"]._due(DELIVERIES_AT_ONCE):
        lane = (delivery.subscription_id.id, delivery.lane)
        if lane in held or not delivery.server_id._may_send(fields.Datetime.now()):
            continue
        if time.monotonic() > deadline:
            break
        sent += 1
        if not _send(env, delivery):
            held.add(lane)
    return sent


def _send(env, delivery):
    """Send one; whatever is wrong with it must not hold up the others."""
    try:
        request = delivery._begin_sending(int(time.time()))
        env.cr.commit()
        answer = n8n.post(*request)
        _insist(env, lambda: _note_answer(delivery, answer))
    except Exception:
        _logger.exception("n8n delivery %s cannot be sent", delivery.id)
        _insist(env, delivery._set_aside, is_clean=False)
        return True
    return answer.is_delivered


def _note_answer(delivery, answer):
    delivery._note_answer(answer, fields.Datetime.now(), random.random())  # noqa: S311 (jitter)


def _do_orders(env, deadline):
    """Ask n8n what people wanted to know or to change."""
    orders = env["ipai.n8n.order"]._waiting(limit=10)
    for order in orders:
        if time.monotonic() > deadline:
            break
        _do_order(env, order)
    return len(orders)


def _do_order(env, order):
    """Do one; what nobody thought of ends this question, not those behind it."""
    try:
        said, found = _asked(env, order)
        _insist(env, lambda: order._note_end(said, found))
    except Exception:
        _logger.exception("Question %s to n8n failed", order.id)
        _insist(env, order._note_fault, is_clean=False)


def _asked(env, order):
    """Return (what n8n said, True), or (why not, False)."""
    server, task = order.server_id, order._begin()
    try:
        return task(_api(env, server)), True
    except n8n.N8nError as error:
        return str(error), False


def _api(env, server):
    """Return n8n's API; no transaction is open afterwards. Raises N8nError when its key is lost."""
    try:
        url, key = server.url, server.api_key
    except UserError as error:
        raise n8n.N8nError(str(error)) from error
    finally:
        env.cr.commit()
    return n8n.N8nApi(url, key)


def _watch_executions(env, deadline):
    """Learn how the executions ended that deliveries started; return the servers that are away."""
    away = env["ipai.n8n.server"]
    for delivery in env["ipai.n8n.delivery"]._watched():
        if time.monotonic() > deadline:
            break
        if delivery.server_id not in away:
            away += _watch(env, delivery)
    return away


def _watch(env, delivery):
    """Ask after one execution; return its server where it is away: it is asked again later."""
    server, execution = delivery.server_id, delivery.execution
    try:
        found = _api(env, server).execution(execution)
        delivery._note_execution(found["status"], workflow=found.get("workflowId"))
    except n8n.N8nAway:
        return server
    except n8n.N8nError as error:
        delivery._note_execution("unknown", str(error))
    env.cr.commit()
    return server.browse()


def _insist(env, do, is_clean=True):
    """Do and commit; again where somebody else wrote the same rows at the same moment."""
    for attempt in range(1, MOST_TRIES + 1):
        if not is_clean or attempt > 1:
            env.cr.rollback()
            env.invalidate_all()
        try:
            do()
            env.cr.commit()
            return
        except (ConcurrencyError, psycopg2.errors.SerializationFailure):
            if attempt == MOST_TRIES:
                raise
