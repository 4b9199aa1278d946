"""The firewall's keeper: its rules are in force, come back, outlive it, and go with a stop alone."""

import subprocess

from provision import firewall


def test_the_rules_are_in_force(settings, docker_world):
    assert firewall.state(docker_world.commands, settings) == (True, "rules in force")


def test_rules_that_somebody_cleared_come_back(suite, docker_world, settings):
    keeper = docker_world.client.containers.get(firewall.container_name(settings))
    mine = f"ipai_{settings.instance}"
    assert keeper.exec_run(["nft", "delete", "table", "inet", mine]).exit_code == 0
    suite.until(lambda: f"inet {mine}\n" in tables(), 60, "The rules never came back.")


def test_the_rules_stay_while_the_engine_that_ends_takes_their_keeper_along(
    suite, docker_world, settings
):
    keeper = docker_world.client.containers.get(firewall.container_name(settings))
    try:
        keeper.stop()
        assert f"inet ipai_{settings.instance}\n" in tables()
    finally:
        keeper.start()
    suite.until(lambda: in_force(docker_world, settings), 60, "The keeper never came back.")


def test_a_stop_takes_the_rules_away_and_a_start_brings_them_back(suite, docker_world, settings):
    keeper = docker_world.client.containers.get(firewall.container_name(settings))
    image = keeper.attrs["Config"]["Image"]
    mine = f"inet ipai_{settings.instance}\n"
    assert mine in tables()
    try:
        assert firewall.stop_firewall(docker_world.commands, settings)
        assert mine not in tables()
        assert not in_force(docker_world, settings)
    finally:
        firewall.ensure_firewall(docker_world.commands, settings, image)
    assert mine in tables()
    assert in_force(docker_world, settings)


def test_a_stop_that_was_killed_half_way_is_undone_by_the_next_start(docker_world, settings):
    keeper = docker_world.client.containers.get(firewall.container_name(settings))
    end = firewall.status_folder(settings) / "end"
    end.touch()
    keeper.update(restart_policy={"Name": "no"})
    image = keeper.attrs["Config"]["Image"]
    assert firewall.ensure_firewall(docker_world.commands, settings, image) == "running"
    keeper.reload()
    assert keeper.attrs["HostConfig"]["RestartPolicy"]["Name"] == firewall.ALWAYS
    assert not end.exists()
    assert in_force(docker_world, settings)


def in_force(docker_world, settings):
    return firewall.state(docker_world.commands, settings)[0]


def tables():
    asked = ["nft", "list", "tables"]
    return subprocess.run(asked, capture_output=True, text=True, timeout=30, check=True).stdout
