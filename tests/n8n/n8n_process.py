"""A real n8n: installed once into the cache, on a database of its own, killed and started at will."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import requests

VERSION, NODE = "2.40.7", "24"
CACHE = Path(os.environ.get("IPAI_CACHE", "/var/cache/ipai"))
PLACE = CACHE / f"n8n-{VERSION}"
INSTALL_SECONDS = 1500
READY_SECONDS = 180
NPM = ["npm", "install", "--no-fund", "--no-audit", "--ignore-scripts"]
QUIET = {
    "N8N_SECURE_COOKIE": "false",
    "N8N_DIAGNOSTICS_ENABLED": "false",
    "N8N_VERSION_NOTIFICATIONS_ENABLED": "false",
    "N8N_TEMPLATES_ENABLED": "false",
    "N8N_PERSONALIZATION_ENABLED": "false",
    "N8N_COMMUNITY_PACKAGES_ENABLED": "false",
    "N8N_DISABLED_MODULES": "mcp-registry",
    "N8N_LISTEN_ADDRESS": "127.0.0.1",
    "DB_TYPE": "postgresdb",
}
OWNER = {"email": "owner@example.com", "firstName": "Ada", "lastName": "L", "password": "Passw0rd9"}


def install():
    """Return the folder with n8n, or None with the reason: npm missing or unreachable."""
    if (PLACE / "installed").exists():
        return PLACE, ""
    if not shutil.which("npm"):
        return None, "npm is not installed"
    partial = PLACE.with_suffix(".partial")
    partial.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run([*NPM[:-1], f"node@{NODE}"], cwd=partial, check=True, timeout=300)
        subprocess.run([*NPM, f"n8n@{VERSION}"], cwd=partial, check=True, timeout=INSTALL_SECONDS)
    except (subprocess.SubprocessError, OSError) as error:
        return None, f"npm could not install n8n ({error})"
    (partial / "installed").touch()
    partial.rename(PLACE)
    return PLACE, ""


class N8n:
    """One n8n process; ``key`` opens its public API."""

    def __init__(self, place, folder, database, socket, ports):
        self.place, self.folder, self.process = place, folder, None
        self.url = f"http://127.0.0.1:{ports[0]}"
        self.environment = {
            **os.environ,
            **QUIET,
            "N8N_PORT": str(ports[0]),
            "N8N_RUNNERS_BROKER_PORT": str(ports[1]),
            "N8N_USER_FOLDER": str(folder),
            "N8N_ENCRYPTION_KEY": "a key for tests only",
            "DB_POSTGRESDB_HOST": str(socket),
            "DB_POSTGRESDB_DATABASE": database,
            "DB_POSTGRESDB_USER": os.environ.get("PGUSER", "root"),
        }

    def start(self):
        """Start it and wait until webhooks are answered."""
        node = self.place / "node_modules/node/bin/node"
        with (self.folder / "n8n.log").open("ab") as log:
            command = [node, self.place / "node_modules/.bin/n8n", "start"]
            options = {"env": self.environment, "stdout": log, "stderr": log}
            self.process = subprocess.Popen(command, start_new_session=True, **options)
        deadline = time.monotonic() + READY_SECONDS
        while not self._is_ready():
            assert self.process.poll() is None, f"n8n ended; see {self.folder}/n8n.log"
            assert time.monotonic() < deadline, "n8n was not ready in time"
            time.sleep(0.5)
        return self

    def kill(self):
        """Take it away without warning."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(20)

    def make_key(self):
        """Set the owner up and return a key of the public API."""
        session = requests.Session()
        session.post(f"{self.url}/rest/owner/setup", json=OWNER, timeout=30).raise_for_status()
        scopes = session.get(f"{self.url}/rest/api-keys/scopes", timeout=30).json()["data"]
        body = {"label": "tests", "scopes": scopes, "expiresAt": None}
        made = session.post(f"{self.url}/rest/api-keys", json=body, timeout=30)
        return made.json()["data"]["rawApiKey"]

    def _is_ready(self):
        try:
            answer = requests.get(f"{self.url}/healthz/readiness", timeout=5)
            is_up = answer.status_code == 200 and answer.json().get("status") == "ok"
            return is_up and requests.get(f"{self.url}/rest/settings", timeout=5).ok
        except (requests.RequestException, ValueError):
            return False
