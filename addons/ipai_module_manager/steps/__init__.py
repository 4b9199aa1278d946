"""The kinds of run and step that this addon teaches the engine."""

from odoo.addons.ipai_ops.engine import headlines, pipelines, policies, schedule
from odoo.addons.ipai_ops.engine import steps as kinds
from odoo.addons.ipai_ops.engine.pipelines.data import BACK, POINT
from odoo.addons.ipai_ops.engine.pipelines.deploy import HOLD, RESUME, SMOKE, UPDATE
from odoo.addons.ipai_ops.engine.plan import StepPlan
from odoo.addons.ipai_ops.engine.steps import back

from . import module_plan, modules, uninstall

READ = StepPlan("modules", "modules", "Read modules", timeout_seconds=900)
PLAN = StepPlan("module_plan", "module_plan", "Work out what changes", timeout_seconds=900)
UNINSTALL = StepPlan("uninstall", "uninstall", "Remove modules", timeout_seconds=7200)
READING = ("modules", "module_plan")
CHANGING = ("module_install", "module_update", "module_uninstall")


def read(_spec):
    """Return the one step of an inventory."""
    return (READ,)


def plan(_spec):
    """Return the one step that shows what would happen."""
    return (PLAN,)


def change(spec):
    """Return the steps of a change: requests wait, and live data that outlives it is kept before."""
    step = UNINSTALL if spec["kind"] == "module_uninstall" else UPDATE
    if spec["environment"]["stage"] == "development":
        return (HOLD, step, RESUME, SMOKE)
    return (HOLD, POINT, step, RESUME, SMOKE, BACK)


for _module in (modules, module_plan, uninstall):
    kinds.register(_module.__name__.rpartition(".")[2], _module)
pipelines.register("modules", read)
pipelines.register("module_plan", plan)
for _kind in CHANGING:
    pipelines.register(_kind, change)
for _kind in READING:
    schedule.register(_kind, _kind, is_beside=True, is_short=True)
policies.call("modules")  # reading changes nothing; policies say "modules" of what does
policies.call("module_install", "module_install", "modules")
policies.call("module_update", "module_update", "modules", "upgrade")
policies.call("module_uninstall", "module_uninstall", "modules")
if "uninstall" not in back.CHANGING:
    back.CHANGING.append("uninstall")
headlines.register("modules", "read the modules", "Reading the modules", "Modules read")
headlines.register("module_plan", "plan", "Planning a change of modules", "Change planned")
headlines.register("module_install", "install modules", "Installing modules", "Modules installed")
headlines.register("module_update", "update modules", "Updating modules", "Modules updated")
headlines.register("module_uninstall", "remove modules", "Removing modules", "Modules removed")
