-- Gives the audit trail an owner of its own. A superuser runs it, before audit_tables.sql, in the
-- database of the management Odoo, with “SET ipai.odoo_role = 'odoo'” for the role that Odoo uses.

SET search_path = pg_catalog, pg_temp;

DO $$
DECLARE
    odoo text := current_setting('ipai.odoo_role');
    target text;
BEGIN
    IF (SELECT rolsuper FROM pg_roles WHERE rolname = odoo) THEN
        RAISE EXCEPTION 'The role % is a superuser, which nothing holds back: run ALTER ROLE … NOSUPERUSER first.', odoo;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ipai_audit_owner') THEN
        CREATE ROLE ipai_audit_owner NOLOGIN;
    END IF;
    IF pg_has_role(odoo, 'ipai_audit_owner', 'MEMBER') THEN
        EXECUTE format('REVOKE ipai_audit_owner FROM %I', odoo);
    END IF;
    -- Its owner could drop the database.
    EXECUTE format('ALTER DATABASE %I OWNER TO ipai_audit_owner', current_database());
    EXECUTE format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO %I', current_database(), odoo);
    EXECUTE format('GRANT USAGE, CREATE ON SCHEMA public TO %I', odoo);
    -- Tables that were somebody else's are copied, not taken over: nothing hidden comes along.
    IF EXISTS (
        SELECT FROM pg_namespace WHERE nspname = 'ipai_audit' AND nspowner <> 'ipai_audit_owner'::regrole
    ) THEN
        ALTER SCHEMA ipai_audit RENAME TO ipai_audit_before;
        GRANT USAGE ON SCHEMA ipai_audit_before TO ipai_audit_owner;
        GRANT SELECT ON ALL TABLES IN SCHEMA ipai_audit_before TO ipai_audit_owner;
    END IF;
    FOREACH target IN ARRAY ARRAY['ops_audit', 'ops_audit_link', 'ops_audit_checkpoint'] LOOP
        IF EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('public.' || target) AND relkind = 'r') THEN
            EXECUTE format('GRANT SELECT ON public.%I TO ipai_audit_owner', target);
        END IF;
    END LOOP;
END $$;
SET SESSION AUTHORIZATION ipai_audit_owner;
