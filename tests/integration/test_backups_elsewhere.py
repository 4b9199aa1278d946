"""A project's backups lie in an object store or on an SSH server: taken, proven and brought back by runs."""

import socket
from contextlib import closing

import pytest
import sftp_server
from docker.types import Mount
from object_store import KEYS, Store
from parity import parity
from test_data import back_up


class Objects:
    """An S3 server at the address where jobs reach the Git daemon."""

    secret = KEYS["secret_key"]

    def __init__(self, host, folder):
        self.host, self.store = host, Store(host, folder)

    def values(self, code):
        keys = {f"new_s3_{name}": value for name, value in KEYS.items()}
        place = {"kind": "s3", "endpoint": self.store.url, "bucket": "backups"}
        return {**place, "prefix": code, **keys}

    def files(self, code):
        listed = self.store.client.list_objects_v2(Bucket="backups", Prefix=f"{code}/")
        return [item["Key"] for item in listed["Contents"]]

    def close(self):
        self.store.close()


class Files:
    """An OpenSSH server in a container, at a port of that address."""

    def __init__(self, host, folder, client, image):
        self.host, self.port = host, free_port(host)
        self.secret, self.host_key = sftp_server.make_keys(folder)
        self.container = client.containers.run(
            image,
            ["sh", "-ec", sftp_server.SCRIPT],
            entrypoint="",
            mounts=[Mount("/keys", str(folder), "bind", read_only=True)],
            ports={f"{sftp_server.PORT}/tcp": (host, self.port)},
            user="0:0",
            detach=True,
        )

    def wait(self):
        sftp_server.wait_until_it_listens(self.container)
        return self

    def values(self, code):
        known = f"[{self.host}]:{self.port} {self.host_key}"
        place = {"kind": "sftp", "host": self.host, "port": self.port, "user": sftp_server.USER}
        keys = {"new_sftp_key": self.secret, "sftp_known_hosts": known}
        return {**place, "path": f"{sftp_server.FOLDER}/{code}", **keys}

    def files(self, code):
        found = self.container.exec_run(["find", f"{sftp_server.FOLDER}/{code}", "-type", "f"])
        return found.output.decode().splitlines()

    def close(self):
        self.container.remove(force=True)


def free_port(host):
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module", params=["s3", "sftp"])
def place(request, suite, docker_world, tmp_path_factory):
    """Where the backups go."""
    host = suite.facts["control_url"].split("/")[2].partition(":")[0]
    folder = tmp_path_factory.mktemp("place")
    if request.param == "s3":
        with closing(Objects(host, folder)) as objects:
            yield objects
    else:
        tools = suite.facts["images"]["tools"]
        with closing(Files(host, folder, docker_world.client, tools)) as files:
            yield files.wait()


@pytest.fixture(scope="module")
def shop(suite, new_project, place):
    """A deployed project whose new backups go there: its code, its environment."""
    project = new_project("afar")
    values = {"project_id": project.id, **place.values(project.code)}
    open_ = "ipai_ops.open_networks"  # what other tests opened stays open
    known = suite.call("ir.config_parameter", "get_param", open_) or ""
    suite.call("ir.config_parameter", "set_param", open_, f"{known}\n{place.host}")
    suite.call("ops.backup.repository", "create", values)
    project.repository.addon("acme_afar").push("First")
    run = suite.deploy(project.code)
    assert suite.finished(run)["state"] == "done", suite.log(run)
    production = suite.environment(project.id, stage="production")
    # Its schedule ends with the store: backups that wait for it in vain would take others' places.
    suite.call("ops.environment", "write", [production], {"backup_hours": 0})
    return project.code, production


@parity("U10")
def test_a_backup_is_proven_there_and_comes_back(suite, shop, place, docker_world):
    code, production = shop
    docker_world.mark(database_of(suite, production), "afar")
    backup = back_up(suite, production)
    assert backup["state"] == "proven", backup
    assert any("/data/" in name for name in place.files(code))
    docker_world.mark(database_of(suite, production), "later")
    run = suite.call("ops.backup", "restore_backup", backup["id"], production)
    assert suite.finished(run)["state"] == "done", suite.log(run)
    assert docker_world.marks(database_of(suite, production)) == ["afar"]


def test_the_key_to_it_is_in_no_log_and_no_order(suite, shop, place):
    runs = suite.search("ops.run", [["environment_id", "=", shop[1]]], "spec")
    domain = [["run_id", "in", [run["id"] for run in runs]]]
    said = suite.search("ops.run.event", domain, "message", "payload")
    assert said
    for line in filter(None, place.secret.splitlines()):
        assert not [told for told in (*runs, *said) if line in str(told)]


def database_of(suite, environment):
    return suite.read("ops.environment", environment, "database_name")["database_name"]
