"""The parts of the data verbs that need no server: folders, archives, restic's answers, foreign SQL."""

import hashlib
import json
import shlex
import socket
import subprocess
import zipfile
from concurrent.futures import Future
from contextlib import nullcontext
from threading import Timer
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from ipai_toolbox import folders
from ipai_toolbox.dump import date_by_content, files_of, write_dump
from ipai_toolbox.filestore import census, check_contents
from ipai_toolbox.login import Login
from ipai_toolbox.manifest import check_rows
from ipai_toolbox.new_database import partial_name
from ipai_toolbox.outcome import Failure, Unreachable
from ipai_toolbox.plain_dump import PlainDump
from ipai_toolbox.process import Finished
from ipai_toolbox.restic import Repository, _Watch, repository_of, seconds_of
from ipai_toolbox.restic_causes import explain
from ipai_toolbox.stage import require_room, stage
from ipai_toolbox.verbs import backup
from ipai_toolbox.zip_check import Limits, check_archive, open_archive


def restic_end(status=1, output=""):
    return Finished(("restic",), status, output)


@pytest.mark.parametrize(
    "status, output, words",
    [
        (12, "", "The key does not open"),
        (10, "", "no backup repository at this place"),
        (11, "", "Another job is using"),
        (1, "write /x: no space left on device", "disk is full"),
        (
            1,
            "Fatal: unable to open: dial tcp 10.0.0.1:443: connection refused",
            "cannot be reached",
        ),
        (1, "subprocess ssh: Host key verification failed.", "refused us"),
        (1, "Fatal: ciphertext verification failed", "is damaged"),
        (1, "failed to find snapshot: no matching ID found", "not in the repository any more"),
        (
            1,
            "failed to find snapshot: failed to load snapshot x: invalid data returned",
            "is damaged",
        ),
        (1, "Fatal: something else", "restic ended with 1: something else"),
    ],
)
def test_each_end_of_restic_is_one_sentence(status, output, words):
    assert words in explain(restic_end(status, output)).cause


def test_a_damaged_file_is_named():
    error = {
        "message_type": "error",
        "error": {"message": "decrypting blob failed"},
        "item": "/a/g",
    }
    failure = explain(
        restic_end(1, json.dumps(error) + '\n{"message_type":"exit_error","message":"x"}')
    )
    assert failure.cause == "The backup repository is damaged: /a/g: decrypting blob failed."


def test_a_store_that_stays_away_ends_the_command_and_progress_forgives_it():
    times = iter([0.0, 100.0, 200.0, 381.0])
    watch = _Watch(lambda value: None, clock=lambda: next(times))
    watch._patience = 180
    retry = "Save(<data/1>) returned error, retrying after 1s: dial tcp: i/o timeout"
    watch(retry)
    watch(retry)
    watch('{"message_type":"status","bytes_done":5}')
    watch(retry)
    with pytest.raises(Unreachable, match="does not answer"):
        watch(retry)


def test_values_of_one_line_and_of_several_are_read():
    values = []
    watch = _Watch(values.append)
    for line in ('{"a": 1}', "{", '"b": 2', "}", "not json", '{"message_type":"error"}'):
        watch(line)
    assert values == [{"a": 1}, {"b": 2}]


def test_why_ssh_ended_is_known_even_when_restic_did_not_pass_it_on(tmp_path):
    log, command = tmp_path / "ssh.log", tmp_path / "restic"
    command.write_text(f"#!/bin/sh\necho 'Host key verification failed.' > {log}\nexit 1\n")
    command.chmod(0o755)
    repository = Repository("sftp:u@h:/x", (), {"PATH": f"{tmp_path}:/usr/bin:/bin"}, log)
    log.write_text("Permission denied (an earlier command's).")
    with pytest.raises(Failure, match="refused us: Host key verification failed"):
        repository.said("snapshots")


def test_ssh_writes_why_it_ended_where_it_is_looked_for(places):
    for name in ("restic-password", "sftp-key", "sftp-known-hosts"):
        (places.secrets / name).write_text("x")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and not listening: refused
        part = {"kind": "sftp", "host": "127.0.0.1", "user": "u", "path": "/x"}
        with repository_of({**part, "port": nobody.getsockname()[1]}, places) as repository:
            _key, _equals, command = repository.options[1].partition("=")
            subprocess.run(shlex.split(command), timeout=30, stderr=subprocess.DEVNULL)
            assert "Connection refused" in repository.ssh_log.read_text()


class Locked(Repository):
    """A repository whose locks are told by the test."""

    def ask(self, *words, **_options):
        self.options[0].append(words[0])
        lock = {"time": "2026-01-01T00:00:00.123456789+01:00"}
        return Finished(("restic",), 0, "abc\n" if words[0] == "list" else ""), [lock]


