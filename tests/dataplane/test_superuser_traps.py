"""A tenant plants a trap wherever PostgreSQL runs its code; no verb of the toolbox may spring one as a superuser."""

import json
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from world import ODOO_PASSWORD

ROOT = Path(__file__).resolve().parents[2]
TRAPS = (ROOT / "toolbox/tests/red_team/traps.sql").read_text(encoding="utf-8")
SETTINGS = ("search_path = evil, pg_catalog, public", "standard_conforming_strings = off")

# Programs of Odoo itself, in a database whose owner has put other functions in their way: that is theirs.
ODOOS_OWN = {"neutralize", "boot"}


class Trapped:
    """A database full of traps on the staging server, and what the server's log says of them."""

    name, role = "trapped", "preview"

    def __init__(self, company):
        self.company, self.server = company, company.staging
        self.repository = company.repository()
        clean = company.backup(self.repository)["snapshot"]
        assert company.restore(self.repository, clean, self.name).ok
        self.as_tenant("DELETE FROM ir_config_parameter WHERE key LIKE 'filler.%'")
        self.as_tenant(TRAPS)
        for setting in SETTINGS:
            self.as_tenant(f"ALTER DATABASE trapped SET {setting}")
            self.as_tenant(f"ALTER ROLE preview IN DATABASE trapped SET {setting}", fails=True)
        self.as_tenant("ALTER ROLE preview SET search_path = evil, pg_catalog, public")

    def as_tenant(self, statements, database="", fails=False):
        """Run statements as the tenant's own role, over the network as any program of the tenant's can."""
        command = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-U", self.role]
        command += ["-d", database or self.name, "-c", statements]
        done = self.server.container.exec_run(command, environment={"PGPASSWORD": ODOO_PASSWORD})
        assert fails or done.exit_code == 0, done.output.decode()
        return done.output.decode()

    def sprung(self):
        """Who sprang which trap so far: Counter of (database, place, superuser or ordinary)."""
        log = self.server.container.logs().decode("utf-8", "replace")
        rows = [line.split("|") for line in log.splitlines() if "ipai-trap|" in line]
        return Counter((row[1], row[2], row[5]) for row in rows if len(row) > 6 and "%" not in row)

    def seen_during(self, work):
        """What was sprung while the work was done, and what the work gave."""
        before = self.sprung()
        outcome = work()
        return self.sprung() - before, outcome


def as_superuser(sprung):
    return sorted({(database, place) for database, place, who in sprung if who == "SUPERUSER"})


@pytest.fixture(scope="module")
def trapped(company):
    trapped = Trapped(company)
    yield trapped
    trapped.as_tenant("ALTER ROLE preview RESET ALL", "postgres", fails=True)
    trapped.server.sql("ALTER ROLE preview RESET ALL")


def test_the_traps_work_for_the_tenant_and_for_a_superuser_who_is_careless(trapped):
    careless = "SELECT count(*) FROM trap_guarded; SELECT to_char(now(), 'YYYY');"
    careless += "INSERT INTO ir_config_parameter (key, value) VALUES ('careless', 'x')"
    seen, _ = trapped.seen_during(lambda: trapped.server.sql(careless, "trapped"))
    assert len(as_superuser(seen)) >= 5, seen
    written = trapped.server.container.exec_run(["cat", "/tmp/sprung"])
    assert written.exit_code == 0 and written.output.startswith(b"1")
    trapped.server.container.exec_run(["rm", "/tmp/sprung"], user="0")
    seen, _ = trapped.seen_during(lambda: trapped.as_tenant(careless.replace("careless", "own")))
    assert seen and not as_superuser(seen)


