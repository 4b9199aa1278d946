import os
import pwd
from dataclasses import replace

import pytest
from toolbox_samples import addon

from ipai_toolbox.odoo_causes import explain_update
from ipai_toolbox.odoo_command import Request, arguments, own_data_folder
from ipai_toolbox.odoo_facts import password_hash
from ipai_toolbox.odoo_log import Facts, OdooLog
from ipai_toolbox.places import places_from
from ipai_toolbox.update_plan import Plan, Present, Wanted, code_versions, make_plan, same_version

STAMP = "2026-01-31 10:00:00,123 7"


def record(level: str, logger: str, text: str) -> list[str]:
    return f"{STAMP} {level} demo {logger}: {text}".split("\n")


def read(events, *records) -> Facts:
    log = OdooLog(events)
    for lines in records:
        for line in lines:
            log.on_line(line)
    log.flush()
    return log.facts


def test_levels_of_odoo_become_levels_of_events(events):
    read(
        events,
        record("INFO", "odoo.x", "a"),
        record("RUNBOT", "odoo.x", "b"),
        record("WARNING", "odoo.x", "c"),
        record("ERROR", "odoo.x", "d"),
        record("CRITICAL", "odoo.x", "e"),
        record("DEBUG", "odoo.x", "f"),
    )
    assert [level for level, _, _ in events.said] == [
        "info",
        "info",
        "warning",
        "error",
        "error",
        "debug",
    ]
    assert events.said[0][1] == "odoo.x: a"


def test_a_traceback_stays_one_event(events):
    text = "Failed\nTraceback (most recent call last):\n  File x\nValueError: no"
    facts = read(events, record("ERROR", "odoo.x", text), record("INFO", "odoo.x", "next"))
    assert events.messages("error") == [f"odoo.x: {text}"]
    assert facts.errors == 1


def test_a_record_is_emitted_when_odoo_falls_silent(events):
    log = OdooLog(events)
    log.on_line(record("INFO", "odoo.x", "waiting")[0])
    assert events.said == []
    log.on_idle()
    log.on_idle()
    assert events.messages() == ["odoo.x: waiting"]


def test_the_performance_numbers_are_cut_off(events):
    read(
        events,
        record("INFO", "odoo.x", "Modules loaded. - - -"),
        record("INFO", "werkzeug", '"GET / HTTP/1.1" 200 - 5 0.012 0.034'),
    )
    assert events.messages() == ["odoo.x: Modules loaded.", 'werkzeug: "GET / HTTP/1.1" 200 -']


def test_colours_are_kept_in_the_text(events):
    read(events, [f"{STAMP} \x1b[1;32m\x1b[1;49mINFO\x1b[0m demo odoo.x: \x1b[31mred\x1b[0m"])
    assert events.said[0][:2] == ("info", "odoo.x: \x1b[31mred\x1b[0m")


def test_loading_modules_is_progress(events):
    read(
        events,
        record("INFO", "odoo.modules.loading", "Loading module sale (5/10)"),
        record("INFO", "odoo.modules.loading", "Loading module base (1/1)"),
    )
    assert [payload for _, _, payload in events.said] == [{"progress": 0.475}, None]


def test_warnings_inside_tests_are_not_counted(events):
    facts = read(
        events,
        record("WARNING", "odoo.addons.a.models", "real"),
        record("INFO", "odoo.addons.a.tests.test_a", "Starting TestA.test_1 ... "),
        record("WARNING", "odoo.addons.a.models", "provoked by the test"),
        record(
            "INFO", "odoo.modules.loading", "Module a loaded in 1.00s (incl. 0.5s test), 5 queries"
        ),
        record("WARNING", "odoo.addons.a.models", "real again"),
        record("INFO", "odoo.service.server", "Starting post tests"),
        record(
            "ERROR", "odoo.addons.base.models.assetsbundle", "while Odoo prepares browser tests"
        ),
        record("INFO", "odoo.service.server", "1 post-tests in 26.70s, 330 queries"),
    )
    assert facts.errors == 0
    assert [message for _, message, payload in events.said if payload == {"tests": True}] == [
        "odoo.addons.a.models: provoked by the test",
        "odoo.addons.base.models.assetsbundle: while Odoo prepares browser tests",
    ]
    assert facts.warnings == 2 and facts.warning_messages == ["real", "real again"]


