import pytest
from toolbox_samples import addon

from ipai_toolbox.addons import find_addons, without_duplicates
from ipai_toolbox.ipai_yml import Settings, read_settings, settings_or_failure
from ipai_toolbox.outcome import Failure
from ipai_toolbox.requirements import apt_packages, copy_requirements, find_line, requirement_files


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "tree"
    folder.mkdir()
    return folder


def put(root, files: dict[str, str]):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def names(root, *below) -> list[str]:
    return [found.name for found in find_addons(root, below).addons]


def test_addons_are_found_at_any_depth(root):
    put(
        root,
        {"a/__manifest__.py": addon(), "x/y/z/b/__manifest__.py": addon(depends=["a", "sale"])},
    )
    found = find_addons(root).addons
    assert [(one.name, one.shown, one.depends) for one in found] == [
        ("a", "a", ("base",)),
        ("b", "x/y/z/b", ("a", "sale")),
    ]


def test_hidden_folders_node_modules_and_addons_inside_addons_are_skipped(root):
    put(
        root,
        {
            f"{place}/__manifest__.py": addon()
            for place in (".git/a", "node_modules/b", "c", "c/tests/data/d")
        },
    )
    assert names(root) == ["c"]


def test_the_repository_itself_is_not_taken_for_a_nameless_addon(root):
    put(root, {"__manifest__.py": addon()})
    assert names(root) == ["tree"]


def test_addons_that_are_not_installable_are_skipped(root):
    put(root, {"a/__manifest__.py": addon(installable=False)})
    assert names(root) == []


def test_a_folder_that_python_cannot_import_is_told(root):
    put(root, {"my-addon/__manifest__.py": addon()})
    found = find_addons(root)
    assert found.addons == () and "my-addon" in found.warnings[0]


def test_a_search_can_be_limited_to_folders(root):
    put(root, {"in/a/__manifest__.py": addon(), "out/a/__manifest__.py": addon()})
    assert [one.shown for one in find_addons(root, ("in",)).addons] == ["in/a"]


def test_addons_with_tests_are_known(root):
    put(
        root,
        {
            "a/__manifest__.py": addon(),
            "a/tests/test_a.py": "",
            "b/__manifest__.py": addon(),
            "b/tests/x.py": "",
        },
    )
    assert [(one.name, one.has_tests) for one in find_addons(root).addons] == [
        ("a", True),
        ("b", False),
    ]


@pytest.mark.parametrize(
    "text,words",
    [
        ("{\n 'name': 'x',\n 'depends': [\n}\n", "a/__manifest__.py, line "),
        (
            "# comment\n{'name': open('/etc/passwd')}",
            "a/__manifest__.py, line 2: only plain values",
        ),
        ("['name']", "no dictionary"),
        ("{'depends': 'base'}", "'depends' is no list"),
        ("", "a/__manifest__.py, line "),
    ],
)
def test_a_broken_manifest_is_named_with_its_line(root, text, words):
    put(root, {"a/__manifest__.py": text})
    with pytest.raises(Failure) as failure:
        find_addons(root)
    assert words in failure.value.cause


def test_one_name_in_two_folders_names_both(root):
    put(root, {"p/a/__manifest__.py": addon(), "q/a/__manifest__.py": addon()})
    with pytest.raises(Failure, match="addon a is there twice: in p/a and in q/a"):
        without_duplicates(find_addons(root).addons)


def test_without_a_file_the_settings_are_the_defaults(root):
    assert settings_or_failure(root) == Settings()


def test_all_keys_are_read(root):
    put(
        root,
        {
            "src/keep": "",
            "docker/Dockerfile": "FROM x",
            ".ipai.yml": (
                "addons: [src]\ninstall:\n  - sale\n  - demo\ntests: ['/demo', '-/demo:TestSlow']\nbase_image: odoo:19.0\n"
                "dockerfile: docker/Dockerfile\nworkers: 4\npython:\n  - phonenumbers>=8\napt: [poppler-utils]\n"
            ),
        },
    )
    assert settings_or_failure(root) == Settings(
        ("src",),
        ("sale", "demo"),
        ("/demo", "-/demo:TestSlow"),
        "odoo:19.0",
        "docker/Dockerfile",
        4,
        ("phonenumbers>=8",),
        ("poppler-utils",),
    )


def test_tests_can_be_switched_off(root):
    put(root, {".ipai.yml": "tests: false\n"})
    assert settings_or_failure(root).tests == ()


