"""What waits to be taken in, and how far back production's times reach."""

import os
from datetime import timedelta

from odoo.addons.ipai_ops.adapters.local import imports_folder

from .common import NOW, ago

ROWS = (
    ("acme-odoo-sh.zip", "upload", 4_812_000_000, NOW + timedelta(hours=70)),
    ("old-server.zip", "folder", 61_204_000_000, False),
)


def archives(main):
    """Make two archives, as files that take no room."""
    place = {"project_id": main.project_id.id, "state": "ready"}
    for name, source, size, until in ROWS:
        facts = {"name": name, "file_name": f"acme.{name}", "source": source, "expires_at": until}
        sizes = {"size_bytes": size, "received_bytes": size}
        archive = main.env["ops.archive"].create({**place, **facts, **sizes})
        path = imports_folder.folder() / archive.file_name
        path.touch()
        os.truncate(path, size)


def reach(main):
    """Let the archive of changes reach back a week, until a moment ago."""
    main.database_server_id.write(
        {
            "is_managed": True,
            "archive_oldest_at": ago(days=7, hours=4),
            "archive_newest_at": ago(seconds=21),
            "archive_checked_at": ago(seconds=20),
            "archive_lag_seconds": 21,
            "base_at": ago(hours=5),
            "base_full_at": ago(days=4, hours=5),
            "base_bytes": 3_102_000_000,
        }
    )
