"""Traps wherever PostgreSQL runs a tenant's code, in a real server: no verb springs one as a superuser.

tests/dataplane does the same with Odoo's own database, in the images in which the verbs run.
"""

import json
import subprocess
import zipfile
from pathlib import Path

import pytest
from cluster import Cluster
from toolbox_samples import RecordedEvents

from ipai_toolbox.dump import extensions_of, read_dump, write_dump
from ipai_toolbox.job import Job
from ipai_toolbox.manifest import check_rows, frozen, row_counts
from ipai_toolbox.new_database import NewDatabase
from ipai_toolbox.outcome import Failure
from ipai_toolbox.ownership import require_owned
from ipai_toolbox.places import Places
from ipai_toolbox.postgres import Server
from ipai_toolbox.spec import Spec
from ipai_toolbox.tenant import as_itself, require_ordinary, tenant
from ipai_toolbox.verbs import clone, database, drop, import_zip, park, point, renew, swap

TRAPS = Path(__file__).with_name("red_team").joinpath("traps.sql").read_text(encoding="utf-8")
TABLES = """
CREATE TABLE public.ir_module_module (id integer, name varchar, state varchar, latest_version varchar);
CREATE TABLE public.ir_attachment (id integer, store_fname varchar, url varchar);
CREATE TABLE public.res_users (id integer);
CREATE TABLE public.ir_config_parameter (id serial, key varchar, value text, create_uid integer,
  write_uid integer, create_date timestamp, write_date timestamp);
"""
HOSTILE = "search_path = evil, pg_catalog, public"
OWNERS = """SELECT DISTINCT r.rolname FROM pg_shdepend s JOIN pg_roles r ON r.oid = s.refobjid
  JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = '{}' AND s.deptype = 'o'
  AND (s.classid, s.objid) NOT IN (SELECT 'pg_type'::regclass, oid FROM pg_type WHERE typtype = 'm')"""


CLOSING = "--\n-- PostgreSQL database dump complete\n--\n"


def archive_of(path, sql):
    facts = {"odoo_dump": "1", "major_version": "19.0", "modules": {"base": "19.0.1.3"}}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", json.dumps(facts))
        archive.writestr("dump.sql", sql)


class Bench:
    """The verbs, as jobs of an environment with the role `acme`, its quarantine and a stranger."""

    def __init__(self, cluster, folder):
        self.cluster, self.folder, self.number = cluster, folder, 0
        for name in ("secrets", "spool", "filestore"):
            (folder / name).mkdir()
        (folder / "secrets" / "postgres-admin").write_text("nobody asks")
        options = "[options]\ndb_password = word\nunaccent = True\n"
        (folder / "secrets" / "odoo.conf").write_text(options)
        self.places = Places(
            folder / "spool", folder / "secrets", folder, folder / "no", folder / "no"
        )
        self.server = Server(str(cluster.folder), 5432, folder / "no")
        cluster.sql("CREATE ROLE acme LOGIN; CREATE ROLE trial LOGIN; CREATE ROLE stranger LOGIN")

    def run(self, verb, **order):
        self.number += 1
        step = {"run": self.number, "step": "step", "attempt": 1, "server": self.cluster.address}
        return verb.run(Job(Spec({"role": "acme", **step, **order}), RecordedEvents(), self.places))

    def store(self, name):
        return str(self.folder / "filestore" / name)

    def poison(self, name, role="acme"):
        """The settings by which a tenant's own functions come first."""
        self.cluster.sql(f"ALTER DATABASE {name} SET {HOSTILE}", name, role)

    def as_superuser(self, work):
        """What was sprung as a superuser meanwhile, how many places were sprung at all, and the result."""
        before = self.cluster.sprung()
        result = work()
        seen = self.cluster.sprung() - before
        bad = sorted({(where, place) for where, place, who in seen if who == "SUPERUSER"})
        return bad, {place for _where, place, _who in seen}, result

    def copy(self, source, role, name, owner):
        """Dump one database, load it as another, compare: what backup and restore do."""
        dump = self.folder / f"dump-{name}"
        with tenant(self.server, source, role) as login, frozen(as_itself(login)) as now:
            tables, about = now.tables(), now.database()
            write_dump(as_itself(login), now.snapshot, dump, print)
        wanted = extensions_of(dump)
        made = NewDatabase(self.server, name, "ipai: made by a test", owner)
        made.create_empty(
            about["encoding"], about["collate"], about["ctype"], about["unaccent"], wanted
        )
        with made.filling() as login:
            read_dump(login, dump, print)
            check_rows(row_counts(login), tables)
        return made.finish()


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    cluster = Cluster()
    yield Bench(cluster, tmp_path_factory.mktemp("bench"))
    cluster.close()


