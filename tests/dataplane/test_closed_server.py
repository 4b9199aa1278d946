"""What customers of one PostgreSQL server would share is closed, on a new server and on an old one."""

import time

import pytest

WORD = "the-roles-own-word"
CONF = f"[options]\ndb_password = {WORD}\n"


@pytest.fixture(scope="module")
def server(world):
    """A server as it was before: open to all, with a role and its database."""
    server = world.server("closed")
    server.sql(f"CREATE ROLE ipai_env_1 LOGIN PASSWORD '{WORD}'")
    server.sql("CREATE DATABASE acme_main_1 OWNER ipai_env_1")
    server.sql("REVOKE CONNECT, TEMPORARY ON DATABASE acme_main_1 FROM PUBLIC")
    return server


def prepare(world, server, number):
    order = {"server": server.address, "database": f"ipai_odoo_{number}", "bus": True}
    secrets = world.secrets(**{"odoo.conf": CONF})
    assert world.job("database", {**order, "role": f"ipai_env_{number}"}, secrets=secrets).ok


def reaches(server, number, database):
    """Say whether the environment's role may connect."""
    words = [
        "psql",
        "-XAtqh",
        "127.0.0.1",
        "-U",
        f"ipai_env_{number}",
        "-d",
        database,
        "-c",
        "SELECT 1",
    ]
    done = server.container.exec_run(words, environment={"PGPASSWORD": WORD})
    assert done.exit_code == 0 or b"permission denied" in done.output, done.output
    return done.exit_code == 0


def test_a_job_closes_what_is_shared_and_makes_a_bus_database(world, server):
    prepare(world, server, 2)
    assert reaches(server, 2, "ipai_odoo_2") and reaches(server, 2, "ipai_env_2")
    for name in ("postgres", "template1", "acme_main_1", "ipai_env_1"):
        assert not reaches(server, 2, name), name
    assert server.sql("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname='ipai_env_2'")


def test_a_role_from_before_keeps_its_way_until_a_job_starts_its_odoo_anew(world, server):
    assert reaches(server, 1, "postgres") and reaches(server, 1, "ipai_env_1")
    assert not reaches(server, 1, "template1")
    prepare(world, server, 1)
    assert not reaches(server, 1, "postgres") and reaches(server, 1, "ipai_env_1")
    before = server.sql("SELECT datname, datacl FROM pg_database ORDER BY 1")
    prepare(world, server, 1)
    assert server.sql("SELECT datname, datacl FROM pg_database ORDER BY 1") == before


def test_no_role_but_the_superuser_connects_to_anything_that_is_not_its_own(server):
    open_to_all = (
        "SELECT datname FROM pg_database d, aclexplode(coalesce(datacl, acldefault('d', datdba))) a "
        "WHERE grantee = 0 AND datallowconn"
    )
    assert server.sql(open_to_all) == ""


def test_with_the_role_its_bus_database_goes(world, server):
    order = {"server": server.address, "databases": ["ipai_odoo_2"], "role": "ipai_env_2"}
    order["owners"] = {"ipai_odoo_2": ["ipai_env_2"]}
    assert world.job("drop", order).ok
    assert not {"ipai_odoo_2", "ipai_env_2"} & set(server.databases())
    assert server.sql("SELECT count(*) FROM pg_roles WHERE rolname = 'ipai_env_2'") == "0"


def test_a_server_of_the_set_up_closes_itself(world):
    server = world.server("closes", POSTGRES_TENANTS="on")
    told, deadline = "t", time.monotonic() + 30
    while "t" in told and time.monotonic() < deadline:
        told = server.sql(
            "SELECT has_database_privilege('pg_monitor', datname, 'CONNECT') FROM pg_database "
            "WHERE datname IN ('postgres', 'template1')"
        )
    assert told.split() == ["f", "f"]
