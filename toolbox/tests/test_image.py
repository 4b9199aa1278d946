import os

import pytest
from toolbox_samples import addon, make_spec

from ipai_toolbox.build_log import BuildLog, explain_build
from ipai_toolbox.checkout import Fetcher
from ipai_toolbox.context import write_context
from ipai_toolbox.docker_cli import Base
from ipai_toolbox.dockerfile import Recipe, dockerfile
from ipai_toolbox.git import git_for
from ipai_toolbox.image.install_python import record_odoo
from ipai_toolbox.image_names import ImageRules
from ipai_toolbox.outcome import Failure
from ipai_toolbox.requirements import Requirement
from ipai_toolbox.source import gather
from ipai_toolbox.tree import Copier, addon_digest, stamp, tree_digest

BASE = Base("registry:1/i/odoo@sha256:" + "a" * 64, "sha256:" + "a" * 64, "odoo")
RULES = ImageRules("registry:1", "registry:1", "i", "demo", (BASE.reference,))
ADDON = {"shop/__manifest__.py": addon(), "shop/__init__.py": "", "shop/models/a.py": "x = 1\n"}

PLAIN = """\
FROM registry:1/i/odoo@sha256:aa
USER root
COPY addons/ /opt/ipai/addons/
USER odoo
"""

FULL = """\
FROM registry:1/i/odoo@sha256:aa
USER root
RUN --mount=type=bind,source=system,target=/opt/ipai/build \\
    --mount=type=secret,id=ca-bundle \\
    python3 /opt/ipai/build/install_system.py
RUN --mount=type=bind,source=python,target=/opt/ipai/build \\
    --mount=type=secret,id=ca-bundle \\
    --mount=type=cache,target=/root/.cache/pip \\
    python3 /opt/ipai/build/install_python.py
COPY extra/ /opt/ipai/addons/
COPY addons/ /opt/ipai/addons/
USER odoo
"""


def test_the_dockerfile_has_only_the_layers_that_are_needed():
    assert dockerfile(Recipe("registry:1/i/odoo@sha256:aa", "odoo")) == PLAIN


def test_the_dockerfile_with_everything():
    assert dockerfile(Recipe("registry:1/i/odoo@sha256:aa", "odoo", True, True, True)) == FULL


def test_a_base_that_runs_as_root_stays_so():
    assert dockerfile(Recipe("b", "")).endswith("USER root\n")


@pytest.fixture
def context_of(places, tmp_path, events):
    """Builds the context of a repository; each call has its own folder."""
    counter = iter(range(100))

    def build(repo, base=BASE, extras=(), platform="1"):
        work = tmp_path / f"work{next(counter)}"
        work.mkdir()
        fetcher = Fetcher(git_for(places, repo.url, work), places.mirrors, work, events)
        spec = make_spec(
            repository_url=repo.url, ref="refs/heads/main", extra_repositories=list(extras)
        )
        return write_context(gather(spec, fetcher), base, work, platform, RULES, lambda name: base)

    return build


def test_the_same_content_has_the_same_fingerprint_whatever_the_commit(context_of, make_repo):
    repo = make_repo()
    repo.commit(ADDON)
    first = context_of(repo)
    repo.commit(subject="An empty commit")
    assert context_of(repo).fingerprint == first.fingerprint
    assert first.tag == first.fingerprint[:16]


@pytest.mark.parametrize(
    "change",
    [
        {"shop/models/a.py": "x = 2\n"},
        {"requirements.txt": "lxml\n"},
        {"apt.txt": "curl\n"},
        {".ipai.yml": "python: [x]\n"},
    ],
)
def test_every_change_that_matters_changes_the_fingerprint(context_of, make_repo, change):
    repo = make_repo()
    repo.commit(ADDON)
    first = context_of(repo)
    repo.commit(change)
    assert context_of(repo).fingerprint != first.fingerprint


def test_what_does_not_reach_the_image_does_not_change_the_fingerprint(context_of, make_repo):
    repo = make_repo()
    repo.commit(ADDON)
    first = context_of(repo)
    repo.commit({"README.md": "new", ".github/workflow.yml": "x"})
    assert context_of(repo).fingerprint == first.fingerprint


