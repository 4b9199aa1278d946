"""Gives a database with everything in it to a role."""

from .postgres import Server, identifier, literal

OBJECTS = """DO $ipai$
DECLARE
  new_owner constant oid := (SELECT oid FROM pg_roles WHERE rolname = {role});
  command text;
BEGIN
  FOR command IN
    WITH own AS (
      SELECT oid, nspname FROM pg_namespace
      WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
    ), borrowed AS (
      SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
    )
    SELECT format('ALTER SCHEMA %I OWNER TO %I', nspname, {role})
      FROM pg_namespace n JOIN own USING (oid, nspname)
      WHERE nspname <> 'public' AND nspowner <> new_owner
        AND ('pg_namespace'::regclass, n.oid) NOT IN (SELECT * FROM borrowed)
    UNION ALL
    SELECT format('ALTER %s %I.%I OWNER TO %I', CASE relkind WHEN 'S' THEN 'SEQUENCE'
        WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE'
        WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END, own.nspname, relname, {role})
      FROM pg_class c JOIN own ON own.oid = relnamespace
      WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') AND relowner <> new_owner
        AND ('pg_class'::regclass, c.oid) NOT IN (SELECT * FROM borrowed)
        AND NOT (relkind = 'S' AND EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid
          AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')))
    UNION ALL
    SELECT format('ALTER ROUTINE %s OWNER TO %I', p.oid::regprocedure, {role})
      FROM pg_proc p JOIN own ON own.oid = pronamespace
      WHERE proowner <> new_owner AND prokind <> 'a'
        AND ('pg_proc'::regclass, p.oid) NOT IN (SELECT * FROM borrowed)
    UNION ALL
    SELECT format('ALTER TYPE %s OWNER TO %I', t.oid::regtype, {role})
      FROM pg_type t JOIN own ON own.oid = typnamespace
      WHERE typtype IN ('e', 'd', 'r') AND typowner <> new_owner
        AND ('pg_type'::regclass, t.oid) NOT IN (SELECT * FROM borrowed)
    UNION ALL
    SELECT format('ALTER LARGE OBJECT %s OWNER TO %I', oid, {role})
      FROM pg_largeobject_metadata WHERE lomowner <> new_owner
  LOOP
    EXECUTE command;
  END LOOP;
END
$ipai$"""


def give(server: Server, database: str, role: str) -> None:
    """The role owns the database and all its objects; nobody else may connect. Raises Failure."""
    server.run(objects_given(role), database)
    server.run(database_given(database, role))


def objects_given(role: str) -> str:
    """The statement, run inside of a database, that gives all its objects to the role."""
    return OBJECTS.format(role=literal(role)) + ";"


def database_given(database: str, role: str) -> str:
    """The statements by which the role owns the database and is the only one to connect."""
    names = f"ON DATABASE {identifier(database)} TO {identifier(role)}"
    return (
        f"ALTER DATABASE {identifier(database)} OWNER TO {identifier(role)};\n"
        f"{closed(database)};\nGRANT CONNECT, TEMPORARY {names};"
    )


def closed(database: str) -> str:
    """The statement by which nobody but the owner and those who are named may connect."""
    return f"REVOKE CONNECT, TEMPORARY ON DATABASE {identifier(database)} FROM PUBLIC"
