"""Addresses that people give: of repositories and hosts; what leads inside is known by its look."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipai_ops.engine import host_list
from ipai_ops.engine.inner_addresses import is_inner, is_inner_host, literal, opened
from ipai_ops.engine.repository_address import SSH_OPTIONS, Reach, place, reach

OWN = "git://172.18.0.1:19418"
GOOD = [
    "https://git.example.org/acme/erp.git",
    "http://git.example.org:8080/acme/erp",
    "ssh://git@git.example.org:2222/acme/erp.git",
    "git@github.com:acme/erp.git",
    "git.example.org:acme/erp.git",
    "git://git.example.org/acme.git",
    "https://user@git.example.org/acme.git",
    "https://203.0.113.7/acme.git",
    "https://[2606:4700::1]/acme.git",
]
BAD = [
    "ext::sh -c 'touch /tmp/x'",
    "ext::sh",
    "fd::17",
    "transport::https://git.example.org/x",
    "file:///etc",
    "file://git.example.org/etc",
    "FILE:///etc",
    "/etc",
    "./repo",
    "../repo",
    "~/repo",
    "C:\\repo",
    "--upload-pack=touch /tmp/x",
    "-oProxyCommand=x",
    "ssh://-oProxyCommand=x/acme",
    "ssh://-oProxyCommand=x@git.example.org/acme",
    "-oProxyCommand=x@git.example.org:acme",
    "ssh://git.example.org",
    "https:///acme.git",
    "https://git.example.org",
    "https://git.example.org:99999/x",
    "https://git.example.org/a b",
    "https://git.example.org/a\nb",
    "https://git.example.org\\@127.0.0.1/x",
    "https://[::1/x",
    "ftp://git.example.org/x",
    "rsync://git.example.org/x",
    "",
]
INNER = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "0",
    "10.0.0.7",
    "10.7",
    "172.18.0.1",
    "192.168.1.1",
    "100.64.3.4",
    "169.254.169.254",
    "0xa9fea9fe",
    "224.0.0.1",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "localhost",
    "LOCALHOST.",
    "ops.localhost",
    "ipai-registry",
    "ipai-postgres-production",
    "metadata.google.internal",
    "host.docker.internal",
    "printer.local",
]
OUTER = ["git.example.org", "203.0.113.7", "8.8.8.8", "[2606:4700::1]", "a.internal.example.org"]


@pytest.mark.parametrize("url", GOOD)
def test_an_address_of_a_server_elsewhere_is_taken(url):
    assert Reach().problem(url) == ""


@pytest.mark.parametrize("url", BAD)
def test_what_git_would_run_or_read_here_is_no_address(url):
    with pytest.raises(ValueError, match=r"\w"):
        place(url)
    assert Reach().problem(url)


@pytest.mark.parametrize("host", INNER)
def test_a_host_inside_is_known_however_it_is_written(host):
    assert is_inner_host(host)
    for scheme in ("https", "http", "git", "ssh"):
        assert "private network" in Reach().problem(f"{scheme}://{host}/acme.git")


@pytest.mark.parametrize("host", OUTER)
def test_a_host_outside_is_none_of_them(host):
    assert not is_inner_host(host)


@given(st.ip_addresses(v=4))
def test_every_way_to_write_an_ipv4_address_is_judged_alike(ip):
    number = int(ip)
    ways = [str(ip), str(number), hex(number), f"0{number:o}", f"[::ffff:{ip}]"]
    judged = {is_inner(literal(way)) for way in ways}
    assert judged == {is_inner(str(ip))}


def test_the_platforms_own_repositories_are_taken_and_nothing_beside_them():
    own = reach(own=[OWN])
    assert own.problem(f"{OWN}/acme.git") == ""
    for url in (
        "git://172.18.0.1:194180/x",
        "git://172.18.0.1:18069/x",
        f"{OWN}/../x",
        f"{OWN}x/y",
    ):
        assert own.problem(url), url


def test_an_operator_opens_a_network_or_a_name():
    wide = reach(["192.168.7.0/24 # the forge", "forge.lan, git"])
    for url in ("https://192.168.7.9/x", "https://forge.lan/x", "git@git:acme/x.git"):
        assert wide.problem(url) == "", url
    for url in ("https://192.168.8.9/x", "https://forge2.lan/x", "https://127.0.0.1/x"):
        assert wide.problem(url), url


def test_a_name_that_leads_inside_is_refused_when_it_is_called():
    url = "https://git.example.org/acme.git"
    with pytest.raises(ValueError, match="leads inside"):
        Reach().settings(url, lambda *_where: ["203.0.113.7", "10.0.0.7"])
    with pytest.raises(ValueError, match="leads inside"):
        Reach().settings(url, lambda *_where: ["::ffff:169.254.169.254"])
    assert reach(["10.0.0.0/8"]).settings(url, lambda *_where: ["10.0.0.7"])


@pytest.mark.parametrize(
    "url,alias",
    [
        ("ssh://git@git.example.org/acme.git", "HostKeyAlias=git.example.org"),
        ("git@git.example.org:acme.git", "HostKeyAlias=git.example.org"),
        ("ssh://git@git.example.org:2222/acme.git", "'HostKeyAlias=[git.example.org]:2222'"),
    ],
)
def test_ssh_calls_the_address_that_was_looked_at_and_knows_the_host_by_its_name(url, alias):
    settings = Reach().settings(url, lambda *_where: ["203.0.113.7", "2606:4700::1"])
    assert settings == {SSH_OPTIONS: f"-o HostName=203.0.113.7 -o {alias}"}
    with pytest.raises(ValueError, match="leads inside"):
        Reach().settings(url, lambda *_where: ["127.0.0.1"])


def test_a_name_that_was_not_found_is_not_looked_up_again_by_ssh():
    def nowhere(_host, _port):
        raise OSError("no such name")

    [options] = Reach().settings("ssh://git@rebound.example.org/x.git", nowhere).values()
    assert "-o HostName=rebound.example.org.invalid" in options


def test_git_calls_the_address_that_was_looked_at():
    asked = []

    def resolve(host, port):
        asked.append((host, port))
        return ["203.0.113.7", "2606:4700::1"]

    settings = Reach().settings("https://git.example.org/acme.git", resolve)
    assert settings == {"http.curloptResolve": "git.example.org:443:203.0.113.7,[2606:4700::1]"}
    assert asked == [("git.example.org", 443)]


def test_a_name_without_an_address_is_left_to_git_which_explains_it():
    def nowhere(_host, _port):
        raise OSError("unknown")

    assert Reach().settings("https://gone.example.org/x.git", nowhere) == {}


@pytest.mark.parametrize("word", ["not/a/network", "10.0.0.0/99", "a b!", "999.1.1.1", "*"])
def test_what_an_operator_cannot_open_is_named(word):
    with pytest.raises(ValueError, match=r"\S"):
        opened([word])


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("api.example.com", ""),
        ("*.example.com", ""),
        ("*.example.co.uk", ""),
        ("203.0.113.7:443", ""),
        ("*.com", "wide"),
        ("*.de:443", "wide"),
        ("*.co.uk", "wide"),
        ("*.com.au", "wide"),
        ("127.0.0.1", "inside"),
        ("172.18.0.1:18069", "inside"),
        ("[::1]:80", "inside"),
        ("[::ffff:10.0.0.1]:80", "inside"),
        ("ipai-postgres-production:5432", "inside"),
        ("localhost:8080", "inside"),
        ("*.localhost", "wide"),
        ("*.ops.localhost", "inside"),
        ("169.254.169.254", "inside"),
        ("metadata.google.internal", "inside"),
    ],
)
def test_a_list_of_hosts_holds_nothing_inside_and_nothing_too_wide(line, why):
    assert host_list.problem(host_list.parse(line))[1] == why


def test_an_operator_opens_hosts_of_lists_too():
    open_ = opened(["192.168.7.0/24", "erp.lan", "intranet"])
    hosts = host_list.parse("192.168.7.9:443\nerp.lan\nintranet:8080")
    assert host_list.problem(hosts, open_) == ("", "")
