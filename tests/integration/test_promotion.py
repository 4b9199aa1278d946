"""The build that staging tried becomes production's: the same digest, its modules, nothing built again."""


def test_production_gets_the_very_build_that_staging_tried(suite, new_project, docker_world):
    project = new_project("rise")
    project.repository.addon("rise_base").push("First")
    production = suite.environment(project.id, stage="production")
    deployed(suite, project, production)
    project.repository.addon("rise_more", ["rise_base"]).push("More", branch="release/1")
    place = {"project_id": project.id, "name": "release/1", "stage": "staging"}
    staging = suite.call("ops.environment", "create", place)
    deployed(suite, project, staging)

    asked = suite.call("ops.environment", "action_promote", [staging])["context"]
    values = {name.removeprefix("default_"): value for name, value in asked.items()}
    wizard = suite.call("ops.promote.wizard", "create", values)
    told = suite.read("ops.promote.wizard", wizard, "module_plan", "branch_note")
    assert "rise_more" in told["module_plan"]
    assert "Merge release/1 into main" in told["branch_note"]
    run = suite.call("ops.promote.wizard", "action_confirm", [wizard])["res_id"]
    assert suite.finished(run)["state"] == "done", suite.log(run)

    assert "build" not in {step["name"] for step in suite.steps(run)}
    assert image_of(suite, docker_world, production) == image_of(suite, docker_world, staging)
    database = suite.read("ops.environment", production, "database_name")["database_name"]
    installed = "SELECT state FROM ir_module_module WHERE name = 'rise_more'"
    assert docker_world.psql(database, installed, "production").strip() == "installed"
    assert suite.get(suite.host(production)).status_code == 200


def deployed(suite, project, environment):
    run = suite.deploy(project.code, environment)
    assert suite.finished(run)["state"] == "done", suite.log(run)


def image_of(suite, docker_world, environment):
    return docker_world.image_of(f"{suite.settings.instance}-env-{environment}")
