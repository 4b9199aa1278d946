"""Whose a database is: asked of the server before anything is done with it, and given away in full."""

from collections.abc import Iterable

from .outcome import Failure
from .postgres import BEGUN, JOB_LOGIN, MADE_FOR, Server, identifier, literal, literals

# A database belongs to a role that owns it; that a job's login was filling it for; that it was just begun
# for; or that owns all there is in it, where an earlier release left it to the administrator. The last line
# is the moment between a new database and what it says of itself.
OWNERS = """SELECT d.datname, r.rolname,
  r.rolname IN ({roles})
  OR (starts_with(r.rolname, {login}) AND shobj_description(r.oid, 'pg_authid') IN ({filled}))
  OR (r.rolsuper AND coalesce(shobj_description(d.oid, 'pg_database'), '') IN ({begun}))
  OR (r.rolsuper AND coalesce((SELECT bool_and(o.rolname IN ({roles})) FROM pg_shdepend s
    JOIN pg_roles o ON o.oid = s.refobjid
    WHERE s.dbid = d.oid AND s.deptype = 'o' AND s.refclassid = 'pg_authid'::regclass), false))
  OR (r.rolsuper AND NOT d.datallowconn AND NOT d.datistemplate AND right(d.datname, 4) = '_new'
    AND NOT EXISTS (SELECT FROM pg_shdepend s WHERE s.dbid = d.oid))
FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE d.datname IN ({names})"""
OBJECTS = """DO $ipai$
DECLARE
  new_owner constant name := {new};
  command text;
BEGIN
  FOR command IN
    WITH old (role) AS (SELECT oid FROM pg_roles WHERE rolname = {old}),
    borrowed AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
    own AS (SELECT oid, nspname FROM pg_namespace
      WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'),
    things (place, class, id, words) AS (
    SELECT 0, 'pg_namespace'::regclass, n.oid, format('SCHEMA %I', nspname)
      FROM pg_namespace n, old WHERE nspowner = role
    UNION ALL
    SELECT 1, 'pg_class'::regclass, c.oid, format('%s %I.%I', CASE relkind WHEN 'S' THEN 'SEQUENCE'
        WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE'
        WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END, own.nspname, relname)
      FROM pg_class c JOIN own ON own.oid = relnamespace, old
      WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') AND relowner = role
        AND NOT (relkind = 'S' AND EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid
          AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')))
    UNION ALL
    SELECT 1, 'pg_proc'::regclass, p.oid, format('ROUTINE %s', p.oid::regprocedure)
      FROM pg_proc p, old WHERE proowner = role
    UNION ALL
    SELECT 1, 'pg_type'::regclass, t.oid, format('TYPE %s', t.oid::regtype)
      FROM pg_type t, old WHERE typtype IN ('e', 'd', 'r') AND typowner = role
    UNION ALL
    SELECT 1, 'pg_operator'::regclass, o.oid, format('OPERATOR %s', o.oid::regoperator)
      FROM pg_operator o, old WHERE oprowner = role
    UNION ALL
    SELECT 1, 'pg_collation'::regclass, c.oid, format('COLLATION %s', c.oid::regcollation)
      FROM pg_collation c, old WHERE collowner = role
    UNION ALL
    SELECT 1, 'pg_conversion'::regclass, c.oid, format('CONVERSION %I.%I', nspname, conname)
      FROM pg_conversion c JOIN own ON own.oid = connamespace, old WHERE conowner = role
    UNION ALL
    SELECT 1, 'pg_ts_config'::regclass, c.oid,
      format('TEXT SEARCH CONFIGURATION %s', c.oid::regconfig) FROM pg_ts_config c, old
      WHERE cfgowner = role
    UNION ALL
    SELECT 1, 'pg_ts_dict'::regclass, d.oid, format('TEXT SEARCH DICTIONARY %s', d.oid::regdictionary)
      FROM pg_ts_dict d, old WHERE dictowner = role
    UNION ALL
    SELECT 1, 'pg_statistic_ext'::regclass, s.oid, format('STATISTICS %I.%I', nspname, stxname)
      FROM pg_statistic_ext s JOIN own ON own.oid = stxnamespace, old WHERE stxowner = role
    UNION ALL
    SELECT 1, 'pg_publication'::regclass, p.oid, format('PUBLICATION %I', pubname)
      FROM pg_publication p, old WHERE pubowner = role
    UNION ALL
    SELECT 1, 'pg_foreign_server'::regclass, s.oid, format('SERVER %I', srvname)
      FROM pg_foreign_server s, old WHERE srvowner = role
    UNION ALL
    SELECT 1, 'pg_largeobject'::regclass, l.oid, format('LARGE OBJECT %s', l.oid)
      FROM pg_largeobject_metadata l, old WHERE lomowner = role
    )
    SELECT format('ALTER %s OWNER TO %I', words, new_owner) FROM things
    WHERE (class, id) NOT IN (SELECT classid, objid FROM borrowed) ORDER BY place
  LOOP
    EXECUTE command;
  END LOOP;
END
$ipai$;"""


def require_owned(server: Server, names: Iterable[str], roles: Iterable[str]) -> set[str]:
    """Those of the databases that exist. Raises Failure when one of them is not these roles' own.

    A name in an order proves nothing: only the server knows whose a database is.
    """
    names, roles = list(names), [role for role in roles if role]
    query = OWNERS.format(
        roles=literals(roles),
        login=literal(JOB_LOGIN),
        filled=literals(MADE_FOR + role for role in roles),
        begun=literals(BEGUN + role for role in roles),
        names=literals(names),
    )
    found = {name: (owner, is_own) for name, owner, is_own in server.rows(query)}
    for name in names:
        owner, is_own = found.get(name, ("", "t"))
        if is_own != "t":
            raise Failure(
                f"The database {name} does not belong to this environment: its owner is {owner}",
                "Nothing was done with it; check the environment's database",
            )
    return set(found)


def objects_given(old: str, new: str) -> str:
    """The statement, run inside of a database by a login that is both roles, that gives the objects."""
    return OBJECTS.format(old=literal(old), new=literal(new))


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
