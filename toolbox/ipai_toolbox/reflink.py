"""Whether the database server's file system copies by reference."""

from .folders import COPY, REFLINK
from .postgres import Server

PROBE = """SET file_copy_method = clone;
COPY (SELECT 1) TO PROGRAM
  'f="ipai-probe-$$"; cp --reflink=always global/pg_control "$f"; s=$?; rm -f "$f"; exit $s'"""


def copy_method(server: Server) -> str:
    """How a copied database lands on the server's disk: asked of its file system, not of its settings.

    ext4 takes file_copy_method=clone and copies every byte. The server's own cp says it (its working
    folder is the data folder); a server that lets nobody run cp counts as copying.
    """
    return COPY if server.attempt(PROBE) else REFLINK
