"""What Docker sends as a log becomes lines with cursors, and nothing else does."""

from types import SimpleNamespace

import pytest
from docker.errors import APIError
from ipai_ops.adapters import swarm
from ipai_ops.adapters.swarm_client import SwarmClient
from ipai_ops.engine.ports import RuntimeRefused

FIRST = "2026-11-23T03:57:31.276330823Z"
SECOND = "2026-11-23T03:57:32.000000001Z"
COMPLAINT = b"Error grabbing logs: rpc error: task j34b has not been scheduled"


def lines(*frames, after=""):
    return [(line.cursor, line.text) for line in swarm._lines(frames, after)]


def test_a_complaint_of_docker_is_no_line_of_the_container():
    frames = (COMPLAINT, f"{FIRST} hello\n".encode())
    assert lines(*frames) == [(FIRST, "hello")]


def test_only_a_complaint_leaves_no_line_and_so_no_cursor():
    assert lines(COMPLAINT) == []


def test_the_pieces_of_a_long_line_become_one():
    assert lines(f"{FIRST} he".encode(), f"{FIRST} llo\n".encode()) == [(FIRST, "hello")]


def test_what_was_read_before_is_not_read_again():
    frames = (f"{FIRST} old\n".encode(), f"{SECOND} new\n".encode())
    assert lines(*frames, after=FIRST) == [(SECOND, "new")]


@pytest.mark.parametrize("cursor", ["", "Error", "2026-11"])
def test_a_cursor_that_is_no_time_reads_from_the_start(cursor):
    assert swarm._since(cursor) == "0"


class Docker(SwarmClient):
    """Our client with no Docker behind it: one task, and which of the two places answers."""

    def __init__(self, task, **statuses):
        self.task, self.statuses, self.asked = task, statuses, []

    def tasks(self, filters):
        return [self.task]

    def _url(self, path, *parts):
        return path.format(*parts)

    def _get(self, url, **_options):
        self.asked.append(url)
        status = self.statuses[url.split("/")[1]]
        return SimpleNamespace(ok=status == 200, status_code=status)

    def _raise_for_status(self, response):
        if not response.ok:
            raise APIError("It is gone.", SimpleNamespace(status_code=404), "it is gone")

    def _multiplexed_buffer_helper(self, _response):
        return [f"{FIRST} hello\n".encode()]


def logs(docker):
    runtime = swarm.SwarmRuntime(SimpleNamespace(), "")
    runtime._connection = docker
    return [line.text for line in runtime.logs("job", "")]


def task(container="c1"):
    status = {"ContainerStatus": {"ContainerID": container}} if container else {}
    return {"ID": "t1", "Slot": 1, "CreatedAt": FIRST, "Status": {"State": "running", **status}}


def test_a_container_of_this_node_is_asked_itself():
    docker = Docker(task(), containers=200)
    assert logs(docker) == ["hello"]
    assert docker.asked == ["/containers/c1/logs"]


@pytest.mark.parametrize("status", [404, 409])
def test_swarm_is_asked_for_one_of_another_node_or_one_that_is_leaving(status):
    docker = Docker(task(), containers=status, tasks=200)
    assert logs(docker) == ["hello"]
    assert docker.asked == ["/containers/c1/logs", "/tasks/t1/logs"]


def test_swarm_is_asked_for_one_that_is_not_there_yet():
    docker = Docker(task(container=""), tasks=200)
    assert logs(docker) == ["hello"]
    assert docker.asked == ["/tasks/t1/logs"]


def test_no_answer_of_either_is_said():
    with pytest.raises(RuntimeRefused, match="it is gone"):
        logs(Docker(task(), containers=404, tasks=404))
