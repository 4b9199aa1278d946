"""The command that rotates the key of secrets: killed in its middle, called again, nothing lost."""

import subprocess
from pathlib import Path

import pytest
import ready_database
from odoo_command import odoo, start

DATABASE = "ipai_rotation_test"
COUNT = 250
FILL = f"""
project = env["ops.project"].create(
    {{"name": "Acme", "code": "acme", "repository_url": "https://git.example.com/acme.git"}}
)
env["ops.secret"].create(
    [{{"project_id": project.id, "name": f"s{{n}}", "new_value": f"value {{n}}"}} for n in range({COUNT})]
)
env.cr.commit()
from odoo.addons.ipai_ops.models.key_file import key_file
print("KEY", key_file(env, "secrets").path)
"""
READ = f"""
secrets = env["ops.secret"].search([])
right = [secret.name for secret in secrets if secret.value == f"value {{secret.name[1:]}}"]
print("READ", len(right), "of {COUNT}")
"""


@pytest.fixture(scope="module")
def key_file():
    """The key file of a database with many secrets, which is dropped afterwards."""
    ready_database.copy(DATABASE, *ready_database.with_below("ipai_ops"))
    [line] = [line for line in shell(FILL).splitlines() if line.startswith("KEY ")]
    yield Path(line.removeprefix("KEY "))
    ready_database.drop(DATABASE)


def shell(code):
    return odoo("shell", "-d", DATABASE, "--no-http", stdin=code)


def keys(file):
    return file.read_text().splitlines()


def test_a_killed_rotation_goes_on_with_its_key_and_the_old_one_is_not_needed(key_file):
    [first] = keys(key_file)
    process = start("ipai_rotate_key", "-d", DATABASE, stderr=subprocess.PIPE)
    for line in process.stderr:
        if line.endswith(" records\n"):
            break
    process.kill()
    process.wait()
    newest, *others = keys(key_file)
    assert others == [first] and newest != first
    assert f"READ {COUNT} of {COUNT}" in shell(READ), "old and new key open what each has sealed"
    said = odoo("ipai_rotate_key", "-d", DATABASE)
    assert "encrypted with the new key" in said and keys(key_file) == [newest, first]
    key_file.write_text(f"{newest}\n")
    assert f"READ {COUNT} of {COUNT}" in shell(READ)
