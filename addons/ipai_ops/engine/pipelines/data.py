"""The steps that copy data, as the pipelines put them in order."""

from ..plan import StepPlan

HOURS = 3600

ROLE = StepPlan("role", "role", "Prepare", timeout_seconds=300)
RESTORE = StepPlan("restore", "restore", "Restore and compare", timeout_seconds=12 * HOURS)
IMPORT = StepPlan("import_zip", "import_zip", "Take the archive in", timeout_seconds=6 * HOURS)
RECOVER = StepPlan("recover", "recover", "Replay until that time", timeout_seconds=6 * HOURS)
RENEW = StepPlan("renew", "renew", "New identity", timeout_seconds=300)
CLONE = StepPlan("clone", "clone", "Clone the snapshot", timeout_seconds=2 * HOURS)
OWN = StepPlan("own", "own", "Close the copy", timeout_seconds=300)
BOOT = StepPlan("boot", "boot", "Start Odoo on it", timeout_seconds=900)
NEUTRALIZE = StepPlan("neutralize", "neutralize", "Neutralise", timeout_seconds=HOURS)
MASK = StepPlan("mask", "mask", "Mask persons", timeout_seconds=6 * HOURS)
PARK = StepPlan("park", "park", "Park the snapshot", timeout_seconds=HOURS)
POINT = StepPlan("point", "point", "Restore point", timeout_seconds=2 * HOURS)
SWAP = StepPlan("swap", "swap", "Swap it in", timeout_seconds=600, attempts=5)
BACK = StepPlan(
    "back", "back", "Put the data back", timeout_seconds=600, attempts=20, when="failed"
)
DISCARD = StepPlan("discard", "discard", "Remove the copy", timeout_seconds=600, attempts=5)
