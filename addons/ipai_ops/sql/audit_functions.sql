-- What the audit trail's database does by itself: it sets the time, chains, checks signatures, and
-- refuses whatever else. The functions that write run as their owner, with names of their own only.

CREATE OR REPLACE FUNCTION ipai_audit.version() RETURNS integer
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS 'SELECT 1';

CREATE OR REPLACE FUNCTION ipai_audit.begin() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.at := clock_timestamp() AT TIME ZONE 'UTC';
    INSERT INTO ipai_audit.ops_audit_pending VALUES (NEW.id);
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION ipai_audit.refuse() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'The audit trail is append-only: % on % is refused.', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;

-- Lets go of what lies before the last cut, and of nothing else.
CREATE OR REPLACE FUNCTION ipai_audit.refuse_delete() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    place bigint;
BEGIN
    IF TG_TABLE_NAME = 'ops_audit' THEN
        SELECT seq INTO place FROM ipai_audit.ops_audit_link WHERE audit_id = OLD.id;
    ELSE
        place := OLD.seq;
    END IF;
    IF place <= (SELECT max(seq) FROM ipai_audit.ops_audit_checkpoint WHERE is_cut) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'The audit trail is append-only: DELETE on % is refused.', TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;

-- The values of a row as the JSON array that is hashed (engine/audit_chain.py).
CREATE OR REPLACE FUNCTION ipai_audit.line(entry ipai_audit.ops_audit) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT '[' || concat_ws(',', entry.id, to_json(to_char(entry.at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')),
        COALESCE(entry.user_id::text, 'null'), COALESCE(to_json(entry.login)::text, 'null'),
        COALESCE(to_json(entry.via)::text, 'null'), COALESCE(to_json(entry.address)::text, 'null'),
        COALESCE(to_json(entry.action)::text, 'null'), COALESCE(to_json(entry.outcome)::text, 'null'),
        COALESCE(to_json(entry.res_model)::text, 'null'), COALESCE(entry.res_id::text, 'null'),
        COALESCE(to_json(entry.record_name)::text, 'null'), COALESCE(entry.project_id::text, 'null'),
        COALESCE(entry.environment_id::text, 'null'), COALESCE(to_json(entry.details)::text, 'null')) || ']'
$$;

-- The chain's last row, or the last cut, or the chain's beginning.
CREATE OR REPLACE FUNCTION ipai_audit.head(OUT seq bigint, OUT hash text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT seq, hash FROM (
        (SELECT 1 AS rank, seq, hash::text FROM ipai_audit.ops_audit_link ORDER BY seq DESC LIMIT 1)
        UNION ALL
        (SELECT 2, seq, hash FROM ipai_audit.ops_audit_checkpoint WHERE is_cut ORDER BY seq DESC LIMIT 1)
        UNION ALL
        SELECT 3, 0, repeat('0', 64)
    ) AS ends ORDER BY rank LIMIT 1
$$;

-- Chains the committed rows that are not chained yet; says how many. One works at a time: called in
-- READ COMMITTED, each statement after LOCK TABLE sees every link of the one before.
CREATE OR REPLACE FUNCTION ipai_audit.seal() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    place bigint;
    previous text;
    entry ipai_audit.ops_audit;
    sealed bigint := 0;
BEGIN
    LOCK TABLE ipai_audit.ops_audit_link IN EXCLUSIVE MODE;
    SELECT head.seq, head.hash INTO place, previous FROM ipai_audit.head() AS head;
    FOR entry IN SELECT audit.* FROM ipai_audit.ops_audit AS audit
        JOIN ipai_audit.ops_audit_pending AS pending ON pending.audit_id = audit.id ORDER BY audit.id
    LOOP
        place := place + 1;
        sealed := sealed + 1;
        previous := encode(sha256(convert_to(previous || E'\n' || ipai_audit.line(entry), 'UTF8')), 'hex');
        INSERT INTO ipai_audit.ops_audit_link VALUES (place, entry.id, previous);
        DELETE FROM ipai_audit.ops_audit_pending WHERE audit_id = entry.id;
    END LOOP;
    RETURN sealed;
END $$;

-- Remembers the key whose signatures count. The first one stays: only the owner changes the table.
CREATE OR REPLACE FUNCTION ipai_audit.trust(key text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO ipai_audit.trusted (public_key) VALUES (decode(key, 'base64')) ON CONFLICT DO NOTHING;
    IF NOT EXISTS (SELECT FROM ipai_audit.trusted WHERE public_key = decode(key, 'base64')) THEN
        RAISE EXCEPTION 'The audit trail is signed with another key than the one this database trusts.'
        USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;

-- Keeps a signed checkpoint; behind a cut the rows are deleted, once all of them are old enough.
CREATE OR REPLACE FUNCTION ipai_audit.keep(place bigint, last_hash text, signed_at text, cut boolean, signature text)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    trusted ipai_audit.trusted;
    content text := format('["ipai audit checkpoint",%s,%s,%s,%s]', place, to_json(last_hash), to_json(signed_at), cut::text);
    deleted bigint := 0;
BEGIN
    SELECT * INTO trusted FROM ipai_audit.trusted;
    IF ipai_audit.is_signed(trusted.public_key, convert_to(content, 'UTF8'), decode(signature, 'base64')) IS NOT TRUE
    OR NOT EXISTS (SELECT FROM ipai_audit.ops_audit_link WHERE seq = place AND hash = last_hash) THEN
        RAISE EXCEPTION 'The checkpoint of row % does not bear the key''s signature, or is not of this chain.', place
        USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF cut AND EXISTS (SELECT FROM ipai_audit.ops_audit AS audit JOIN ipai_audit.ops_audit_link AS link
        ON link.audit_id = audit.id WHERE link.seq <= place
        AND audit.at > (now() AT TIME ZONE 'UTC') - make_interval(days => trusted.shortest_days))
    THEN
        RAISE EXCEPTION 'The audit trail keeps its rows for % days at least.', trusted.shortest_days
        USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO ipai_audit.ops_audit_checkpoint (seq, hash, at, is_cut, signature)
    VALUES (place, last_hash, signed_at, cut, keep.signature);
    IF cut THEN
        DELETE FROM ipai_audit.ops_audit AS audit USING ipai_audit.ops_audit_link AS link
        WHERE link.audit_id = audit.id AND link.seq <= place;
        DELETE FROM ipai_audit.ops_audit_link WHERE seq <= place;
        GET DIAGNOSTICS deleted = ROW_COUNT;
    END IF;
    RETURN deleted;
END $$;

-- The refusals hold for the owner too, and with session_replication_role = replica.
DO $$
DECLARE
    target text;
BEGIN
    FOREACH target IN ARRAY ARRAY['ops_audit', 'ops_audit_link', 'ops_audit_checkpoint'] LOOP
        EXECUTE pg_catalog.format(
            'DROP TRIGGER IF EXISTS %1$s_update ON ipai_audit.%1$s;'
            'DROP TRIGGER IF EXISTS %1$s_delete ON ipai_audit.%1$s;'
            'DROP TRIGGER IF EXISTS %1$s_truncate ON ipai_audit.%1$s;'
            'CREATE TRIGGER %1$s_update BEFORE UPDATE ON ipai_audit.%1$s FOR EACH ROW EXECUTE FUNCTION ipai_audit.refuse();'
            'CREATE TRIGGER %1$s_delete BEFORE DELETE ON ipai_audit.%1$s FOR EACH ROW EXECUTE FUNCTION ipai_audit.%2$s();'
            'CREATE TRIGGER %1$s_truncate BEFORE TRUNCATE ON ipai_audit.%1$s EXECUTE FUNCTION ipai_audit.refuse();'
            'ALTER TABLE ipai_audit.%1$s ENABLE ALWAYS TRIGGER %1$s_update;'
            'ALTER TABLE ipai_audit.%1$s ENABLE ALWAYS TRIGGER %1$s_delete;'
            'ALTER TABLE ipai_audit.%1$s ENABLE ALWAYS TRIGGER %1$s_truncate;',
            target, CASE target WHEN 'ops_audit_checkpoint' THEN 'refuse' ELSE 'refuse_delete' END
        );
    END LOOP;
END $$;
DROP TRIGGER IF EXISTS ops_audit_insert ON ipai_audit.ops_audit;
CREATE TRIGGER ops_audit_insert BEFORE INSERT ON ipai_audit.ops_audit
FOR EACH ROW EXECUTE FUNCTION ipai_audit.begin();
ALTER TABLE ipai_audit.ops_audit ENABLE ALWAYS TRIGGER ops_audit_insert;
