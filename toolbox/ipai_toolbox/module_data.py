"""What an uninstall would delete: tables and columns that belong to the modules alone."""

from .odoo_facts import TargetDatabase

OWNED = """
SELECT d.res_id FROM ir_model_data d
 WHERE d.model = %s GROUP BY d.res_id HAVING bool_and(d.module = ANY(%s))
"""
TABLES = f"""
SELECT c.relname FROM ir_model m
  JOIN pg_class c ON c.relname = replace(m.model, '.', '_') AND c.relkind = 'r'
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema()
 WHERE NOT m.transient AND m.id IN ({OWNED}) ORDER BY 1
"""
COLUMNS = f"""
SELECT replace(m.model, '.', '_'), f.name FROM ir_model_fields f JOIN ir_model m ON m.id = f.model_id
 WHERE f.store AND f.ttype NOT IN ('one2many', 'many2many') AND f.id IN ({OWNED})
   AND m.id NOT IN ({OWNED}) ORDER BY 1, 2
"""
RECORDS = """
SELECT count(*) FROM ir_model_data
 WHERE module = ANY(%s) AND model NOT LIKE 'ir.%%' AND model NOT LIKE 'res.groups%%'
"""


def loss(target: TargetDatabase, modules: list[str]) -> dict:
    """The tables with their rows, the columns of other tables, and the number of data records."""
    tables = [name for (name,) in target.ask(TABLES, "ir.model", modules)]
    fields, models = "ir.model.fields", "ir.model"
    columns = target.ask(COLUMNS, fields, modules, models, modules)
    return {
        "tables": [{"name": name, "rows": _count(target, name)} for name in tables],
        "columns": [f"{table}.{column}" for table, column in columns],
        "records": target.ask(RECORDS, modules)[0][0],
    }


def _count(target: TargetDatabase, table: str) -> int:
    from psycopg2 import sql

    return target.ask(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))[0][0]
