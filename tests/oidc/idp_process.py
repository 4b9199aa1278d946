"""The certified provider as a process: installed once into the cache, started by a test, killed by it, too."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import urllib.request
from pathlib import Path

from chromium import until

FOLDER = Path(__file__).parent / "idp"
CACHE = Path(os.environ.get("IPAI_CACHE", "/var/cache/ipai"))
INSTALL_SECONDS = 300


def modules():
    """Return the folder with the provider's node_modules; install exactly what the lock file says."""
    lock = FOLDER / "package-lock.json"
    place = CACHE / f"oidc-idp-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    if not (place / "installed").exists():
        place.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(FOLDER / name, place)
        command = ["npm", "ci", "--ignore-scripts", "--no-fund", "--no-audit"]
        subprocess.run(command, cwd=place, check=True, timeout=INSTALL_SECONDS, capture_output=True)
        (place / "installed").touch()
    return place


class IdentityProvider:
    """One provider on one port; ``clients`` is what it knows, ``key`` the name of its signing key."""

    def __init__(self, port, folder, clients):
        self.port, self.url = port, f"http://127.0.0.1:{port}"
        self.clients = folder / f"clients-{port}.json"
        self.clients.write_text(json.dumps(clients))
        self.log = folder / f"idp-{port}.log"
        self.process = None

    def start(self, key="first"):
        environment = {**os.environ, "PORT": str(self.port), "MODULES": str(modules()), "KEY": key}
        environment["CLIENTS"] = str(self.clients)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                ["node", FOLDER / "server.mjs"], env=environment, stdout=output, stderr=output
            )
        until(self._answers, what=f"the provider on {self.port} ({self.log})")
        return self

    def restart(self, key):
        """Come back with another signing key; sessions and codes of before are forgotten."""
        self.stop()
        return self.start(key)

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        if self.process:
            self.thaw()
            self.process.kill()
            self.process.wait(10)
            self.process = None

    def person(self, name, is_closed=False, **claims):
        """Set what is known of a person."""
        data = json.dumps({"isClosed": is_closed, "claims": claims}).encode()
        address = f"{self.url}/control/people/{name}"
        urllib.request.urlopen(urllib.request.Request(address, data, method="POST"), timeout=10)

    def _answers(self):
        try:
            address = f"{self.url}/.well-known/openid-configuration"
            return urllib.request.urlopen(address, timeout=5).status == 200
        except OSError:
            return False