def test_a_dead_lock_is_removed_and_a_living_one_is_waited_for():
    at, asked, slept = seconds_of("2026-01-01T00:00:00.123456789+01:00"), [], []
    assert at == 1767222000
    repository = Locked("/x", (asked,), {})
    repository.free_dead_locks(sleep=slept.append, now=lambda: at + 361)
    assert asked[-1] == "unlock" and not slept
    times = iter([at + 1, at + 2, at + 3, at + 10000])
    with pytest.raises(Failure, match="Another job is using"):
        repository.free_dead_locks(sleep=slept.append, now=lambda: next(times))
    assert asked[-1] == "cat"


def test_the_store_of_a_job_is_told_by_files_only(places):
    (places.secrets / "restic-password").write_text("the key")
    keys = {"access_key": "an-access-key", "secret_key": "a-secret-key"}
    (places.secrets / "s3-credentials").write_text(json.dumps(keys))
    part = {"kind": "s3", "endpoint": "https://s3.example/", "bucket": "b", "prefix": "/acme/"}
    with repository_of(part, places) as repository:
        assert repository.address == "s3:https://s3.example/b/acme"
        said = " ".join([*repository.options, *repository.environment.values()])
        assert "a-secret-key" not in said and "the key" not in said
        assert "a-secret-key" not in repr(repository)


@pytest.mark.parametrize("path", ["/etc", "/ipai/backups", "/ipai/backups/../../etc"])
def test_a_local_repository_lies_on_the_backups_volume(places, path):
    (places.secrets / "restic-password").write_text("x")
    with (
        pytest.raises(Failure, match="not a folder of the backups' volume"),
        repository_of({"kind": "local", "path": path}, places),
    ):
        pass


def filestore(folder, *contents):
    for content in contents:
        name = hashlib.sha1(content).hexdigest()
        (folder / name[:2]).mkdir(parents=True, exist_ok=True)
        (folder / name[:2] / name).write_bytes(content)
    return folder


def test_a_census_changes_with_any_file_and_contents_are_checked(tmp_path):
    folder = filestore(tmp_path / "a", b"one", b"two")
    before = census(folder)
    assert (before.files, before.bytes) == (2, 6)
    check_contents(folder)
    path = next(folder.glob("*/*"))
    path.write_bytes(b"xyz")
    assert census(folder) == before
    with pytest.raises(Failure, match="another content than its name"):
        check_contents(folder)
    path.unlink()
    assert census(folder) != before
    assert census(tmp_path / "nothing").files == 0


def test_a_copy_is_whole_and_a_link_shares_its_files(tmp_path):
    source = filestore(tmp_path / "a", b"one", b"two")
    copied = folders.copy_tree(source, tmp_path / "b")
    linked = folders.link_tree(source, tmp_path / "c")
    assert census(tmp_path / "b") == census(tmp_path / "c") == census(source)
    assert copied.method in ("reflink", "copy") and linked.method == "hardlink"
    name = next(source.glob("*/*")).relative_to(source)
    assert (tmp_path / "c" / name).samefile(source / name)
    assert not (tmp_path / "b" / name).samefile(source / name)
    assert folders.link_tree(source, tmp_path / "c").files == 0


def test_a_new_folder_replaces_only_its_own_unfinished_work(tmp_path):
    folder = folders.NewFolder(tmp_path / "store", "run 1")
    (folder.begin() / "file").write_text("x")
    folder.show()
    assert not any(folder.begin().iterdir())
    folder.show()
    folder.finish()
    (tmp_path / "store" / "file").write_text("somebody's")
    with pytest.raises(Failure, match="already a folder"):
        folder.begin()
    assert (tmp_path / "store" / "file").read_text() == "somebody's"


@pytest.mark.parametrize("path", ["relative", "/x", "/var/lib/../../etc/x"])
def test_folders_of_orders_are_absolute_and_do_not_climb(path):
    with pytest.raises(Failure):
        folders.absolute(path)


def test_a_stage_is_private_and_gone(tmp_path):
    with stage(tmp_path, "work") as place:
        assert place.stat().st_mode & 0o777 == 0o700
        (place / "x").write_text("x")
    assert not list(tmp_path.iterdir())
    with pytest.raises(Failure, match="would be full"):
        require_room(tmp_path, 1 << 60, "It")


def test_partial_names_fit_and_differ():
    long = ["x" * 63, "x" * 62 + "y"]
    names = {partial_name(name) for name in long}
    assert len(names) == 2 and all(len(name) <= 63 for name in names)


