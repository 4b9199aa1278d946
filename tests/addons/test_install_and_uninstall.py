"""Each addon alone: installed in a fresh database, uninstalled again, nothing of it left."""

import ast
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 600
ADDONS = sorted(path.parent for path in (ROOT / "addons").glob("*/__manifest__.py"))
NOT_OURS = ("selfie_segmentation", "Running as user 'root'")
LEFT = """
SELECT 'table ' || table_name FROM information_schema.tables
 WHERE table_schema = 'public' AND table_name ~ '^(ops|ipai)_'
UNION ALL SELECT 'column ' || table_name || '.' || column_name FROM information_schema.columns
 WHERE table_schema = 'public' AND column_name ~ '^(ops|ipai|n8n|slack)_'
UNION ALL SELECT 'parameter ' || key FROM ir_config_parameter WHERE key ~ 'ipai'
UNION ALL SELECT 'cron ' || cron_name FROM ir_cron
 JOIN ir_act_server ON ir_act_server.id = ir_actions_server_id WHERE code ~ 'ipai|ops[.]'
UNION ALL SELECT 'record ' || module || '.' || name FROM ir_model_data WHERE module ~ '^ipai_'
UNION ALL SELECT 'model ' || model FROM ir_model WHERE model ~ '^(ops|ipai)[.]'
ORDER BY 1
"""


def odoo(*words):
    """Run script/odoo; fail with the end of its log where it fails or says a warning of ours."""
    environment = {key: value for key, value in os.environ.items() if key != "IPAI_PLATFORM"}
    done = subprocess.run(
        [ROOT / "script" / "odoo", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    said = re.findall(r"^.* (?:WARNING|ERROR|CRITICAL) .*$", done.stdout, re.MULTILINE)
    assert not [line for line in said if not any(known in line for known in NOT_OURS)]


def postgres(program, *words):
    socket = Path(os.environ["IPAI_STATE"]) / "postgres"
    command = [program, "-h", str(socket), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def ours(addon):
    """Return the addon and those of ours it stands on, the last first."""
    manifest = ast.literal_eval((ROOT / "addons" / addon / "__manifest__.py").read_text())
    below = [name for name in manifest["depends"] if name.startswith("ipai_")]
    return [addon, *(each for name in below for each in ours(name))]


def left(database):
    return set(postgres("psql", "-d", database, "-Atc", LEFT).splitlines())


@pytest.fixture
def database():
    """A name of a database that is not there, and will not be afterwards."""
    name = "ipai_uninstall_test"
    postgres("dropdb", "--force", "--if-exists", name)
    yield name
    postgres("dropdb", "--force", "--if-exists", name)


@pytest.mark.parametrize("addon", [path.name for path in ADDONS])
def test_an_addon_comes_alone_and_leaves_nothing(database, addon):
    common = ("-d", database)
    below = [name for name in ours(addon)[1:] if name != addon]
    before = set()
    if below:
        odoo(*common, "-i", ",".join(below), "--stop-after-init", "--no-http")
        before = left(database)
    odoo(*common, "-i", addon, "--stop-after-init", "--no-http")
    assert left(database) > before, "the question finds what an addon brings"
    odoo("module", "uninstall", *common, addon)
    assert left(database) <= before
