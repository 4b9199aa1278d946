"""A disk that is really full ends a build with one sentence that says so."""

import json
import os
import subprocess

import pytest

from provision import docker_engine

TIMEOUT_SECONDS = 120
MIRROR_BYTES = "1m"
TOO_LARGE_BYTES = 4 << 20


@pytest.fixture(scope="module")
def large(new_project):
    """A repository that does not fit on the disk that follows."""
    project = new_project("large")
    repository = project.repository.addon("large_base")
    (repository.clone / "large.bin").write_bytes(os.urandom(TOO_LARGE_BYTES))
    repository.push("Too large")
    return project


def build_on_a_full_disk(suite, project, toolbox):
    """Run the builder's verb in its own image, with a disk for mirrors of one megabyte."""
    facts = suite.facts
    order = {
        "run": 1,
        "step": "build",
        "attempt": 1,
        "fence": "1-build-1",
        "instance": facts["instance"],
        "project": project.code,
        "repository_url": project.repository.url,
        "ref": "refs/heads/main",
        "commit": None,
        "base_image": facts["images"]["odoo"],
        "platform_images": [facts["images"]["odoo"]],
        "own_repositories": facts["own_repositories"],
        "registry": facts["registry"]["address"],
        "registry_internal": facts["registry"]["internal"],
        "extra_repositories": [],
    }
    command = docker_engine.docker(
        "run",
        "--rm",
        f"--network={facts['networks']['control']}",
        # The firewall knows a job by its service's name.
        f"--label=com.docker.swarm.service.name={facts['instance']}-run-0-build-1",
        f"--tmpfs=/ipai/mirrors:size={MIRROR_BYTES}",
        "--tmpfs=/ipai/spool",
        "--volume=/var/run/docker.sock:/var/run/docker.sock",
        f"--volume={toolbox}:/ipai/toolbox.pyz:ro",
        f"--env=IPAI_SPEC={json.dumps(order)}",
        facts["images"]["tools"],
        "python3",
        "/ipai/toolbox.pyz",
        "build",
    )
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
    )
    return json.loads(done.stdout.splitlines()[-1])["result"]


def test_a_full_disk_is_one_sentence_with_what_to_do(suite, large, tmp_path):
    toolbox = tmp_path / "toolbox.pyz"
    toolbox.write_bytes(toolbox_zip(suite.facts["toolbox"]))
    result = build_on_a_full_disk(suite, large, toolbox)
    assert result["ok"] is False
    assert "disk" in result["cause"] and "full" in result["cause"], result
    assert result["hint"]


def toolbox_zip(folder):
    from ipai_ops.adapters.local.platform_facts import toolbox_zip

    return toolbox_zip(folder)
