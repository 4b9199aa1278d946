"""Every verb is hit where it hurts: it says one sentence, loses nothing, and ends right when repeated."""

import time

import pytest

from ipai_toolbox.new_database import partial_name

WHOLE = "20000|200"


@pytest.fixture(scope="module")
def kept(company):
    """A repository with one good backup."""
    repository = company.repository()
    return repository, company.backup(repository)["snapshot"]


def hit(company, moment, again, **order):
    """Kill the verb's job at a moment; False when it was over before."""
    job = company.start(**order)
    if isinstance(moment, str):
        job.until_it_says(moment)
    else:
        time.sleep(moment)
    was_running = job.kill()
    return was_running, company.run(**{**order, "attempt": again})


BACKUP_MOMENTS = [0.4, "Dumping", "Storing", "Stored", 1.2]


@pytest.mark.parametrize("moment", BACKUP_MOMENTS)
def test_a_killed_backup_is_taken_whole_by_the_next_attempt(company, moment):
    repository, run = company.repository(), company.world.runs + 1000
    tags = {"project": "acme", "environment": "1", "run": str(run)}
    order = {
        "verb": "backup",
        "database": "company",
        "repository": repository,
        "tags": tags,
        "run": run,
    }
    _, done = hit(company, moment, 2, **order)
    assert company.restore(repository, done["snapshot"], f"hit_{run}").ok
    assert company.count(company.staging, f"hit_{run}") == WHOLE
    assert ".ipai-backup" not in company.world.shell("ls -A /var/lib/odoo", company.mounts)
    third = company.run(**{**order, "attempt": 3})
    assert third["snapshot"] == done["snapshot"]  # stored once, however often it is asked


RESTORE_MOMENTS = [0.4, "Comparing", "Loading", "Counting", 2.0]


@pytest.mark.parametrize("moment", RESTORE_MOMENTS)
def test_a_killed_restore_leaves_nothing_half_done(company, kept, moment):
    repository, snapshot = kept
    run = company.world.runs + 2000
    name = f"again_{run}"
    order = {
        "verb": "restore",
        "server": company.staging.address,
        "database": name,
        "role": "preview",
    }
    order |= {"repository": repository, "snapshot": snapshot, "filestore": company.store(name)}
    job = company.start(run=run, **order)
    job.until_it_says(moment) if isinstance(moment, str) else time.sleep(moment)
    if job.kill():
        assert name not in company.staging.databases()
    assert company.run(run=run, attempt=2, **order).ok
    assert company.count(company.staging, name) == WHOLE
    assert company.run(run=run, attempt=3, **order)["filestore_files"] > 200
    assert not [one for one in company.staging.databases() if one.endswith("_new")]


@pytest.mark.parametrize("moment", [0.25, 0.4, 0.55, 0.7])
def test_a_killed_restore_point_leaves_the_living_database_open(company, moment):
    name = f"point_{company.world.runs}"
    order = {
        "verb": "point",
        "database": "company",
        "point": name,
        "run": company.world.runs + 3000,
    }
    order |= {"filestore": company.store("company"), "point_filestore": company.store(name)}
    job = company.start(**order)
    time.sleep(moment)
    job.kill()
    allowed = "SELECT datallowconn FROM pg_database WHERE datname = 'company'"
    assert company.production.sql(allowed) == "t"
    assert company.count(company.production, "company") == WHOLE
    assert company.run(**order, attempt=2).ok
    assert company.count(company.production, name) == WHOLE
    assert company.tree(company.store(name)) == company.tree(company.store("company"))


@pytest.mark.parametrize("moment", [0.2, 0.35, 0.5, 0.65])
def test_a_killed_swap_is_completed_by_the_next_attempt(company, kept, moment):
    number = company.world.runs
    live, incoming, aside = f"live_{number}", f"in_{number}", f"old_{number}"
    for name in (live, incoming):
        assert company.restore(*kept, name).ok
    company.staging.sql("DELETE FROM ir_attachment WHERE name LIKE 'contract %'", live)
    order = {"verb": "swap", "server": company.staging.address, "run": number + 4000}
    order |= {"database": live, "incoming": incoming, "aside": aside, "role": "preview"}
    order["filestore_root"] = "/var/lib/odoo/filestore"
    job = company.start(**order)
    time.sleep(moment)
    job.kill()
    assert live in company.staging.databases()
    assert company.run(**order, attempt=2).ok
    assert company.count(company.staging, live) == WHOLE
    assert company.count(company.staging, aside) == "20000|0"
    assert incoming not in company.staging.databases()
    assert company.tree(company.store(live)) == company.tree(company.store("company"))
    assert company.tree(company.store(aside)) == company.tree(company.store("company"))


