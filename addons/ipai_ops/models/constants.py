"""Lists that several packages of models share; they import nothing, so everything may import them."""

OF_ODOO = frozenset(("id", "display_name", "create_uid", "create_date", "write_uid", "write_date"))

STAGES = [
    ("production", "Production"),
    ("staging", "Staging"),
    ("development", "Development"),
]
STATES = [
    ("new", "New"),
    ("deploying", "Deploying"),
    ("up", "Up"),
    ("failed", "Failed"),
    ("asleep", "Asleep"),
    ("destroying", "Destroying"),
    ("destroyed", "Destroyed"),
]
GONE = ("destroying", "destroyed")
RELEASING = ("deploy", "restart", "restore", "rollback")  # kinds of run that end in a release
RUN_STATES = [
    ("blocked", "Waiting for approval"),
    ("queued", "Waiting"),
    ("running", "Running"),
    ("done", "Done"),
    ("failed", "Failed"),
    ("cancelled", "Cancelled"),
    ("superseded", "Superseded"),
]
LANES = [
    ("main", "Main"),
    ("data", "Data"),
    ("backup", "Backup"),
    ("proof", "Proof"),
    ("export", "Export"),
    ("archive", "Archive of changes"),
    ("console", "Console"),
    ("measure", "Disk"),
]
LIVE_LANES = ("main", "data", "backup")
COLOURS = [("none", "None"), ("green", "Green"), ("yellow", "Yellow"), ("red", "Red")]
BOARD = "ipai_ops.board"  # channel of the bus
