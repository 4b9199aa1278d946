"""The bridge and a real n8n, both ways: import, run, kill, catch up.

The scheduler is called through its own button (``method_direct_trigger``), as an administrator may.
"""

import hashlib
import hmac
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from chromium import until
from parity import parity

PROJECT = {"name": "Acme", "code": "acme", "repository_url": "https://git.example.org/acme.git"}
TEMPLATES = ("monitoring-alerts", "deploy-on-comment", "nightly-report")


class Bridge:
    """What a person does on the bridge's pages."""

    def __init__(self, odoo):
        self.odoo = odoo
        [self.cron] = odoo.call("ir.cron", "search", [["cron_name", "=", "n8n: carry facts"]])

    def turn(self):
        """Let the scheduler work once."""
        self.odoo.call("ir.cron", "method_direct_trigger", [self.cron])

    def until(self, fact, why, seconds=90):
        deadline = time.monotonic() + seconds
        while not (value := fact()):
            assert time.monotonic() < deadline, why
            self.turn()
            time.sleep(0.5)
        return value

    def rows(self, model, domain, *fields):
        return self.odoo.call(model, "search_read", domain, fields=list(fields))

    def raise_alert(self, key, name):
        return self.odoo.call("ops.alert", "raise_alert", "acme", "main", key, name, "critical")


@pytest.fixture(scope="module")
def bridge(odoo, n8n, slack, mail):
    """A server known to Odoo, with all three shipped workflows imported by one click each."""
    bridge = Bridge(odoo)
    odoo.call("ops.project", "create", PROJECT)
    odoo.call("ir.config_parameter", "set_param", "ipai_ops.open_networks", "127.0.0.1")
    values = {"name": "flows", "url": n8n.url, "new_api_key": n8n.key}
    bridge.server = odoo.call("ipai.n8n.server", "create", values)
    for template in TEMPLATES:
        wizard = {
            "server_id": bridge.server,
            "template": template,
            "suite_url": odoo.url,
            "slack_url": slack.url,
            "mail_to": "ops@example.com",
            "mail_from": "suite@example.com",
            "smtp_host": "127.0.0.1",
            "smtp_port": mail.port,
        }
        made = odoo.call("ipai.n8n.import", "create", wizard)
        odoo.call("ipai.n8n.import", "action_import", [made])
    bridge.until(lambda: not waiting(bridge), "the imports did not end")
    return bridge


def waiting(bridge):
    return bridge.rows("ipai.n8n.order", [["state", "=", "waiting"]], "kind")


def imported_again(bridge, template, like, **values):
    """Import a shipped workflow with the newest secret: it takes the place of the earlier one."""
    flow = {"template": template, "suite_url": bridge.odoo.url, "server_id": bridge.server}
    made = bridge.odoo.call("ipai.n8n.import", "create", {**flow, **values})
    bridge.odoo.call("ipai.n8n.import", "action_import", [made])
    bridge.until(lambda: not waiting(bridge), "the import did not end")
    bridge.odoo.call("ipai.n8n.server", "action_refresh", [bridge.server])
    bridge.until(lambda: not waiting(bridge), "the list was not read")
    [flow] = bridge.rows("ipai.n8n.workflow", [["name", "like", like]], "external_id", "is_active")
    assert flow["is_active"], "one of its name, and n8n runs it"
    return flow["external_id"]


def test_the_shipped_workflows_import_and_are_active(bridge):
    orders = bridge.rows("ipai.n8n.order", [["kind", "=", "import"]], "state", "said")
    assert [order["state"] for order in orders] == ["done"] * 3, orders
    flows = bridge.rows("ipai.n8n.workflow", [], "is_active")
    assert [flow["is_active"] for flow in flows] == [True] * 3, flows


def test_the_test_button_says_that_n8n_is_well(bridge):
    bridge.odoo.call("ipai.n8n.server", "action_test", [bridge.server])
    bridge.until(lambda: not waiting(bridge), "the test did not end")
    [server] = bridge.rows("ipai.n8n.server", [], "health", "health_said")
    assert (server["health"], "3 workflows" in server["health_said"]) == ("well", True), server


