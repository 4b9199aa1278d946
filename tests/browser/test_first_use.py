"""The way from nothing to the first deploy, as a person walks it."""

import hmac
from pathlib import Path
from urllib.request import Request, urlopen
from uuid import uuid4

SECRET = ".o_notification_content"
PING = Path(__file__).parents[1] / "fixtures" / "webhooks" / "github" / "ping.json"


def ping(odoo, code):
    """Send what GitHub sends when a webhook is made; return the answer's status."""
    body = PING.read_bytes()
    signature = hmac.new(b"hook secret", body, "sha256").hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "ping",
        "X-GitHub-Delivery": uuid4().hex,
        "X-Hub-Signature-256": f"sha256={signature}",
    }
    request = Request(f"{odoo.url}/ipai/hook/{code}", body, headers)
    with urlopen(request, timeout=30) as answer:
        return answer.status


def test_three_steps_lead_to_the_first_deploy(page, odoo):
    page.visit(f"{odoo.url}/odoo/ops-projects/new", ".o_ops_first_steps")
    for title in ("1. Connect", "2. Tell", "3. Deploy", "4. Prove"):
        page.wait_for(".o_ops_first_steps h4", title)
    page.type(
        ".o_field_widget[name=name] input, .o_field_widget[name=name] textarea", "Delta Doors"
    )
    page.type("[name=repository_url] input", "https://git.example.org/delta/doors.git")
    page.click(".o_form_button_save")
    page.wait_for(".o_field_CopyClipboardURL", "/ipai/hook/delta-doors")
    page.click("button[name=action_new_webhook_secret]")
    page.wait_for(SECRET)
    assert len(page.text(SECRET).split()[-1]) >= 32
    page.click("button[name=action_deploy_production]")
    page.wait_for(".o_ops_timeline", "Build")
    page.wait_for(".o_ops_log_empty", "Nothing said yet")
    production = odoo.find("ops.environment", ("project_id.code", "=", "delta-doors"))
    queued = [("environment_id", "=", production), ("state", "=", "queued")]
    assert odoo.call("ops.run", "search_count", queued) == 1


def test_the_second_step_turns_green_when_the_forge_calls(page, odoo):
    cargo = odoo.find("ops.project", ("code", "=", "cargo"))
    page.visit(f"{odoo.url}/odoo/ops-projects/{cargo}", ".o_ops_listening")
    odoo.call("ops.project", "write", [cargo], {"new_webhook_secret": "hook secret"})
    assert ping(odoo, "cargo") == 202
    page.wait_gone(".o_ops_listening", deadline=60)
    assert page.count(".o_ops_listening") == 0
    page.wait_for(".o_ops_first_steps", "Heard")
