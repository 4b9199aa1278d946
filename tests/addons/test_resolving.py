"""Our choice of releases beside that of a packaging tool, on the machine's own index: the same."""

import os
import subprocess
import zipfile
from pathlib import Path

import pytest
from ipai_module_manager.adapters import pip_settings
from ipai_module_manager.adapters.package_index import NotThere, PackageIndex
from ipai_module_manager.engine import resolving
from ipai_module_manager.engine.catalogue import Catalogue

TARGET = resolving.Target("19.0", "3.13.0")
CACHE = Path(os.environ.get("IPAI_CACHE", "/var/cache/ipai"))
WANTED = [
    ["odoo-addon-queue-job", "odoo-addon-web-responsive"],
    ["odoo-addon-queue-job", "requests<2.32", "openpyxl"],
    ["odoo-addon-partner-firstname<19.0.1.0.3", "openupgradelib<3.7"],
]
ODOO = """Wheel-Version: 1.0
Generator: tests
Root-Is-Purelib: true
Tag: py3-none-any
"""


@pytest.fixture(scope="module")
def index():
    return PackageIndex(pip_settings.index_url(), pip_settings.certificates())


@pytest.fixture(scope="module")
def world(index):
    """What the index says, each page and each release asked for once."""
    files = {}

    def page(name):
        try:
            files[name] = {file.version: file for file in index.files(name)}
        except NotThere:
            files[name] = {}
        return [file.as_json() for file in files[name].values()]

    def details(name, version):
        return index.metadata(files[name][version]).requires

    return Catalogue(page, details)


@pytest.fixture(scope="module")
def odoo(tmp_path_factory):
    """A folder with a package that says it is Odoo 19.0: no index has Odoo."""
    folder = tmp_path_factory.mktemp("odoo")
    with zipfile.ZipFile(folder / "odoo-19.0-py3-none-any.whl", "w") as wheel:
        facts = "Metadata-Version: 2.1\nName: odoo\nVersion: 19.0\n"
        wheel.writestr("odoo-19.0.dist-info/METADATA", facts)
        wheel.writestr("odoo-19.0.dist-info/WHEEL", ODOO)
        wheel.writestr("odoo-19.0.dist-info/RECORD", "")
    return folder


def compiled(wanted, odoo):
    """Return what uv chooses, name -> version; None where it finds no way."""
    [uv] = sorted(CACHE.glob("uv-*/bin/uv"))[-1:]
    options = ["--python-version", "3.13", "--python-platform", "linux", "--only-binary", ":all:"]
    quiet = ["--no-header", "--no-annotate", "--quiet", "--find-links", str(odoo)]
    done = subprocess.run(
        [uv, "pip", "compile", *options, *quiet, "--index-url", pip_settings.index_url(), "-"],
        input="\n".join([*wanted, "odoo==19.0"]),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode:
        return None
    return dict(line.split("==") for line in done.stdout.split() if "==" in line)


@pytest.mark.parametrize("wanted", WANTED, ids=" ".join)
def test_the_same_releases_are_chosen(wanted, world, odoo):
    assert resolving.resolve(wanted, world, TARGET).pins == compiled(wanted, odoo)


def test_what_does_not_fit_is_refused_by_both(world, odoo):
    wanted = ["odoo-addon-queue-job", "requests<2.32", "requests>=2.32"]
    assert compiled(wanted, odoo) is None
    with pytest.raises(resolving.Conflict, match="requests"):
        resolving.resolve(wanted, world, TARGET)
