"""The keys of .ipai.yml, declared once: the reader, the JSON Schema and the annotated example are made from them."""

from dataclasses import dataclass, field
from pathlib import Path

from .ipai_yml_values import Value, false_or, list_of, path, words

MODULE = r"[a-z_][a-z0-9_]*"
PACKAGE = r"[a-z0-9][a-z0-9+.-]*(?:=[A-Za-z0-9.+:~-]+)?"
TEST_TAG = r"[-+]?[A-Za-z0-9_/:.\[\]]+"
IMAGE = r"[a-z0-9][A-Za-z0-9_.:/@-]*"
REQUIREMENT = r"[A-Za-z0-9][^\x00-\x08\x0a-\x1f\x7f]*"


@dataclass(frozen=True)
class Key:
    """What one key means; `is_rare` when most repositories do without."""

    about: str
    allowed: str
    without: str
    example: str | list[str]
    value: Value
    is_rare: bool = False
    defaults: dict = field(
        default_factory=dict
    )  # "default" of the schema, where it is a fixed value


KEYS = {
    "addons": Key(
        "Folders in which addons are searched. Paths start at the root of the repository.",
        "a list of folders of the repository",
        "the whole repository is searched",
        ["addons", "vendor/oca"],
        list_of(path(Path.is_dir, "folder"), "folders"),
        defaults={"default": ["."]},
    ),
    "install": Key(
        "Modules to install with all they depend on: from the repository, from Odoo or from a package.",
        "a list of technical names of modules",
        "all installable addons of the repository are installed",
        ["shop_website", "sale_management"],
        list_of(words(MODULE, "module names"), "module names"),
    ),
    "tests": Key(
        "Tests to run where the environment runs tests, as test tags of Odoo. A leading - leaves tests out.",
        "false (no tests), or a list of test tags; put a tag in quotes when it begins with -",
        "the tests of the repository's addons are run",
        ["/shop_website", "-/shop_website:TestSlowImport"],
        false_or(
            list_of(words(TEST_TAG, "test tags such as /my_addon"), "test tags such as /my_addon"),
            "a list of test tags",
        ),
    ),
    "base_image": Key(
        "The image to start from: any image with Odoo 19 in it. It is pinned by its digest.",
        "the name of an image",
        "the base image of the project, otherwise the platform's",
        "odoo:19.0",
        words(IMAGE, "the name of an image"),
        is_rare=True,
    ),
    "dockerfile": Key(
        "A Dockerfile of your own. python, apt and requirement files have no effect on it.",
        "the path of a file in the repository",
        "the platform writes the Dockerfile",
        "docker/Dockerfile",
        path(Path.is_file, "file"),
        is_rare=True,
    ),
    "python": Key(
        "Python packages to install, beside those of the requirement files.",
        "a list of requirement lines, as in requirements.txt; no options of pip",
        "only the requirement files count",
        ["phonenumbers>=8.13"],
        list_of(
            words(REQUIREMENT, "requirement lines such as 'phonenumbers>=8'"), "requirement lines"
        ),
        defaults={"default": []},
    ),
    "apt": Key(
        "Debian packages to install, beside those of apt.txt.",
        "a list of package names, each with =version where you need one",
        "only apt.txt counts",
        ["poppler-utils"],
        list_of(words(PACKAGE, "Debian package names"), "Debian package names"),
        defaults={"default": []},
    ),
}
ELSEWHERE = {
    "environment": "values of the environment do not belong in a repository; "
    "store them as secrets of the environment in the platform",
    "workers": "the number of workers is a setting of each environment; "
    "set it there, on the tab Settings",
}
