"""The rules that close this machine to builds and targets, kept by a container of its own (images/firewall).

It runs beside the swarm, not in it: Swarm gives no container the machine's process list, which is how
the overlays' network namespaces are reached. Docker starts it again with the engine, and meanwhile the
machine's rules stay: only `script/server stop` and `reset` take them away.
"""

import hashlib
import importlib.util
import json
import time

from .docker_engine import SOCKET, docker
from .trouble import Trouble

LABEL = "ipai.firewall"
MARK = "ipai.mark"
SETTLE_SECONDS = 60
STALE_SECONDS = 60
CAPABILITIES = ("NET_ADMIN", "SYS_ADMIN", "SYS_PTRACE")  # rules; other namespaces; to find them
# An engine that was killed marks the containers it finds as stopped by hand: "unless-stopped" would leave it out.
ALWAYS = "always"
OPEN_UNTIL = "until then builds and targets reach this machine's ports"


def container_name(settings):
    return settings.named("firewall")


def status_folder(settings):
    """Where the container writes whether all is well: a busy engine would keep us waiting for an answer."""
    return settings.state / "firewall"


def order(settings):
    """What the container is told; raises Trouble on a place that is none."""
    for variable, text in (
        ("IPAI_BUILDS_MAY_REACH", settings.builds_may_reach),
        ("IPAI_TARGETS_MAY_REACH", settings.targets_may_reach),
    ):
        _require_places(settings, variable, text)
    return {
        "instance": settings.instance,
        "ports": settings.ports,
        "builds_may_reach": settings.builds_may_reach,
        "targets_may_reach": settings.targets_may_reach,
    }


def _require_places(settings, variable, text):
    path = settings.checkout / "images/firewall/rules.py"
    spec = importlib.util.spec_from_file_location("ipai_firewall_rules", path)
    rules = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(rules)
    try:
        rules.places(text)
    except ValueError as exc:
        raise Trouble(f"{variable}: {exc}.") from exc


def run_words(settings, image):
    """The words of `docker run`, without the fingerprint."""
    words = ["--detach", "--name", container_name(settings), "--restart", ALWAYS]
    words += ["--label", f"{LABEL}={settings.instance}"]
    words += ["--network", "host", "--pid", "host", "--read-only"]
    words += ["--cap-drop", "ALL", "--security-opt", "apparmor=unconfined", "--pids-limit", "64"]
    words += ["--security-opt", "no-new-privileges", "--memory", "128m", "--cpus", "1"]
    words += [word for name in CAPABILITIES for word in ("--cap-add", name)]
    words += ["--log-driver", "json-file", "--log-opt", "max-size=5m", "--log-opt", "max-file=2"]
    socket = SOCKET.removeprefix("unix://")
    words += ["--mount", f"type=bind,source={socket},target={socket}"]
    words += ["--mount", f"type=bind,source={status_folder(settings)},target=/run/firewall"]
    return [*words, "--env", f"FIREWALL={json.dumps(order(settings), sort_keys=True)}", image]


def ensure_firewall(commands, settings, image):
    """The rules in force and kept; says what was done, or plainly that they are not in force."""
    words = run_words(settings, image)
    mark = hashlib.sha256("\0".join(words).encode()).hexdigest()[:16]
    known = _inspected(commands, settings, f'{{{{index .Config.Labels "{MARK}"}}}}')
    note = "running"
    if known != mark:
        _forget(commands, settings)
        _empty(status_folder(settings))
        why = "The container that keeps the firewall's rules could not be started"
        commands.run(docker("run", "--label", f"{MARK}={mark}", *words), timeout=120, why=why)
        note = "created" if known is None else "replaced"
    elif _inspected(commands, settings, "{{.State.Running}}") != "true":
        _start(commands, settings)
        note = "started"
    elif (status_folder(settings) / "end").exists():  # a stop was killed before it stopped anything
        _start(commands, settings)
    is_well, detail = _settled(commands, settings)
    return note if is_well else f"NOT IN FORCE: {detail}; {OPEN_UNTIL}"


def _empty(folder):
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in ("status", "end"):
        (folder / name).unlink(missing_ok=True)


def _start(commands, settings):
    _empty(status_folder(settings))
    name = container_name(settings)
    commands.run(docker("update", "--restart", ALWAYS, name), timeout=60)
    commands.run(docker("start", name), timeout=60)


def _settled(commands, settings):
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        is_well, detail = state(commands, settings)
        if is_well or time.monotonic() > deadline:
            return is_well, detail
        time.sleep(0.3)


def state(commands, settings):
    """(whether the rules are in force, what is to be said of it)."""
    told = _inspected(commands, settings, "{{.State.Running}}")
    if told is None:
        return False, f"there is no container {container_name(settings)}: run script/server"
    if told != "true":
        return False, f"the container {container_name(settings)} does not run: run script/server"
    said = _said(settings)
    return said == "", said or "rules in force"


def _said(settings):
    """What the container wrote last: an empty text when all is well."""
    path = status_folder(settings) / "status"
    try:
        is_old = time.time() - path.stat().st_mtime > STALE_SECONDS
        return "the rules have not been looked after for a while" if is_old else path.read_text()
    except OSError:
        return f"it has not said yet whether its rules are in force: docker logs {container_name(settings)}"


def _inspected(commands, settings, form):
    """What Docker says of the container; None where there is none."""
    asked = commands.attempt(
        docker("container", "inspect", "--format", form, container_name(settings))
    )
    return asked.stdout.strip() if asked.returncode == 0 else None


def _forget(commands, settings):
    """Without a word to it: the rules stay until its successor replaces them."""
    commands.attempt(docker("rm", "--force", container_name(settings)), timeout=60)


def stop_firewall(commands, settings):
    """Take the rules away and stop their keeper, also after an engine's next start; says whether it was running."""
    running = _inspected(commands, settings, "{{.State.Running}}")
    if running is None:
        return False
    folder, name = status_folder(settings), container_name(settings)
    _empty(folder)
    if running != "true":  # the rules outlive the container: it comes to take them along
        commands.attempt(docker("start", name), timeout=60)
    _heard_from(folder)
    (folder / "end").touch()
    commands.attempt(docker("update", "--restart", "no", name), timeout=60)
    commands.attempt(docker("stop", "--time", "20", name), timeout=60)
    (folder / "end").unlink(missing_ok=True)
    return running == "true"


def _heard_from(folder):
    """Wait until the keeper writes its status: one that is just starting would end without a word."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while not (folder / "status").exists() and time.monotonic() < deadline:
        time.sleep(0.1)


def remove_firewall(commands, settings):
    """Stop and remove it; says whether it was running."""
    was_running = stop_firewall(commands, settings)
    _forget(commands, settings)
    return was_running
