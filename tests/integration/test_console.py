"""What people type runs beside a real target's data, and the server keeps a query from writing."""

import time

import pytest
from parity import parity


@pytest.fixture(scope="module")
def place(suite, new_project):
    """A deployed project's code, and its environment."""
    project = new_project("typed")
    project.repository.addon("acme_typed").push("First")
    run = suite.deploy(project.code)
    assert suite.finished(run)["state"] == "done", suite.log(run)
    return project.code


@pytest.fixture(scope="module")
def typed(suite, place):
    """Run a text there: ``typed(program, text)`` gives the finished run and what it said."""

    def run(program, text, minutes=2, writes=False):
        number = suite.call("ops.run", "run_command", place, "main", program, text, minutes, writes)
        done = suite.finished(number)
        domain = [["run_id", "=", number], ["step_id", "!=", False]]
        said = suite.search("ops.run.event", domain, "message", order="id")
        return done, [row["message"] for row in said]

    return run


@parity("5.2")
def test_a_shell_is_odoo_s_own_user_beside_its_files(typed):
    done, said = typed("shell", "id -un; ls -d filestore; odoo --version; echo $IPAI_SPEC")
    assert (done["state"], done["colour"]) == ("done", "green"), said
    assert said[:2] == ["odoo", "filestore"]
    assert "Odoo Server 19" in said[2]
    assert "console" not in said[3]


def test_a_shell_reads_no_line_of_another_run(typed):
    done, said = typed(
        "shell", "ls -A /ipai/spool .ipai-spool 2>&1; cat .ipai-spool/*/* 2>&1; true"
    )
    assert done["state"] == "done"
    assert not [line for line in said if '"seq"' in line]


@parity("5.6")
def test_odoo_s_shell_keeps_what_is_committed(typed):
    name = f"Typed {time.time_ns()}"
    write = f"print(env['res.partner'].create({{'name': '{name}'}}).name)"
    done, said = typed("odoo", f"{write}\nenv.cr.commit()\nenv['res.partner'].search([]).unlink")
    assert done["state"] == "done", said
    assert name in said
    lost = typed("odoo", write.replace("Typed", "Untyped"))
    assert lost[0]["state"] == "done"
    query = "SELECT count(*) FROM res_partner WHERE name LIKE '{}%'"
    assert typed("sql", query.format("Typed "))[1][2] == "1"
    assert typed("sql", query.format("Untyped "))[1][2] == "0"


def test_a_script_that_fails_says_where(typed):
    done, said = typed("odoo", "print('before')\n1 / 0")
    assert done["state"] == "failed"
    assert done["cause"] == "The command ended with status 1."
    assert "before" in said
    assert any("ZeroDivisionError" in line for line in said)


@parity("5.3")
@pytest.mark.parametrize(
    "text",
    [
        "DELETE FROM res_users_settings",
        "COMMIT; DELETE FROM res_users_settings",
        "SELECT lo_create(0)",
        "CREATE TABLE typed (id int)",
    ],
)
def test_a_query_changes_nothing(typed, text):
    before = "SELECT (SELECT count(*) FROM res_users_settings), to_regclass('typed')"
    unchanged = typed("sql", before)[1]
    done, said = typed("sql", text)
    assert done["state"] == "failed", said
    assert "may change data" in done["hint"] or "Correct" in done["hint"]
    assert typed("sql", before)[1] == unchanged


def test_sql_that_may_write_does(typed):
    done, said = typed("sql", "UPDATE res_company SET name = 'Typed' WHERE id = 1", writes=True)
    assert (done["state"], said[-1]) == ("done", "1 rows touched")
    assert typed("sql", "SELECT name FROM res_company WHERE id = 1")[1][2] == "Typed"


def test_a_killed_command_is_not_run_again(suite, place, typed, docker_world):
    text = "echo begun; echo x >> ran; sleep 100"
    number = suite.call("ops.run", "run_command", place, "main", "shell", text, 2, False)
    suite.until(lambda: "begun" in suite.log(number), 60, "the command to begin")
    [job] = [name for name in docker_world.jobs() if f"-run-{number}-" in name]
    assert docker_world.kill_job(job)
    done = suite.finished(number)
    assert done["state"] == "failed", done
    assert done["cause"].startswith("Command was interrupted.")
    assert "What it had done by then is not known" in done["hint"]
    assert typed("shell", "cat ran; rm ran")[1] == ["x"]


@parity("3.5")
def test_the_trail_has_each_word(suite, typed):
    mark = f"echo {time.time_ns()}"
    typed("shell", mark)
    domain = [["action", "in", ["shell.opened", "shell.closed"]]]
    rows = suite.search("ops.audit", domain, "action", "details", limit=2, order="id desc")
    assert [row["action"] for row in rows] == ["shell.closed", "shell.opened"]
    assert mark in rows[1]["details"]
