"""Data: kept, proven, copied, brought back."""

from . import database_server  # where databases are
from . import server_archive  # its archive of changes
from . import disk_use  # who is measured on it
from . import backup_repository  # where backups are kept, and the key that opens them
from . import backup  # a backup
from . import backup_actions  # what people and scripts do with it
from . import backup_retention  # how long it stays
from . import backup_export  # a backup as an archive to download
from . import snapshot  # a copy of production without persons
from . import archive  # an archive of Odoo in the folder
from . import archive_upload  # how one comes there
from . import archive_import  # how one is taken in
from . import restore_point  # a copy of what was live
from . import restore  # data brought into a place
