"""Backup and restore on real parts: whole or not at all."""

from parity import parity

WHOLE = "20000|200"


@parity("2.1")
def test_a_backup_restores_to_the_same_rows_and_files(company):
    repository = company.repository()
    backup = company.backup(repository)
    assert backup.ok and backup["manifest"]["rows"] > 20000 and backup["missing_files"] == 0
    assert backup["filestore_files"] > 200
    restored = company.restore(repository, backup["snapshot"], "again")
    assert restored["filestore_files"] == backup["filestore_files"]
    assert restored["modules"]["base"].startswith("19.0")
    assert company.count(company.staging, "again") == WHOLE
    assert company.tree(company.store("again")) == company.tree(company.store("company"))
    owner = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
    assert company.staging.sql(owner, "again") == "preview"


def test_a_second_backup_of_unchanged_data_adds_less_than_one_percent(company):
    repository = company.repository()
    first = company.backup(repository)
    second = company.backup(repository, run=2)
    assert second["added_bytes"] < first["size_bytes"] / 100
