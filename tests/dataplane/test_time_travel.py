"""Production as it was at a moment: WAL archived, base backups, one database brought back."""

import time
from datetime import UTC, datetime

import pytest
from docker.types import Mount

MOST_LOST_SECONDS = 60


class Archived:
    """A production server that archives its WAL, and one database that changes all the time."""

    def __init__(self, world):
        self.world, self.wal, self.data = world, world.volume(), world.volume()
        self.files = world.volume()
        mounts = [Mount("/ipai/wal", self.wal)]
        self.server = world.server("archived", data=self.data, more=mounts, POSTGRES_ARCHIVE="on")
        self.other = world.server("elsewhere")
        self.other.sql("CREATE ROLE preview LOGIN")
        self.server.sql("CREATE ROLE shop LOGIN")
        self.server.sql("CREATE DATABASE shop OWNER shop")
        self.server.sql(
            "SET ROLE shop; CREATE TABLE sale (number int, at timestamptz DEFAULT clock_timestamp())",
            "shop",
        )

    @property
    def mounts(self):
        return [
            (self.wal, "/ipai/wal"),
            (self.data, "/var/lib/postgresql"),
            (self.files, "/var/lib/odoo"),
        ]

    def run(self, verb, **order):
        return self.start(verb, **order).wait()

    def start(self, verb, attempt=1, run=None, **order):
        given = {"server": self.server.address, **order}
        more = {"image": "postgres", "mounts": self.mounts, "attempt": attempt, "run": run}
        return self.world.start(verb, given, **more)

    def bring(self, moment, name, **more):
        order = {"server": self.other.address, "source_database": "shop", "database": name}
        order |= {
            "role": "preview",
            "source_role": "shop",
            "time": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
        return self.run("pitr_restore", **{**order, **more})

    def sell(self, number):
        self.server.sql(f"INSERT INTO sale VALUES ({number})", "shop")

    def archive_now(self):
        self.server.sql("SELECT pg_switch_wal()")
        deadline = time.monotonic() + 60
        waiting = "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'"
        while self.server.sql(waiting) != "0":
            assert time.monotonic() < deadline, self.server.container.logs().decode()[-2000:]
            time.sleep(0.2)


@pytest.fixture(scope="module")
def archived(world):
    return Archived(world)


def test_an_empty_archive_says_what_is_missing(archived):
    assert "no base backup" in archived.run("pitr_status").cause


def test_one_database_comes_back_as_it_was_at_a_moment(archived):
    base = archived.run("pitr_base", kind="full")
    assert base["kind"] == "full" and base["database_bytes"] > 1000000
    archived.sell(1)
    time.sleep(1.1)
    moment = datetime.now(UTC)
    time.sleep(1.1)
    archived.sell(2)
    archived.server.sql("DELETE FROM sale WHERE number = 1", "shop")
    archived.archive_now()
    store = "/var/lib/odoo/filestore"
    archived.world.shell(f"mkdir -p {store}/shop/ab; echo x > {store}/shop/ab/x", archived.mounts)
    files = {"source_filestore": f"{store}/shop", "filestore": f"{store}/shop_then"}
    done = archived.bring(moment, "shop_then", **files)
    assert archived.world.shell(f"cat {store}/shop_then/ab/x", archived.mounts) == "x\n"
    assert done["rows"] == 1
    assert archived.other.sql("SELECT number FROM sale", "shop_then") == "1"
    assert "preview" in archived.other.sql(
        "SELECT tableowner FROM pg_tables WHERE tablename = 'sale'", "shop_then"
    )
    assert archived.server.sql("SELECT number FROM sale", "shop") == "2"


def test_a_database_that_came_or_was_swapped_in_after_the_base_backup_comes_back(archived):
    for name in ("later", "shop_incoming"):
        archived.server.sql(f"CREATE DATABASE {name} OWNER shop")
        archived.server.sql(f"SET ROLE shop; CREATE TABLE here AS SELECT '{name}' AS name", name)
    archived.server.sql("ALTER DATABASE shop RENAME TO shop_aside")
    archived.server.sql("ALTER DATABASE shop_incoming RENAME TO shop")
    time.sleep(1.1)
    moment = datetime.now(UTC)
    time.sleep(1.1)
    archived.server.sql("ALTER DATABASE shop RENAME TO shop_incoming")
    archived.server.sql("ALTER DATABASE shop_aside RENAME TO shop")
    archived.archive_now()
    assert archived.bring(moment, "shop_swapped").ok
    assert archived.other.sql("SELECT name FROM here", "shop_swapped") == "shop_incoming"
    assert archived.bring(moment, "later_then", source_database="later").ok
    assert archived.other.sql("SELECT name FROM here", "later_then") == "later"


def test_a_quiet_time_before_the_newest_segment_can_be_asked_for(archived):
    archived.sell(3)
    time.sleep(1.1)
    moment = datetime.now(UTC)
    time.sleep(1.1)
    archived.archive_now()
    assert archived.bring(moment, "shop_quiet").ok
    assert archived.other.sql("SELECT max(number) FROM sale", "shop_quiet") == "3"


def test_a_killed_journey_is_whole_after_the_next_attempt(archived):
    assert archived.run("pitr_base", kind="diff").ok
    archived.sell(40)
    time.sleep(1.1)
    moment = datetime.now(UTC)
    time.sleep(1.1)
    archived.sell(41)
    archived.archive_now()
    order = {"server": archived.other.address, "source_database": "shop", "role": "preview"}
    order |= {
        "source_role": "shop",
        "database": "shop_hit",
        "time": moment.isoformat(),
        "run": 9100,
    }
    for attempt, words in enumerate(("Restoring", "Replaying", "Moving"), start=1):
        job = archived.start("pitr_restore", attempt=attempt, **order)
        job.until_it_says(words)
        job.kill()
        assert "shop_hit" not in archived.other.databases()
    assert archived.run("pitr_restore", attempt=4, **order).ok
    assert archived.other.sql("SELECT max(number) FROM sale", "shop_hit") == "40"


def test_times_outside_of_the_archive_are_refused_with_its_reach(archived):
    status = archived.run("pitr_status")
    assert status["oldest"] < status["newest"] and status["failing"] is False
    late = archived.bring(datetime(2100, 1, 1, tzinfo=UTC), "never")
    early = archived.bring(datetime(2000, 1, 1, tzinfo=UTC), "never")
    for refused in (late, early):
        assert status["oldest"] in refused.cause
    assert "never" not in archived.other.databases()


def test_a_look_can_archive_first_what_is_being_written(archived):
    archived.sell(50)
    time.sleep(1.1)
    moment = datetime.now(UTC)
    status = archived.run("pitr_status", switch=True)
    assert status["newest"] >= moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert status["waiting"] == 0


TRAP = """SET ROLE shop; CREATE SCHEMA evil;
CREATE FUNCTION evil.spring() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
  EXECUTE 'SET ROLE NONE';
  BEGIN EXECUTE 'COPY (SELECT current_user) TO PROGRAM ''cat > /ipai/wal/sprung''';
  EXCEPTION WHEN insufficient_privilege THEN NULL; END;
  RETURN true;
END $$;
CREATE FUNCTION evil.to_char(timestamptz, text) RETURNS text LANGUAGE sql AS
  $$ SELECT CASE WHEN evil.spring() THEN pg_catalog.to_char($1, $2) END $$;
CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE sql AS
  $$ SELECT CASE WHEN evil.spring() THEN pg_catalog.now() END $$;
CREATE FUNCTION evil.format(text, name, name) RETURNS text LANGUAGE sql AS
  $$ SELECT CASE WHEN evil.spring() THEN pg_catalog.format($1, $2, $3) END $$;
ALTER DATABASE shop SET search_path = evil, pg_catalog, public;"""


def test_code_of_a_database_that_is_brought_back_never_runs_as_superuser(archived):
    """A scratch cluster has the same tenants, and their code would meet the archive of everybody."""
    look = "[ -e /ipai/wal/sprung ] && cat /ipai/wal/sprung; rm -f /ipai/wal/sprung"
    archived.server.sql(TRAP, "shop")
    archived.server.sql("SELECT to_char(now(), 'YYYY')", "shop")
    assert archived.world.shell(look, archived.mounts) == "postgres\n"
    time.sleep(1.1)
    moment = datetime.now(UTC)
    time.sleep(1.1)
    archived.sell(60)
    archived.archive_now()
    archived.world.shell(look, archived.mounts)
    assert archived.bring(moment, "shop_trapped").ok
    assert archived.world.shell(look, archived.mounts) == ""
    refused = archived.bring(moment, "not_ours", source_role="preview")
    assert "does not belong to this environment" in refused.cause
    assert "not_ours" not in archived.other.databases()
    archived.server.sql("ALTER DATABASE shop RESET search_path")
    archived.server.sql("DROP SCHEMA evil CASCADE", "shop")


def test_a_second_base_backup_takes_only_the_difference(archived):
    first = archived.run("pitr_status")["base_bytes"]
    second = archived.run("pitr_base", kind="incr")
    assert second["kind"] == "incr" and second["added_bytes"] < first / 2


def test_no_more_than_a_minute_is_lost_when_the_server_is(archived):
    """The recovery point: what was committed longest before a crash and is not in the archive."""
    begin = time.monotonic()
    while time.monotonic() - begin < 70:
        archived.sell(100)
        time.sleep(0.5)
    archived.server.container.kill(signal="SIGKILL")
    died_at = datetime.now(UTC)
    newest = archived.world.shell(
        "find /ipai/wal/archive -name '0*' -type f -printf '%T@\\n' | sort -n | tail -1",
        archived.mounts,
    )
    moment = datetime.fromtimestamp(float(newest.split()[-1]) - 0.01, UTC)
    done = archived.bring(moment, "shop_saved")
    saved = archived.other.sql("SELECT extract(epoch FROM max(at)) FROM sale", "shop_saved")
    lost = died_at.timestamp() - float(saved)
    print(f"RPO measured: {lost:.1f} s; brought back in {done['seconds']} s")
    assert lost <= MOST_LOST_SECONDS
