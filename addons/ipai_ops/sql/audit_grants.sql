-- What the role of Odoo may do with the audit trail: read it, add rows, have them chained, and hand
-- in signed checkpoints. A superuser runs it after audit_functions.sql and audit_owner.sql.

DO $$
DECLARE
    odoo text := current_setting('ipai.odoo_role');
BEGIN
    REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ipai_audit FROM PUBLIC;
    EXECUTE format('GRANT USAGE ON SCHEMA ipai_audit TO %I', odoo);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA ipai_audit TO %I', odoo);
    EXECUTE format(
        'GRANT INSERT (user_id, login, via, address, action, outcome, res_model, res_id, record_name, '
        'project_id, environment_id, details) ON ipai_audit.ops_audit TO %I', odoo
    );
    EXECUTE format(
        'GRANT EXECUTE ON FUNCTION ipai_audit.version(), ipai_audit.head(), ipai_audit.seal(), '
        'ipai_audit.trust(text), ipai_audit.keep(bigint, text, text, boolean, text) TO %I', odoo
    );
END $$;
RESET SESSION AUTHORIZATION;
DO $$
BEGIN
    -- Odoo's views hung on the tables that were left behind.
    DROP SCHEMA IF EXISTS ipai_audit_before CASCADE;
END $$;
SELECT pg_catalog.set_config('session_authorization', pg_catalog.current_setting('ipai.odoo_role'), false);