def test_failed_tests_are_named_and_counted(events):
    facts = read(
        events,
        record("INFO", "odoo.addons.a.tests.test_a", "Starting TestA.test_1 ... "),
        record(
            "ERROR",
            "odoo.addons.a.tests.test_a",
            "FAIL: TestA.test_1\nTraceback\nAssertionError: 1 != 2",
        ),
        record(
            "ERROR", "odoo.modules.loading", "At least one test failed when loading the modules."
        ),
        record(
            "ERROR",
            "odoo.tests.result",
            "1 failed, 0 error(s) of 3 tests when loading database 'demo'",
        ),
    )
    assert (facts.tests_run, facts.tests_failed, facts.failed_tests, facts.errors) == (
        3,
        1,
        ["TestA.test_1"],
        0,
    )
    failure = explain_update(facts, 1, "")
    assert failure.cause == "1 test of 3 failed: TestA.test_1."


def test_many_failed_tests_are_summed_up():
    facts = Facts(tests_run=9, tests_failed=5, failed_tests=[f"T.test_{n}" for n in range(5)])
    assert (
        explain_update(facts, 1, "").cause
        == "5 tests of 9 failed: T.test_0, T.test_1, T.test_2 and 2 more."
    )


@pytest.mark.parametrize(
    "text,words",
    [
        (
            'UserError: You try to install module "shop" that depends on module "queue_job".\nBut the latter',
            "module shop depends on queue_job, which is not in the image",
        ),
        (
            'UserError: Unable to install module "shop" because an external dependency is not met: Python library not '
            "installed: phonenumbers",
            "module shop needs a library that is not in the image: phonenumbers",
        ),
        (
            "  File x\nValueError: Invalid field 'nofield' in 'res.partner'\n\nThe above exception was the direct cause of the "
            "following exception:\n\nodoo.tools.convert.ParseError: while parsing /opt/ipai/addons/x/v.xml:2, somewhere "
            "inside\n<record/>",
            "x/v.xml, line 2 cannot be loaded: Invalid field 'nofield' in 'res.partner'",
        ),
        (
            "ModuleNotFoundError: No module named 'phonenumbers'",
            "Python library phonenumbers is not in the image",
        ),
        (
            "odoo.tools.convert.ParseError: while parsing /opt/ipai/addons/shop/views/a.xml:5, somewhere inside\n<x/>",
            "shop/views/a.xml, line 5 cannot be loaded",
        ),
        (
            "  File \"/opt/ipai/addons/shop/models/a.py\", line 3\n    def x(\n         ^\nSyntaxError: '(' was never closed",
            "shop/models/a.py, line 3: SyntaxError: '(' was never closed",
        ),
        (
            "psycopg2.OperationalError: could not translate host name",
            "database server cannot be reached",
        ),
        (
            "psycopg2.errors.DiskFull: could not extend file: No space left on device",
            "disk of the database server",
        ),
        ("Traceback\n  File x\nValueError: bad thing", "exit status 255: ValueError: bad thing"),
    ],
)
def test_the_cause_is_found_in_the_log(text, words):
    assert words in explain_update(Facts(error_messages=[text]), 255, "").cause


def test_a_data_file_that_is_no_xml_is_named(events):
    facts = read(
        events,
        record("INFO", "odoo.modules.loading", "loading x/v.xml"),
        record(
            "CRITICAL",
            "odoo.service.server",
            "Failed\nTraceback\nlxml.etree.XMLSyntaxError: tag mismatch",
        ),
    )
    assert explain_update(facts, 255, "").cause == "x/v.xml is not XML: tag mismatch."


def test_a_killed_odoo_points_at_memory():
    assert "memory" in explain_update(Facts(), -9, "").cause


def test_the_password_is_stored_as_odoo_stores_it():
    passlib = pytest.importorskip("passlib.hash")
    stored = password_hash("pass word", b"0123456789abcdef")
    assert passlib.pbkdf2_sha512.verify("pass word", stored)


def installed(*names, version="19.0.1.0.0") -> dict:
    return dict.fromkeys(names, ("installed", version))


def test_an_empty_database_is_installed():
    wanted = Wanted(("shop",), {"shop": "1"})
    assert make_plan(wanted, Present({}, {}, {}, is_initialized=False)) == Plan(
        "install", ("shop",)
    )
    assert make_plan(Wanted((), {}), Present({}, {}, {}, is_initialized=False)).install == ("base",)


