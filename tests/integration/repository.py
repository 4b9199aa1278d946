"""A customer's real Git repository: bare on the git daemon, with a clone to push from."""

import json
import shutil
import subprocess
from pathlib import Path
from textwrap import dedent

HOOK = Path(__file__).resolve().parents[2] / "script" / "provision" / "post_receive.py"
TIMEOUT_SECONDS = 60
MANIFEST = (
    '{{"name": "{name}", "version": "19.0.1.0.0", "depends": {depends}, "license": "LGPL-3"}}\n'
)


class Repository:
    """One repository; ``url`` is what builders fetch."""

    def __init__(self, served_folder, work_folder, name, url):
        self.bare = Path(served_folder) / f"{name}.git"
        self.clone = Path(work_folder) / name
        self.url = f"{url}/{name}.git"
        self._git_in(None, "init", "--quiet", "--bare", "--initial-branch=main", str(self.bare))
        self._git_in(None, "clone", "--quiet", str(self.bare), str(self.clone))

    def write(self, path, text):
        file = self.clone / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text), encoding="utf-8")
        return self

    def addon(self, name, depends=("base",)):
        """Write a minimal installable addon."""
        self.write(f"{name}/__init__.py", "")
        return self.write(
            f"{name}/__manifest__.py", MANIFEST.format(name=name, depends=list(depends))
        )

    def push(self, message="Change", branch="main"):
        """Commit everything and push it; return the commit."""
        self.git("checkout", "--quiet", "-B", branch)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        self.git("push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")
        return self.git("rev-parse", "HEAD").strip()

    def call_webhook(self, url, secret):
        """Let every push and every deletion of a branch call the webhook, as a forge does."""
        hooks = self.bare / "hooks"
        shutil.copyfile(HOOK, hooks / "post-receive")
        (hooks / "post-receive").chmod(0o755)
        secret_file = hooks / "secret"
        secret_file.write_text(secret, encoding="utf-8")
        facts = {"url": url, "repository": self.bare.stem, "secret_file": str(secret_file)}
        (hooks / "webhook.json").write_text(json.dumps(facts), encoding="utf-8")
        return self

    def delete_branch(self, branch):
        self.git("push", "--quiet", "origin", "--delete", branch)

    def accept_pushes(self):
        """Let the daemon take pushes for this repository, as a forge does."""
        self._git_in(self.bare, "config", "daemon.receivepack", "true")

    def pull(self):
        """Take over what others pushed."""
        self.git("fetch", "--quiet", "origin", "main")
        self.git("reset", "--quiet", "--hard", "FETCH_HEAD")
        return self

    def show(self, what):
        """Return a file of the served repository, named as ``main:requirements.txt``."""
        return self._git_in(self.bare, "show", what)

    def git(self, *words):
        return self._git_in(self.clone, *words)

    @staticmethod
    def _git_in(folder, *words):
        who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        done = subprocess.run(
            ["git", *who, *words],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=True,
        )
        return done.stdout
