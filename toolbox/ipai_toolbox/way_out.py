"""The proxy of an environment that may reach some hosts: told to Odoo, and to nobody else."""

from .places import Places

PROXY = "egress-proxy"
NEVER_BY_PROXY = "localhost,127.0.0.1,::1"


def proxy_variables(places: Places) -> dict[str, str]:
    """The variables by which programs find the proxy; none where the environment has no list.

    The login is in the URL, so they are set for Odoo's own process, never for a container.
    """
    url = places.secret(PROXY)
    if not url:
        return {}
    named = {"HTTP_PROXY": url, "HTTPS_PROXY": url, "NO_PROXY": NEVER_BY_PROXY}
    return named | {name.lower(): value for name, value in named.items()}
