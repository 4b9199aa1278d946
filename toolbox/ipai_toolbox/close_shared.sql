-- Run by psql as the server's administrator, in "postgres", as often as anybody likes: closes what all
-- customers of a server share, and gives the roles from before a bus database of their own. They keep
-- "postgres" until a job starts their Odoo anew. Nothing is changed twice: two runs may meet.
SELECT format('GRANT CONNECT ON DATABASE postgres TO %I', rolname)
  FROM pg_catalog.pg_roles
 WHERE rolname ~ '_env_[0-9]+$' AND NOT rolsuper AND EXISTS (
       SELECT FROM pg_catalog.pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
        WHERE d.datname = 'postgres' AND a.grantee = 0 AND a.privilege_type = 'CONNECT') \gexec
SELECT format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', datname)
  FROM pg_catalog.pg_database d
 WHERE datname IN ('postgres', 'template1') AND EXISTS (
       SELECT FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
        WHERE a.grantee = 0) \gexec
SELECT format('CREATE DATABASE %1$I OWNER %1$I TEMPLATE template0 ENCODING ''UTF8'' LC_COLLATE ''C''', rolname)
  FROM pg_catalog.pg_roles r
 WHERE rolname ~ '_env_[0-9]+$' AND NOT rolsuper
   AND has_database_privilege(rolname, 'postgres', 'CONNECT')
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = r.rolname) \gexec
SELECT format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', datname)
  FROM pg_catalog.pg_database d
 WHERE datname ~ '_env_[0-9]+$' AND pg_get_userbyid(datdba) = datname AND EXISTS (
       SELECT FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
        WHERE a.grantee = 0) \gexec
