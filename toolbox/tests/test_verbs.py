"""Whole verbs, with a recorded docker command and a small real registry."""

import json
import os
import sys
from dataclasses import replace

import pytest
from test_servers import DIGEST, MANIFEST
from toolbox_samples import addon, make_spec

from ipai_toolbox.job import Job
from ipai_toolbox.outcome import Failure
from ipai_toolbox.verbs import build, serve, sweep

DOCKER = """#!{python}
import json, os, sys
words = sys.argv[1:]
with open({log!r}, "a") as log:
    log.write(json.dumps(words) + "\\n")
answers = json.load(open({answers!r}))
for start, (status, out, err) in answers.items():
    if " ".join(words).startswith(start):
        print(out)
        print(err, file=sys.stderr)
        sys.exit(status)
"""
BASE = [{"Id": "sha256:b", "RepoDigests": ["r:1/i/odoo@sha256:bb"], "Config": {"User": "odoo"}}]


@pytest.fixture
def docker(tmp_path, monkeypatch):
    """A docker command that answers as told and remembers how it was called."""
    folder = tmp_path / "bin"
    folder.mkdir()
    log, answers = folder / "calls.jsonl", folder / "answers.json"
    program = folder / "docker"
    program.write_text(DOCKER.format(python=sys.executable, log=str(log), answers=str(answers)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return FakeDocker(log, answers)


class FakeDocker:
    def __init__(self, log, answers):
        self._log, self._answers = log, answers
        self.answer({})

    def answer(self, answers: dict[str, tuple[int, str, str]]) -> None:
        usual = {"version": (0, "20.10", ""), "image inspect": (0, json.dumps(BASE), "")}
        self._answers.write_text(json.dumps({**usual, **answers}))

    @property
    def calls(self) -> list[list[str]]:
        return (
            [json.loads(line) for line in self._log.read_text().splitlines()]
            if self._log.exists()
            else []
        )

    def call(self, *start: str) -> list[str]:
        return next(words for words in self.calls if words[: len(start)] == list(start))


@pytest.fixture
def build_job(http_server, make_repo, places, events):
    repo = make_repo()
    repo.commit(
        {"shop/__manifest__.py": addon(depends=["sale"]), "shop/tests/test_a.py": ""},
        subject="Shop",
    )
    spec = make_spec(
        instance="ipai",
        project="demo",
        repository_url=repo.url,
        ref="refs/heads/main",
        commit=None,
        base_image="127.0.0.1:5/ipai/odoo@sha256:bb",
        platform_images=["127.0.0.1:5/ipai/odoo@sha256:bb"],
        registry="127.0.0.1:5",
        registry_internal=http_server.address,
    )
    return Job(spec, events, places)


def has_image_after_push(server, docker):
    def manifest(_request):
        if any(words[0] == "push" for words in docker.calls):
            return 200, {"Docker-Content-Digest": DIGEST}, json.dumps(MANIFEST)
        return 404, {}, ""

    class Table(dict):
        def get(self, key, default=None):
            return manifest if key.startswith("GET /v2/ipai/demo/manifests/") else default

    server.table = Table()


def test_a_new_commit_is_built_pushed_and_described(build_job, http_server, docker):
    has_image_after_push(http_server, docker)
    docker.answer({"push": (0, f"tag: digest: {DIGEST} size: 9", "")})
    result = build.run(build_job)
    assert result["image"] == f"127.0.0.1:5/ipai/demo@{DIGEST}"
    assert (result["found"], result["size_bytes"], result["subject"]) == (False, 1110, "Shop")
    assert (result["install"], result["tests"], result["depends"]) == (
        ["shop"],
        ["/shop"],
        {"shop": ["sale"]},
    )
    words = docker.call("build")
    assert f"ipai.commit={result['commit']}" in words
    assert f"127.0.0.1:5/ipai/demo:{result['fingerprint'][:16]}" in words


def test_a_build_keeps_its_caches_apart_and_names_no_other_project(build_job, http_server, docker):
    has_image_after_push(http_server, docker)
    said = f"5f70: Mounted from ipai/uxshop\n6a7b: Pushed\ntag: digest: {DIGEST} size: 9"
    docker.answer({"push": (0, said, "")})
    build.run(build_job)
    assert "BUILDKIT_CACHE_MOUNT_NS=ipai/demo" in docker.call("build")
    messages = [message for _level, message, _payload in build_job.events.said]
    assert "6a7b: Pushed" in messages
    assert not any("uxshop" in message for message in messages)


def test_a_base_image_of_another_project_is_not_even_pulled(build_job, docker):
    order = {**build_job.spec.values, "base_image": f"127.0.0.1:5/ipai/uxshop@{DIGEST}"}
    with pytest.raises(Failure, match="belongs to somebody else"):
        build.run(replace(build_job, spec=replace(build_job.spec, values=order)))
    assert not any(words[0] in ("pull", "image") for words in docker.calls)


def test_an_image_that_the_registry_has_is_not_built_again(build_job, http_server, docker):
    has_image_after_push(http_server, docker)
    build.run(build_job)
    again = build.run(build_job)
    assert again["found"] is True
    assert sum(words[0] == "build" for words in docker.calls) == 1


def test_the_secrets_of_a_build_are_never_on_a_command_line(build_job, http_server, docker):
    has_image_after_push(http_server, docker)
    (build_job.places.secrets / "docker-config.json").write_text(
        '{"auths": {"x": {"auth": "c2VjcmV0"}}}'
    )
    build.run(build_job)
    assert "c2VjcmV0" not in json.dumps(docker.calls)


@pytest.mark.parametrize(
    "answers,cause",
    [
        ({"version": (1, "", "Cannot connect to the Docker daemon")}, "Docker does not answer"),
        ({"build": (1, "#5 1.0 E: Unable to locate package nope", "")}, "apt.txt asks for nope"),
        (
            {"push": (1, "received unexpected HTTP status: no space left on device", "")},
            "disk of the build machine",
        ),
        (
            {"image inspect": (1, "", "No such image"), "pull": (1, "", "manifest unknown")},
            "cannot be pulled",
        ),
    ],
)
def test_each_way_a_build_can_fail_is_one_sentence(build_job, docker, answers, cause):
    docker.answer(answers)
    with pytest.raises(Failure, match=cause):
        build.run(build_job)


OWN = {"ipai.instance": "ipai", "ipai.environment": "7"}


def sweep_job(http_server, places, events, **values) -> Job:
    labels = dict.fromkeys(values.get("volumes", ()), OWN)
    values = {"volume_labels": labels, **values}
    return Job(make_spec(registry_internal=http_server.address, **values), events, places)


def test_a_sweep_removes_what_is_there_and_names_what_is_not(http_server, docker, places, events):
    http_server.table = {f"DELETE /v2/i/demo/manifests/{DIGEST}": (202, {}, "")}
    docker.answer(
        {
            "volume inspect --format {{json .Labels}} data": (0, json.dumps(OWN), ""),
            "volume inspect --format {{json .Labels}} gone": (1, "", "Error: No such volume: gone"),
            "volume rm gone": (1, "", "Error: No such volume: gone"),
            "image inspect": (1, "", "no"),
        }
    )
    job = sweep_job(
        http_server,
        places,
        events,
        volumes=["data", "gone"],
        secrets=["conf"],
        images=[f"127.0.0.1:5/i/demo@{DIGEST}"],
    )
    result = sweep.run(job)
    assert result == {
        "removed": ["data", "conf", f"127.0.0.1:5/i/demo@{DIGEST}"],
        "missing": ["gone"],
    }
    assert ["secret", "rm", "conf"] in docker.calls


def test_a_service_is_removed_before_its_volume_and_its_ended_containers_go(
    http_server, docker, places, events
):
    docker.answer(
        {
            "ps --all --quiet --filter label": (0, "", ""),
            "volume inspect": (0, json.dumps(OWN), ""),
        }
    )
    values = {"services": ["target"], "volumes": ["data"]}
    result = sweep.run(sweep_job(http_server, places, events, **values))
    assert result["removed"] == ["target", "data"]
    removals = [call[:2] for call in docker.calls if "rm" in call]
    assert removals.index(["service", "rm"]) < removals.index(["volume", "rm"])


OTHERS = {
    "environment number 8": {**OWN, "ipai.environment": "8"},
    "the instance other": {**OWN, "ipai.instance": "other"},
    "no label": {"com.example": "by hand"},
    "its label names none": {"ipai.instance": "ipai"},
}


@pytest.mark.parametrize("says", OTHERS)
def test_a_sweep_removes_nothing_when_a_volume_is_not_its_environments(
    http_server, docker, places, events, says
):
    docker.answer({"volume inspect": (0, json.dumps(OTHERS[says]), "")})
    values = {"volumes": ["theirs"], "secrets": ["conf"]}
    with pytest.raises(Failure, match=says) as refused:
        sweep.run(sweep_job(http_server, places, events, **values))
    assert "docker volume rm theirs" in refused.value.hint
    assert not [call for call in docker.calls if "rm" in call]


def test_a_volume_of_an_earlier_release_says_its_environment_by_its_name(
    http_server, docker, places, events
):
    docker.answer({"volume inspect": (0, '{"ipai.instance": "ipai"}', "")})
    own, theirs = "ipai-env-7-data", "ipai-env-8-data"
    swept = sweep.run(sweep_job(http_server, places, events, volumes=[own]))
    assert swept["removed"] == [own]
    with pytest.raises(Failure, match="environment number 8"):
        sweep.run(sweep_job(http_server, places, events, volumes=[theirs]))


def test_a_sweep_that_is_not_told_whose_a_volume_is_removes_none(
    http_server, docker, places, events
):
    values = {"volumes": ["data"], "volume_labels": {}}
    with pytest.raises(Failure, match="does not say whose the volume data is"):
        sweep.run(sweep_job(http_server, places, events, **values))
    assert not docker.calls


def test_a_volume_in_use_is_a_sentence(http_server, docker, places, events, monkeypatch):
    monkeypatch.setattr(sweep, "IN_USE_SECONDS", 0)
    in_use = (1, "", "Error: remove data: volume is in use - [abc]")
    docker.answer({"volume inspect": (0, json.dumps(OWN), ""), "volume rm": in_use})
    with pytest.raises(Failure, match="The volume data is still used"):
        sweep.run(sweep_job(http_server, places, events, volumes=["data"]))


def test_the_server_gets_its_configuration_and_the_images_addons(places, tmp_path, monkeypatch):
    program = tmp_path / "bin" / "odoo"
    program.parent.mkdir()
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    with pytest.raises(Failure, match="There is no"):
        serve.server_command(places)
    places.odoo_conf.write_text("[options]\n")
    (places.odoo_addons / "shop").mkdir(parents=True)
    (places.odoo_addons / "shop/__manifest__.py").write_text(addon())
    assert serve.server_command(places) == [
        str(program),
        "--config",
        str(places.odoo_conf),
        "--addons-path",
        str(places.odoo_addons),
    ]


def test_an_image_without_odoo_is_told(places, monkeypatch):
    places.odoo_conf.write_text("[options]\n")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Failure, match="no Odoo in the image"):
        serve.server_command(places)
