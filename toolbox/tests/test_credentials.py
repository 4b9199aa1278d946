import re

import pytest

from ipai_toolbox.catalog import Column
from ipai_toolbox.neutralizing.checks import load_checks
from ipai_toolbox.neutralizing.credentials import FORM, is_credential, named_like_a_secret
from ipai_toolbox.neutralizing.modules import (
    count_statements,
    modules_without_code,
    modules_without_neutralize,
)


def column(name, table="acme_gateway", kind="varchar", **more) -> Column:
    return Column("public", table, name, kind, 0, **more)


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "smtp_pass",
        "x_api_key",
        "google_calendar_rtoken",
        "dpopay_client_secret",
        "l10n_id_qris_api_key",
        "l10n_sa_production_csid_json",
        "slack.webhook_url",
        "cf.turnstile_secret_key",
        "razorpay_key_secret",
        "aps_sha_request",
        "microsoft_outlook_refresh_token",
    ],
)
def test_a_credential_is_known_by_its_name(name):
    assert named_like_a_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "auth_password_policy.minlength",
        "auth_signup.reset_password",
        "public_key",
        "push_to_talk_key",
        "compass",
        "key",
        "inalterable_hash",
        "passport_id",
        "tokenization",
        "secretary_name",
    ],
)
def test_other_names_are_left_alone(name):
    assert not named_like_a_secret(name)


def test_a_selection_or_a_number_is_no_credential():
    assert not is_credential(column("token_kind_secret", field_type="selection"))
    assert not is_credential(column("api_key", kind="int4"))
    assert is_credential(column("api_key")) and is_credential(column("private_key", kind="bytea"))


@pytest.mark.parametrize(
    "value",
    [
        "-----BEGIN RSA PRIVATE KEY-----",
        "postgres://ada:hunter2@db/x",
        "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
        "https://chat.example.com/hooks/T0/B0/x",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
    ],
)
def test_a_credential_is_known_by_its_form(value):
    assert re.search(FORM, value)


@pytest.mark.parametrize("value", ["https://www.example.com/shop", "eyJ", "mail@example.com", "42"])
def test_plain_values_are_no_credentials(value):
    assert not re.search(FORM, value)


def test_every_check_mends_and_has_a_name_of_its_own():
    checks = load_checks()
    assert len({check.name for check in checks}) == len(checks) > 40
    assert all(bool(check.sets) != check.delete for check in checks)


def test_a_module_with_credentials_and_no_neutralisation_is_named(tmp_path):
    for name in ("acme", "good"):
        (tmp_path / name / "data").mkdir(parents=True)
        (tmp_path / name / "__manifest__.py").write_text("{}")
    (tmp_path / "good/data/neutralize.sql").write_text("UPDATE x SET y = 1")
    found = [
        column("api_key", modules=("acme",)),
        column("secret", "good_gateway", modules=("good",)),
        column("token", "nobodys"),
    ]
    assert modules_without_neutralize(["acme", "good"], [tmp_path], found) == [
        {"module": "(no module)", "columns": ["nobodys.token"]},
        {"module": "acme", "columns": ["acme_gateway.api_key"]},
    ]
    assert modules_without_code(["acme", "gone"], [tmp_path]) == ["gone"]


def test_statements_of_odoos_neutralisation_are_counted():
    script = "log\nBEGIN;\n-- a; b\nUPDATE a SET b = 1;\nDELETE FROM c;\nCOMMIT;\n"
    assert count_statements(script) == 2
    assert count_statements("Traceback") == 0