def test_only_changed_addons_are_updated_and_new_ones_installed():
    wanted = Wanted(("shop", "new"), {"shop": "2", "same": "1", "new": "1", "absent": "1"})
    present = Present(installed("base", "shop", "same"), {"shop": "1", "same": "1"}, {})
    assert make_plan(wanted, present) == Plan("update", ("new",), ("shop",))


def test_nothing_changed_means_nothing_to_do():
    present = Present(installed("base", "shop"), {"shop": "1"}, {"base": "1.0.0"})
    assert make_plan(Wanted(("shop",), {"shop": "1"}), present) == Plan("none")


def test_modules_outside_of_the_repository_are_updated_when_their_version_changed():
    present = Present(
        installed("base", "queue_job", "shop"),
        {"shop": "1"},
        {"queue_job": "19.0.1.0.1", "base": "1.0.0"},
    )
    assert make_plan(Wanted(("shop",), {"shop": "1"}), present) == Plan(
        "update", (), ("queue_job",)
    )


def test_an_interrupted_update_is_finished():
    modules = {
        **installed("base"),
        "shop": ("to upgrade", "19.0.1.0.0"),
        "sale": ("to install", ""),
    }
    plan = make_plan(Wanted(("shop",), {"shop": "1"}), Present(modules, {"shop": "1"}, {}))
    assert plan == Plan("update", (), ("base",))


def test_named_modules_are_updated_whatever_the_digests_say():
    present = Present(installed("base", "shop"), {"shop": "1"}, {})
    assert make_plan(Wanted(("shop",), {"shop": "1"}, ("base",)), present).update == ("base",)


@pytest.mark.parametrize(
    "code,database,same",
    [
        ("1.3", "19.0.1.3", True),
        ("19.0.1.3", "19.0.1.3", True),
        ("1.3", "19.0.2.1.3", False),
        ("1.4", "19.0.1.3", False),
        ("1.0", "saas~19.1.1.0", True),
        ("1.3", "", False),
    ],
)
def test_versions_are_compared_with_and_without_the_series(code, database, same):
    assert same_version(code, database) is same


def test_versions_are_read_from_the_first_folder_that_has_the_module(tmp_path):
    for place, version in (("one", "1"), ("two", "2")):
        (tmp_path / place / "a").mkdir(parents=True)
        (tmp_path / place / "a/__manifest__.py").write_text(addon(version=version))
    assert code_versions([tmp_path / "one", tmp_path / "two"], ["a", "absent"]) == {"a": "1"}


def test_an_update_opens_no_port_and_tests_open_one_on_loopback(places, tmp_path):
    conf = tmp_path / "odoo.conf"
    quiet = arguments(Request("demo", update=("a", "b")), conf, places)
    assert (
        quiet[-1] == "--no-http"
        and "--update" in quiet
        and "a,b" in quiet
        and "--addons-path" not in quiet
    )
    tested = arguments(Request("demo", ("a",), (), True, ("/a",)), conf, places)
    assert tested[tested.index("--http-interface") + 1] == "127.0.0.1"
    assert "--with-demo" in tested and "--no-http" not in tested


def test_the_images_addons_are_on_the_path_beside_those_of_the_configuration(places, tmp_path):
    (places.odoo_addons / "shop").mkdir(parents=True)
    (places.odoo_addons / "shop/__manifest__.py").write_text(addon())
    (places.secrets / "odoo.conf").write_text("[options]\naddons_path = /mnt/extra\n")
    words = arguments(Request("demo"), tmp_path / "c", places)
    assert words[words.index("--addons-path") + 1] == f"/mnt/extra,{places.odoo_addons}"


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
def test_files_that_root_brought_into_a_fresh_volume_become_odoos(tmp_path):
    secrets, data = tmp_path / "secrets", tmp_path / "data"
    stored = data / "filestore" / "copy" / "ab"
    for folder in (secrets, stored):
        folder.mkdir(parents=True)
    (stored / "abc").write_text("x")
    (secrets / "odoo.conf").write_text(f"[options]\ndata_dir = {data}\n")
    nobody = pwd.getpwnam("nobody")
    own_data_folder(replace(places_from({}), secrets=secrets), nobody)
    for path in (data, stored.parent.parent, stored, stored / "abc"):
        assert path.stat().st_uid == nobody.pw_uid
