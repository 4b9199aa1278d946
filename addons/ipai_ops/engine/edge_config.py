"""Renders what the edge is to serve: nginx server blocks, one per environment.

The file is included at nginx's http level, beside the edge's own blocks for unknown hosts and for
the management Odoo; Docker's name server and the maps ``$connection_upgrade`` and ``$names_two_hosts``
are declared there.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from . import naming
from .platform import Platform

CONTROL_HOST = "ops"
HTTP_PORT = 8069
WEBSOCKET_PORT = 8072

SERVER = """\
{held}server {{
    listen {listen};
    server_name {name};
    set $target http://{service}:{http_port};
    set $target_websocket http://{service}:{websocket_port};
{doors}    if ($names_two_hosts) {{
        return 400;
    }}
    client_max_body_size 512m;
    proxy_connect_timeout 3s;
    proxy_next_upstream error timeout http_502 http_503;
    proxy_next_upstream_tries 3;
    proxy_next_upstream_timeout 10s;
    error_page 502 503 504 = @starting;
{headers}{robots}
{front}    # With workers the websocket has a port of its own; a threaded Odoo has only one.
    location /websocket {{
        error_page 502 504 = @websocket_of_threaded;
{headers}{upgrade}
        proxy_pass $target_websocket;
    }}
    location @websocket_of_threaded {{
{headers}{upgrade}
        proxy_pass $target;
    }}
    location ^~ /web/database {{
        return 404;
    }}
    location @starting {{
        default_type "text/html; charset=utf-8";
        add_header Retry-After 5 always;
        add_header Cache-Control no-store always;
        return 503 '{page}';
    }}
}}
"""

OPEN = """\
    location / {
        proxy_pass $target;
    }
"""

# Requests wait in the edge's waiting room, with their bodies kept here, until the release serves.
HELD = """\
    location / {{
        proxy_pass http://unix:/run/waiting-room.sock;
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
        proxy_set_header X-Held-Host {name};
        proxy_read_timeout 120s;
        error_page 502 504 = @release;
    }}
    location @release {{
        proxy_pass $target;
    }}
    location @updating {{
        default_type "text/html; charset=utf-8";
        add_header Retry-After 10 always;
        add_header Cache-Control no-store always;
        return 503 '{page}';
    }}
"""

# What a client claims about itself is replaced, never passed on.
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
    "X-Ipai-Edge",  # how the edge proves itself to the management Odoo is nobody else's to see
)
HEADERS = (
    ("Host", "$http_host"),
    ("X-Forwarded-Host", "$http_host"),
    ("X-Forwarded-For", "$remote_addr"),
    ("X-Forwarded-Proto", "$scheme"),
    ("X-Real-IP", "$remote_addr"),
    *((name, '""') for name in BLANKED),
)
UPGRADE = (("Upgrade", "$http_upgrade"), ("Connection", "$connection_upgrade"))

PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta http-equiv="refresh" content="5"><title>{title}</title><style>'
    "body{{font:16px/1.5 system-ui,sans-serif;display:grid;place-items:center;min-height:90vh;"
    "margin:0 1rem;color:#374151}}main{{max-width:32rem;text-align:center}}h1{{font-size:1.4rem}}"
    "</style></head><body><main><h1>{title}</h1><p>{text}</p></main></body></html>"
)
WORDS = {
    "new": ("Not deployed yet", "The first deploy brings this Odoo up. This page looks again."),
    "asleep": ("Asleep", "This Odoo sleeps. Wake it on its page in Operations."),
    "failed": ("Not running", "The last deploy failed; its log in Operations says why."),
}
STARTING = ("Starting", "This Odoo is starting. This page looks again every five seconds.")
UPDATING = ("Updating", "This Odoo is being updated. This page looks again every five seconds.")


@dataclass(frozen=True)
class Site:
    """An environment as the edge sees it; requests are held until ``held_until``, in Unix time."""

    id: int
    host: str
    stage: str
    state: str
    held_until: int = 0
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Doors:
    """Who reaches the management Odoo, and whose word about other addresses is believed."""

    control: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()


def render(platform: Platform, sites: Iterable[Site], doors: Doors | None = None) -> str:
    """Return the edge's complete configuration for ``sites``.

    Networks come from ``address_list.parse``: they are checked and in their usual form.
    """
    doors = doors or Doors()
    servers = "".join(_server(platform, site) for site in sites)
    return _real_address(doors.proxies) + _control_doors(doors.control) + servers


def _real_address(proxies: tuple[str, ...]) -> str:
    """Believe X-Forwarded-For of the named proxies, and of nobody else."""
    if not proxies:
        return ""
    trusted = "".join(f"set_real_ip_from {network};\n" for network in proxies)
    return f"{trusted}real_ip_header X-Forwarded-For;\nreal_ip_recursive on;\n"


def _control_doors(networks: tuple[str, ...]) -> str:
    """Say who may reach the management Odoo: the edge writes these lines into its own block."""
    return "".join(f"# ops {line}\n" for line in _rules(networks))


def _rules(networks: tuple[str, ...]) -> list[str]:
    return [*(f"allow {network};" for network in networks), "deny all;"] if networks else []


def etag(text: str) -> str:
    """Return the HTTP entity tag of a configuration, in its quotes (RFC 9110, 8.8.3)."""
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def _server(platform: Platform, site: Site) -> str:
    title, text = WORDS.get(site.state, STARTING)
    is_public = site.stage == "production"
    robots = "" if is_public else '    add_header X-Robots-Tag "noindex, nofollow" always;\n'
    authority = platform.authority(site.host)
    return SERVER.format(
        held=f"# held {authority} {site.held_until}\n" if site.held_until else "",
        front=_held(authority) if site.held_until else OPEN,
        listen="443 ssl" if platform.scheme == "https" else "80",
        name=authority,
        doors="".join(f"    {line}\n" for line in _rules(site.allowed)),
        service=naming.target(platform.instance, site.id),
        http_port=HTTP_PORT,
        websocket_port=WEBSOCKET_PORT,
        headers=_header_lines(HEADERS),
        upgrade=_header_lines(UPGRADE),
        robots=robots,
        page=PAGE.format(title=title, text=text),
    )


def _held(authority: str) -> str:
    title, text = UPDATING
    return HELD.format(name=authority, page=PAGE.format(title=title, text=text))


def _header_lines(headers: Iterable[tuple[str, str]]) -> str:
    return "".join(f"    proxy_set_header {name} {value};\n" for name, value in headers)
