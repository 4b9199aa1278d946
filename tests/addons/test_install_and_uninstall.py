"""Each addon alone: installed in a fresh database, uninstalled again, nothing of it left."""

import os
import shutil
from pathlib import Path

import polib
import pytest
import ready_database
from odoo_command import odoo, postgres

ROOT = Path(__file__).resolve().parents[2]
ADDONS = sorted(path.parent for path in (ROOT / "addons").glob("*/__manifest__.py"))
LEFT = """
SELECT 'table ' || table_name FROM information_schema.tables WHERE table_schema = 'public'
UNION ALL SELECT 'column ' || table_name || '.' || column_name FROM information_schema.columns
 WHERE table_schema = 'public'
UNION ALL SELECT 'parameter ' || key FROM ir_config_parameter WHERE key ~ 'ipai'
UNION ALL SELECT 'cron ' || cron_name FROM ir_cron
 JOIN ir_act_server ON ir_act_server.id = ir_actions_server_id WHERE code ~ 'ipai|ops[.]'
UNION ALL SELECT 'record ' || module || '.' || name FROM ir_model_data WHERE module ~ '^ipai_'
UNION ALL SELECT 'model ' || model FROM ir_model
UNION ALL SELECT 'field ' || model || '.' || name FROM ir_model_fields
UNION ALL SELECT 'choice ' || field_id || '.' || value FROM ir_model_fields_selection
ORDER BY 1
"""


def left(database):
    return set(postgres("psql", "-d", database, "-Atc", LEFT).splitlines())


@pytest.fixture
def database():
    """A name of a database that will not be there afterwards."""
    name = "ipai_uninstall_test"
    yield name
    ready_database.drop(name)


def texts(file):
    """Return what a template has for translators."""
    return {(entry.msgctxt, entry.msgid) for entry in polib.pofile(str(file))}


@pytest.mark.parametrize("addon", [path.name for path in ADDONS])
def test_an_addon_comes_alone_and_leaves_nothing(database, addon, tmp_path):
    common = ("-d", database)
    ready_database.copy(database, *ready_database.below(addon))
    before = left(database)
    odoo(*common, "-i", addon, "--stop-after-init", "--no-http")
    assert left(database) - before, "the question finds what an addon brings"
    exported, shipped = tmp_path / "now.pot", ROOT / "addons" / addon / "i18n" / f"{addon}.pot"
    odoo("i18n", "export", *common, "--output", str(exported), addon)
    if os.environ.get("IPAI_TEMPLATES"):
        shutil.copy(exported, shipped)
    assert texts(exported) == texts(shipped), "IPAI_TEMPLATES=1 renews the template"
    odoo("module", "uninstall", *common, addon)
    remains = left(database) - before
    assert remains == set()
