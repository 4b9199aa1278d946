"""Pull requests at a forge: which calls find and open one, and what the answers mean.

GitHub: REST API, “Pulls”. GitLab: REST API, “Merge requests”. Gitea and Forgejo: their API, “repository”.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlencode

FORGES = {"github": "GitHub", "gitlab": "GitLab", "gitea": "Gitea"}
WEB = re.compile(r"https?://(?:[^/@]+@)?(?P<host>[^/]+)/(?P<path>.+?)(?:\.git)?/?$")
SSH = re.compile(r"ssh://(?:[^/@]+@)?(?P<host>[^/:]+)(?::\d+)?/(?P<path>.+?)(?:\.git)?/?$")
SHORT = re.compile(r"(?:[^/@]+@)?(?P<host>[^/:]+):(?P<path>[^/].*?)(?:\.git)?/?$")


class ForgeFault(Exception):
    """The forge could not be asked, or refused; the text is a sentence for people."""


@dataclass(frozen=True)
class Place:
    """A repository at its forge; ``root`` is the API's address, ``path`` owner and name."""

    forge: str
    root: str
    path: str


@dataclass(frozen=True)
class Wish:
    """A pull request as it shall be."""

    head: str
    base: str
    title: str
    text: str


@dataclass(frozen=True)
class Call:
    """One request of the forge's API; ``body`` is JSON, None for a question."""

    method: str
    url: str
    headers: dict
    body: dict | None = None


@dataclass(frozen=True)
class Pull:
    """A pull request that is there."""

    number: int
    url: str


def place(forge, repository_url, api_url=""):
    """Return the Place. Raises ForgeFault where the forge or the address is not understood."""
    if forge not in FORGES:
        raise ForgeFault("Pull requests are opened at GitHub, GitLab, Gitea and Forgejo only.")
    found = next(filter(None, (one.match(repository_url) for one in (WEB, SSH, SHORT))), None)
    if not found or "/" not in found["path"]:
        raise ForgeFault("The repository's URL does not name an owner and a repository.")
    return Place(forge, (api_url or _root(forge, found["host"])).rstrip("/"), found["path"])


def find(place, token, wish):
    """Return the Call that lists the open pull requests of the branch."""
    if place.forge == "gitlab":
        asked = {"source_branch": wish.head, "target_branch": wish.base, "state": "opened"}
    elif place.forge == "github":
        owner = place.path.partition("/")[0]
        asked = {"head": f"{owner}:{wish.head}", "base": wish.base, "state": "open"}
    else:
        asked = {"state": "open", "sort": "recentupdate", "limit": 50}
    return Call("GET", f"{_pulls(place)}?{urlencode(asked)}", _headers(place.forge, token))


def create(place, token, wish):
    """Return the Call that opens the pull request."""
    body = {"title": wish.title, "head": wish.head, "base": wish.base, "body": wish.text}
    if place.forge == "gitlab":
        body = {"title": wish.title, "source_branch": wish.head, "target_branch": wish.base}
        body |= {"description": wish.text, "remove_source_branch": True}
    return Call("POST", _pulls(place), _headers(place.forge, token), body)


def found(place, rows, wish):
    """Return the Pull among the answer of ``find``, or None."""
    mine = (row for row in rows if _ends(place, row) == (wish.head, wish.base))
    return next((read(place, row) for row in mine), None)


def read(place, row):
    """Return the Pull that the forge tells of."""
    if place.forge == "gitlab":
        return Pull(row["iid"], row["web_url"])
    return Pull(row["number"], row["html_url"])


def sentence(place, status, data):
    """Say what an answer that is no success means, and what to do."""
    name = FORGES[place.forge]
    known = {
        401: f"{name} does not accept the token: make a new one there and enter it at the project.",
        403: f"{name} does not let the token open pull requests: it needs the right to write them.",
        404: f"{name} knows no repository {place.path}, or the token may not see it.",
        429: f"{name} asks for a pause: try again in some minutes.",
    }
    return known.get(status) or f"{name} answered {status}: {_reason(data)}"


def _root(forge, host):
    if forge == "github":
        return "https://api.github.com" if host == "github.com" else f"https://{host}/api/v3"
    return f"https://{host}/api/v4" if forge == "gitlab" else f"https://{host}/api/v1"


def _pulls(place):
    if place.forge == "gitlab":
        return f"{place.root}/projects/{quote(place.path, safe='')}/merge_requests"
    return f"{place.root}/repos/{quote(place.path)}/pulls"


def _headers(forge, token):
    if forge == "gitlab":
        return {"PRIVATE-TOKEN": token, "Accept": "application/json"}
    if forge == "gitea":
        return {"Authorization": f"token {token}", "Accept": "application/json"}
    kinds = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
    return {"Authorization": f"Bearer {token}", **kinds}


def _ends(place, row):
    """Return from which branch to which a pull request goes."""
    if place.forge == "gitlab":
        return row["source_branch"], row["target_branch"]
    return row["head"]["ref"], row["base"]["ref"]


def _reason(data):
    """Return the words of a refusal: a text, a list, or the fields with what is wrong of each."""
    if not isinstance(data, dict):
        return "it gave no reason."
    said = data.get("message") or data.get("error") or "it gave no reason."
    if isinstance(said, dict):
        said = [f"{field} {_joined(words)}" for field, words in said.items()]
    errors = [error for error in data.get("errors") or () if isinstance(error, dict)]
    details = [error.get("message") or _detail(error) for error in errors]
    words = said if isinstance(said, list) else [said]
    return "; ".join([*map(str, words), *filter(None, details)])[:300]


def _joined(words):
    return ", ".join(map(str, words)) if isinstance(words, list) else str(words)


def _detail(error):
    """Return ``field: code``, which GitHub gives where it gives no sentence."""
    return ": ".join(str(error[name]) for name in ("field", "code") if error.get(name))
