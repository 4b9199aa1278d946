"""A provider that does what it is told to: honest until a test says what to lie about.

>>> with hostile.lying(claims={"aud": "somebody-else"}):
...     response = person.sign_in(hostile.provider)
"""

import base64
import contextlib
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm


def rsa_key(bits=2048):
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def jwk_of(key, kid, **more):
    """Return the public half of a private key as a JWK."""
    kinds = {rsa.RSAPrivateKey: RSAAlgorithm, ec.EllipticCurvePrivateKey: ECAlgorithm}
    maker = next((made for kind, made in kinds.items() if isinstance(key, kind)), OKPAlgorithm)
    return json.loads(maker.to_jwk(key.public_key())) | {"kid": kid, "use": "sig"} | more


def part(data):
    """Return data as a part of a token, made by hand."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def half_hash(text, algorithm="RS256"):
    digest = hashlib.new(f"sha{algorithm[-3:]}", text.encode()).digest()
    return part(digest[: len(digest) // 2])


class HostileProvider:
    """Serves on ``port`` of the loopback for as long as the block lasts."""

    def __init__(self, port):
        self.port, self.url = port, f"http://127.0.0.1:{port}"
        self.key = rsa_key()
        self.codes, self.lies, self.asked = {}, {}, []
        self.server = ThreadingHTTPServer(
            ("127.0.0.1", port), type("Asked", (Handler,), {"provider": self})
        )
        self.server.daemon_threads = True

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_exc):
        self.server.shutdown()
        self.server.server_close()

    @contextlib.contextmanager
    def lying(self, **lies):
        """Lie in these ways within the block."""
        self.lies = lies
        try:
            yield self
        finally:
            self.lies = {}

    def count(self, path):
        """Return how often a path was asked."""
        return sum(one == path for one in self.asked)

    # ----- what is served -----

    def metadata(self):
        usual = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        return _changed(usual, self.lies.get("metadata", {}))

    def keys(self):
        return {"keys": self.lies.get("keys", [jwk_of(self.key, "k1", alg="RS256")])}

    def authorize(self, query):
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        answer = {"code": code, "state": query.get("state"), "iss": self.url}
        answer = _changed(answer, self.lies.get("answer", {}))
        return f"{query['redirect_uri']}?{urlencode(answer)}"

    def tokens(self, form):
        asked = self.codes.pop(form.get("code"), None)
        if not asked:
            return 400, {"error": "invalid_grant"}
        challenge = part(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            challenge != asked.get("code_challenge")
            or form["redirect_uri"] != asked["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant"}
        access_token = secrets.token_urlsafe(24)
        signed = self.lies.get("sign", sign)
        token = signed(self, self.claims(asked, access_token, form["code"]))
        usual = {
            "access_token": access_token,
            "token_type": "Bearer",
            "id_token": token,
            "expires_in": 60,
        }
        return 200, _changed(usual, self.lies.get("tokens", {}))

    def claims(self, asked, access_token, code):
        now = int(time.time())
        usual = {
            "iss": self.url,
            "sub": "mallory",
            "aud": asked["client_id"],
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "at_hash": half_hash(access_token),
            "c_hash": half_hash(code),
            "email": "mallory@example.test",
            "email_verified": True,
            "name": "Mallory",
        }
        change = self.lies.get("claims", {})
        return _changed(usual, change(usual) if callable(change) else change)

    def userinfo(self):
        return _changed({"sub": "mallory", "name": "Mallory"}, self.lies.get("userinfo", {}))


def sign(provider, claims, algorithm="RS256", kid="k1", key=None, **header):
    """Sign honestly, unless told otherwise."""
    return jwt.encode(
        claims, key or provider.key, algorithm=algorithm, headers={"kid": kid, **header}
    )


def _changed(usual, change):
    """Return ``usual`` with the changes; None takes a value out."""
    mixed = {**usual, **change}
    return {name: value for name, value in mixed.items() if value is not None}


class Handler(BaseHTTPRequestHandler):
    """Asks its provider what to say."""

    provider = None
    protocol_version = "HTTP/1.1"

    def log_message(self, *_words):
        """Say nothing: the tests read what they need."""

    def do_GET(self):
        parts = urlsplit(self.path)
        self.provider.asked.append(parts.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/authorize":
            return self.redirect(self.provider.authorize(query))
        made = {"/keys": self.provider.keys, "/userinfo": self.provider.userinfo}
        return self.reply(200, made.get(parts.path, self.provider.metadata)(), parts.path)

    def do_POST(self):
        self.provider.asked.append(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        form = {name: values[0] for name, values in parse_qs(raw).items()}
        status, answer = self.provider.tokens(form)
        return self.reply(self.provider.lies.get("status", status), answer, self.path)

    def redirect(self, url):
        self.send_response(302)
        self.send_header("Location", url)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def reply(self, status, answer, path):
        raw = self.provider.lies.get("raw", {}).get(path)
        body = raw if raw is not None else json.dumps(answer).encode()
        time.sleep(self.provider.lies.get("delay", {}).get(path, 0))
        if path in self.provider.lies.get("redirects", {}):
            return self.redirect(self.provider.lies["redirects"][path])
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):  # who is refused too much hangs up
            self.say(body, path)
        return None

    def say(self, body, path):
        if path not in self.provider.lies.get("drips", ()):
            self.wfile.write(body)
            return
        for byte in body:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(0.5)


def ed25519_key():
    return ed25519.Ed25519PrivateKey.generate()


def ec_key(curve=ec.SECP256R1):
    return ec.generate_private_key(curve())
