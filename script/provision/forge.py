"""The demo's forge: a bare Git repository, served read-only to builders, with a hook that tells of pushes."""

import json
import shutil
from pathlib import Path

from . import processes
from .credentials import write_private
from .platform import control_url, own_repositories
from .ports import require_free_port
from .swarm import gateway_address

WHO = ["-c", "user.name=Acme", "-c", "user.email=dev@acme.example"]


def served_folder(settings):
    return settings.state / "git"


def bare(settings, name):
    return served_folder(settings) / f"{name}.git"


def repository_url(commands, settings, name):
    """What builders fetch from."""
    return f"{own_repositories(commands, settings)}/{name}.git"


def pid_path(settings):
    return settings.state / "git-daemon.pid"


def ensure_daemon(commands, settings):
    """Git's own daemon over the served folder, bound where only this machine's containers reach it."""
    if processes.running_pid(pid_path(settings)):
        return "running"
    require_free_port(settings.ports["git"], "the Git daemon")
    served_folder(settings).mkdir(parents=True, exist_ok=True)
    folder = served_folder(settings)
    processes.start_detached(
        [
            "git",
            "daemon",
            f"--listen={gateway_address(commands)}",
            f"--port={settings.ports['git']}",
            "--reuseaddr",
            "--export-all",
            f"--base-path={folder}",
            str(folder),
        ],
        pid_path(settings),
        settings.logs / "git-daemon.log",
    )
    return "started"


def stop_daemon(settings):
    """Stop the daemon; says whether it was running."""
    return processes.stop(pid_path(settings), timeout_seconds=10)


def ensure_repository(commands, settings, name):
    """A bare repository whose pushes are told to the project of the same code."""
    repository = bare(settings, name)
    if not (repository / "HEAD").exists():
        commands.run(
            ["git", "init", "--quiet", "--bare", "--initial-branch=main", repository],
            why="The demo repository could not be made",
        )
    hook = repository / "hooks/post-receive"
    shutil.copyfile(Path(__file__).with_name("post_receive.py"), hook)
    hook.chmod(0o755)
    facts = {
        "url": f"{control_url(commands, settings)}/ipai/hook/{name}",
        "repository": name,
        "secret_file": str(settings.secrets / "webhook-secret"),
    }
    write_private(repository / "hooks/webhook.json", json.dumps(facts))


def head(commands, settings, name):
    """The commit of main, or an empty text."""
    asked = commands.attempt(
        ["git", "-C", bare(settings, name), "rev-parse", "--verify", "--quiet", "refs/heads/main"]
    )
    return asked.stdout.strip()


def push_folder(commands, settings, name, folder):
    """Push the files of `folder` as the first commit of main; returns the commit."""
    work = settings.state / "work" / name
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(folder, work, ignore=shutil.ignore_patterns("__pycache__"))
    git = ["git", *WHO, "-C", work]
    commands.run([*git, "init", "--quiet", "--initial-branch=main"])
    commands.run([*git, "add", "--all"])
    commands.run([*git, "commit", "--quiet", "--message", "Acme's Odoo"])
    commands.run([*git, "remote", "add", "origin", bare(settings, name)])
    commands.run(
        [*git, "push", "--quiet", "origin", "main"], timeout=120, why="The demo could not be pushed"
    )
    return head(commands, settings, name)


def tell_again(commands, settings, name):
    """Send the hook for main once more, for a push that nobody heard."""
    commit = head(commands, settings, name)
    repository = bare(settings, name)
    commands.run(
        [repository / "hooks/post-receive"],
        stdin=f"{'0' * 40} {commit} refs/heads/main\n",
        cwd=repository,
        why="The push could not be told again",
    )
