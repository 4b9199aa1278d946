"""A target's odoo.conf."""

import configparser

import pytest
from ipai_ops.engine.odoo_conf import render

MB = 1 << 20


def options(**changes):
    facts = {
        "database": "acme_main_7",
        "host": "pg",
        "port": 5432,
        "user": "ipai_env_7",
        "password": "s3%cret=;#",
    }
    parser = configparser.RawConfigParser()
    parser.read_string(render(**{**facts, **changes}))
    return dict(parser["options"])


def test_it_serves_one_database_and_hides_the_manager():
    conf = options()
    assert conf["dbfilter"] == "^acme_main_7$"
    assert conf["list_db"] == "False"
    assert len(conf["admin_passwd"]) == 64
    assert conf["proxy_mode"] == "True"


def test_the_password_comes_through_as_it_is():
    assert options()["db_password"] == "s3%cret=;#"


def test_workers_share_the_memory_and_a_threaded_one_has_it_alone():
    alone = int(options(workers=0, memory_mb=2048)["limit_memory_hard"])
    shared = int(options(workers=4, memory_mb=4096)["limit_memory_hard"])
    assert alone <= 2048 * MB
    assert shared < 4096 * MB
    assert int(options(workers=4)["limit_memory_soft"]) < int(
        options(workers=4)["limit_memory_hard"]
    )


def test_small_containers_still_let_a_worker_start():
    assert int(options(workers=2, memory_mb=256)["limit_memory_hard"]) > 512 * MB


def test_extra_options_win():
    assert options(extra={"log_level": "debug", "workers": 9})["workers"] == "9"


def test_an_option_cannot_smuggle_in_another_line():
    with pytest.raises(ValueError, match="one line"):
        options(extra={"x": "a\nadmin_passwd = admin"})
