"""What the edge tells the management Odoo of a request, and how it shows that it is the edge."""

import os
import re

# What a client claims about itself, or about the edge, is replaced and never passed on.
REPLACED = {
    "Host": "$http_host",
    "X-Forwarded-Host": "$http_host",
    "X-Forwarded-For": "$remote_addr",
    "X-Forwarded-Proto": "$scheme",
    "X-Real-IP": "$remote_addr",
}
BLANKED = (
    "Forwarded",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "X-Forwarded-Server",
    "X-Forwarded-Ssl",
    "X-Original-Host",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
    "Client-IP",
    "Proxy",
)
PROOF = "X-Ipai-Edge"
TOKEN = re.compile(r"[A-Za-z0-9_-]{1,200}")


def header_lines(token_path):
    """Return nginx's lines; each location that sets a header of its own needs all of them."""
    blanked = dict.fromkeys(BLANKED, '""')
    headers = {**REPLACED, **blanked, PROOF: read_token(token_path) or '""'}
    return [f"proxy_set_header {name} {value};" for name, value in headers.items()]


def read_token(path):
    """Return the token, or an empty text where there is none; raise ValueError for one nginx could misread."""
    token = path.read_text().strip() if path.exists() else ""
    if token and not TOKEN.fullmatch(token):
        raise ValueError("the edge's token has other characters than letters, digits, - and _")
    return token


def write_private(path, text):
    """Write a file that nobody else may read: it holds the token."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
