"""Files: what people uploaded becomes a placeholder, pictures of people go, the rest of it stays."""

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from ..outcome import Failure
from ..resources import resource_text
from ..session import Session, literal
from .digests import Digests
from .kinds import Source, mask_filename
from .leaks import Finder
from .words import Words

TEXT = b"This file was replaced when the data was masked.\n"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGPIBwAAxABDhdQfFQAAAABJRU5ErkJggg=="
)
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
LARGEST_TEXT = 4 << 20


@dataclass(frozen=True)
class Files:
    """What happened to the attachments."""

    kept: int
    replaced: int
    deleted: int

    def as_report(self) -> dict:
        return {"kept": self.kept, "replaced": self.replaced, "deleted": self.deleted}


def mask_attachments(session: Session, words: Words, mode: str) -> Files:
    """Keep what modules and the public website brought; `mode` is placeholder or delete."""
    kept = kept_condition()
    pictures = f"NOT ({kept}) AND (res_field IS NOT NULL OR {literal(mode)} = 'delete')"
    deleted = session.run(f"DELETE FROM ir_attachment AS t WHERE {pictures}")
    replaced = session.run(_replacement(words, kept))
    left = session.value("SELECT count(*) FROM ir_attachment")
    return Files(left - replaced, replaced, deleted)


def kept_condition() -> str:
    """SQL: the attachments that hold nobody's data."""
    rules = json.loads(resource_text("ipai_toolbox.masking", "attachments.json"))
    models = ", ".join(literal(name) for name in rules["kept_models"])
    shipped = (
        "EXISTS (SELECT 1 FROM ir_model_data d WHERE d.model = 'ir.attachment' AND d.res_id = t.id"
        " AND d.module NOT IN ('__import__', '__export__'))"
    )
    is_asset = "(t.url LIKE '/%%' AND t.res_model IS NOT DISTINCT FROM 'ir.ui.view')"
    is_bundle = "(t.url LIKE '/web/assets/%%' AND coalesce(t.res_id, 0) = 0)"
    return (
        f"(coalesce(t.res_model, '') IN ({models}) OR {shipped} OR {is_asset} OR {is_bundle})"
    ).replace("%%", "%")


def _replacement(words: Words, kept: str) -> str:
    digests = Digests()
    name = mask_filename(Source("t.name::text", digests, words))
    sort = (
        "CASE WHEN t.mimetype LIKE 'image/%' THEN 1 WHEN t.mimetype = 'application/pdf' THEN 2"
        " ELSE 3 END"
    )
    rows = ", ".join(
        f"({number}, '\\x{data.hex()}'::bytea, {literal(_checksum(data))},"
        f" {len(data)}, {literal(mime)}, {literal(ending)})"
        for number, data, mime, ending in (
            (1, PNG, "image/png", ".png"),
            (2, PDF, "application/pdf", ""),
            (3, TEXT, "text/plain", ".txt"),
        )
    )
    return (
        "UPDATE ir_attachment AS t SET (name, db_datas, checksum, file_size, mimetype) ="
        f" (SELECT {name} || f.ending, f.data, f.checksum, f.size, f.mime"
        f" FROM (SELECT {digests.columns} OFFSET 0) AS h,"
        f" (VALUES {rows}) AS f(sort, data, checksum, size, mime, ending) WHERE f.sort = {sort}),"
        " store_fname = NULL, index_content = NULL, description = NULL, url = NULL,"
        f" access_token = NULL, type = 'binary' WHERE NOT ({kept})"
    )


def _checksum(data: bytes) -> str:
    """As ir.attachment computes it: a name for the content, no protection."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def clean_filestore(session: Session, folder: Path, is_expected: bool) -> dict:
    """Remove every file that no attachment names any more. Raises Failure when it is not there."""
    names = "SELECT DISTINCT store_fname FROM ir_attachment WHERE store_fname IS NOT NULL"
    wanted = {name for (name,) in session.rows(names)}
    if not folder.is_dir():
        if wanted and is_expected:
            raise Failure(
                "The filestore of the copy is not mounted, so its files cannot be masked",
                "This is a fault of the platform: report it with this run's log",
            )
        return {"filestore": "absent", "files_kept": 0, "files_removed": 0}
    files = [path for path in folder.rglob("*") if path.is_file() or path.is_symlink()]
    doomed = [path for path in files if path.relative_to(folder).as_posix() not in wanted]
    for path in doomed:
        path.unlink()
    kept = len(files) - len(doomed)
    return {"filestore": "cleaned", "files_kept": kept, "files_removed": len(doomed)}


def scan_files(session: Session, folder: Path, finder: Finder) -> list[dict]:
    """Leaks in the text files that stay."""
    query = "SELECT DISTINCT store_fname, res_model FROM ir_attachment WHERE store_fname <> ''"
    leaks = []
    for name, model in session.rows(query):
        for sample in finder.find(_text(folder / name)):
            where = f"ir_attachment.store_fname ({model or 'no model'})"
            leaks.append({"where": where, "family": sample.family, "rows": 1})
    return leaks


def _text(path: Path) -> str:
    if not path.is_file() or path.stat().st_size > LARGEST_TEXT:
        return ""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return ""
