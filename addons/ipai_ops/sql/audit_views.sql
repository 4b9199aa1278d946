-- What Odoo reads, and writes rows through. The views belong to the role that Odoo uses.

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass('public.ops_audit_link') AND relkind = 'r') THEN
        DROP TABLE public.ops_audit, public.ops_audit_link, public.ops_audit_pending, public.ops_audit_checkpoint CASCADE;
        DROP FUNCTION public.ops_audit_begin, public.ops_audit_refuse, public.ops_audit_refuse_delete CASCADE;
    END IF;
END $$;
CREATE OR REPLACE VIEW public.ops_audit AS SELECT id, at, user_id, login, via, address, action, outcome, res_model,
    res_id, record_name, project_id, environment_id, details FROM ipai_audit.ops_audit;
CREATE OR REPLACE VIEW public.ops_audit_checkpoint AS SELECT id, seq, hash, at, is_cut, signature
    FROM ipai_audit.ops_audit_checkpoint;
