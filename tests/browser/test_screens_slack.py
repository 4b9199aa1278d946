"""The screens of Slack, at the width of a desk and of a phone."""

import pytest
from test_screens import FORM, LIST, WIDTHS, address, album, check_screen  # noqa: F401


def record(path, model, *domain):
    return (path, model, list(domain), FORM)


def page_of(path):
    return (path, None, None, LIST)


SCREENS = {
    "slack-workspaces": page_of("ops-slack"),
    "slack-workspace": record("ops-slack", "ipai.slack.workspace"),
    "slack-channels": page_of("ops-slack-channels"),
    "slack-channel": record("ops-slack-channels", "ipai.slack.channel", ("slack_id", "=", "C0OPS")),
    "slack-channel-failed": record(
        "ops-slack-channels", "ipai.slack.channel", ("slack_id", "=", "C0OLD")
    ),
    "slack-rules": page_of("ops-slack-rules"),
    "slack-rule": record("ops-slack-rules", "ipai.slack.rule", ("stage", "=", "production")),
    "slack-messages": page_of("ops-slack-messages"),
    "slack-message": record("ops-slack-messages", "ipai.slack.message", ("state", "=", "sent")),
    "slack-people": page_of("ops-slack-people"),
    "slack-person": record("ops-slack-people", "ipai.slack.person", ("state", "=", "linked")),
    "slack-requests": page_of("ops-slack-requests"),
    "slack-request": record("ops-slack-requests", "ipai.slack.request", ("state", "=", "refused")),
}


@pytest.mark.parametrize("size", WIDTHS)
@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_of_slack_fits(page, odoo, album, name, size):  # noqa: F811
    path, model, domain, selector = SCREENS[name]
    place = (address(odoo, path, model, domain), selector)
    check_screen(page, place, [], album / f"{name}-{size}.png", size)
