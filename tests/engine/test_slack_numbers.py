"""What looks like a number and is none, or is too long for one, is no crash in what Slack sends."""

import pytest
from ipai_slack_connector.engine import command, interaction, signature

ODD = ("²", "١٢", "9" * 5000, "-1", "1e3", "")


@pytest.mark.parametrize("number", ODD)
def test_an_odd_timestamp_is_no_signature(number):
    headers = {"x-slack-request-timestamp": number, "x-slack-signature": "v0=x"}
    assert not signature.is_genuine("secret", headers, b"{}", 0)


@pytest.mark.parametrize("number", ODD)
def test_an_odd_number_names_no_run(number):
    with pytest.raises(interaction.Malformed):
        interaction.run_of(f"{number}:abc")
    assert command.parse(f"logs {number}").run_id == 0
