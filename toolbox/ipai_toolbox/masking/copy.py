"""One copy of a target's data, from the first look at its columns to the proof that nothing is left."""

from pathlib import Path

from ..catalog import Column, read_columns, tables_of
from ..events import Events
from ..resources import resource_text
from ..session import Session
from .attachments import clean_filestore, mask_attachments, scan_files
from .leaks import Finder, scan_tables
from .policy import Decision, Policy
from .rewrite import empty_table, mask_table, refresh_views
from .samples import FORM_ONLY, read_samples, take_samples, unchanged
from .state import State
from .words import Words

FIRST = ("res_partner", "res_users")
SEARCHED_TYPES = ("text", "varchar", "bpchar", "jsonb", "json")
ADMIN_LOGIN = """UPDATE res_users SET login = 'admin'
 WHERE id = (SELECT res_id FROM ir_model_data
              WHERE module = 'base' AND name = 'user_admin' AND model = 'res.users')
   AND NOT EXISTS (SELECT 1 FROM res_users WHERE login = 'admin')"""


class Copy:
    """The copy being masked."""

    def __init__(self, session: Session, state: State, policy: Policy, words: Words):
        self._session, self._state, self._words = session, state, words
        self._policy = policy
        columns = read_columns(session)
        self.tables = tables_of(columns)
        self.decisions = [policy.decide(column) for column in columns]

    def make_functions(self) -> None:
        """The session's own functions, gone with it."""
        self._session.run(resource_text("ipai_toolbox.masking", "functions.sql"))

    def prepare(self) -> None:
        """Make the session's functions, remember originals."""
        self.make_functions()
        if not self._state.has("sampled"):
            ids = {label for label, columns in self.tables.items() if "id" in columns}
            with self._session.transaction():
                number = take_samples(self._session, self._masked(), ids)
                self._state.note("sampled", {"samples": number})

    def empty_tables(self) -> None:
        """Empty what only holds traces; a table that others hold on to is masked like any other."""
        for label, columns in self.tables.items():
            column = next(iter(columns.values()))
            if self._policy.is_emptied(column):
                empty_table(self._session, self._state, column.relation, label)

    def mask_tables(self, events: Events) -> None:
        masked = self._by_table(self._masked())
        work = {
            label: chosen
            for label, chosen in masked.items()
            if not self._state.has(f"emptied {label}")
        }
        for number, (label, decisions) in enumerate(work.items(), start=1):
            mask_table(self._session, self._state, decisions, self._words)
            if label in FIRST or number % 25 == 0:
                events.progress(0.05 + 0.65 * number / len(work), f"Masked {label}")
        self._session.run(ADMIN_LOGIN)
        refresh_views(self._session)

    def mask_files(self, mode: str, folder: Path, is_expected: bool) -> dict:
        """Attachments and the filestore; gives their part of the report."""
        if not self._state.has("attachments"):
            with self._session.transaction():
                files = mask_attachments(self._session, self._words, mode)
                self._state.note("attachments", {**files.as_report(), "mode": mode})
            self._session.run("VACUUM (FULL, ANALYZE) ir_attachment")
        cleaned = clean_filestore(self._session, folder, is_expected)
        return {**self._state.report("attachments"), **cleaned}

    def find_leaks(self, folder: Path) -> list[dict]:
        """Everything of the originals that can still be found."""
        samples = read_samples(self._session)
        leaks = scan_tables(self._session, self._searched(), samples)
        leaks += scan_files(self._session, folder, Finder(samples))
        return leaks + unchanged(self._session)

    def report(self) -> dict:
        """What was done to which column."""
        tables = self._state.reports("table ")
        seconds = sum(entry["seconds"] for entry in self._state.reports("clean "))
        rows = sum(entry["rows"] for entry in tables)
        return {
            "tables": [column for entry in tables for column in entry["columns"] if column["rows"]],
            "emptied": [entry for entry in self._state.reports("emptied ") if entry["rows"]],
            "rows": rows,
            "rows_per_second": round(rows / seconds) if seconds else 0,
            "undecided": self._undecided(),
            "kept_by_override": self._kept_by_override(),
            "samples": self._state.report("sampled")["samples"],
        }

    def _masked(self) -> list[Decision]:
        return [decision for decision in self.decisions if not decision.is_kept]

    def _by_table(self, decisions: list[Decision]) -> dict[str, list[Decision]]:
        """The people first: names that other tables repeat are theirs."""
        tables: dict[str, list[Decision]] = {}
        for decision in decisions:
            tables.setdefault(decision.column.table_label, []).append(decision)
        return dict(sorted(tables.items(), key=lambda item: (item[0] not in FIRST, item[0])))

    def _searched(self) -> list[list[Column]]:
        """The columns of each table that can hold an original: all texts but those a person kept,
        and those whose form alone is kept, which could meet another's original by chance."""
        searched = [
            decision
            for decision in self.decisions
            if _is_searched(decision.column)
            and decision.why != "override"
            and decision.kind not in FORM_ONLY
        ]
        by_table = self._by_table(searched)
        return [[decision.column for decision in chosen] for chosen in by_table.values()]

    def _undecided(self) -> list[dict]:
        return [
            {
                "column": decision.column.label,
                "type": decision.column.field_type or decision.column.type,
                "kind": decision.kind,
            }
            for decision in self.decisions
            if decision.is_undecided and not self._policy.is_emptied(decision.column)
        ]

    def _kept_by_override(self) -> list[str]:
        return [
            decision.column.label
            for decision in self.decisions
            if decision.is_kept and decision.why == "override"
        ]


def _is_searched(column: Column) -> bool:
    return column.type in SEARCHED_TYPES or column.label == "ir_attachment.db_datas"
