"""What an environment takes of the disk, measured on a real file system and a real server."""

PLACE = "/ipai/volumes/company"
MEBIBYTE = 1 << 20


def measured(company, **environments):
    told = {
        number: {"files": PLACE, "database": "company", "role": "company", **changes}
        for number, changes in environments.items()
    }
    done = company.run("measure", mounts=[(company.files, PLACE)], environments=told)
    assert done.ok, done.log
    return done


def test_files_and_database_are_measured_and_a_hard_link_counts_once(company):
    mounts = [(company.files, PLACE)]
    before = measured(company, n1={})["environments"]["n1"]
    told = int(company.world.shell(f"du --summarize --block-size=1 {PLACE}", mounts).split()[0])
    assert before["files_bytes"] > 0
    assert abs(told - before["files_bytes"]) <= 4096, "du counts the folder itself too"
    known = int(company.production.sql("SELECT pg_database_size('company')"))
    assert abs(known - before["database_bytes"]) < MEBIBYTE
    written = (
        f"dd if=/dev/urandom of={PLACE}/big bs=1M count=5 2>/dev/null; ln {PLACE}/big {PLACE}/again"
    )
    company.world.shell(f"{written}; ln -s /usr {PLACE}/elsewhere", mounts)
    after = measured(company, n1={})["environments"]["n1"]
    company.world.shell(f"rm {PLACE}/big {PLACE}/again {PLACE}/elsewhere", mounts)
    assert 5 * MEBIBYTE <= after["files_bytes"] - before["files_bytes"] < 6 * MEBIBYTE


def test_a_database_of_another_environment_is_not_measured_and_the_others_are(company):
    done = measured(company, own={}, theirs={"role": "preview"}, none={"database": "nowhere"})
    found = done["environments"]
    assert set(found) == {"own", "none"}
    assert found["none"]["database_bytes"] == 0
    assert "does not belong to this environment" in done.log
