"""Odoo 19's source: Debian's package unpacked beside the fonts and scripts it links to, or a checkout."""

import hashlib
import shutil
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from .machine import debian_mirror
from .trouble import Trouble

TIMEOUT_SECONDS = 300


@dataclass(frozen=True)
class OdooSource:
    """What a Python needs to run Odoo from here."""

    program: Path
    python_path: Path
    addons: tuple


def odoo_source(settings):
    """Where Odoo is (or will be) for `settings`."""
    if settings.odoo_source:
        return _from_checkout(Path(settings.odoo_source).absolute())
    root = settings.cache / f"odoo-{fingerprint(_lock(settings))}"
    packages = root / "usr/lib/python3/dist-packages"
    return OdooSource(root / "usr/bin/odoo", packages, (packages / "odoo/addons",))


def _from_checkout(folder):
    if not (folder / "odoo-bin").exists():
        raise Trouble(
            f"ODOO_SOURCE is {folder}, which has no odoo-bin: point it to a checkout of Odoo 19.0."
        )
    return OdooSource(folder / "odoo-bin", folder, (folder / "addons", folder / "odoo/addons"))


def _lock(settings):
    return settings.checkout / "script/odoo-source.lock"


def fingerprint(*paths):
    """Twelve characters that change when any of these files does."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()[:12]


def ensure_odoo_source(commands, settings):
    """Odoo 19 unpacked, every link in it resolving."""
    source = odoo_source(settings)
    if source.program.exists():
        return "already there"
    root = source.program.parents[2]
    partial = root.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    mirror = debian_mirror(commands, settings.mirror)
    for sha256, path in _locked_packages(settings):
        package = download(f"{mirror}/{path}", sha256, settings.cache / "debs")
        commands.run(
            ["dpkg-deb", "--extract", package, partial],
            timeout=300,
            why=f"{package.name} could not be unpacked",
        )
    _require_whole(partial)
    partial.rename(root)
    return "unpacked"


def _locked_packages(settings):
    return [line.split() for line in _lock(settings).read_text().splitlines() if line.strip()]


def _require_whole(root):
    broken = [path for path in root.rglob("*") if path.is_symlink() and not path.exists()]
    if broken:
        raise Trouble(
            f"The unpacked Odoo has {len(broken)} broken links (first: {broken[0]}): "
            "script/odoo-source.lock misses a package."
        )


def download(url, sha256, folder):
    """The file behind `url`, from `folder` if it is there; raises Trouble unless its SHA-256 is right."""
    target = folder / url.rsplit("/", 1)[1]
    if target.exists() and _sha256(target) == sha256:
        return target
    folder.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    _fetch(url, partial)
    if _sha256(partial) != sha256:
        raise Trouble(
            f"{target.name} from the mirror is not the pinned file (SHA-256 differs): "
            "the mirror is wrong or the lock is old."
        )
    partial.rename(target)
    return target


def _fetch(url, target):
    try:
        with (
            urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer,
            target.open("wb") as out,
        ):
            shutil.copyfileobj(answer, out)
    except OSError as exc:
        raise Trouble(
            f"{url.rsplit('/', 1)[1]} could not be fetched from the Debian mirror ({exc}): "
            "check the network or set IPAI_MIRROR."
        ) from exc


def _sha256(path):
    digest = hashlib.sha256()
    with path.open("rb") as source:
        for block in iter(lambda: source.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()