def orders(trapped):
    """Each verb that touches a tenant's database, in an order in which they can follow each other."""
    company, name = trapped.company, trapped.name
    server, store = trapped.server.address, company.store
    conf = company.world.secrets(
        **{
            "odoo.conf": company._conf(trapped.server, "preview"),
            "masking-key": "k" * 40,
            "admin-password": "administrators-word",
        }
    )
    common = {"server": server, "role": "preview", "secrets": conf}
    image = {"image": "odoo", "secrets": conf, "database": name}
    point = {
        "point": "trapped_p1",
        "filestore": store(name),
        "point_filestore": store("trapped_p1"),
    }
    copy = {"source": "trapped_s1", "source_role": "preview", "database": "trapped_c1"}
    copy |= {"source_filestore": "/ipai/snapshots/trapped_s1", "filestore": store("trapped_c1")}
    parked = {"snapshot_database": "trapped_s1", "snapshot_filestore": "/ipai/snapshots/trapped_s1"}
    names = {"database": "trapped_live", "incoming": "trapped_p1", "aside": "trapped_a1"}
    return {
        "database": {**common, "database": name, "create": False},
        "backup": {
            **common,
            "database": name,
            "repository": trapped.repository,
            "tags": {"run": "7"},
        },
        "restore": {**common, "database": "trapped_again", "filestore": store("trapped_again")},
        "modules": image,
        "module_plan": {**image, "action": "uninstall", "names": ["base_setup"]},
        "console": {
            **image,
            "program": "sql",
            "text": "SELECT count(*) FROM ir_attachment",
            "minutes": 1,
        },
        "update": {**image, "update": ["base"], "install": [], "modules": []},
        "renew": {**common, "database": name, "base_url": "https://own.example"},
        "neutralize": {**image, "base_url": "https://s.example", "accept_without_code": []},
        "mask": {**image, "policy": {}, "languages": ["en_US"]},
        "boot": image,
        "point": {**common, "database": name, **point},
        "swap": {**common, **names, "filestore_root": "/var/lib/odoo/filestore"},
        "park": {
            **common,
            "database": "trapped_again",
            "filestore": store("trapped_again"),
            **parked,
        },
        "clone": {**common, **copy, "base_url": "https://c.example"},
        "drop": {
            **common,
            "role": None,
            "owners": {name: ["preview"] for name in ("trapped_live", "trapped_s1", "trapped_c1")},
            "databases": ["trapped_live", "trapped_s1", "trapped_c1"],
            "folders": [store("trapped_c1")],
        },
    }


def test_no_verb_of_the_toolbox_springs_a_trap_as_superuser(trapped):
    company, outcomes, super_by_verb, places = trapped.company, {}, {}, set()
    for verb, order in orders(trapped).items():
        if verb == "restore":
            order = {
                **order,
                "snapshot": outcomes["backup"]["snapshot"],
                "repository": trapped.repository,
            }
        seen, outcomes[verb] = trapped.seen_during(
            lambda verb=verb, order=order: company.run(verb, **order)
        )
        places |= {place for _database, place, _who in seen}
        if as_superuser(seen):
            super_by_verb[verb] = as_superuser(seen)
    assert not super_by_verb
    assert trapped.server.container.exec_run(["test", "-e", "/tmp/sprung"]).exit_code == 1
    bad = {verb: done.cause for verb, done in outcomes.items() if not done.ok}
    assert set(bad) <= ODOOS_OWN, bad
    assert all("Odoo" in cause for cause in bad.values())
    assert {"index", "default", "check constraint", "trigger on ir_config_parameter"} & places


def test_a_hostile_archive_springs_no_trap_as_superuser_when_it_comes_in(trapped, tmp_path):
    company = trapped.company
    hostile = f"""
    CREATE TABLE public.ir_module_module (id integer, name varchar, state varchar, latest_version varchar);
    CREATE TABLE public.ir_attachment (id integer, store_fname varchar, url varchar);
    CREATE TABLE public.res_users (id integer);
    CREATE TABLE public.ir_config_parameter (id serial, key varchar, value text, create_uid int, write_uid int,
      create_date timestamp, write_date timestamp);
    {TRAPS}
    DO $x$ BEGIN
      EXECUTE format('ALTER DATABASE %I SET search_path = evil, pg_catalog, public', current_database());
    END $x$;\n-- PostgreSQL database dump complete
    """
    with zipfile.ZipFile(tmp_path / "hostile.zip", "w") as archive:
        facts = {"odoo_dump": "1", "major_version": "19.0", "modules": {"base": "19.0.1.3"}}
        archive.writestr("manifest.json", json.dumps(facts))
        archive.writestr("dump.sql", hostile)
    order = {"server": trapped.server.address, "role": "preview", "database": "hostile_in"}
    mounts = [*company.mounts, (tmp_path, "/ipai/imports")]
    files = {"filestore": company.store("hostile_in"), "name": "hostile.zip"}

    def bring_in():
        taken = company.run("import_zip", mounts=mounts, **order, **files)
        setting = (
            "SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase"
        )
        assert trapped.server.sql(f"{setting} WHERE datname = 'hostile_in'") == "0"
        for setting in SETTINGS:
            trapped.as_tenant(f"ALTER DATABASE hostile_in SET {setting}", "hostile_in")
        return taken, company.run("renew", **order, base_url="https://own.example")

    seen, (taken, renewed) = trapped.seen_during(bring_in)
    assert not as_superuser(seen)
    assert taken.ok and renewed.ok
    assert ("hostile_in", "trigger on ir_config_parameter", "ordinary") in seen
    owned = (
        "SELECT DISTINCT relowner::regrole FROM pg_class WHERE relnamespace = 'evil'::regnamespace"
    )
    owned += (
        " UNION SELECT proowner::regrole FROM pg_proc p JOIN pg_language l ON l.oid = prolang"
        # The constructors of a range type are always the server's own, in C.
        " WHERE pronamespace = 'evil'::regnamespace AND lanname <> 'internal'"
    )
    assert trapped.server.sql(owned, "hostile_in") == "preview"
