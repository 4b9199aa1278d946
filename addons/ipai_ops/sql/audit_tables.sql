-- The audit trail's tables. Whoever runs this owns them: the role ipai_audit_owner in a set-up as
-- docs/audit.md describes it, else the role that Odoo uses. Again is as good as once.

CREATE TABLE IF NOT EXISTS ipai_audit.ops_audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamp NOT NULL,
    user_id integer,
    login varchar,
    via varchar,
    address varchar,
    action varchar NOT NULL,
    outcome varchar NOT NULL,
    res_model varchar,
    res_id integer,
    record_name varchar,
    project_id integer,
    environment_id integer,
    details text
);
CREATE INDEX IF NOT EXISTS ops_audit_at ON ipai_audit.ops_audit (at);
CREATE INDEX IF NOT EXISTS ops_audit_record ON ipai_audit.ops_audit (res_model, res_id);

-- The rows' order and hashes; what is not chained yet; what was signed; by which key.
CREATE TABLE IF NOT EXISTS ipai_audit.ops_audit_link (
    seq bigint PRIMARY KEY,
    audit_id bigint NOT NULL UNIQUE,
    hash char(64) NOT NULL
);
CREATE TABLE IF NOT EXISTS ipai_audit.ops_audit_pending (audit_id bigint PRIMARY KEY);
CREATE TABLE IF NOT EXISTS ipai_audit.ops_audit_checkpoint (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seq bigint NOT NULL,
    hash varchar NOT NULL,
    at varchar NOT NULL,
    is_cut boolean NOT NULL DEFAULT false,
    signature varchar NOT NULL
);
CREATE INDEX IF NOT EXISTS ops_audit_checkpoint_seq ON ipai_audit.ops_audit_checkpoint (seq);
CREATE TABLE IF NOT EXISTS ipai_audit.trusted (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    public_key bytea NOT NULL CHECK (length(public_key) = 32),
    shortest_days integer NOT NULL DEFAULT 30
);

-- A trail that lay elsewhere comes along: in the schema public, or owned by the role of Odoo.
DO $$
DECLARE
    old text;
BEGIN
    SELECT namespace.nspname INTO old
    FROM pg_catalog.pg_class class JOIN pg_catalog.pg_namespace namespace ON namespace.oid = class.relnamespace
    WHERE class.relname = 'ops_audit_link' AND class.relkind = 'r'
    AND namespace.nspname IN ('public', 'ipai_audit_before');
    IF old IS NULL OR EXISTS (SELECT FROM ipai_audit.ops_audit) THEN
        RETURN;
    END IF;
    EXECUTE pg_catalog.format(
        'INSERT INTO ipai_audit.ops_audit (id, at, user_id, login, via, address, action, outcome, res_model, res_id, '
        'record_name, project_id, environment_id, details) OVERRIDING SYSTEM VALUE SELECT id, at, user_id, login, via, '
        'address, action, outcome, res_model, res_id, record_name, project_id, environment_id, details '
        'FROM ONLY %1$I.ops_audit; '
        'INSERT INTO ipai_audit.ops_audit_link SELECT seq, audit_id, hash FROM ONLY %1$I.ops_audit_link; '
        'INSERT INTO ipai_audit.ops_audit_checkpoint (seq, hash, at, is_cut, signature) '
        'SELECT seq, hash, at, COALESCE(is_cut, false), signature FROM ONLY %1$I.ops_audit_checkpoint ORDER BY id',
        old
    );
    INSERT INTO ipai_audit.ops_audit_pending
    SELECT id FROM ipai_audit.ops_audit EXCEPT SELECT audit_id FROM ipai_audit.ops_audit_link;
    IF old = 'ipai_audit_before' THEN
        INSERT INTO ipai_audit.trusted SELECT is_only, public_key, shortest_days FROM ONLY ipai_audit_before.trusted;
    END IF;
    PERFORM pg_catalog.setval(
        pg_catalog.pg_get_serial_sequence('ipai_audit.ops_audit', 'id'),
        (SELECT pg_catalog.max(id) + 1 FROM ipai_audit.ops_audit), false
    );
END $$;
