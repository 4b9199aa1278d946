"""The platform's own services are hard boxes too, on a developer's machine and on a server."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from provision import docker_engine, platform, services

ROOT = Path(__file__).resolve().parents[2]
NGINX = {"CHOWN", "SETUID", "SETGID", "KILL", "NET_BIND_SERVICE"}
# Which of root's rights a service keeps. Whoever is not named here keeps none.
MAY_KEEP = {
    "edge": NGINX,
    "management": {"CHOWN", "DAC_OVERRIDE", "SETUID", "SETGID"},
    "registry": {"CHOWN", "SETUID", "SETGID"},
}
IS_ROOT = {"edge", "registry", "management"}


@pytest.fixture
def made(monkeypatch, tmp_path):
    """The words of `docker service create` of each service, by its name."""
    found = {}
    settings = SimpleNamespace(
        instance="i",
        label="ipai.instance=i",
        domain="localhost",
        ports={"registry": 1, "edge": 2, "odoo": 3},
        named=lambda name: f"i-{name}",
    )

    def note(_commands, settings, service):
        found[service.name.removeprefix("i-")] = services.create_words(settings, service)
        return "created"

    monkeypatch.setattr(platform, "ensure_service", note)
    monkeypatch.setattr(platform, "ensure_loaded", lambda *_given: "sha256:1")
    for name in ("wait_for_registry", "wait_until_running"):
        monkeypatch.setattr(platform, name, lambda *_given: None)
    monkeypatch.setattr(platform, "gateway_address", lambda _commands: "172.18.0.1")
    monkeypatch.setattr(platform, "subnets", lambda *_given: ["10.0.0.0/24"])
    monkeypatch.setattr(platform, "host_addresses", lambda _commands: ["192.0.2.2"])
    platform.ensure_registry(None, settings, {"registry": None})
    images = dict.fromkeys(("postgres", "edge", "gate"), "image@sha256:1")
    platform.ensure_platform_services(None, settings, images)
    return found


def values(words, option):
    return [words[place + 1] for place, word in enumerate(words) if word == option]


def test_each_service_is_read_only_and_limited_and_keeps_no_right_it_does_not_need(made):
    assert len(made) == 6
    for name, words in made.items():
        assert "--read-only" in words, name
        assert values(words, "--cap-drop") == ["ALL"], name
        assert set(values(words, "--cap-add")) == MAY_KEEP.get(name, set()), name
        assert 0 < int(values(words, "--limit-pids")[0]) <= 2048, name
        assert any("type=tmpfs,target=/run" in mount for mount in values(words, "--mount")), name


def test_a_busy_machine_is_no_reason_to_stop_a_service(made):
    for name, words in made.items():
        assert values(words, "--health-timeout") == ["30s"], name


def test_a_service_says_who_it_runs_as_and_is_root_only_where_it_must(made):
    for name, words in made.items():
        [user] = values(words, "--user")
        assert (user == "0:0") == (name in IS_ROOT), name


@pytest.mark.parametrize("file", ["stack.yml", "registry.yml"])
def test_the_stacks_services_are_the_same_boxes(file):
    stack = yaml.safe_load((ROOT / "deploy" / file).read_text(encoding="utf-8"))
    for name, service in stack["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert set(service.get("cap_add", ())) == MAY_KEEP.get(name, set()), name
        assert 0 < service["deploy"]["resources"]["limits"]["pids"] <= 2048, name
        assert service["ulimits"] == {"core": 0}, name
        is_checked = name != "registry"
        assert ("healthcheck" in service) == is_checked, name
        targets = [v["target"] for v in service["volumes"] if isinstance(v, dict)]
        assert {"/tmp", "/run"} <= set(targets), name
        assert (service.get("user", "0:0") == "0:0") == (name in IS_ROOT), name


def test_no_container_of_an_engine_that_we_start_gains_a_privilege():
    assert "--no-new-privileges" in docker_engine.daemon_words("/usr/sbin/dockerd")