@parity("4.3", "8.2")
def test_an_alert_reaches_slack_and_mail_and_its_execution_is_known(bridge, slack, mail):
    bridge.raise_alert("disk", "The disk is full")
    said = "The disk is full"
    bridge.until(lambda: any(said in text for text in slack.texts), "Slack heard nothing")
    bridge.until(lambda: any(said in text for text in mail.mails), "no mail came")
    domain = [["kind", "=", "alert.raised"]]
    fields = ("state", "status", "execution", "execution_state", "latency_ms", "execution_url")

    def rows():
        return bridge.rows(
            "ipai.n8n.delivery", [*domain, ["execution_state", "=", "success"]], *fields
        )

    [delivery] = bridge.until(rows, "the execution's end is not known")
    assert (delivery["state"], delivery["status"]) == ("delivered", 202)
    assert delivery["execution_url"].endswith(f"/executions/{delivery['execution']}")
    assert requests.get(delivery["execution_url"], timeout=30).status_code == 200


def test_a_wrong_signature_is_refused_by_the_workflow(bridge, n8n):
    headers = {"X-Ipai-Delivery": "x", "X-Ipai-Timestamp": str(int(time.time()))}
    body = {"version": 1, "id": "x", "fact": {"kind": "alert.raised", "data": {}}}
    url = f"{n8n.url}/webhook/ipai-monitoring-alerts"
    signed = {**headers, "X-Ipai-Signature": "0" * 64}
    assert requests.post(url, json=body, headers=signed, timeout=30).status_code == 401


def comment(n8n, secret, text, association="MEMBER", number=7):
    body = json.dumps(
        {
            "action": "created",
            "comment": {"id": number, "body": text, "author_association": association},
            "repository": {"name": "acme"},
        }
    ).encode()
    signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature}
    url = f"{n8n.url}/webhook/ipai-deploy-on-comment"
    return requests.post(url, data=body, headers=headers, timeout=60)


@pytest.fixture(scope="module")
def secret(bridge):
    """The signing secret, made anew as the button does; the workflow is imported with it."""
    shown = bridge.odoo.call("ipai.n8n.server", "action_new_secret", [bridge.server])
    imported_again(bridge, "deploy-on-comment", "comment")
    return shown["params"]["message"]


def test_a_comment_queues_a_run_once(bridge, n8n, secret):
    first, again = (comment(n8n, secret, "/deploy main acme") for _turn in range(2))
    assert first.status_code == 202, first.text
    assert first.json()["run_id"] == again.json()["run_id"]
    [run] = bridge.rows("ops.run", [["id", "=", first.json()["run_id"]]], "state", "trigger")
    assert run["trigger"] == "api"


def test_comments_of_strangers_and_forged_ones_do_nothing(bridge, n8n, secret):
    before = bridge.odoo.call("ops.run", "search_count", [])
    stranger = comment(n8n, secret, "/deploy main acme", "NONE", 8)
    forged = comment(n8n, "wrong", "/deploy main acme", "OWNER", 9)
    unknown = comment(n8n, secret, "/deploy nowhere acme", "OWNER", 10)
    assert (stranger.status_code, forged.status_code, unknown.status_code) == (200, 401, 422)
    assert bridge.odoo.call("ops.run", "search_count", []) == before


@parity("8.4", "B12")
def test_one_call_made_six_times_at_once_is_one_run(bridge):
    """Odoo's own request loop on real connections: nobody is told of a fault."""
    key = bridge.odoo.call("ipai.n8n.server", "action_new_key", [bridge.server])
    headers = {"Authorization": f"Bearer {key['params']['message']}", "Idempotency-Key": "six"}
    url, order = f"{bridge.odoo.url}/ipai/n8n/v1/queue_run", {"project": "acme", "env": "main"}
    before = bridge.odoo.call("ops.run", "search_count", [])
    with ThreadPoolExecutor(6) as pool:
        calls = [
            pool.submit(requests.post, url, json=order, headers=headers, timeout=60)
            for _turn in range(6)
        ]
        answers = [call.result() for call in calls]
    assert [answer.status_code for answer in answers] == [200] * 6, [a.text for a in answers]
    assert len({answer.json()["run_id"] for answer in answers}) == 1
    assert sum(answer.json().get("replayed", False) for answer in answers) == 5
    assert bridge.odoo.call("ops.run", "search_count", []) == before + 1


def test_an_address_that_is_no_n8n_is_named(bridge, slack):
    """The hook of the tests' Slack answers, and is no n8n: the test button says so."""
    values = {"name": "not flows", "url": slack.url, "new_api_key": "a key"}
    other = bridge.odoo.call("ipai.n8n.server", "create", values)
    bridge.odoo.call("ipai.n8n.server", "action_test", [other])
    bridge.until(lambda: not waiting(bridge), "the test did not end")
    [server] = bridge.rows("ipai.n8n.server", [["id", "=", other]], "health", "health_said")
    assert server["health"] == "unwell", server
    bridge.odoo.call("ipai.n8n.server", "unlink", [other])


