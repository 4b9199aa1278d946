"""The list of what must be off, as data: each entry finds, mends, and is asked again afterwards."""

import json
from dataclasses import dataclass, field

from ..catalog import Column
from ..resources import resource_text
from ..session import Session, quoted


@dataclass(frozen=True)
class Check:
    """Rows of `table` for which `where` holds are a danger; `sets` or deletion takes it away.

    A check whose table, or whose needed columns, are not there has nothing to find.
    """

    name: str
    table: str
    where: str
    needs: tuple[str, ...] = ()
    sets: dict[str, str] = field(default_factory=dict)
    delete: bool = False

    def applies(self, tables: dict[str, dict[str, Column]]) -> bool:
        return self.table in tables and set(self.needs) <= set(tables[self.table])

    def count(self, session: Session) -> int:
        return session.value(f"SELECT count(*) FROM {quoted(self.table)} t WHERE {self.where}")

    def mend(self, session: Session, tables: dict[str, dict[str, Column]]) -> None:
        if self.delete:
            session.run(f"DELETE FROM {quoted(self.table)} t WHERE {self.where}")
            return
        present = {name: sql for name, sql in self.sets.items() if name in tables[self.table]}
        changes = ", ".join(f"{quoted(name)} = {sql}" for name, sql in present.items())
        session.run(f"UPDATE {quoted(self.table)} t SET {changes} WHERE {self.where}")


def load_checks() -> list[Check]:
    """The checks of checks.json."""
    data = json.loads(resource_text("ipai_toolbox.neutralizing", "checks.json"))
    return [
        Check(
            entry["name"],
            entry["table"],
            entry["where"],
            tuple(entry.get("needs", ())),
            entry.get("set", {}),
            entry.get("delete", False),
        )
        for entry in data
    ]
