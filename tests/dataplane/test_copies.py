"""Clones, restore points, swaps: a database with its files changes places and nothing is lost."""

import threading

from parity import parity

WHOLE = "20000|200"


def restored(company, name):
    repository = company.repository()
    snapshot = company.backup(repository)["snapshot"]
    assert company.restore(repository, snapshot, name).ok
    return repository, snapshot


def park(company, name):
    order = {"database": name, "snapshot_database": f"{name}_parked"}
    order |= {
        "filestore": company.store(name),
        "snapshot_filestore": f"/ipai/snapshots/{name}_parked",
    }
    return company.run("park", server=company.staging.address, **order)


def clone(company, source, name, **more):
    order = {
        "source": source,
        "database": name,
        "role": "preview",
        "filestore": company.store(name),
    }
    order |= {"source_filestore": f"/ipai/snapshots/{source}", "base_url": "https://s.example"}
    return company.run("clone", **{"server": company.staging.address, **order, **more})


def parameter(server, database, key):
    return server.sql(f"SELECT value FROM ir_config_parameter WHERE key = '{key}'", database)


def test_a_parked_restore_is_cloned_with_an_identity_of_its_own(company):
    restored(company, "proof")
    files = company.tree(company.store("proof"))
    assert park(company, "proof")["size_bytes"] > 1000000
    assert not company.tree("/var/lib/odoo/filestore").count("proof/")
    made = clone(company, "proof_parked", "staging_one")
    assert made["method"] in ("reflink", "copy") and made["filestore_method"] in ("reflink", "copy")
    assert company.count(company.staging, "staging_one") == WHOLE
    assert company.tree(company.store("staging_one")) == files
    for key in ("database.uuid", "database.secret"):
        original = parameter(company.production, "company", key)
        assert original and parameter(company.staging, "staging_one", key) != original
    assert parameter(company.staging, "staging_one", "web.base.url") == "https://s.example"
    owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
    assert company.staging.sql(owners, "staging_one") == "preview"
    again = clone(company, "proof_parked", "staging_one", run=company.world.runs, attempt=2)
    assert again.ok
    assert "already a database" in clone(company, "proof_parked", "staging_one").cause
    assert "no more" in clone(company, "nothing_parked", "staging_two").cause


def test_data_of_another_installation_gets_an_identity_of_its_own(company):
    restored(company, "moved_in")
    order = {"database": "moved_in", "base_url": "https://own.example"}
    assert company.run("renew", server=company.staging.address, **order).ok
    for key in ("database.uuid", "database.secret"):
        original = parameter(company.production, "company", key)
        assert original and parameter(company.staging, "moved_in", key) not in ("", original)
    assert parameter(company.staging, "moved_in", "web.base.url") == "https://own.example"
    company.staging.sql("CREATE DATABASE no_odoo OWNER preview")
    refused = company.run("renew", server=company.staging.address, database="no_odoo")
    company.staging.sql("DROP DATABASE no_odoo")
    assert "not a database of Odoo" in refused.cause


def test_a_clone_without_files_names_no_asset_bundles(company):
    restored(company, "bare")
    planted = (
        "INSERT INTO ir_attachment (name, type, url) VALUES ('b', 'binary', '/web/assets/1/x.js')"
    )
    company.staging.sql(planted, "bare")
    park(company, "bare")
    assert clone(company, "bare_parked", "without", source_filestore="/ipai/none/bare_parked").ok
    bundles = "SELECT count(*) FROM ir_attachment WHERE url LIKE '/web/assets/%'"
    assert company.staging.sql(bundles, "without") == "0"


def point(company, name, **more):
    order = {"database": "company", "point": name, "filestore": company.store("company")}
    return company.run("point", point_filestore=company.store(name), **order, **more)


def test_a_restore_point_is_taken_under_fire_and_swapped_back(company):
    over = threading.Event()

    def knock():
        while not over.is_set():
            command = [
                "psql",
                "-h",
                "127.0.0.1",
                "-U",
                "company",
                "-d",
                "company",
                "-c",
                "SELECT pg_sleep(0.2)",
            ]
            company.production.container.exec_run(
                command, environment={"PGPASSWORD": "the-targets-word"}
            )

    knockers = [threading.Thread(target=knock) for _ in range(3)]
    for knocker in knockers:
        knocker.start()
    try:
        made = point(company, "company_point")
    finally:
        over.set()
    assert made["size_bytes"] > 1000000
    assert company.count(company.production, "company_point") == WHOLE
    before = company.tree(company.store("company"))
    assert company.tree(company.store("company_point")) == before
    company.production.sql("DELETE FROM ir_attachment WHERE name LIKE 'contract %'", "company")
    order = {"database": "company", "incoming": "company_point", "aside": "company_aside"}
    order |= {"role": "company", "filestore_root": "/var/lib/odoo/filestore"}
    assert company.run("swap", **order)["swapped"] is True
    assert company.count(company.production, "company") == WHOLE
    assert company.count(company.production, "company_aside") == "20000|0"
    assert company.tree(company.store("company")) == before
    assert company.run("swap", **order)["swapped"] is False
    names = {"server": company.production.address, "databases": ["company_aside"]}
    assert company.run("drop", **names)["dropped"] == ["company_aside"]


def test_a_swap_without_a_living_database_only_moves_in(company):
    restored(company, "arrival")
    order = {"database": "fresh", "incoming": "arrival", "aside": "fresh_old", "role": "preview"}
    order |= {"server": company.staging.address, "filestore_root": "/var/lib/odoo/filestore"}
    assert company.run("swap", **order)["swapped"] is True
    assert company.count(company.staging, "fresh") == WHOLE
    assert (
        "Neither nobody nor arrival" in company.run("swap", **{**order, "database": "nobody"}).cause
    )


def test_a_restored_database_boots_with_its_login_page(company):
    restored(company, "booted")
    conf = company._conf(company.staging, "preview")
    secrets = company.world.secrets(**{"odoo.conf": conf})
    done = company.run("boot", image="odoo", database="booted", secrets=secrets)
    assert (done["login"], done["version"][:4]) == (200, "19.0")
    company.staging.sql("DROP TABLE ir_model_fields CASCADE", "booted")
    broken = company.run("boot", image="odoo", database="booted", secrets=secrets)
    assert "does not work on the restored database" in broken.cause


@parity("2.2")
def test_backups_are_forgotten_and_the_rest_is_whole(company):
    repository = company.repository()
    company.production.sql(
        "SET ROLE company; CREATE TABLE big AS SELECT md5(g::text) FROM generate_series(1, 30000) g",
        "company",
    )
    first = company.backup(repository)["snapshot"]
    company.production.sql("DROP TABLE big", "company")
    second = company.backup(repository, run=2)["snapshot"]
    gone = company.run("forget", repository=repository, snapshots=[first])
    assert gone["removed"] == [first] and gone["freed_bytes"] > 100000
    assert company.run("forget", repository=repository, snapshots=[first])["freed_bytes"] == 0
    assert company.run("check", repository=repository, percent=100)["seconds"] > 0
    assert company.restore(repository, second, "after_forget").ok
    lost = company.restore(repository, first, "never")
    assert "not in the repository" in lost.cause and not company.tree(
        "/var/lib/odoo/filestore"
    ).count("never")
