"""What becomes of each column: the policy is data (policy.json), a run may override it."""

import json
import re
from dataclasses import dataclass, field

from ..catalog import Column
from ..outcome import Failure
from ..resources import resource_text
from .kinds import is_known

TEXT_TYPES = ("text", "varchar", "bpchar", "jsonb", "json", "bytea")
NUMBERS = ("numeric", "float8", "float4", "int4", "int8")
DAYS = ("date", "timestamp", "timestamptz")
JSON_TYPES = ("jsonb", "json")


@dataclass(frozen=True)
class Decision:
    """What becomes of a column; `when` is an SQL condition on the row, `why` says who decided."""

    column: Column
    kind: str
    why: str
    when: str = ""

    @property
    def is_kept(self) -> bool:
        return self.kind == "keep"

    @property
    def is_undecided(self) -> bool:
        return self.why == "unknown"


@dataclass(frozen=True)
class Policy:
    """The rules, ready to ask."""

    columns: dict
    names: list[tuple[re.Pattern, str]]
    kept_names: list[re.Pattern]
    kept_tables: list[re.Pattern]
    emptied_tables: frozenset[str]
    kept_field_types: frozenset[str]
    by_type: dict
    known_modules: frozenset[str]
    overrides: dict[str, str] = field(default_factory=dict)

    def decide(self, column: Column) -> Decision:
        """The decision on one column; unknown text is replaced and marked for a person to decide."""
        for rule in (self._overridden, self._listed, self._plainly_kept, self._named):
            decision = rule(column)
            if decision and _fits(decision.kind, column):
                return decision
        if column.type not in TEXT_TYPES:
            return Decision(column, "keep", "not text")
        if self._is_known(column):
            return self._by_known_type(column)
        return self._unknown(column)

    def is_emptied(self, column: Column) -> bool:
        return column.table in self.emptied_tables or column.is_transient

    def _overridden(self, column: Column) -> Decision | None:
        kind = self.overrides.get(column.label)
        return Decision(column, kind, "override") if kind else None

    def _listed(self, column: Column) -> Decision | None:
        entry = self.columns.get(column.table_label, {}).get(column.name)
        if isinstance(entry, dict):
            return Decision(column, entry["kind"], "policy", entry["when"])
        return Decision(column, entry, "policy") if entry else None

    def _plainly_kept(self, column: Column) -> Decision | None:
        is_technical = column.field_type in self.kept_field_types and column.type != "jsonb"
        is_named = any(rule.search(column.name) for rule in self.kept_names)
        is_company_number = column.type == "jsonb" and column.field_type in self.kept_field_types
        is_table = self._is_known(column) and self._is_kept_table(column)
        if is_technical or is_named or is_table or is_company_number:
            return Decision(column, "keep", "technical")
        return None

    def _named(self, column: Column) -> Decision | None:
        name = column.name.lower().removeprefix("x_studio_").removeprefix("x_")
        kind = next((kind for rule, kind in self.names if rule.search(name)), None)
        return Decision(column, kind, "name") if kind else None

    def _by_known_type(self, column: Column) -> Decision:
        kind = self.by_type["known"].get(column.field_type, "keep")
        return Decision(column, "keep" if column.is_translated else kind, "type")

    def _unknown(self, column: Column) -> Decision:
        kinds = self.by_type["unknown"]
        kind = kinds.get(column.field_type) if column.is_text else None
        if column.type in ("text", "bpchar") and not kind:
            kind = kinds["text"]
        return Decision(column, kind or kinds.get(column.type, kinds["char"]), "unknown")

    def _is_known(self, column: Column) -> bool:
        """True when a module of Odoo's community edition made the column."""
        if column.is_manual:
            return False
        if not column.modules and not column.field_type:
            return self._is_kept_table(column) and column.table.startswith(("ir_", "res_"))
        return bool(self.known_modules & set(column.modules))

    def _is_kept_table(self, column: Column) -> bool:
        return column.schema == "public" and any(
            rule.search(column.table) for rule in self.kept_tables
        )


def load_policy(overrides: dict | None = None) -> Policy:
    """The policy of this package with a run's overrides. Raises Failure for a word it does not know."""
    data = json.loads(resource_text("ipai_toolbox.masking", "policy.json"))
    modules = resource_text("ipai_toolbox.masking", "known_modules.txt").split()
    return Policy(
        data["columns"],
        [(re.compile(pattern), kind) for pattern, kind in data["names"]],
        [re.compile(pattern) for pattern in data["kept_names"]],
        [re.compile(pattern) for pattern in data["kept_tables"]],
        frozenset(data["emptied_tables"]),
        frozenset(data["kept_field_types"]),
        {"known": data["by_type_known"], "unknown": data["by_type_unknown"]},
        frozenset(modules),
        _checked(overrides or {}),
    )


def _checked(overrides: dict) -> dict[str, str]:
    for label, kind in overrides.items():
        if not isinstance(kind, str) or not is_known(kind):
            raise Failure(
                f"The masking policy says '{kind}' for {label}, which is no kind of mask",
                "Choose keep, null or one of the kinds listed in the documentation of masking",
            )
    return overrides


def _fits(kind: str, column: Column) -> bool:
    """Whether a kind can be written into the column's type."""
    if kind in ("keep", "null"):
        return True
    if kind == "day":
        return column.type in DAYS
    if kind == "amount":
        return column.type in NUMBERS
    return column.type in TEXT_TYPES
