"""Odoo's own archives: out of a backup, into a new database; what is bad is refused with one sentence."""

import io
import json
import stat
import zipfile

import pytest

WHOLE = "20000|200"
MANIFEST = {"odoo_dump": "1", "major_version": "19.0", "modules": {"base": "19.0.1.3"}}
SQL = "CREATE TABLE public.ir_module_module (id integer);\n"
CLOSING = "--\n-- PostgreSQL database dump complete\n--\n"


@pytest.fixture(scope="module")
def exports(company, tmp_path_factory):
    return tmp_path_factory.mktemp("exports")


@pytest.fixture
def mounts(company, exports):
    return [*company.mounts, (exports, "/ipai/exports"), (exports, "/ipai/imports")]


@pytest.fixture(scope="module")
def exported(company, exports):
    repository = company.repository()
    snapshot = company.backup(repository)["snapshot"]
    mounts = [*company.mounts, (exports, "/ipai/exports")]
    order = {"repository": repository, "snapshot": snapshot, "name": "company.zip"}
    done = company.run("export_zip", mounts=mounts, **order)
    assert done["size_bytes"] == (exports / "company.zip").stat().st_size
    return exports / "company.zip"


def take_in(company, mounts, name, database, **more):
    order = {"server": company.staging.address, "database": database, "role": "preview"}
    order |= {"name": name, "filestore": company.store(database), "major_version": "19.0"}
    return company.run("import_zip", mounts=mounts, **{**order, **more})


def test_what_is_exported_is_taken_in_again(company, exported, mounts):
    with zipfile.ZipFile(exported) as archive:
        facts = json.loads(archive.read("manifest.json"))
        assert facts["odoo_dump"] == "1" and facts["major_version"] == "19.0"
        assert archive.testzip() is None
    done = take_in(company, mounts, "company.zip", "imported")
    assert done["modules"]["base"].startswith("19.0")
    assert company.count(company.staging, "imported") == WHOLE
    theirs = company.tree(company.store("company")).splitlines()
    assert company.tree(company.store("imported")).splitlines() == [
        line for line in theirs if "checklist" not in line
    ]
    owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
    assert company.staging.sql(owners, "imported") == "preview"
    roles = "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'ipai_job_%'"
    assert company.staging.sql(roles) == "0"


def test_odoo_itself_reads_what_is_exported(company, exported, mounts):
    company.staging.sql("ALTER ROLE preview CREATEDB")
    conf = company.world.folder / "load.conf"
    conf.write_text(company._conf(company.staging, "preview"))
    script = "odoo db -c /load.conf load by_odoo /ipai/exports/company.zip"
    places = [*mounts, (conf, "/load.conf"), (company.world.volume(), "/var/lib/other")]
    company.world.shell(script, places, image="odoo")
    company.staging.sql("ALTER ROLE preview NOCREATEDB")
    assert company.count(company.staging, "by_odoo") == WHOLE