@pytest.fixture
def live(bench):
    """A database of the environment, full of traps; a new one for each test."""
    name = f"live{bench.number}"
    assert bench.run(database, database=name)["created"]
    bench.cluster.sql(TABLES + TRAPS, name, "acme")
    bench.poison(name)
    Path(bench.store(name)).mkdir()
    yield name
    bench.cluster.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def test_the_traps_spring_for_a_superuser_and_for_the_tenant(bench, live):
    careless = "SELECT count(*) FROM trap_guarded; SELECT to_char(now(), 'YYYY');"
    careless += "INSERT INTO ir_config_parameter (key, value) VALUES ('careless', 'x')"
    bad, _, _ = bench.as_superuser(lambda: bench.cluster.sql(careless, live))
    assert {place for _name, place in bad} >= {
        "aggregate count",
        "function now",
        "rule",
        "trigger on ir_config_parameter",
    }
    bad, places, _ = bench.as_superuser(lambda: bench.cluster.sql(careless, live, "acme"))
    assert not bad and len(places) > 5


def test_a_tenant_cannot_plant_what_runs_at_every_statement_or_login(bench, live):
    for statement in (
        "CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION evil.on_row()",
        f"ALTER DATABASE {live} SET session_preload_libraries = 'evil'",
        "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'evil'",
        "CREATE OPERATOR CLASS evil.c FOR TYPE int USING btree AS STORAGE int",
    ):
        with pytest.raises(AssertionError, match=r"ermission denied|must be superuser"):
            bench.cluster.sql(statement, live, "acme")


def test_verbs_spring_no_trap_as_superuser(bench, live):
    store, cluster = bench.store, bench.cluster
    moves = {"filestore_root": str(bench.folder / "filestore")}
    snap = {"filestore": store("trial1"), "snapshot_filestore": store("snap1")}
    copy = {"source": "snap1", "source_role": "trial", "source_filestore": store("snap1")}
    kept = {"filestore": store(live), "point_filestore": store("point1")}
    steps = {
        "database": lambda: bench.run(database, database=live),
        "renew": lambda: bench.run(renew, database=live, base_url="https://own.example"),
        "point": lambda: bench.run(point, database=live, point="point1", **kept),
        "poisoned point": lambda: bench.poison("point1"),
        "swap": lambda: bench.run(swap, database=live, incoming="point1", aside="old1", **moves),
        "backup and restore": lambda: bench.copy(live, "acme", "trial1", "trial"),
        "poisoned copy": lambda: (bench.poison("trial1", "trial"), Path(store("trial1")).mkdir()),
        "park": lambda: bench.run(
            park, database="trial1", role="trial", snapshot_database="snap1", **snap
        ),
        "clone": lambda: bench.run(clone, database="clone1", filestore=store("clone1"), **copy),
    }
    sprung = set()
    for name, work in steps.items():
        bad, places, _ = bench.as_superuser(work)
        assert not bad, name
        sprung |= places
    assert {"trigger on ir_config_parameter", "index", "check constraint", "domain"} <= sprung
    assert (
        cluster.sql(OWNERS.format("clone1"), "clone1"),
        cluster.sql(OWNERS.format("snap1"), live),
    ) == (
        "acme",
        "trial",
    )
    owners = {"clone1": ["acme"], "snap1": ["trial"], "old1": ["acme"]}
    bad, _, done = bench.as_superuser(
        lambda: bench.run(drop, databases=list(owners), owners=owners, role=None)
    )
    assert not bad and done["dropped"] == list(owners)
    assert cluster.sql("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'ipai_job_%'") == "0"


