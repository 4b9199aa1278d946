"""A person chooses an archive: it goes up in pieces and is chosen in the wizard."""

import zipfile

PIECES = 2.5
PIECE_BYTES = 8 << 20
INPUT = "document.querySelector('.o_ops_upload input')"
CHOSEN = "document.querySelector('[name=archive_id] input')?.value"


def archive(path):
    """Make an archive that takes three pieces."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        file.writestr("manifest.json", "{}")
        file.writestr("dump.sql", b"-" * int(PIECES * PIECE_BYTES))
    return path


def choose(page, path):
    """Choose a file as a person does in the system's own dialog."""
    element = page.send("Runtime.evaluate", expression=INPUT)["result"]
    page.send("DOM.setFileInputFiles", files=[str(path)], objectId=element["objectId"])


def open_wizard(page, odoo):
    domain = [("project_id.code", "=", "acme"), ("name", "=", "release/2.4")]
    record = odoo.find("ops.environment", *domain)
    page.visit(f"{odoo.url}/odoo/ops-environments/{record}", ".o_form_view")
    page.click(".nav-link", "Backups")
    page.click("button[name=action_import]")
    page.wait_for(".modal-body .o_ops_upload")


def uploaded(odoo):
    return sorted(path for path in odoo.imports.glob("acme.*.zip") if len(path.name) == 41)


def test_an_archive_goes_up_in_pieces_and_is_chosen(page, odoo, tmp_path):
    before = uploaded(odoo)
    open_wizard(page, odoo)
    file = archive(tmp_path / "from-sh.zip")
    choose(page, file)
    page.wait_true(f"({CHOSEN} || '').includes('from-sh.zip')", deadline=60)
    [path] = set(uploaded(odoo)) - set(before)
    assert path.read_bytes() == file.read_bytes()


def test_what_is_no_archive_is_refused_where_it_was_chosen(page, odoo, tmp_path):
    open_wizard(page, odoo)
    file = tmp_path / "picture.zip"
    file.write_bytes(b"GIF89a")
    choose(page, file)
    page.wait_for(".o_ops_upload .text-danger", "not the zip")
    assert page.evaluate(CHOSEN) == ""
    assert all("415" in error for error in page.errors)  # the browser notes each refusal itself
    page.errors.clear()
