"""What Slack costs: a run's own time with the connector on, and a burst told to a local Slack."""

import time
from statistics import median

from odoo.addons.ipai_slack_connector import driver
from odoo.addons.ipai_slack_connector.engine.pace import Gaps
from odoo.addons.ipai_slack_connector.testing.slack_server import TOKEN, SlackServer

from .measure import Row

ADDONS = "ipai_ops,ipai_slack_connector"
SHA = "3f2c1a9d0e5b47c8a6f1d2e3b4c5a6978d0e1f2a"
RUNS = 40
DEPLOY_SECONDS = 20.0  # bench/deploys.py measures 22 s; a restart takes about 5 s
FACTS, PLACES = 10_000, 20
GAP_SECONDS = 0.01


def rows(env):
    """Return the rows of the table."""
    with SlackServer() as slack:
        channel = _connect(env, slack)
        environments = _environments(env)
        off, on = _life_cycle(env, environments[0])
        return [_latency(off, on), *_burst(env, slack, channel, environments)]


def _connect(env, slack):
    slack.add_channel("C0OPS", "ops")
    values = {"name": "Bench", "team_id": "T1", "new_bot_token": TOKEN, "api_url": slack.url}
    env["ir.config_parameter"].set_param("ipai_ops.open_networks", "127.0.0.1")
    workspace = env["ipai.slack.workspace"].create(values)
    place = {"workspace_id": workspace.id, "name": "#ops", "slack_id": "C0OPS", "zone": "UTC"}
    channel = env["ipai.slack.channel"].create(place)
    env["ipai.slack.rule"].create({"channel_id": channel.id, "kinds": ""})
    env.cr.commit()
    return channel


def _environments(env):
    values = {"name": "Bench", "code": "bench", "repository_url": "https://git.example.com/b.git"}
    project = env["ops.project"].create(values)
    places = [{"project_id": project.id, "name": f"branch-{n}"} for n in range(PLACES)]
    environments = env["ops.environment"].create(places)
    env.cr.commit()
    return environments


def _life_cycle(env, environment):
    """Return the median seconds of a run's own transactions without and with the reader, alternating."""
    reader = env["ipai.slack.message"]._reader()
    times = {False: [], True: []}
    for number in range(2 * RUNS):
        is_on = bool(number % 2)
        reader.active = is_on
        env.cr.commit()
        times[is_on].append(_one_run(env, environment))
    reader.active = True
    env.cr.commit()
    return median(times[False]), median(times[True])


def _one_run(env, environment):
    start = time.perf_counter()
    run = environment._deploy("button", SHA)
    env.cr.commit()
    run._begin()
    env.cr.commit()
    run._finish("done", env.cr.now())
    env.cr.commit()
    return time.perf_counter() - start


def _latency(off, on):
    added = max(on - off, 0)
    share = added / DEPLOY_SECONDS
    return Row(
        "added to a deploy with Slack on",
        f"{added * 1000:.2f} ms",
        f"its own transactions {off * 1000:.1f} ms; a deploy {DEPLOY_SECONDS:.0f} s",
        f"{share:.5f}",
        "≤ 1 % of it",
        share <= 0.01,
    )


def _burst(env, slack, channel, environments):
    """Tell 10,000 facts of 20 runs to one channel, at a hundred times Slack's pace."""
    driver.send(env, 40, Gaps(0.0, {}))
    slack.channels["C0OPS"].messages.clear()
    slack.calls.clear()
    slack.answers.clear()
    runs = [environment._deploy("button", SHA) for environment in environments]
    for number in range(FACTS):
        env["ops.fact"]._note("bench.fact", runs[number % PLACES], number=number)
    env.cr.commit()
    intake = _taken_in(env)
    slack.gap_seconds = GAP_SECONDS / 2
    while env["ipai.slack.message"].search_count([("state", "=", "waiting")]):
        channel.paused_until = False
        driver.send(env, 40, Gaps(GAP_SECONDS, {}))
    told = _numbers(slack)
    is_whole = sorted(told) == list(range(FACTS)) and _is_ordered(slack)
    return [
        Row(
            "facts routed to a channel per second",
            f"{(FACTS + 2 * PLACES) / intake:,.0f}/s",
            "",
            "",
            "≥ 500/s",
            FACTS / intake >= 500,
        ),
        Row(
            f"calls of Slack for {FACTS:,} facts of {PLACES} runs",
            f"{len(slack.calls)}, {slack.answers.count(429)} refused by its limit",
            f"one message each {FACTS:,}",
            f"{len(slack.calls) / FACTS:.3f}",
            "none lost, in order",
            is_whole and not slack.answers.count(429),
        ),
    ]


def _taken_in(env):
    start = time.perf_counter()
    while env["ipai.slack.message"]._take_facts():
        env.cr.commit()
    env.cr.commit()
    return time.perf_counter() - start


def _threads(slack):
    messages = slack.channels["C0OPS"].messages
    roots = [message["ts"] for message in messages if "thread_ts" not in message]
    return [slack.texts("C0OPS", ts) for ts in roots]


def _numbers(slack):
    return [number for texts in _threads(slack) for number in _of(texts)]


def _of(texts):
    lines = [line for text in texts for line in text.split("\n") if "number: " in line]
    return [int(line.rsplit("number: ", 1)[1]) for line in lines]


def _is_ordered(slack):
    return all(_of(texts) == sorted(_of(texts)) for texts in _threads(slack))