def test_a_hostile_archive_springs_no_trap_as_superuser(bench, monkeypatch):
    monkeypatch.setattr(import_zip, "IMPORTS", bench.folder)
    setting = f"EXECUTE format('ALTER DATABASE %I SET {HOSTILE}', current_database())"
    wanted = (
        "CREATE EXTENSION hstore;\nCREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public;\n"
    )
    sql = f"{wanted}{TABLES}{TRAPS}\nDO $x$ BEGIN {setting}; END $x$;\n{CLOSING}"
    archive_of(bench.folder / "hostile.zip", sql)
    order = {"database": "hostile", "filestore": bench.store("hostile"), "name": "hostile.zip"}
    bad, places, _ = bench.as_superuser(lambda: bench.run(import_zip, **order))
    assert not bad and "check constraint" in places
    assert bench.cluster.sql(OWNERS.format("hostile"), "hostile") == "acme"
    extensions = "SELECT string_agg(extname, ',' ORDER BY extname) FROM pg_extension"
    assert bench.cluster.sql(extensions, "hostile", "acme") == "hstore,pg_trgm,plpgsql,unaccent"
    settings = "SELECT count(*) FROM pg_db_role_setting WHERE setdatabase = "
    settings += "(SELECT oid FROM pg_database WHERE datname = 'hostile')"
    assert bench.cluster.sql(settings) == "0"
    bench.poison("hostile")
    bad, places, _ = bench.as_superuser(lambda: bench.run(renew, database="hostile"))
    assert not bad and "trigger on ir_config_parameter" in places


