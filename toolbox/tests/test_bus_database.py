"""Odoo's own `postgres` is another database, in every process that is started for a target."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import ipai_toolbox
from ipai_toolbox.at_start import sitecustomize
from ipai_toolbox.bus_database import VARIABLE, bus_variables

TOOLBOX = Path(ipai_toolbox.__file__).parent
ASK = """
from odoo.tools import config
config.parse_config([])
import odoo.sql_db as sql_db
for name in ("postgres", "acme_main_7", "postgresql://h/postgres"):
    known_as, info = sql_db.connection_info_for(name)
    print(known_as, info.get("database") or info["dsn"])
print(sql_db.db_connect("postgres")._Connection__dsn["database"])
"""


@pytest.fixture
def conf(places):
    """Write the target's odoo.conf; ``conf(bus)`` names its bus database."""

    def write(bus=""):
        places.secrets.mkdir(exist_ok=True)
        told = f"[ipai]\nbus_database = {bus}\n" if bus else ""
        places.odoo_conf.write_text(f"[options]\ndb_name = acme_main_7\n{told}")
        return places

    return write


def run(code, environment):
    """The lines of a Python that starts as Odoo does."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout.splitlines()


def started(places, **more):
    own = {**os.environ, **more, "ODOO_RC": str(places.odoo_conf)}
    return {**own, **bus_variables(places, environ=own)}


def test_the_name_postgres_is_the_bus_database_and_no_other_name_is(conf):
    assert run(ASK, started(conf("ipai_env_7"))) == [
        "postgres ipai_env_7",
        "acme_main_7 acme_main_7",
        "postgres postgresql://h/postgres",
        "ipai_env_7",
    ]


def test_a_copy_on_trial_has_itself_for_a_bus(conf):
    assert run(ASK, started(conf()))[0] == "postgres acme_main_7"


def test_without_odoo_conf_nothing_is_changed(places):
    assert bus_variables(places, environ={}) == {}


def test_it_is_read_out_of_the_zip_in_which_targets_have_the_toolbox(conf, tmp_path):
    with zipfile.ZipFile(tmp_path / "toolbox.pyz", "w") as archive:
        for path in (TOOLBOX / "at_start").glob("*.py"):
            archive.write(path, f"ipai_toolbox/at_start/{path.name}")
    inside = f"{tmp_path}/toolbox.pyz/ipai_toolbox/at_start"
    own = started(conf("bus_7"))
    own["PYTHONPATH"] = own["PYTHONPATH"].replace(str(TOOLBOX / "at_start"), inside)
    assert run(ASK, own)[0] == "postgres bus_7"


def test_what_the_image_itself_does_at_start_is_done_as_well(conf, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own/sitecustomize.py").write_text("print('the image was here')\n")
    own = started(conf("bus"), PYTHONPATH=str(tmp_path / "own"))
    said = run("print('started')", own)
    assert said == ["the image was here", "started"]


def test_both_sides_mean_the_same_variable():
    assert sitecustomize.VARIABLE == VARIABLE


def test_the_servers_image_closes_what_jobs_close():
    image = TOOLBOX.parents[1] / "images/postgres/close-shared.sql"
    assert image.read_text() == (TOOLBOX / "close_shared.sql").read_text()
