"""The addon on a database with nothing else of ours: it comes without a warning, and goes without a trace."""

import re
import subprocess

import pytest
import ready_database
from server import FILL_DEADLINE, ODOO, drop

DATABASE = "ipai_sso_alone_test"
SCRIPT = """
admin = env.ref("base.user_admin")
admin.oidc_break_glass = True
provider = env["auth.oauth.provider"].create({
    "name": "Alone", "flow": "oidc", "issuer": "https://a.test", "client_id": "x", "enabled": True,
    "auth_endpoint": "https://a.test/a", "token_endpoint": "https://a.test/t", "jwks_uri": "https://a.test/k"})
env["res.config.settings"].create({"oidc_sso_only": "everyone"}).execute()
env.cr.commit()
env.ref("base.module_ipai_auth_oidc").button_immediate_uninstall()
env.cr.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'ipai_oidc%'")
print("tables left:", env.cr.fetchone()[0])
env.cr.execute("SELECT count(*) FROM ir_config_parameter WHERE key LIKE 'ipai_auth_oidc%'")
print("parameters left:", env.cr.fetchone()[0])
env.cr.execute("SELECT count(*) FROM auth_oauth_provider WHERE name = 'Alone' AND enabled")
print("allowed providers left:", env.cr.fetchone()[0])
"""
# What Debian's package of Odoo says of itself, whatever addon is installed.
NOT_OURS = ("selfie_segmentation", "Running as user 'root'")


def odoo(*words, script=None):
    """Run script/odoo; return its output."""
    done = subprocess.run(
        [ODOO, *words, "-d", DATABASE, "--no-http"],
        input=script,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=FILL_DEADLINE,
        check=True,
    )
    return done.stdout


@pytest.fixture
def database():
    ready_database.copy(DATABASE, *ready_database.below("ipai_auth_oidc"))
    yield DATABASE
    drop(DATABASE)


def test_it_comes_alone_and_goes_without_a_trace(database):
    said = odoo("-i", "ipai_auth_oidc", "--stop-after-init") + odoo("shell", script=SCRIPT)
    for what in ("tables", "parameters", "allowed providers"):
        assert f"{what} left: 0" in said, said[-4000:]
    complaints = [
        line for line in said.splitlines() if re.search(r" (WARNING|ERROR|CRITICAL) ", line)
    ]
    assert not [line for line in complaints if not any(known in line for known in NOT_OURS)]