def dumped(bench):
    """What pg_dump writes of a small database of Odoo."""
    cluster = bench.cluster
    cluster.sql("CREATE DATABASE small OWNER acme")
    cluster.sql(TABLES + "INSERT INTO res_users VALUES (1), (2)", "small", "acme")
    command = ["pg_dump", "--no-owner", "-h", str(cluster.folder), "-U", "postgres", "small"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    cluster.sql("DROP DATABASE small")
    return done.stdout


def test_an_archive_whose_dump_is_cut_off_is_refused_before_anything_changes(bench, monkeypatch):
    monkeypatch.setattr(import_zip, "IMPORTS", bench.folder)
    whole, names = (
        dumped(bench),
        "SELECT string_agg(datname, ',' ORDER BY datname) FROM pg_database",
    )
    before, files = bench.cluster.sql(names), sorted(Path(bench.store("x")).parent.rglob("*"))
    order = {"database": "moved", "filestore": bench.store("moved"), "name": "cut.zip"}
    cuts = {
        "within the rows of public.res_users": whole[: whole.index("1\n2\n") + 3],
        "within a statement": whole[: whole.index("CREATE TABLE public.res_users") + 32],
        "closing comment of pg_dump is missing": whole[
            : whole.index("-- PostgreSQL database dump c")
        ],
    }
    for sentence, sql in cuts.items():
        archive_of(bench.folder / "cut.zip", sql)
        with pytest.raises(Failure, match=sentence) as refused:
            bench.run(import_zip, **order)
        assert "Nothing was changed" in refused.value.hint
        assert bench.cluster.sql(names) == before
        assert sorted(Path(bench.store("x")).parent.rglob("*")) == files
    archive_of(bench.folder / "cut.zip", whole)
    assert bench.run(import_zip, **order)["modules"] == {"base": "19.0.1.3"}
    assert bench.cluster.sql("SELECT count(*) FROM res_users", "moved") == "2"


REACHING = [
    "DROP DATABASE {live}",
    "ALTER DATABASE {live} SET search_path = evil",
    "ALTER ROLE acme PASSWORD 'mine'",
    "SET ROLE acme",
    "ALTER ROLE acme SUPERUSER",
    "CREATE ROLE more",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "SELECT * FROM pg_authid",
    "SELECT pg_read_file('PG_VERSION')",
]


@pytest.mark.parametrize("statement", REACHING)
def test_a_dump_reaches_nothing_but_the_database_it_fills(bench, live, statement):
    made = NewDatabase(bench.server, "filled", "ipai: made by a test", "acme")
    made.create_empty()
    with made.filling() as login:
        assert login.attempt(statement.format(live=live))
    made.clear()


def test_what_a_dump_leaves_open_is_shut_before_the_login_gets_the_owners_rights(bench, live):
    """A script that changes the password of its login, or lets another one in, has won nothing."""
    made = NewDatabase(bench.server, "kept_open", "ipai: made by a test", "acme")
    made.create_empty()
    with made.filling() as login:
        login.run("CREATE TABLE public.x (i int); ALTER ROLE CURRENT_USER PASSWORD 'known'")
        before = bench.cluster.sql(
            f"SELECT rolpassword FROM pg_authid WHERE rolname = '{login.user}'"
        )
        made_by = login.user
    made.finish()
    assert before.startswith("SCRAM-SHA-256")
    assert bench.cluster.sql(f"SELECT count(*) FROM pg_roles WHERE rolname = '{made_by}'") == "0"
    assert bench.cluster.sql(OWNERS.format("kept_open"), "kept_open") == "acme"
    bench.cluster.sql("DROP DATABASE kept_open")


def test_a_login_of_a_job_that_ended_badly_is_nobody_and_goes_with_its_database(bench):
    made = NewDatabase(bench.server, "broken", "ipai: made by a test", "acme")
    made.create_empty()
    with pytest.raises(KeyError), made.filling() as login:
        login.run("CREATE TABLE public.x (i int)")
        raise KeyError
    state = f"SELECT rolcanlogin, rolbypassrls FROM pg_roles WHERE rolname = '{login.user}'"
    assert bench.cluster.sql(state) == "f|f"
    with pytest.raises(Failure, match="does not belong to this environment"):
        NewDatabase(bench.server, "broken", "ipai: made by a test", "stranger").clear()
    made.clear()
    assert bench.cluster.sql(state) == ""


def test_whose_a_database_is_only_the_server_knows(bench, live):
    server, sql = bench.server, bench.cluster.sql
    assert require_owned(server, [live, "nowhere"], ["acme", "trial"]) == {live}
    sql(f"CREATE DATABASE earlier TEMPLATE {live}; CREATE DATABASE operators")
    sql("CREATE TABLE figures (i int)", "operators")
    assert require_owned(server, ["earlier"], ["acme"])  # as releases before left restore points
    for name, roles in (
        (live, ["stranger"]),
        (live, []),
        ("earlier", ["stranger"]),
        ("operators", ["acme"]),
        ("postgres", ["acme"]),
        ("template1", ["acme"]),
    ):
        with pytest.raises(Failure, match="does not belong to this environment"):
            require_owned(server, [name], roles)
    sql("DROP DATABASE earlier; DROP DATABASE operators")


def test_a_role_that_can_be_more_than_a_tenant_is_refused(bench):
    sql = bench.cluster.sql
    sql(
        "CREATE ROLE mighty SUPERUSER; CREATE ROLE sly IN ROLE mighty; CREATE ROLE maker CREATEROLE"
    )
    sql("CREATE ROLE reader IN ROLE pg_read_all_data")
    for role in ("postgres", "mighty", "sly", "maker", "reader", "pg_monitor", "ipai_job_1"):
        with pytest.raises(Failure, match="is not the role of an environment"):
            require_ordinary(bench.server, role)
        with pytest.raises(Failure, match="is not the role of an environment"):
            bench.run(database, database="x", role=role, role_only=True)
    require_ordinary(bench.server, "acme", "not_there_yet")


def test_row_security_hides_nothing_from_a_backup(bench, live):
    with tenant(bench.server, live, "acme") as login:
        assert as_itself(login).value("SELECT count(*) FROM public.trap_guarded") == "3"
        assert (
            login.value("SELECT current_user || ' ' || (session_user = current_user)")
            == "acme false"
        )
