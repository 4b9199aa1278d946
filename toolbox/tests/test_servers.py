"""The verbs that talk over HTTP and SQL, against small real servers."""

import hashlib
import json
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from toolbox_samples import make_spec

from ipai_toolbox.job import Job
from ipai_toolbox.outcome import Failure
from ipai_toolbox.postgres import identifier, literal, scram_verifier, server_of
from ipai_toolbox.registry import basic_login, registry_for
from ipai_toolbox.verbs import probe, smoke

DIGEST = "sha256:" + "d" * 64
MANIFEST = {"config": {"size": 10}, "layers": [{"size": 100}, {"size": 1000}]}


def registry(server, login=""):
    config = json.dumps({"auths": {server.address: {"auth": login}}}) if login else None
    return registry_for(server.address, config, server_ca())


def server_ca():
    from pathlib import Path

    return Path("/no-bundle")


def test_an_image_is_found_with_digest_and_size_and_our_login(http_server):
    found = (200, {"Docker-Content-Digest": DIGEST}, json.dumps(MANIFEST))
    http_server.table["GET /v2/ipai/demo/manifests/abc"] = found
    login = basic_login("ipai", "pass")
    image = registry(http_server, login).find("ipai/demo", "abc")
    assert (image.digest, image.size_bytes) == (DIGEST, 1110)
    assert http_server.requests[0][1]["Authorization"] == f"Basic {login}"


def test_an_image_that_is_not_there_is_none(http_server):
    assert registry(http_server).find("ipai/demo", "abc") is None


def test_a_registry_with_token_login_is_understood(http_server):
    def manifest(request):
        if request.headers.get("Authorization") == "Bearer good":
            return 200, {"Docker-Content-Digest": DIGEST}, json.dumps(MANIFEST)
        realm = f"http://{http_server.address}/token"
        return (
            401,
            {"WWW-Authenticate": f'Bearer realm="{realm}",service="s",scope="repository:x:pull"'},
            "",
        )

    http_server.table["GET /v2/o/x/manifests/abc"] = manifest
    http_server.table["GET /token"] = (200, {}, '{"token": "good"}')
    assert registry(http_server, "bG9naW4=").find("o/x", "abc").digest == DIGEST


def test_a_registry_that_is_down_or_refuses_is_one_sentence(http_server):
    http_server.table["GET /v2/a/manifests/b"] = (401, {}, "")
    with pytest.raises(Failure, match="refused our credentials"):
        registry(http_server).find("a", "b")
    with pytest.raises(Failure, match="does not answer"):
        registry_for("127.0.0.1:1", None, server_ca()).find("a", "b")


def test_layers_are_shared_between_repositories_and_what_is_not_shared_is_called_off(http_server):
    uploads, asked = "/v2/ipai/demo/blobs/uploads/", []

    def begin(request):
        asked.append(dict(parse_qsl(urlsplit(request.path).query)))
        where = {"Location": f"http://{http_server.address}{uploads}1?_state=x"}
        return (201, {}, "") if asked[-1]["mount"] == "sha256:aa" else (202, where, "")

    manifest = {"layers": [{"digest": "sha256:aa"}, {"digest": "sha256:bb"}]}
    http_server.table = {
        "GET /v2/ipai/odoo/manifests/abc": (200, {}, json.dumps(manifest)),
        f"POST {uploads}": begin,
    }
    assert registry(http_server).share_layers("ipai/odoo", "abc", "ipai/demo") == 1
    assert {one["from"] for one in asked} == {"ipai/odoo"}
    assert http_server.requests[-1][0] == f"DELETE {uploads}1"


def test_an_image_that_is_not_there_has_no_layers_to_share(http_server):
    assert registry(http_server).share_layers("ipai/odoo", "abc", "ipai/demo") == 0


def test_an_image_is_deleted_once(http_server):
    http_server.table[f"DELETE /v2/a/manifests/{DIGEST}"] = (202, {}, "")
    assert registry(http_server).delete("a", DIGEST) is True
    assert registry(http_server).delete("b", DIGEST) is False


LOGIN_PAGE = '<form><input name="login"/><input name="password"/></form>'


def smoke_job(server, places, events, **more) -> Job:
    spec = make_spec(
        url=f"http://{server.address}", host="acme.localhost:8080", deadline_seconds=0.2, **more
    )
    return Job(spec, events, places)


