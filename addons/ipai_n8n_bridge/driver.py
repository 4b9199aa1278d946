"""Carries facts to n8n: record the intent, commit, call, record the outcome, commit."""

import random
import time

from odoo import fields
from odoo.exceptions import UserError

from .adapters import n8n

TURN_SECONDS = 45  # of one cron call; Odoo ends a cron after limit_time_real_cron (120 s)
FACTS_AT_ONCE = 200
DELIVERIES_AT_ONCE = 50


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
    _watch_executions(env, deadline)
    env["ipai.n8n.delivery"]._come_back()
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
    request = delivery._begin_sending(int(time.time()))
    env.cr.commit()
    answer = n8n.post(*request)
    delivery._note_answer(answer, fields.Datetime.now(), random.random())  # noqa: S311 (jitter)
    env.cr.commit()
    return answer.is_delivered


def _do_orders(env, deadline):
    """Ask n8n what people wanted to know or to change."""
    orders = env["ipai.n8n.order"]._waiting(limit=10)
    for order in orders:
        if time.monotonic() > deadline:
            break
        server = order.server_id
        task = order._begin()
        try:
            api = _api(env, server)
            said, found = task(api), True
        except n8n.N8nError as error:
            said, found = str(error), False
        order._note_end(said, found)
        env.cr.commit()
    return len(orders)


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
    """Learn how the executions ended that deliveries have started."""
    for delivery in env["ipai.n8n.delivery"]._watched():
        if time.monotonic() > deadline:
            return
        server, execution = delivery.server_id, delivery.execution
        try:
            found = _api(env, server).execution(execution)
        except n8n.N8nError as error:
            delivery._note_execution("unknown", str(error))
            env.cr.commit()
            return
        delivery._note_execution(found.get("status"), workflow=found.get("workflowId"))
        env.cr.commit()