@pytest.mark.parametrize(
    "text,problem",
    [
        (
            "workers: 2\ninstal: [a]\n",
            '.ipai.yml, line 2, key "instal": unknown key; did you mean "install"?',
        ),
        ("colour: red\n", 'line 1, key "colour": unknown key; known keys are addons, install'),
        ("environment:\n  A: b\n", "store them as secrets"),
        (
            "workers: many\n",
            "line 1, key \"workers\": expected a number from 0 to 64, found 'many'",
        ),
        (
            "install:\n  - ok\n  - Not Ok\n",
            "line 3, key \"install\": expected module names, found 'Not Ok'",
        ),
        (
            "install: demo\n",
            "line 1, key \"install\": expected a list of module names, found 'demo'",
        ),
        ("apt:\n- 'curl; rm -rf /'\n", 'line 2, key "apt": expected Debian package names'),
        ("python: ['--index-url=http://evil']\n", "expected requirement lines"),
        ("addons: [../other]\n", "leads out of the repository"),
        ("addons: [absent]\n", "there is no folder absent"),
        ("dockerfile: /etc/passwd\n", "leads out of the repository"),
        ("tests: true\n", "expected false or a list of test tags"),
        ("a: [\n", "line 2: this is not YAML"),
        ("- a\n", "line 1: expected keys with values"),
        ("workers: 1\nworkers: 2\n", 'line 2, key "workers": this key is there twice'),
        ("install: [{a: b}]\n", "found a mapping"),
        ("x: !!python/object/apply:os.system [touch /tmp/x]\n", "line 1: tags are not taken"),
    ],
)
def test_each_mistake_names_file_line_and_key(root, text, problem):
    put(root, {".ipai.yml": text})
    assert any(problem in one for one in read_settings(root)[1]), read_settings(root)[1]


def test_several_mistakes_are_counted_in_one_sentence(root):
    put(root, {".ipai.yml": "instal: []\nworkers: x\n"})
    with pytest.raises(Failure, match="and 1 more") as failure:
        settings_or_failure(root)
    assert "docs/ipai-yml.md" in failure.value.hint


def collected(root) -> list[str]:
    return [one.shown for one in requirement_files(root, list(find_addons(root).addons))]


def test_requirement_files_beside_addons_and_above_them_come_outermost_first(root):
    put(
        root,
        {
            "requirements.txt": "a",
            "x/requirements.txt": "b",
            "x/one/requirements.txt": "c",
            "x/one/__manifest__.py": addon(),
            "unrelated/requirements.txt": "no",
            "z/two/__manifest__.py": addon(),
            "z/requirements.txt": "d",
        },
    )
    assert collected(root) == [
        "requirements.txt",
        "x/requirements.txt",
        "z/requirements.txt",
        "x/one/requirements.txt",
    ]


def test_included_files_are_copied_too(root, tmp_path):
    put(
        root,
        {
            "requirements.txt": "-r req/more.txt\n-c req/pins.txt\nlxml",
            "req/more.txt": "-r ../deep.txt\nx",
            "req/pins.txt": "x==1",
            "deep.txt": "y",
        },
    )
    order = copy_requirements(requirement_files(root, []), root, tmp_path / "to", "repository")
    assert order == ["repository/requirements.txt"]
    copied = sorted(
        path.relative_to(tmp_path / "to").as_posix() for path in (tmp_path / "to").rglob("*.txt")
    )
    assert copied == [
        "repository/deep.txt",
        "repository/req/more.txt",
        "repository/req/pins.txt",
        "repository/requirements.txt",
    ]


@pytest.mark.parametrize(
    "line,words",
    [
        ("-r absent.txt", "line 2: there is no file absent.txt"),
        ("-r ../../secret", "no file"),
        ("-e .", "not supported"),
        ("./vendor/x", "not supported"),
    ],
)
def test_a_line_that_cannot_work_is_named(root, tmp_path, line, words):
    put(root, {"requirements.txt": f"ok\n{line}\n"})
    with pytest.raises(Failure, match=words):
        copy_requirements(requirement_files(root, []), root, tmp_path / "to", "r")


def test_a_requirement_file_that_links_out_of_the_repository_is_not_read(root, tmp_path):
    (tmp_path / "secret").write_text("password")
    (root / "requirements.txt").symlink_to(tmp_path / "secret")
    (root / "apt.txt").symlink_to(tmp_path / "secret")
    assert collected(root) == [] and apt_packages(root) == []


def test_a_distribution_is_found_in_its_line(root):
    put(root, {"requirements.txt": "# none\nOdoo_Addon.queue-job==19.0.*\nlxml-html\n"})
    files = requirement_files(root, [])
    assert find_line(files, "odoo-addon-queue_job") == "requirements.txt, line 2"
    assert find_line(files, "lxml") == ""


def test_packages_come_from_apt_txt_and_are_checked(root):
    put(root, {"apt.txt": "# tools\npoppler-utils\n\nlibmagic1  # magic\n"})
    assert apt_packages(root) == ["poppler-utils", "libmagic1"]
    put(root, {"apt.txt": "good\n--allow-unauthenticated\n"})
    with pytest.raises(
        Failure, match=r"apt\.txt, line 2: '--allow-unauthenticated' is not the name"
    ):
        apt_packages(root)