def test_a_good_target_passes_and_is_asked_by_its_host_name(http_server, places, events):
    http_server.table = {
        "GET /web/health": (200, {}, "{}"),
        "GET /web/login": (200, {}, LOGIN_PAGE),
        "GET /websocket": (101, {}, ""),
    }
    assert smoke.run(smoke_job(http_server, places, events))["seconds"] < 5
    assert {headers["Host"] for _, headers in http_server.requests} == {"acme.localhost:8080"}
    assert http_server.requests[-1][1]["Upgrade"] == "websocket"


@pytest.mark.parametrize(
    "change,words",
    [
        ({"GET /web/health": (502, {}, "")}, "/web/health answers 502"),
        ({"GET /web/login": (200, {}, "Database manager")}, "/web/login has no login form"),
        ({"GET /websocket": (400, {}, "")}, "/websocket answers 400 instead of 101"),
    ],
)
def test_a_bad_target_is_told_after_the_deadline(http_server, places, events, change, words):
    http_server.table = {
        "GET /web/health": (200, {}, "{}"),
        "GET /web/login": (200, {}, LOGIN_PAGE),
        "GET /websocket": (101, {}, ""),
        **change,
    }
    with pytest.raises(Failure, match=words):
        smoke.run(smoke_job(http_server, places, events))


def test_smoke_waits_for_a_target_that_comes_up(http_server, places, events):
    answers = iter([502, 502])
    http_server.table = {"GET /web/health": lambda _: (next(answers, 200), {}, "{}")}
    job = smoke_job(http_server, places, events, paths=["/web/health"], websocket=False)
    job = Job(make_spec(**{**job.spec.values, "deadline_seconds": 20}), events, places)
    assert smoke.run(job)["seconds"] >= 1


@pytest.mark.parametrize(
    "health,login,status", [(200, 200, 0), (200, 303, 0), (200, 500, 1), (503, 200, 1)]
)
def test_the_probe_needs_health_and_a_loading_registry(http_server, health, login, status):
    http_server.table = {"GET /web/health": (health, {}, ""), "GET /web/login": (login, {}, "")}
    assert probe.main({"IPAI_PROBE_PORT": str(http_server.server_port)}, sleep=print) == status


@pytest.mark.parametrize("age, naps", [(5, []), (3600, [probe.CALM_SECONDS])])
def test_the_probe_of_a_calm_target_answers_slowly(http_server, monkeypatch, age, naps):
    http_server.table = {"GET /web/health": (200, {}, ""), "GET /web/login": (200, {}, "")}
    monkeypatch.setattr(probe, "_age_seconds", lambda: age)
    slept = []
    assert probe.main({"IPAI_PROBE_PORT": str(http_server.server_port)}, sleep=slept.append) == 0
    assert slept == naps


def test_the_probe_knows_how_long_its_container_has_been_running():
    assert 0 < probe._age_seconds() < float(Path("/proc/uptime").read_text().split()[0]) + 1


def test_the_probe_of_a_closed_port_fails():
    assert probe.main({"IPAI_PROBE_PORT": "1"}) == 1


def test_names_and_texts_are_quoted_for_sql():
    assert identifier('a"b') == '"a""b"'
    assert literal("it's \\ here") == " E'it''s \\\\ here'"
    with pytest.raises(Failure):
        identifier("")
    with pytest.raises(Failure):
        identifier("x" * 64)


def test_the_password_travels_as_a_scram_verifier():
    verifier = scram_verifier("pencil", b"0123456789abcdef")
    kind, rounds, keys = verifier.split("$")
    assert (kind, rounds.split(":")[0], len(keys.split(":"))) == ("SCRAM-SHA-256", "4096", 2)
    assert "pencil" not in verifier
    assert verifier == scram_verifier("pencil", b"0123456789abcdef")
    assert hashlib.sha256(b"").hexdigest() not in verifier


def test_the_administrators_password_is_only_in_a_private_file(places):
    (places.secrets / "postgres-admin").write_text("pa:ss\\word\n")
    with server_of({"host": "db", "port": 5432}, places) as server:
        assert server.passfile.read_text() == "*:*:*:*:pa\\:ss\\\\word\n"
        assert server.passfile.stat().st_mode & 0o077 == 0
    assert not server.passfile.exists()


def test_a_database_server_that_is_down_is_one_sentence(places):
    (places.secrets / "postgres-admin").write_text("x")
    down = {"host": "127.0.0.1", "port": 1}
    with (
        pytest.raises(Failure, match=r"127\.0\.0\.1 cannot be reached"),
        server_of(down, places) as server,
    ):
        server.value("SELECT 1")