def test_folders_that_a_killed_swap_had_moved_are_completed_with_late_files(company, kept):
    number = company.world.runs
    live, incoming, aside = f"live_{number}", f"in_{number}", f"old_{number}"
    for name in (live, incoming):
        assert company.restore(*kept, name).ok
    company.world.shell(
        f"cd /var/lib/odoo/filestore; mv {live} {aside}; mkdir -p {live}/aa; echo late > {live}/aa/late",
        company.mounts,
    )
    order = {"server": company.staging.address, "database": live, "incoming": incoming}
    order |= {"aside": aside, "role": "preview", "filestore_root": "/var/lib/odoo/filestore"}
    assert company.run("swap", **order)["swapped"] is True
    assert "aa/late" in company.tree(company.store(aside))
    assert company.tree(company.store(live)) == company.tree(company.store("company"))


def test_a_killed_clone_and_a_killed_park_end_right(company, kept):
    number = company.world.runs
    name = f"proof_{number}"
    assert company.restore(*kept, name).ok
    order = {"verb": "park", "server": company.staging.address, "run": number + 5000}
    order |= {"database": name, "snapshot_database": f"{name}_p", "filestore": company.store(name)}
    order["snapshot_filestore"] = f"/ipai/snapshots/{name}_p"
    for attempt, moment in enumerate((0.25, 0.4, 0.55), start=1):
        job = company.start(**order, attempt=attempt)
        time.sleep(moment)
        job.kill()
    assert company.run(**order, attempt=4).ok
    copy = {"verb": "clone", "server": company.staging.address, "run": number + 6000}
    copy |= {"source": f"{name}_p", "database": f"{name}_c", "role": "preview"}
    copy |= {
        "filestore": company.store(f"{name}_c"),
        "source_filestore": f"/ipai/snapshots/{name}_p",
    }
    for attempt, moment in enumerate((0.25, 0.45, 0.65), start=1):
        job = company.start(**copy, attempt=attempt)
        time.sleep(moment)
        job.kill()
    assert company.run(**copy, attempt=4).ok
    assert company.count(company.staging, f"{name}_c") == WHOLE
    assert company.tree(company.store(f"{name}_c")) == company.tree(company.store("company"))


def test_what_the_server_still_does_for_a_killed_job_is_ended_before_the_next_attempt(
    company, kept
):
    name = f"ended_{company.world.runs}"
    server, partial = company.staging, partial_name(name)
    lasting = f'SELECT pg_sleep(300) AS "{partial}"'
    server.container.exec_run(["psql", "-U", "postgres", "-c", lasting], detach=True)
    under_way = f"SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query ~ '{partial}'"
    while server.sql(under_way) != "1":
        time.sleep(0.1)
    assert company.restore(*kept, name).ok
    assert server.sql(under_way) == "0"


def test_the_database_server_may_be_restarted_in_mid_restore(company, kept):
    name = f"restarted_{company.world.runs}"
    order = {"server": company.staging.address, "database": name, "role": "preview", "run": 7001}
    order |= {"repository": kept[0], "snapshot": kept[1], "filestore": company.store(name)}
    job = company.start("restore", **order)
    job.until_it_says("Loading")
    company.staging.container.restart(timeout=1)
    first = job.wait()
    company.staging.wait()
    assert first.ok or "\n" not in first.cause
    assert company.run("restore", attempt=2, **order).ok
    assert company.count(company.staging, name) == WHOLE


# The store ---------------------------------------------------------------------------------------


def test_a_full_repository_is_one_sentence_and_holds_no_half_backup(company):
    small = company.world.volume("700k")
    mounts = [(company.files, "/var/lib/odoo"), (small, "/ipai/backups")]
    repository = company.repository("small")
    failed = company.backup(repository, mounts=mounts)
    assert failed.cause == "The backup repository's disk is full."
    left = company.world.shell("find /ipai/backups -path '*snapshots/*' -type f | wc -l", mounts)
    assert left.strip() == "0"


def test_a_full_disk_of_the_restore_is_one_sentence(company, kept):
    small = company.world.volume("8m")
    mounts = [(small, "/var/lib/odoo"), (company.backups, "/ipai/backups")]
    failed = company.restore(*kept, "too_large", mounts=mounts)
    assert "would be full" in failed.cause
    assert "too_large" not in company.staging.databases()


