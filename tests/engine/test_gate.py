"""The ways out of a closed environment: lists of hosts, what Odoo is told, how a message is read."""

import hashlib
import json
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipai_ops.engine import gate, host_list, mail_message, odoo_conf

CATCHER = {"host": "ipai-mail", "port": 1025}


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        (None, ()),
        ("  \n# a remark\n", ()),
        ("api.example.com", (("api.example.com", 80), ("api.example.com", 443))),
        ("API.Example.com.:8443  # bank", (("api.example.com", 8443),)),
        ("*.example.com:443", (("*.example.com", 443),)),
        ("a.test:1\nb.test:2\na.test:1", (("a.test", 1), ("b.test", 2))),
        ("203.0.113.7:443", (("203.0.113.7", 443),)),
        ("[2001:db8::1]:443", (("2001:db8::1", 443),)),
        ("intranet:8080", (("intranet", 8080),)),
    ],
)
def test_a_list_of_hosts_is_read(text, pairs):
    assert host_list.parse(text) == pairs


@pytest.mark.parametrize(
    "line",
    [
        "https://api.example.com",
        "api.example.com/path",
        "api.example.com:0",
        "api.example.com:99999",
        "api.example.com:http",
        "user@api.example.com",
        "*",
        "*.",
        "a.*.com",
        "**.example.com",
        "api example.com",
        "-a.example.com",
        "1.2.3",
        "999.1.1.1",
        "2001:db8::1",
        "a" * 64 + ".com",
        "exämple.com",
        "a.example.com?x",
    ],
)
def test_what_is_no_host_is_named(line):
    with pytest.raises(ValueError) as raised:
        host_list.parse(f"good.example.com\n{line}")
    assert str(raised.value) == line


def test_the_policy_holds_hashes_and_no_password():
    account = gate.Account(5, "very secret", (("a.test", 443),))
    text = gate.policy([account])
    assert "very secret" not in text
    [row] = json.loads(text)["accounts"]
    assert row["login"] == "env-5"
    assert row["password_sha256"] == hashlib.sha256(b"very secret").hexdigest()
    assert row["hosts"] == [["a.test", 443]]


def test_odoo_conf_names_the_catcher_and_the_environments_login():
    options = gate.mail_options(CATCHER, gate.Account(5, "very secret"))
    text = odoo_conf.render("db", "pg", 5432, "role", "pw", extra=options)
    for line in ("smtp_server = ipai-mail", "smtp_port = 1025", "smtp_user = env-5"):
        assert f"{line}\n" in text
    assert "smtp_password = very secret\n" in text
    assert "smtp_ssl = False\n" in text


def test_the_proxys_url_carries_the_login():
    url = gate.proxy_url({"host": "ipai-egress", "port": 3128}, gate.Account(5, "pw"))
    assert url == "http://env-5:pw@ipai-egress:3128"


def quotation():
    message = EmailMessage()
    message["Subject"] = "Your quotation – S00042"
    message["From"] = "Shop <shop@example.com>"
    message["To"] = "Ann <ann@example.com>"
    message["Cc"] = "bob@example.com"
    message.set_content("Dear Ann,\nsee below.")
    message.add_alternative('<p>Dear Ann</p><img src="cid:logo@x">', subtype="html")
    html = message.get_payload()[1]
    html.add_related(b"\x89PNG", "image", "png", cid="<logo@x>")
    message.add_attachment(b"%PDF", "application", "pdf", filename="S0/../0042.pdf")
    return message.as_bytes()


def test_a_message_is_read_in_its_pieces():
    message = mail_message.read(quotation())
    assert message.subject == "Your quotation – S00042"
    assert message.sender == "Shop <shop@example.com>"
    assert message.recipients == "Ann <ann@example.com>, bob@example.com"
    assert message.text.startswith("Dear Ann,")
    assert "MIME-Version: 1.0" in message.headers


def test_pictures_that_came_along_are_shown_in_place():
    assert "data:image/png;base64,iVBORw==" in mail_message.read(quotation()).html


def test_attached_files_have_harmless_names():
    parts = mail_message.read(quotation()).parts
    pdf = next(part for part in parts if part.kind == "application/pdf")
    assert (pdf.name, pdf.content, pdf.size_bytes) == ("S0_.._0042.pdf", b"%PDF", 4)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0\0",
        b"Subject: =?utf-8?b?////?=\r\n\r\nx",
        b"Content-Type: text/plain; charset=nonsense\r\n\r\n\xff\xfe",
        b"From: <<<>>\r\nTo: ,,;\r\n\r\n",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n--x",
        b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%",
        b"Content-Disposition: attachment; filename*=utf-8''%FF%00\r\n\r\n",
        b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\n",
    ],
)
def test_a_broken_message_is_read_as_far_as_it_goes(raw):
    message = mail_message.read(raw)
    assert "\0" not in message.text + message.html + message.subject + message.headers


@given(st.binary(max_size=400))
def test_no_bytes_stop_the_reading(raw):
    for message in (b"Content-Type: multipart/mixed; boundary=x\r\n" + raw, raw):
        assert "\0" not in mail_message.read(message).text