@pytest.fixture(scope="module")
def report(bridge, slack, mail, secret):
    """The nightly report, imported with the current secret; return its id in n8n."""
    post = {"mail_to": "ops@example.com", "mail_from": "suite@example.com"}
    post |= {"smtp_host": "127.0.0.1", "smtp_port": mail.port, "slack_url": slack.url}
    return imported_again(bridge, "nightly-report", "nightly", **post)


def test_the_report_asked_for_now_reaches_slack_and_mail(bridge, n8n, slack, mail, secret, report):
    said = "The night was hot"
    bridge.raise_alert("night", said)
    url = f"{n8n.url}/webhook/ipai-nightly-report"
    assert requests.post(url, json={}, timeout=60).status_code == 403
    answer = requests.post(url, json={}, headers={"X-Ipai-Token": secret}, timeout=60)
    assert answer.status_code == 200, answer.text
    [text] = [text for text in slack.texts if "Last 24 hours" in text]
    assert said in text
    assert any(said in sent and "Last 24 hours" in sent for sent in mail.mails)


def test_the_report_comes_by_its_schedule(n8n, slack, report):
    """Each second instead of each morning: the same workflow, started by its own trigger."""
    headers = {"X-N8N-API-KEY": n8n.key}
    place = f"{n8n.url}/api/v1/workflows/{report}"
    flow = requests.get(place, headers=headers, timeout=30).json()
    [trigger] = [node for node in flow["nodes"] if node["type"].endswith("scheduleTrigger")]
    trigger["parameters"]["rule"]["interval"][0]["expression"] = "* * * * * *"
    kept = {name: flow[name] for name in ("name", "nodes", "connections", "settings")}
    before = len([text for text in slack.texts if "Last 24 hours" in text])
    for verb in ("deactivate", "", "activate"):
        call = requests.post if verb else requests.put
        answer = call(
            f"{place}/{verb}".rstrip("/"),
            json=kept if not verb else None,
            headers=headers,
            timeout=30,
        )
        assert answer.ok, answer.text
    reports = lambda: [text for text in slack.texts if "Last 24 hours" in text]  # noqa: E731
    until(lambda: len(reports()) > before, deadline=180, what="a report")
    requests.post(f"{place}/deactivate", headers=headers, timeout=30).raise_for_status()
    executions = f"{n8n.url}/api/v1/executions?workflowId={report}&status=success"

    def modes():
        done = requests.get(executions, headers=headers, timeout=30).json()["data"]
        return {execution["mode"] for execution in done}

    until(
        lambda: "trigger" in modes(),
        deadline=60,
        what="an execution by the trigger that ended well",
    )


@parity("8.2", "8.3")
def test_n8n_killed_and_back_again_gets_everything_in_order(bridge, n8n, slack, secret):
    """The last one: the alerts' workflow is imported again, with the new secret."""
    imported_again(bridge, "monitoring-alerts", "alerts", slack_url=slack.url)
    n8n.kill()
    earlier = [row["id"] for row in bridge.rows("ipai.n8n.delivery", [], "state")]
    for number in range(12):
        bridge.raise_alert(f"lost-{number}", f"While away {number:02d}")
    bridge.turn()
    mine = [["kind", "=", "alert.raised"], ["id", "not in", earlier]]
    left = [*mine, ["state", "!=", "delivered"]]
    assert len(bridge.rows("ipai.n8n.delivery", left, "state")) == 12
    n8n.start()
    bridge.until(lambda: not bridge.rows("ipai.n8n.delivery", left, "state"), "some are left", 240)
    away = lambda: [text for text in slack.texts if "While away" in text]  # noqa: E731
    bridge.until(lambda: len(set(away())) == 12, "Slack misses some", 120)
    attempts = bridge.rows("ipai.n8n.delivery", [["kind", "=", "alert.raised"]], "sent_at", "uuid")
    assert len({row["uuid"] for row in attempts}) == len(attempts)
    delivered = bridge.rows("ipai.n8n.delivery", mine, "sent_at")
    in_order = sorted(delivered, key=lambda row: row["id"])
    assert [row["sent_at"] for row in in_order] == sorted(row["sent_at"] for row in delivered)
