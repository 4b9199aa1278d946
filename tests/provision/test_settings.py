"""What a person may set, and what they are told when it cannot work."""

from pathlib import Path

import pytest

from provision.settings import read_settings
from provision.trouble import Trouble

CHECKOUT = Path("/checkout")


def test_nothing_set_is_the_usual_instance():
    settings = read_settings({}, CHECKOUT)
    assert settings.instance == "ipai"
    assert settings.state == Path("/var/lib/ipai/ipai")
    assert settings.ports["edge"] == 8080
    assert settings.named("edge") == "ipai-edge"


def test_the_test_instance_has_ports_of_its_own():
    ours = read_settings({"IPAI_INSTANCE": "ipaitest"}, CHECKOUT).ports
    usual = read_settings({}, CHECKOUT).ports
    shared = {name for name in ours if ours[name] == usual[name]}
    assert shared == {"http", "https"}


def test_a_port_can_be_chosen():
    assert read_settings({"IPAI_PORT_EDGE": "9000"}, CHECKOUT).ports["edge"] == 9000


@pytest.mark.parametrize("text", ["0", "65536", "http", "-1", ""])
def test_what_is_no_port_is_named_with_its_variable(text):
    with pytest.raises(Trouble, match=r"IPAI_PORT_GIT is “.*”: use a port number"):
        read_settings({"IPAI_PORT_GIT": text}, CHECKOUT)


@pytest.mark.parametrize("name", ["", "Ipai", "a", "with-dash", "x" * 30, "../etc"])
def test_an_instance_name_that_docker_could_not_use_is_refused(name):
    with pytest.raises(Trouble, match="IPAI_INSTANCE"):
        read_settings({"IPAI_INSTANCE": name}, CHECKOUT)