def test_a_full_database_server_is_one_sentence_and_the_name_stays_free(company, kept):
    tight = company.world.server("tight", data=company.world.volume("80m"))
    tight.sql("CREATE ROLE preview")
    name = "does_not_fit"
    failed = company.restore(*kept, name, server=tight.address)
    assert failed.cause == "The disk of the database server tight is full."
    assert name not in tight.databases()


def test_a_wrong_key_is_one_sentence(company, kept):
    secrets = company.world.secrets(**{"restic-password": "another key"})
    for verb, order in (
        ("backup", {"database": "company", "tags": {}}),
        ("check", {}),
        ("forget", {"snapshots": [kept[1]]}),
    ):
        failed = company.run(verb, secrets=secrets, repository=kept[0], **order)
        assert failed.cause == "The key does not open the backup repository."
    failed = company.restore(*kept, "locked", secrets=secrets)
    assert failed.cause == "The key does not open the backup repository."


def flip(company, repository, which):
    """Change one byte of one kind of file in the repository."""
    script = f"cd {repository['path']}; f=$({which}); chmod u+w $f; s=$(stat -c %s $f); "
    script += "o=$((s / 2)); b=$(od -An -tu1 -j$o -N1 $f | tr -d ' '); "
    script += (
        r"printf \\$(printf %o $(( (b + 1) % 256 ))) | dd of=$f bs=1 seek=$o conv=notrunc 2>&1"
    )
    company.world.shell(script, company.mounts)


@pytest.mark.parametrize(
    "which",
    [
        "find data -type f -size +200k | head -1",
        "find data -type f -printf '%s %p\\n' | sort -n | head -1 | cut -d' ' -f2",
        "find index -type f | head -1",
        "find snapshots -type f | head -1",
    ],
)
def test_one_flipped_byte_turns_check_and_restore_red(company, which):
    repository = company.repository()
    snapshot = company.backup(repository)["snapshot"]
    flip(company, repository, which)
    checked = company.run("check", repository=repository, percent=100)
    assert "damaged" in checked.cause and checked.cause.count("\n") == 0
    name = f"damaged_{company.world.runs}"
    restored = company.restore(repository, snapshot, name)
    assert "damaged" in restored.cause
    assert name not in company.staging.databases()


# The filestore -----------------------------------------------------------------------------------


def test_a_file_that_odoo_removes_during_the_dump_is_still_in_the_backup(company):
    repository = company.repository()
    listed = company.tree(company.store("company")).splitlines()
    victim = next(line.split()[1] for line in listed if "checklist" not in line)
    root = company.store("company")
    company.world.shell(f"cp -a {root}/{victim} /var/lib/odoo/victim", company.mounts)
    job = company.start("backup", database="company", repository=repository, tags={})
    job.until_it_says("Dumping")
    company.world.shell(f"rm {root}/{victim}", company.mounts)
    done = job.wait()
    company.world.shell(f"mv /var/lib/odoo/victim {root}/{victim}", company.mounts)
    assert done["missing_files"] == 0
    name = f"victim_{company.world.runs}"
    assert company.restore(repository, done["snapshot"], name).ok
    assert victim in company.tree(company.store(name))


def test_files_lost_long_ago_are_told_and_a_wrong_volume_fails(company):
    empty = company.world.volume()
    mounts = [(empty, "/var/lib/odoo"), (company.backups, "/ipai/backups")]
    failed = company.backup(company.repository(), mounts=mounts)
    assert "None of the" in failed.cause
    root = company.store("company")
    hidden = company.world.shell(
        f"cd {root}; ls -d */* | grep -v checklist | tail -1", company.mounts
    )
    company.world.shell(f"mv {root}/{hidden.strip()} /var/lib/odoo/hidden", company.mounts)
    told = company.backup(company.repository())
    company.world.shell(f"mv /var/lib/odoo/hidden {root}/{hidden.strip()}", company.mounts)
    assert told["missing_files"] == 1
    assert any("not in the filestore" in message for message in told.messages)


def test_a_file_with_other_content_than_its_name_fails_the_restore(company):
    root = company.store("company")
    company.world.shell(f"mkdir -p {root}/00; echo rotten > {root}/00/{'0' * 40}", company.mounts)
    repository = company.repository()
    snapshot = company.backup(repository)["snapshot"]
    company.world.shell(f"rm {root}/00/{'0' * 40}", company.mounts)
    failed = company.restore(repository, snapshot, "rotten")
    assert f"The file 00/{'0' * 40} of the filestore has another content" in failed.cause
    assert "rotten" not in company.staging.databases()
