"""A name in an order proves nothing: what belongs to another environment is refused, and stays as it is."""

import pytest

STRANGER = "stranger"


@pytest.fixture(scope="module")
def strangers(company):
    """Databases and files of another customer on the same server: what they hold."""
    server = company.staging
    server.sql("CREATE ROLE stranger LOGIN")
    for name in ("strangers", "strangers_p7"):
        server.sql(f"CREATE DATABASE {name} OWNER stranger")
        server.sql("SET ROLE stranger; CREATE TABLE kept AS SELECT 7 AS number", name)
        company.world.shell(
            f"mkdir -p {company.store(name)}/aa; echo theirs > {company.store(name)}/aa/file",
            company.mounts,
        )
    yield lambda: held(company)
    for name in ("strangers", "strangers_p7"):
        server.sql(f"DROP DATABASE {name}")
    server.sql("DROP ROLE stranger")
    company.world.shell("rm -rf /var/lib/odoo/filestore/strangers*", company.mounts)


def held(company):
    server, names = company.staging, ("strangers", "strangers_p7")
    rows = [
        server.sql("SELECT number, tableowner FROM kept, pg_tables t WHERE t.tablename = 'kept'", n)
        for n in names
    ]
    owners = server.sql(
        "SELECT datname, datdba::regrole FROM pg_database WHERE datname ~ '^strangers' ORDER BY 1"
    )
    return (
        rows,
        owners,
        [company.tree(company.store(name)) for name in names],
        server.sql("SELECT rolname FROM pg_roles ORDER BY 1"),
    )


def orders(company):
    theirs, files = {"database": "strangers"}, {"filestore": company.store("strangers")}
    root = {"filestore_root": "/var/lib/odoo/filestore"}
    parked = {"snapshot_database": "mine_s", "snapshot_filestore": "/ipai/snapshots/mine_s"}
    mine = {"database": "mine", "filestore": company.store("mine")}
    return {
        "database": theirs,
        "database own": {**theirs, "create": False},
        "backup": {**theirs, "repository": company.repository(), "tags": {}},
        "renew": theirs,
        "point": {**theirs, **files, "point": "mine_p", "point_filestore": company.store("mine_p")},
        "park": {**theirs, **files, **parked},
        "park over": {
            **mine,
            "snapshot_database": "strangers",
            "snapshot_filestore": "/ipai/snapshots/strangers",
        },
        "swap": {**theirs, "incoming": "mine_i", "aside": "mine_a", **root},
        "swap incoming": {
            "database": "mine",
            "incoming": "strangers_p7",
            "aside": "mine_a",
            **root,
        },
        "swap aside": {"database": "mine", "incoming": "mine_i", "aside": "strangers", **root},
        "clone": {**mine, "source": "strangers", "source_filestore": company.store("strangers")},
        "drop": {"databases": ["strangers"], "folders": [company.store("strangers")]},
        "drop a server's own": {"databases": ["postgres"]},
    }


def test_every_verb_refuses_the_database_of_another_environment(company, strangers):
    before = strangers()
    wrong = {}
    for case, order in orders(company).items():
        done = company.run(case.split()[0], server=company.staging.address, **order)
        if done.ok or "does not belong to this environment" not in done.result["cause"]:
            wrong[case] = done.result
    assert not wrong
    assert strangers() == before


def test_every_verb_refuses_a_role_that_can_be_more_than_a_tenant(company, strangers):
    company.staging.sql("CREATE ROLE mighty SUPERUSER; CREATE ROLE sly LOGIN IN ROLE mighty")
    wrong = {}
    for role in ("postgres", "mighty", "sly", "pg_read_all_data"):
        for case in ("database", "renew", "swap"):
            done = company.run(
                case, server=company.staging.address, **orders(company)[case], role=role
            )
            if done.ok or (
                "belong" not in done.cause and "role of an environment" not in done.cause
            ):
                wrong[case, role] = done.result
    company.staging.sql("DROP ROLE sly; DROP ROLE mighty")
    assert not wrong


def test_a_role_of_the_server_itself_gets_no_password_of_an_environment(company):
    order = {"server": company.staging.address, "role_only": True, "database": "mine"}
    before = company.staging.sql("SELECT rolpassword FROM pg_authid WHERE rolname = 'postgres'")
    refused = company.run("database", **order, role="postgres")
    assert "not the role of an environment" in refused.cause
    assert (
        company.staging.sql("SELECT rolpassword FROM pg_authid WHERE rolname = 'postgres'")
        == before
    )


def test_a_folder_goes_only_with_a_database_of_the_order(company, strangers):
    before = strangers()
    order = {
        "server": company.staging.address,
        "databases": ["mine"],
        "owners": {"mine": ["preview"]},
    }
    refused = company.run("drop", **order, folders=[company.store("strangers")])
    assert "not the folder of a database to drop" in refused.cause
    unsaid = company.run("drop", **{**order, "owners": {}})
    assert "does not say whose" in unsaid.cause
    assert strangers() == before


def test_files_kept_for_another_environment_stay_when_their_database_is_elsewhere(company):
    """Snapshots of all environments share a volume, their databases may be on several servers."""
    company.world.shell(
        "mkdir -p /ipai/volumes/s/elsewhere_s; printf other > /ipai/volumes/s/elsewhere_s/.ipai-owner",
        [(company.snapshots, "/ipai/volumes/s")],
    )
    order = {"server": company.staging.address, "databases": ["elsewhere_s"]}
    mounts = [(company.snapshots, "/ipai/volumes/s")]
    order |= {"folders": ["/ipai/volumes/s/elsewhere_s"]}
    refused = company.run("drop", mounts=mounts, owners={"elsewhere_s": ["preview"]}, **order)
    assert "does not belong to this environment" in refused.cause
    assert company.run("drop", mounts=mounts, owners={"elsewhere_s": ["other"]}, **order)["removed"]
