"""Who may do what in the registry: the platform everything, a build only what is its project's."""

import base64
import importlib.util
import json
from pathlib import Path

import pytest
from ipai_ops.engine import registry_login

ROOT = Path(__file__).resolve().parents[2]
NOW, END = 1_800_000_000, 1_800_000_100
KEY = "the-platforms-word"
DIGEST = "sha256:" + "a" * 64
MOUNT = f"/v2/ipai/acme/blobs/uploads/?mount=sha256%3A{'a' * 64}&from="


def door():
    """Return the program that runs in the registry's image."""
    spec = importlib.util.spec_from_file_location("door", ROOT / "images/registry/door.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Door(KEY, "ipai", now=lambda: NOW)


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def as_build(code="acme", end=END, key=KEY):
    return basic(*registry_login.build_login(key, "ipai", code, end))


@pytest.mark.parametrize(
    ("method", "uri"),
    [
        ("GET", "/v2/"),
        ("HEAD", f"/v2/ipai/acme/manifests/{DIGEST}"),
        ("GET", "/v2/ipai/acme/manifests/0123456789abcdef"),
        ("GET", f"/v2/ipai/acme/blobs/{DIGEST}"),
        ("GET", "/v2/ipai/acme/tags/list?n=10"),
        ("GET", f"/v2/ipai/odoo/manifests/{DIGEST}"),
        ("GET", f"/v2/ipai/odoo/blobs/{DIGEST}"),
        ("POST", "/v2/ipai/acme/blobs/uploads/"),
        ("PATCH", "/v2/ipai/acme/blobs/uploads/0b0c-1?_state=x%3D"),
        ("PUT", f"/v2/ipai/acme/blobs/uploads/0b0c-1?_state=x&digest={DIGEST}"),
        ("DELETE", "/v2/ipai/acme/blobs/uploads/0b0c-1?_state=x"),
        ("PUT", "/v2/ipai/acme/manifests/0123456789abcdef"),
        ("POST", MOUNT + "ipai%2Fodoo"),
        ("POST", MOUNT + "ipai/acme"),
    ],
)
def test_a_build_pulls_and_pushes_what_is_its_own(method, uri):
    assert door().status(method, uri, as_build()) == 204


@pytest.mark.parametrize(
    ("method", "uri"),
    [
        ("GET", "/v2/_catalog"),
        ("GET", "/v2/_catalog?n=1000"),
        ("GET", f"/v2/ipai/demo/manifests/{DIGEST}"),
        ("HEAD", f"/v2/ipai/demo/blobs/{DIGEST}"),
        ("GET", "/v2/ipai/demo/tags/list"),
        ("GET", "/v2/ipai/acme-two/tags/list"),
        ("GET", "/v2/ipaitest/acme/tags/list"),
        ("GET", f"/v2/ipai/acme/../demo/manifests/{DIGEST}"),
        ("GET", f"/v2/ipai/acme/%2e%2e/demo/manifests/{DIGEST}"),
        ("GET", f"/v2/ipai%2Fdemo/manifests/{DIGEST}"),
        ("GET", f"/v2//ipai/acme/manifests/{DIGEST}"),
        ("GET", f"/v2/ipai/acme/manifests/../../demo/manifests/{DIGEST}"),
        ("GET", f"//v2/ipai/demo/manifests/{DIGEST}"),
        ("GET", f"http://x/v2/ipai/demo/manifests/{DIGEST}"),
        ("GET", "/debug/pprof/"),
        ("POST", "/v2/"),
        ("POST", "/v2/ipai/demo/blobs/uploads/"),
        ("PUT", "/v2/ipai/odoo/manifests/latest"),
        ("POST", "/v2/ipai/odoo/blobs/uploads/"),
        ("POST", MOUNT + "ipai%2Fdemo"),
        ("POST", MOUNT + "ipai/demo"),
        ("POST", MOUNT + "ipai%2Facme&from=ipai%2Fdemo"),
        ("POST", MOUNT.replace("from", "FROM") + "ipai/demo"),
        ("POST", MOUNT + "ipai%2Facme;from=ipai%2Fdemo"),
        ("POST", MOUNT.replace("&", ";") + "ipai%2Fdemo"),
        ("POST", MOUNT + "ipai%252Fdemo"),
        ("POST", MOUNT.replace("from", "%66rom") + "ipai/demo"),
        ("DELETE", f"/v2/ipai/acme/manifests/{DIGEST}"),
        ("DELETE", f"/v2/ipai/acme/blobs/{DIGEST}"),
        ("CONNECT", f"/v2/ipai/acme/manifests/{DIGEST}"),
        ("PROPFIND", f"/v2/ipai/acme/manifests/{DIGEST}"),
    ],
)
def test_a_build_reaches_nothing_of_others(method, uri):
    assert door().status(method, uri, as_build()) == 403


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic",
        "Basic !!",
        "Bearer x",
        basic("ipai", "wrong"),
        basic("", ""),
        basic("acme", KEY),
        basic(f"acme.{END}", KEY),
        basic(f"acme.{END + 999}", registry_login.build_login(KEY, "ipai", "acme", END)[1]),
        basic(f"demo.{END}", registry_login.build_login(KEY, "ipai", "acme", END)[1]),
        as_build(key="another-word"),
        as_build(end=NOW - 1),
        basic(f"acme.{END}", registry_login.build_login(KEY, "other", "acme", END)[1]),
        basic(f"acme.{END}", "pässwörd"),
    ],
)
def test_no_other_login_opens_the_registry(authorization):
    assert door().status("GET", "/v2/ipai/acme/tags/list", authorization) == 401


def test_the_platform_itself_may_do_everything():
    for method, uri in (("GET", "/v2/_catalog"), ("DELETE", f"/v2/ipai/demo/manifests/{DIGEST}")):
        assert door().status(method, uri, basic("ipai", KEY)) == 204


def test_a_docker_client_finds_the_login_under_each_name():
    told = json.loads(registry_login.docker_config(("127.0.0.1:1", "registry:5000"), "u", "p"))
    assert told == {"auths": {"127.0.0.1:1": {"auth": "dTpw"}, "registry:5000": {"auth": "dTpw"}}}
