"""Repositories that are somewhere else: S3 and SFTP, and a network that goes away in the middle."""

import json

import pytest
import sftp_server
from object_store import KEYS, Store

WHOLE = "20000|200"


@pytest.fixture(scope="module")
def store(world, tmp_path_factory):
    store = Store(world.gateway, tmp_path_factory.mktemp("store"))
    yield store
    store.close()


@pytest.fixture(scope="module")
def secrets(company):
    return company.world.secrets(**{"odoo.conf": company.conf, "s3-credentials": json.dumps(KEYS)})


def test_a_backup_goes_to_s3_and_comes_back(company, store, secrets):
    repository = store.repository("acme")
    backup = company.backup(repository, secrets=secrets)
    assert backup.ok and KEYS["secret_key"] not in backup.log
    assert company.restore(repository, backup["snapshot"], "from_s3", secrets=secrets).ok
    assert company.count(company.staging, "from_s3") == WHOLE
    assert company.run("check", repository=repository, percent=100, secrets=secrets).ok
    gone = company.run(
        "forget", repository=repository, snapshots=[backup["snapshot"]], secrets=secrets
    )
    assert gone["removed"] == [backup["snapshot"]]


def test_a_network_cut_in_mid_backup_is_one_sentence_and_the_next_attempt_is_whole(
    company, store, secrets
):
    repository = store.repository("cut")
    order = {"database": "company", "repository": repository, "tags": {"run": "9001"}, "run": 9001}
    job = company.start(
        "backup", secrets=secrets, environment={"IPAI_PATIENCE_SECONDS": "6"}, **order
    )
    job.until_it_says("Storing")
    store.cut()
    failed = job.wait()
    store.mend()
    assert "does not answer" in failed.cause or "cannot be reached" in failed.cause
    done = company.run("backup", attempt=2, secrets=secrets, **order)
    assert company.restore(repository, done["snapshot"], "after_cut", secrets=secrets).ok


def test_a_network_cut_in_mid_restore_leaves_nothing(company, store, secrets):
    repository = store.repository("cut2")
    snapshot = company.backup(repository, secrets=secrets)["snapshot"]
    order = {
        "server": company.staging.address,
        "database": "cut_restore",
        "role": "preview",
        "run": 9002,
    }
    order |= {
        "repository": repository,
        "snapshot": snapshot,
        "filestore": company.store("cut_restore"),
    }
    store.cut()
    failed = company.run(
        "restore", secrets=secrets, environment={"IPAI_PATIENCE_SECONDS": "6"}, **order
    )
    store.mend()
    assert "does not answer" in failed.cause or "cannot be reached" in failed.cause
    assert "cut_restore" not in company.staging.databases()
    assert company.run("restore", attempt=2, secrets=secrets, **order).ok


def test_a_store_that_is_not_there_or_a_missing_key_is_one_sentence(company, store, secrets):
    nowhere = {**store.repository("x"), "endpoint": f"http://{company.world.gateway}:1"}
    patience = {"IPAI_PATIENCE_SECONDS": "3"}
    away = company.backup(nowhere, secrets=secrets, environment=patience)
    assert "does not answer" in away.cause or "cannot be reached" in away.cause
    missing = company.backup(store.repository("x"))
    assert "credentials of the S3 store are missing" in missing.cause


@pytest.fixture(scope="module")
def sftp(company, tmp_path_factory):
    """A real OpenSSH server, and the secrets that open it: (repository, secrets)."""
    keys = tmp_path_factory.mktemp("keys")
    private, host_key = sftp_server.make_keys(keys)
    sftp_server.wait_until_it_listens(company.world.service("sftp", sftp_server.SCRIPT, keys))
    texts = {"sftp-key": private, "sftp-known-hosts": f"[sftp]:{sftp_server.PORT} {host_key}"}
    where = {"kind": "sftp", "host": "sftp", "port": sftp_server.PORT, "user": sftp_server.USER}
    return {**where, "path": f"{sftp_server.FOLDER}/acme"}, texts


def test_a_backup_goes_to_sftp_and_a_foreign_host_key_is_refused(company, sftp):
    repository, texts = sftp
    secrets = company.world.secrets(**{"odoo.conf": company.conf, **texts})
    backup = company.backup(repository, secrets=secrets)
    assert company.restore(repository, backup["snapshot"], "from_sftp", secrets=secrets).ok
    foreign = {**texts, "sftp-known-hosts": texts["sftp-known-hosts"].replace("[sftp]", "[other]")}
    refused = company.backup(repository, secrets=company.world.secrets(**foreign), run=2)
    assert "refused us" in refused.cause and "Host key verification failed" in refused.cause
