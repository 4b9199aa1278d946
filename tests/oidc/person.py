"""A person with a browser, as HTTP: cookies, redirects, the provider's form."""

import re
import secrets
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

TIMEOUT = 60
REFERENCE = re.compile(r'o_oidc_reference">([A-Z0-9]{8})<')


class Person:
    """One browser. ``login`` is the name given in the provider's form; ``amr`` and ``acr`` how it was proven."""

    def __init__(self, odoo, login="alice", amr="pwd", acr=""):
        self.odoo = odoo
        self.form = {"login": login, "amr": amr, "acr": acr}
        self.http = requests.Session()
        self.http.trust_env = False
        self.address = (
            f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}.{secrets.randbelow(256)}"
        )
        # Odoo counts refusals by address; each person comes from one of their own, through the proxy.
        proxied = {"X-Forwarded-For": self.address, "X-Forwarded-Host": urlsplit(odoo).netloc}
        self.http.headers.update(proxied)

    def get(self, url, **options):
        return self.http.get(
            urljoin(self.odoo, url), timeout=TIMEOUT, allow_redirects=False, **options
        )

    def post(self, url, data, **options):
        address = urljoin(self.odoo, url)
        return self.http.post(address, data=data, timeout=TIMEOUT, allow_redirects=False, **options)

    def start(self, provider, redirect=None):
        """Click on the provider's button; return the answer, which sends the browser on."""
        return self.get(
            f"/auth_oidc/start/{provider}", params={"redirect": redirect} if redirect else {}
        )

    def answer_of_provider(self, provider, redirect=None):
        """Sign in at the provider; return the address of ours that it sends the browser to."""
        return self.walk(self.start(provider, redirect).headers["Location"])

    def walk(self, url):
        """Follow redirects outside of Odoo, filling in the form, until one leads back."""
        for _step in range(12):
            if url.startswith(self.odoo):
                return url
            response = self.get(url)
            if response.status_code == 200 and "<form" in response.text:
                response = self.post(url, self.form)
            assert response.is_redirect, f"{url}: {response.status_code} {response.text[:500]}"
            url = urljoin(url, response.headers["Location"])
        raise AssertionError("the provider never sent the browser back")

    def sign_in(self, provider, redirect=None):
        """Go all the way; return Odoo's answer to the provider's answer."""
        return self.get(self.answer_of_provider(provider, redirect))

    def session(self):
        """Return what Odoo says of the session: the user's id and name, or an empty dict."""
        call = {"jsonrpc": "2.0", "method": "call", "params": {}}
        address = f"{self.odoo}/web/session/get_session_info"
        said = self.http.post(address, json=call, timeout=TIMEOUT).json()
        return said.get("result") or {}

    @property
    def is_in(self):
        return bool(self.session().get("uid"))


def reference_of(response):
    """Return the reference on a refusal page."""
    found = REFERENCE.search(response.text)
    assert found, f"no refusal page: {response.status_code} {response.text[:2000]}"
    return found.group(1)


def parameters(url):
    """Return the query of an address as a dict."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
