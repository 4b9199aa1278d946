"""What is asked of the machine, and one clear sentence where it says no."""

import os
import socket
import threading

import pytest

from provision import machine, ports, processes
from provision.commands import Commands
from provision.trouble import Trouble


class Told:
    """Stands for the programs of the machine: one fixed answer."""

    def __init__(self, answer):
        self.answer = answer

    def run(self, *_command, **_options):
        return self.answer


@pytest.fixture
def commands(tmp_path):
    return Commands(tmp_path / "log" / "provision.log")


def test_the_mirror_is_the_machines_own():
    apt = "http://mirror.test/debian-security Debian\nhttp://mirror.test/debian/ Debian\n"
    assert machine.debian_mirror(Told(apt)) == "http://mirror.test/debian"


def test_a_chosen_mirror_wins():
    assert machine.debian_mirror(Told(""), "http://near.test/debian/") == "http://near.test/debian"


def test_a_machine_without_a_debian_mirror_says_what_to_set():
    with pytest.raises(Trouble, match="set IPAI_MIRROR"):
        machine.debian_mirror(Told("http://archive.test/ubuntu Ubuntu\n"))


def test_programs_of_this_machine_resolve_the_names_that_script_server_prints():
    found = socket.getaddrinfo("demo-main.localhost", 8080, type=socket.SOCK_STREAM)
    assert "127.0.0.1" in {address[0] for _family, _type, _protocol, _name, address in found}


def test_a_full_disk_is_told_before_the_work(tmp_path):
    with pytest.raises(Trouble, match=r"Only .* GiB are free under .*make room"):
        machine.require_room(tmp_path, 10**9)


def test_without_root_the_sentence_says_how(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(Trouble, match="sudo script/server"):
        machine.require_root()


def test_a_taken_port_names_its_owner():
    with socket.create_server(("127.0.0.1", 0)) as owner:
        port = owner.getsockname()[1]
        with pytest.raises(Trouble, match=rf"Port {port}, needed by the edge, .*pid {os.getpid()}"):
            ports.require_free_port(port, "the edge")


def test_a_port_whose_owner_is_just_ending_is_waited_for():
    owner = socket.create_server(("127.0.0.1", 0))
    ending = threading.Timer(0.5, owner.close)
    ending.start()
    ports.require_free_port(owner.getsockname()[1], "the edge", within_seconds=20)
    ending.join()
    assert owner.fileno() == -1


def test_a_free_port_is_no_trouble():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    assert ports.require_free_port(port, "the edge") is None


def test_a_failed_command_ends_in_one_sentence_with_its_last_words(commands):
    with pytest.raises(Trouble, match=r"It did not work: sh ended with 3, no such thing \(log: "):
        commands.run(
            ["sh", "-c", "echo first; echo no such thing >&2; exit 3"], why="It did not work"
        )


def test_a_command_that_hangs_is_ended(commands):
    with pytest.raises(Trouble, match=r"did not finish within 0\.2 s"):
        commands.run(["sleep", "30"], timeout=0.2)


def test_a_missing_program_is_named(commands):
    with pytest.raises(Trouble, match="“no-such-program” is missing"):
        commands.run(["no-such-program"])


def test_a_program_of_ours_is_known_until_it_ends(tmp_path):
    pid_path = tmp_path / "pid"
    started = processes.start_detached(["sleep", "60"], pid_path, tmp_path / "log")
    assert processes.running_pid(pid_path) == started
    assert processes.stop(pid_path)
    assert processes.running_pid(pid_path) is None
    assert not processes.stop(pid_path)


def test_another_program_with_a_reused_pid_is_not_ours(tmp_path):
    pid_path = tmp_path / "pid"
    pid_path.write_text(f"{os.getpid()} 1")
    assert processes.running_pid(pid_path) is None