def test_base_and_platform_are_part_of_the_fingerprint(context_of, make_repo):
    repo = make_repo()
    repo.commit(ADDON)
    other = Base("registry:1/i/odoo@sha256:" + "b" * 64, "sha256:" + "b" * 64, "odoo")
    prints = {
        context_of(repo).fingerprint,
        context_of(repo, base=other).fingerprint,
        context_of(repo, platform="2").fingerprint,
    }
    assert len(prints) == 3


def test_the_context_has_one_folder_per_layer(context_of, make_repo):
    repo, extra = make_repo(), make_repo("library.git")
    repo.commit({**ADDON, "requirements.txt": "lxml\n", "apt.txt": "curl\n"})
    extra.commit({"partner/__manifest__.py": addon(), "requirements.txt": "requests\n"})
    context = context_of(repo, extras=[{"url": extra.url, "ref": "refs/heads/main"}])
    assert sorted(path.name for path in context.folder.iterdir()) == [
        "addons",
        "extra",
        "python",
        "system",
    ]
    order = (context.folder / "python/order.txt").read_text().splitlines()
    assert order == ["repository/requirements.txt", "extra1-library/requirements.txt"]
    assert (context.folder / "system/packages.txt").read_text() == "curl\n"
    assert (context.folder / "addons/shop/models/a.py").is_file()
    assert (context.folder / "extra/partner/__manifest__.py").is_file()
    assert sorted(context.addons_digests) == ["partner", "shop"]


def test_an_addon_in_two_repositories_is_refused(context_of, make_repo):
    repo, extra = make_repo(), make_repo("library")
    repo.commit(ADDON)
    extra.commit(ADDON)
    with pytest.raises(Failure, match="in shop and in library/shop"):
        context_of(repo, extras=[{"url": extra.url, "ref": "refs/heads/main"}])


def test_a_repository_without_addons_is_one_sentence(context_of, make_repo):
    repo = make_repo()
    repo.commit({"README.md": "hello"})
    with pytest.raises(Failure, match="no installable addon"):
        context_of(repo)


def test_an_own_dockerfile_is_used_once_it_is_checked(context_of, make_repo):
    repo = make_repo()
    repo.commit(
        {
            **ADDON,
            "docker/Dockerfile": "ARG BASE_IMAGE\nFROM $BASE_IMAGE\n",
            ".ipai.yml": "dockerfile: docker/Dockerfile\n",
        }
    )
    context = context_of(repo)
    assert context.dockerfile.read_text().startswith("ARG BASE_IMAGE")
    assert (context.folder / "shop/__init__.py").is_file()
    repo.commit({"anything": "else"})
    assert context_of(repo).fingerprint != context.fingerprint


def test_file_times_follow_from_content(tmp_path):
    for name, text in (("a/x.js", "one"), ("b/x.js", "one"), ("c/x.js", "two")):
        path = tmp_path / name
        path.parent.mkdir()
        path.write_text(text)
    stamp(tmp_path)
    times = [(tmp_path / name / "x.js").stat().st_mtime_ns for name in "abc"]
    assert times[0] == times[1] != times[2]


def test_links_out_of_the_repository_are_left_out(tmp_path):
    root = tmp_path / "repo"
    (root / "a").mkdir(parents=True)
    (root / "shared.txt").write_text("shared")
    (tmp_path / "secret").write_text("secret")
    (root / "a/inside").symlink_to("own.txt")
    (root / "a/own.txt").write_text("own")
    (root / "a/sibling").symlink_to("../shared.txt")
    (root / "a/escape").symlink_to(tmp_path / "secret")
    (root / "a/loop").symlink_to("..")
    copier = Copier(root)
    copier.copy(root / "a", tmp_path / "out")
    assert sorted(os.listdir(tmp_path / "out")) == ["inside", "own.txt", "sibling"]
    assert (tmp_path / "out/sibling").read_text() == "shared" and not (
        tmp_path / "out/sibling"
    ).is_symlink()
    assert len(copier.warnings) == 2


def test_translation_templates_and_compiled_files_do_not_change_an_addon(tmp_path):
    (tmp_path / "a.py").write_text("1")
    first = addon_digest(tmp_path)
    (tmp_path / "a.pot").write_text("changed")
    assert addon_digest(tmp_path) == first
    (tmp_path / "a.py").chmod(0o755)
    assert tree_digest(tmp_path) != first