def archive(path, members, manifest=MANIFEST, sql=SQL):
    """Write an archive from {name: content}; a ZipInfo may stand for a name."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        if manifest is not None:
            out.writestr("manifest.json", json.dumps(manifest))
        if sql is not None:
            out.writestr("dump.sql", sql + CLOSING)
        for name, content in members:
            out.writestr(name, content)
    return path


def link():
    info = zipfile.ZipInfo("filestore/aa/" + "a" * 40)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


BAD = {
    "traversal": ([("filestore/../../../etc/cron.d/x", b"x")], {}, "unexpected file"),
    "absolute": ([("/etc/passwd", b"x")], {}, "unexpected file"),
    "backslash": ([("filestore\\..\\x", b"x")], {}, "unexpected file"),
    "link": ([(link(), b"/etc/passwd")], {}, "not a plain file"),
    "twice": ([("filestore/aa/" + "a" * 40, b"x")] * 2, {}, "twice"),
    "bomb": ([("filestore/aa/" + "a" * 40, b"\0" * 30_000_000)], {}, "more than 200 times"),
    "wrong name": ([("filestore/aa/" + "a" * 40, b"x")], {}, "another content than its name"),
    "no dump": ([], {"sql": None}, "it has no dump.sql"),
    "no manifest": ([], {"manifest": None}, "it has no manifest.json"),
    "bad manifest": ([], {"manifest": []}, "its manifest cannot be read"),
    "other odoo": ([], {"manifest": {**MANIFEST, "major_version": "17.0"}}, "of Odoo 17.0"),
    "other format": ([], {"manifest": {**MANIFEST, "odoo_dump": "9"}}, "its format is 9"),
    "not odoo": ([], {"sql": "CREATE TABLE x (id int);\n"}, "not a database of Odoo"),
    "shell": ([], {"sql": SQL + "\\! touch /tmp/owned\n"}, "holds commands for psql"),
    "program": (
        [],
        {"sql": SQL + "COPY ir_module_module FROM PROGRAM 'echo 1';\n"},
        "could not be filled: permission denied",
    ),
    "other database": ([], {"sql": SQL + "DROP DATABASE postgres;\n"}, "could not be filled"),
    "superuser": ([], {"sql": SQL + "ALTER ROLE preview SUPERUSER;\n"}, "could not be filled"),
    "escape": (
        [],
        {"sql": SQL + "RESET SESSION AUTHORIZATION;\nCREATE ROLE x;\n"},
        "permission denied",
    ),
    "broken": ([], {"sql": SQL + "SELECT 1 FROM nothing;\n"}, "could not be filled"),
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_bad_archive_is_refused_and_nothing_changed(company, exports, mounts, kind):
    members, parts, sentence = BAD[kind]
    archive(exports / "bad.zip", members, **parts)
    before, files = company.staging.databases(), company.tree("/var/lib/odoo/filestore")
    failed = take_in(company, mounts, "bad.zip", "never_there")
    assert sentence in failed.cause and failed.cause.count("\n") == 0, failed.cause
    assert company.staging.databases() == before
    assert company.tree("/var/lib/odoo/filestore") == files
    assert (
        company.staging.sql("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'ipai_job_%'") == "0"
    )


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_archive_is_refused(company, exports, exported, mounts, share):
    whole = exported.read_bytes()
    (exports / "cut.zip").write_bytes(whole[: int(len(whole) * share)])
    failed = take_in(company, mounts, "cut.zip", "never_there")
    assert "not a whole zip file" in failed.cause


def test_an_archive_with_a_damaged_member_is_refused(company, exports, exported, mounts):
    data = bytearray(exported.read_bytes())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        offset = archive.getinfo("dump.sql").header_offset
    data[offset + 20_000] ^= 1
    (exports / "damaged.zip").write_bytes(data)
    before = company.staging.databases()
    assert "it is damaged" in take_in(company, mounts, "damaged.zip", "never_there").cause
    assert company.staging.databases() == before


def test_limits_of_the_order_count(company, exported, mounts):
    few = take_in(company, mounts, "company.zip", "never_there", max_files=10)
    assert "10 are allowed" in few.cause
    small = take_in(company, mounts, "company.zip", "never_there", max_bytes=1000)
    assert "1000 are allowed" in small.cause


def test_a_killed_import_is_whole_after_the_next_attempt(company, exported, mounts):
    order = {"server": company.staging.address, "database": "hit_import", "role": "preview"}
    order |= {"name": "company.zip", "filestore": company.store("hit_import"), "run": 8001}
    for attempt, words in enumerate(("Unpacking", "Loading"), start=1):
        job = company.start("import_zip", attempt=attempt, mounts=mounts, **order)
        job.until_it_says(words)
        job.kill()
        assert "hit_import" not in company.staging.databases()
    assert company.run("import_zip", attempt=3, mounts=mounts, **order).ok
    assert company.count(company.staging, "hit_import") == WHOLE


def test_what_an_abandoned_import_left_goes_with_its_database(company, exported, mounts):
    order = {"server": company.staging.address, "database": "abandoned", "role": "preview"}
    order |= {"name": "company.zip", "filestore": company.store("abandoned")}
    job = company.start("import_zip", mounts=mounts, **order)
    job.until_it_says("Loading")
    job.kill()
    dropped = {"server": company.staging.address, "databases": ["abandoned"]}
    assert company.run("drop", **dropped).ok
    assert not [name for name in company.staging.databases() if name.startswith("abandoned")]
    assert (
        company.staging.sql("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'ipai_job_%'") == "0"
    )
