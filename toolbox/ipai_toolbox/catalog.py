"""What tables and columns a target's database has, and what Odoo says they are."""

from dataclasses import dataclass

from .session import Session, literal, quoted

OWN_SCHEMA = "ipai_masking"
TEXTS = ("text", "varchar", "bpchar", "name")

COLUMNS = f"""
WITH fields AS (
    SELECT replace(m.model, '.', '_') AS tab, f.name, f.ttype, f.state, m.transient,
           f.translate IS NOT NULL AS translated,
           (SELECT array_agg(DISTINCT d.module::text) FROM ir_model_data d
             WHERE d.model = 'ir.model.fields' AND d.res_id = f.id) AS modules
      FROM ir_model m JOIN ir_model_fields f ON f.model_id = m.id WHERE f.store
), uniques AS (
    SELECT i.indrelid, unnest(i.indkey::int2[]) AS attnum
      FROM pg_index i WHERE i.indisunique AND NOT i.indisprimary
)
SELECT n.nspname, c.relname, a.attname, t.typname, a.atttypmod, a.attnotnull,
       coalesce(f.ttype, ''), coalesce(f.state, ''), coalesce(f.modules, ARRAY[]::text[]),
       coalesce(f.translated, false),
       EXISTS (SELECT 1 FROM uniques u WHERE u.indrelid = c.oid AND u.attnum = a.attnum),
       coalesce(f.transient, false)
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN fields f ON f.tab = c.relname AND f.name = a.attname
 WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND a.attgenerated = ''
   AND n.nspname NOT IN ('pg_catalog', 'information_schema', {literal(OWN_SCHEMA)})
   AND n.nspname NOT LIKE 'pg\\_t%' ORDER BY 1, 2, a.attnum
"""


@dataclass(frozen=True)
class Column:
    """One stored column; `field_type` is Odoo's (char, html …), empty when Odoo does not know it."""

    schema: str
    table: str
    name: str
    type: str
    length: int
    is_required: bool = False
    field_type: str = ""
    is_manual: bool = False
    modules: tuple[str, ...] = ()
    is_translated: bool = False
    is_unique: bool = False
    is_transient: bool = False

    @property
    def label(self) -> str:
        """`table.column`, as people and policies write it."""
        return f"{self.table_label}.{self.name}"

    @property
    def table_label(self) -> str:
        return self.table if self.schema == "public" else f"{self.schema}.{self.table}"

    @property
    def relation(self) -> str:
        """The table, quoted for SQL."""
        return f"{quoted(self.schema)}.{quoted(self.table)}"

    @property
    def sql(self) -> str:
        return quoted(self.name)

    @property
    def is_text(self) -> bool:
        return self.type in TEXTS


def read_columns(session: Session) -> list[Column]:
    """Every stored column of every ordinary table."""
    return [_column(row) for row in session.rows(COLUMNS)]


def tables_of(columns: list[Column]) -> dict[str, dict[str, Column]]:
    """The columns by table label and name."""
    tables: dict[str, dict[str, Column]] = {}
    for column in columns:
        tables.setdefault(column.table_label, {})[column.name] = column
    return tables


def installed_modules(session: Session) -> list[str]:
    states = "('installed', 'to upgrade', 'to remove')"
    return [
        name
        for (name,) in session.rows(
            f"SELECT name FROM ir_module_module WHERE state IN {states} ORDER BY name"
        )
    ]


def _column(row: tuple) -> Column:
    schema, table, name, kind, modifier, required, ttype, state, modules, translated, *flags = row
    unique, transient = flags
    length = modifier - 4 if modifier > 4 and kind in TEXTS else 0
    origin = (state == "manual", tuple(sorted(modules)), translated, unique, transient)
    return Column(schema, table, name, kind, length, required, ttype, *origin)