def test_pip_believes_that_the_images_odoo_is_installed(tmp_path):
    constraint = record_odoo(tmp_path, "19.0")
    assert constraint.read_text() == "odoo==19.0\n"
    assert "Name: odoo\nVersion: 19.0" in (tmp_path / "odoo-19.0.dist-info/METADATA").read_text()


@pytest.fixture
def requirements(tmp_path):
    path = tmp_path / "requirements.txt"
    path.write_text("# ours\nodoo-addon-queue_job==18.0.1\nnosuchthing>=3\nlxml==1\n")
    return [Requirement(path, "shop/requirements.txt")]


@pytest.mark.parametrize(
    "lines,cause",
    [
        (
            ["ERROR: No matching distribution found for nosuchthing>=3"],
            "shop/requirements.txt, line 3: no package",
        ),
        (
            [
                "ERROR: Invalid requirement: 'a==': Expected end",
                "    a==",
                "     ~~^ (from line 2 of /opt/ipai/build/repository/requirements.txt)",
            ],
            "requirements.txt, line 2: 'a==' is not a requirement",
        ),
        (
            [
                "ERROR: Cannot install odoo-addon-queue_job==18.0.1 because these package versions have conflicting"
                " dependencies.",
                "  odoo-addon-queue-job 18.0.1 depends on odoo==18.0.*",
            ],
            "another Odoo version",
        ),
        (
            [
                "ERROR: Cannot install a==1 and lxml==1 because these package versions have conflicting dependencies."
            ],
            "contradict each other: a==1 and lxml==1 (shop/requirements.txt, line 4)",
        ),
        (
            ["ERROR: Failed building wheel for lxml"],
            "shop/requirements.txt, line 4: lxml has no ready wheel",
        ),
        (["E: Unable to locate package nopackage"], "apt.txt asks for nopackage"),
        (["write /var/lib: no space left on device"], "The disk of the build machine is full"),
        (["/usr/bin/python3: No module named pip"], "The base image has no pip"),
        (
            [
                "WARNING: Retrying ... Temporary failure in name resolution",
                "ERROR: No matching distribution found for x",
            ],
            "The package index cannot be reached",
        ),
        (
            ["ERROR: Cannot connect to the Docker daemon at unix:///var/run/docker.sock."],
            "Docker does not answer",
        ),
        (
            ["step", "error: something else", "ERROR: failed to solve: executor failed running x"],
            "The image cannot be built: error: something else",
        ),
        (
            [
                "ERROR: Cannot install -r repository/a/requirements.txt (line 1) because these package versions have"
                " conflicting dependencies.",
                " x depends on odoo==18.0.*",
            ],
            "a/requirements.txt line 1 needs another Odoo version",
        ),
        (
            ['Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused'],
            "The registry 127.0.0.1:1 does not answer to Docker",
        ),
        (
            [
                "File x",
                "packaging.version.InvalidVersion: Invalid version: 'b'",
                "ERROR: executor failed running [x]",
            ],
            "InvalidVersion: Invalid version: 'b'",
        ),
    ],
)
def test_a_failed_build_says_what_and_where(lines, cause, requirements):
    assert cause in explain_build(lines, requirements).cause


def test_lines_that_the_build_shows_once_more_after_a_failure_are_not_said_twice(events):
    log = BuildLog(events)
    for line in (
        "#5 1.0 ERROR: no",
        "------",
        " > [2/3] RUN x:",
        "1.0 ERROR: no",
        "------",
        "ERROR: failed to solve",
    ):
        log(line)
    assert events.messages("error") == ["ERROR: no", "ERROR: failed to solve"]


def test_the_builds_output_becomes_clean_events_with_levels_and_progress(events):
    log = BuildLog(events)
    for line in (
        "#5 [2/4] RUN python3 install_python.py",
        "#5 1.234 Collecting lxml",
        "#5 2.0 ERROR: no",
        "#5 DONE 3.2s",
        "#6 2.1 WARNING: old",
        "",
    ):
        log(line)
    assert events.said == [
        ("info", "[2/4] RUN python3 install_python.py", {"progress": 0.425}),
        ("info", "Collecting lxml", None),
        ("error", "ERROR: no", None),
        ("debug", "DONE 3.2s", None),
        ("warning", "WARNING: old", None),
    ]
