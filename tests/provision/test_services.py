"""The platform's own services are hard boxes too, on a developer's machine and on a server."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from provision import docker_engine, firewall, limits, platform, services
from provision.settings import read_settings
from provision.trouble import Trouble

ROOT = Path(__file__).resolve().parents[2]
NGINX = {"CHOWN", "SETUID", "SETGID", "KILL", "NET_BIND_SERVICE"}
# Which of root's rights a service keeps. Whoever is not named here keeps none.
MAY_KEEP = {
    "edge": NGINX,
    "management": {"CHOWN", "DAC_OVERRIDE", "SETUID", "SETGID"},
    "registry": {"CHOWN", "SETUID", "SETGID"},
}
MACHINE = (2, 4 << 30)  # the smallest that is supported: processors, bytes of memory
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
        limits={},
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
    monkeypatch.setattr(platform, "machine_of", lambda _commands: MACHINE)
    platform.ensure_registry(None, settings, {"registry": None})
    images = dict.fromkeys(("postgres", "edge", "gate"), "image@sha256:1")
    platform.ensure_platform_services(None, settings, images)
    return found


def deployed():
    """The services of the stack, by name, with the variables that script/stack fills in."""
    found, known = {}, limits.variables(MACHINE, {})
    for file in ("registry.yml", "stack.yml"):
        text = (ROOT / "deploy" / file).read_text(encoding="utf-8")
        for name, value in known.items():
            text = text.replace(f"${{{name}}}", value)
        found |= yaml.safe_load(text)["services"]
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


def test_each_service_has_the_same_limits_of_memory_processors_and_processes_in_both_descriptions(
    made,
):
    of_stack = {
        name: service["deploy"]["resources"]["limits"] for name, service in deployed().items()
    }
    assert set(made) == set(of_stack) - {"management", "postgres-management"}
    for name, found in of_stack.items():
        known = limits.limits_of(limits.kind_of(name), MACHINE, {})
        expected = {"memory": known.memory, "cpus": known.cpus, "pids": known.pids}
        assert found == expected, name
        if words := made.get(name):
            options = ("--limit-memory", "--limit-cpu", "--limit-pids")
            told = [values(words, option) for option in options]
            assert told == [[known.memory], [known.cpus], [str(known.pids)]], name


def test_the_firewalls_container_is_limited_too(tmp_path):
    settings = SimpleNamespace(
        instance="i", checkout=ROOT, state=tmp_path, ports={}, named=lambda name: f"i-{name}"
    )
    settings.builds_may_reach = settings.targets_may_reach = ""
    words = firewall.run_words(settings, "image")
    for option in ("--memory", "--cpus", "--pids-limit"):
        assert len(values(words, option)) == 1


@pytest.mark.parametrize("machine", [(1, 1 << 30), MACHINE, (64, 512 << 30)])
def test_limits_fit_the_machine_and_leave_postgresql_what_its_connections_need(machine):
    for kind in limits.SHARES:
        found = limits.limits_of(kind, machine, {})
        assert 0 < float(found.cpus) <= machine[0], "Docker refuses more than there are"
        assert found.memory_mb >= 256
    postgres = limits.limits_of("postgres", machine, {})
    shared, buffers_of_parallel_work = 256, 256
    assert postgres.memory_mb >= 2048 > 2 * (shared + buffers_of_parallel_work)
    assert postgres.memory_mb > machine[1] / limits.MEBIBYTE * 0.75 - limits.STEP_MB


def test_a_person_sets_limits_and_more_processors_than_there_are_become_all_there_are():
    chosen = limits.read_limits({"IPAI_MEMORY_POSTGRES": "6000", "IPAI_CPUS_EDGE": "4.5"})
    assert limits.limits_of("postgres", MACHINE, chosen).memory == "6000M"
    assert limits.limits_of("edge", MACHINE, chosen).cpus == "2"
    assert limits.variables(MACHINE, chosen)["IPAI_MEMORY_POSTGRES"] == "6000M"


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("IPAI_MEMORY_POSTGRES", "2g"),
        ("IPAI_MEMORY_GATE", "63"),
        ("IPAI_CPUS_EDGE", "0"),
        ("IPAI_CPUS_EDGE", "-1"),
        ("IPAI_CPUS_MANAGEMENT", "many"),
    ],
)
def test_what_is_no_limit_is_named_with_its_variable(variable, text):
    with pytest.raises(Trouble, match=f"{variable} is “{text}”: give a number of"):
        read_settings({variable: text}, ROOT)


def test_no_container_of_an_engine_that_we_start_gains_a_privilege():
    assert "--no-new-privileges" in docker_engine.daemon_words("/usr/sbin/dockerd")
