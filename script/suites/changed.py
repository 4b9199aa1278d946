"""Which suites a change asks for."""

import subprocess


def suites_for(paths, suites):
    """Return the suites that cover one of the paths, or whose own tests are among them."""
    return [
        suite
        for suite in suites
        if any(path.startswith((*suite.covers, *suite.paths)) for path in paths)
    ]


def changed_paths(root):
    """Return the paths changed since the branch left main, committed or not."""
    base = _git(root, "merge-base", "HEAD", "main") or ["HEAD"]
    status = _git(root, "status", "--porcelain", "--untracked-files=all", "--no-renames")
    committed = _git(root, "diff", "--name-only", base[0], "HEAD")
    return sorted({*committed, *(line[3:] for line in status)})


def _git(root, *words):
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
    return [line for line in done.stdout.splitlines() if line]