def test_rows_that_differ_are_named():
    check_rows({"a": 1}, {"a": 1})
    with pytest.raises(Failure, match="The table b has no rows instead of 2"):
        check_rows({"a": 1}, {"a": 1, "b": 2})
    with pytest.raises(Failure, match="The table a has 1 rows instead of 2"):
        check_rows({"a": 1}, {"a": 2})


def test_lines_for_the_administrator_are_left_out_but_data_is_untouched():
    script = [
        b"\\restrict abc\n",
        b"CREATE EXTENSION IF NOT EXISTS postgis WITH SCHEMA public;\n",
        b"COMMENT ON EXTENSION postgis IS 'x';\n",
        b"COPY public.t (a) FROM stdin;\n",
        b"GRANT ALL is what the customer wrote\n",
        b"\\.\n",
        b"ALTER TABLE public.t OWNER TO odoo;\n",
        b"SELECT 1;\n",
    ]
    dump = PlainDump()
    assert list(dump.allowed(script)) == [script[3], script[4], script[5], script[7]]
    assert dump.wanted == {"postgis"}


WITHIN = [
    b"INSERT INTO t VALUES (4, 'line one\nGRANT application of Ms X\nREVOKE it; it''s done\n', 5);\n",
    b"COMMENT ON TABLE x IS 'roles:\nGRANT nothing';\n",
    b"CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\nGRANT x TO y;\nRETURN 1;\nEND $$;\n",
    b"CREATE FUNCTION f() RETURNS int AS $body$\nCREATE EXTENSION was\n$$;\nGRANT x\n$body$;\n",
    b"INSERT INTO t VALUES (E'it\\'s\nGRANT all\n');\n",
    b'CREATE TABLE "odd\nGRANT name" (i int);\n',
    b"/* a comment\nGRANT /* nested */\nREVOKE\n*/ SELECT 1;\n",
    b"SELECT 1 -- it's open\n;\n",
    b"SELECT type'x\nGRANT y', a$1$b, $1;\n",
]


@pytest.mark.parametrize("statement", WITHIN)
def test_a_line_within_a_statement_is_left_as_it_is(statement):
    script = [*statement.splitlines(keepends=True), b"GRANT ALL ON t TO odoo;\n", b"SELECT 2;\n"]
    dump = PlainDump()
    assert list(dump.allowed(script)) == [*script[:-2], script[-1]]
    assert not dump.wanted


def test_an_archive_is_judged_by_its_list_alone(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("dump.sql", "manifest.json", "filestore/", "filestore/checklist/ab"):
            archive.writestr(name, b"x")
    with open_archive(path) as archive:
        assert set(check_archive(archive, Limits())) == {"dump.sql", "manifest.json"}
        with pytest.raises(Failure, match="3 are allowed"):
            check_archive(archive, Limits(max_files=3))
    path.write_bytes(b"PK nothing")
    with pytest.raises(Failure, match="not a whole zip file"):
        open_archive(path)


def dated(folder, **contents) -> dict[str, int]:
    folder.mkdir()
    for name, content in contents.items():
        (folder / name).write_text(content)
    date_by_content(folder, files_of(folder))
    return {name: (folder / name).stat().st_mtime_ns for name in contents}


def test_a_dumps_file_has_the_time_of_its_content_whenever_it_was_written(tmp_path):
    first = dated(tmp_path / "first", people="Ada", towns="Ghent")
    second = dated(tmp_path / "second", people="Ada", towns="Liege")
    assert first["people"] == second["people"]
    assert first["towns"] != second["towns"]
    assert all(0 <= moment < 2**31 * 10**9 for moment in [*first.values(), *second.values()])


def test_a_dump_ends_as_soon_as_its_repository_turns_out_not_to_open(tmp_path, monkeypatch):
    program, ended = tmp_path / "pg_dump", tmp_path / "ended"
    program.write_text(f"#!/bin/sh\ntrap 'touch {ended}; exit 1' TERM\nsleep 30 & wait\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    opening = Future()
    Timer(0.7, opening.set_exception, [Failure("The key does not open it", "Check it")]).start()
    login = Login("nowhere", 5432, tmp_path / "passfile", "somebody", "acme")
    with pytest.raises(Failure, match="does not open"):
        write_dump(login, "1", tmp_path / "dump", print, lambda: backup.heed(opening))
    assert ended.exists()


def test_a_first_attempt_dumps_only_while_its_repository_may_still_open(monkeypatch):
    opening = Future()
    opening.set_exception(Failure("The key does not open it", "Check it"))
    monkeypatch.setattr(backup, "_entered", lambda *_words: nullcontext((None, None)))
    monkeypatch.setattr(backup, "_collect", lambda _backup, _login, _now, on_idle: on_idle())
    with pytest.raises(Failure, match="does not open"):
        backup._new(SimpleNamespace(server=None, database="acme", job=Mock()), opening)
