"""Where a forge shows what lies between two commits."""

import re

from . import webhooks

SCP = re.compile(r"(?:[^@/]+@)?(?P<host>[\w.-]+):(?P<path>[^/].*)")


def compare_url(forge: str, repository: str, old: str, new: str) -> str:
    """Return the page with the difference, or an empty text where there is none to show."""
    root, path = web_root(repository), webhooks.compare_path(forge)
    if not path or not root or not old or not new or old == new:
        return ""
    return path.format(root=root, old=old, new=new)


def web_root(repository: str) -> str:
    """Return the repository's page in a browser, from any URL Git takes."""
    bare = (repository or "").removesuffix("/").removesuffix(".git")
    if bare.startswith(("https://", "http://")):
        return re.sub(r"//[^/@]*@", "//", bare)
    if bare.startswith("ssh://"):
        host, _slash, path = bare.removeprefix("ssh://").rpartition("@")[2].partition("/")
        return f"https://{host.partition(':')[0]}/{path}"
    match = SCP.fullmatch(bare)
    return f"https://{match['host']}/{match['path']}" if match and "://" not in bare else ""
