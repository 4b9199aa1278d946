"""What jobs do with modules, on a real Odoo and database, with real wheels of the machine's index.

The same verbs as in a target's container, in a folder instead of an image: no Docker is needed.
"""

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import requests
from ipai_module_manager.adapters import pip_settings
from ipai_module_manager.adapters.package_index import PackageIndex
from packaging.version import Version
from parity import parity

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "ipai_wheels_test"
TIMEOUT_SECONDS = 600
OLD = "19.0.1.0.2"  # of partner_firstname; a newer one is out


class Target:
    """A target's image as folders, and its database."""

    def __init__(self, folder):
        self.folder, self.number = folder, 0
        self.addons = folder / "site/odoo/addons"
        for name in ("secrets", "spool", "mirrors", "bin", "data"):
            (folder / name).mkdir()
        socket = Path(os.environ["IPAI_STATE"]) / "postgres"
        conf = f"[options]\ndb_host = {socket}\ndb_user = root\ndata_dir = {folder}/data\n"
        (folder / "secrets/odoo.conf").write_text(conf, encoding="utf-8")
        program = folder / "bin/odoo"
        program.write_text(f'#!/bin/sh\nexec "{ROOT}/script/odoo" "$@"\n', encoding="utf-8")
        program.chmod(0o755)

    def unpack(self, wheel):
        """Put the addon of a wheel into the image, in place of another release of it."""
        with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
            inside = [name for name in archive.namelist() if name.startswith("odoo/addons/")]
            shutil.rmtree(self.addons / inside[0].split("/")[2], ignore_errors=True)
            archive.extractall(self.folder / "site", inside)

    def unpack_library(self, wheel):
        """Put a Python library into the image."""
        with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
            archive.extractall(self.folder / "libraries")

    def job(self, verb, **order):
        """Run a verb as a job; return its result and what its events carried."""
        self.number += 1
        spec = {"run": self.number, "step": verb, "attempt": 1, "database": DATABASE, **order}
        places = {
            "IPAI_SPEC": json.dumps(spec),
            "IPAI_SECRETS": str(self.folder / "secrets"),
            "IPAI_SPOOL": str(self.folder / "spool"),
            "IPAI_MIRRORS": str(self.folder / "mirrors"),
            "IPAI_ADDONS": str(self.addons),
            "PYTHONPATH": f"{self.folder / 'libraries'}:{os.environ.get('PYTHONPATH', '')}",
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
        }
        known = {key: value for key, value in os.environ.items() if key != "IPAI_PLATFORM"}
        done = subprocess.run(
            [sys.executable, "-m", "ipai_toolbox", verb],
            env={**known, **places},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        assert lines, done.stderr
        carried = [line["payload"] for line in lines if line.get("payload")]
        return lines[-1]["result"], carried

    def must(self, verb, **order):
        result, carried = self.job(verb, **order)
        assert result["ok"], result
        return result, carried

    def modules(self):
        _result, carried = self.must("modules")
        return {row["name"]: row for part in carried for row in part.get("modules", ())}

    def plan(self, action, *names):
        result, carried = self.must("module_plan", action=action, names=list(names))
        plans = [part["plan"] for part in carried if "plan" in part]
        return result, {key: [one for plan in plans for one in plan.get(key, ())] for key in KEYS}


KEYS = ("modules", "tables", "columns")
LIBRARIES = ("openupgradelib",)


def wheel(module, version=None):
    """Return the bytes of a release of the index, its newest for 19.0 unless told."""
    index = PackageIndex(pip_settings.index_url(), pip_settings.certificates())
    name = module if module in LIBRARIES else f"odoo-addon-{module.replace('_', '-')}"
    files = index.files(name)
    series = "" if module in LIBRARIES else "19.0."
    fitting = [file for file in files if file.version.startswith(series)]
    chosen = max(fitting, key=lambda file: (file.version == version, Version(file.version)))
    said = requests.get(chosen.url, timeout=60, verify=pip_settings.certificates())
    said.raise_for_status()
    return said.content


def postgres(program):
    socket = Path(os.environ["IPAI_STATE"]) / "postgres"
    more = ["--force", "--if-exists"] if program == "dropdb" else []
    subprocess.run([program, "-h", str(socket), *more, DATABASE], timeout=60, check=True)


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    """A target with an older partner_firstname installed, and two more modules in its image."""
    postgres("dropdb")
    postgres("createdb")
    target = Target(tmp_path_factory.mktemp("target"))
    target.unpack(wheel("partner_firstname", OLD))
    for module in ("web_responsive", "queue_job"):
        target.unpack(wheel(module))
    result, _carried = target.must("update", install=["partner_firstname"])
    assert result["mode"] == "install"
    yield target
    postgres("dropdb")


@pytest.fixture(scope="module")
def installed(target):
    """Return the plan of installing two modules, which is then carried out."""
    plan = target.plan("install", "queue_job", "web_responsive")[1]
    target.unpack_library(wheel("openupgradelib"))
    target.must("update", install=["queue_job", "web_responsive"], modules=[])
    return plan


def test_the_inventory_tells_what_is_installed_and_what_can_be(target):
    found = target.modules()
    assert found["partner_firstname"]["state"] == "installed"
    assert found["partner_firstname"]["version_database"] == OLD
    assert found["partner_firstname"]["lines"] > 50
    assert "base_setup" in found["partner_firstname"]["depends"]


def test_a_library_that_the_image_lacks_is_named(target):
    result, _carried = target.job("update", install=["queue_job"], modules=[])
    assert not result["ok"]
    assert "queue_job needs a library that is not in the image: openupgradelib" in result["cause"]


@parity("5.7", "9.3")
def test_modules_of_the_index_are_installed_with_what_they_need(target, installed):
    assert {"queue_job", "web_responsive", "mail"} <= set(installed["modules"])
    found = target.modules()
    assert {found[name]["state"] for name in ("queue_job", "web_responsive")} == {"installed"}


@parity("6.5")
def test_a_newer_release_on_disk_is_outdated_until_it_is_updated(target, installed):
    target.unpack(wheel("partner_firstname"))
    row = target.modules()["partner_firstname"]
    assert (row["is_outdated"], row["version_database"]) == (True, OLD)
    assert target.plan("update", "partner_firstname")[1]["modules"] == ["partner_firstname"]
    result, _carried = target.must("update", modules=["partner_firstname"])
    assert "partner_firstname" in result["modules"]
    row = target.modules()["partner_firstname"]
    assert not row["is_outdated"]
    assert row["version_database"] == row["version_code"] != OLD


def test_a_removal_tells_its_data_before_and_then_deletes_it(target, installed):
    result, plan = target.plan("uninstall", "queue_job")
    assert plan["modules"] == ["queue_job"]
    tables = {table["name"]: table["rows"] for table in plan["tables"]}
    assert tables["queue_job_channel"] >= 1
    assert result["rows"] == sum(tables.values())
    done, _carried = target.must("uninstall", names=["queue_job"])
    assert done["modules"] == ["queue_job"]
    assert target.modules()["queue_job"]["state"] == "uninstalled"
    assert target.plan("install", "queue_job")[1]["modules"] == ["queue_job"]


def test_what_the_image_lacks_or_odoo_needs_is_refused_in_a_sentence(target, installed):
    lacks, _carried = target.job("module_plan", action="install", names=["queue_job_batch"])
    assert (lacks["ok"], "queue_job_batch" in lacks["cause"]) == (False, True)
    needed, _carried = target.job("module_plan", action="uninstall", names=["web"])
    assert (needed["ok"], needed["cause"]) == (False, "Odoo itself needs base and web.")
