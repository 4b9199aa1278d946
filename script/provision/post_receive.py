#!/usr/bin/python3
"""Git's post-receive hook: tells the control plane about each pushed branch, the way Gitea does.

Its settings lie beside it in `webhook.json`: {"url", "secret_file", "repository"}.
"""

import hashlib
import hmac
import json
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from pathlib import Path

ZERO = "0" * 40
BRANCH = "refs/heads/"
TIMEOUT_SECONDS = 30


def git(*words):
    return subprocess.run(
        ["git", *words], capture_output=True, text=True, check=True, timeout=TIMEOUT_SECONDS
    ).stdout


def commit(revision):
    """One commit as Gitea writes it."""
    number, author, email, moment, message = git(
        "show", "--no-patch", "--format=%H%x00%an%x00%ae%x00%cI%x00%B", revision
    ).split("\0", 4)
    person = {"name": author, "email": email, "username": author}
    return {
        "id": number,
        "message": message.strip(),
        "url": "",
        "author": person,
        "committer": person,
        "timestamp": moment,
    }


def message(before, after, ref, repository):
    """Event name and payload for one line of post-receive's input; None for what is no branch."""
    if not ref.startswith(BRANCH):
        return None
    about = {"repository": {"name": repository, "full_name": f"local/{repository}"}}
    if after == ZERO:
        return "delete", {"ref": ref.removeprefix(BRANCH), "ref_type": "branch", **about}
    head = commit(after)
    return "push", {
        "ref": ref,
        "before": before,
        "after": after,
        "commits": [head],
        "head_commit": head,
        "total_commits": 1,
        "pusher": {"login": head["author"]["name"]},
        **about,
    }


def request(url, secret, event, payload):
    """The signed HTTP request."""
    body = json.dumps(payload).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-Gitea-Event": event,
        "X-Gitea-Delivery": str(uuid.uuid4()),
        "X-Gitea-Signature": signature,
    }
    return urllib.request.Request(url, body, headers, method="POST")


def send(outgoing):
    """Say on the pusher's terminal what came of it; a refused hook does not undo the push."""
    try:
        with urllib.request.urlopen(outgoing, timeout=TIMEOUT_SECONDS) as answer:
            print(f"Operations took the push ({answer.status}).")
    except urllib.error.HTTPError as exc:
        print(f"Operations refused the push: {exc.code} {exc.read(300).decode(errors='replace')}")
    except OSError as exc:
        print(
            f"Operations could not be told of the push ({exc}); it looks for itself, or push again."
        )


def main():
    settings = json.loads(Path(__file__).resolve().with_name("webhook.json").read_text())
    secret = Path(settings["secret_file"]).read_text().strip()
    for line in sys.stdin:
        told = message(*line.split(), settings["repository"])
        if told:
            send(request(settings["url"], secret, *told))


if __name__ == "__main__":
    main()
