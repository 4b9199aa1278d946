"""A folder with archives, and a platform that knows it."""

import io
import tempfile
import zipfile
from pathlib import Path

from .data_case import DataCase


def archive_bytes(size=0):
    """Return the bytes of a small archive, at least ``size`` long."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("dump.sql", "SELECT 1;")
        archive.writestr("manifest.json", "{}" + " " * size)
    return buffer.getvalue()


class ImportMixin:
    @classmethod
    def set_up_folder(cls):
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        place = {"imports_folder": str(cls.folder), "imports_source": "ipaitest-imports"}
        cls.write_platform(**place)

    def setUp(self):
        super().setUp()
        self.addCleanup(self.empty_folder)

    def empty_folder(self):
        for path in self.folder.iterdir():
            path.unlink()

    @classmethod
    def put(cls, name="acme.sh.zip", data=None):
        """Put a file into the folder, as somebody at the machine does."""
        path = cls.folder / name
        path.write_bytes(archive_bytes() if data is None else data)
        return path


class ImportCase(ImportMixin, DataCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_folder()
        cls.staging = cls.make_environment("stage", stage="staging")
