-- Ed25519 (RFC 8032, 5.1.7) in PL/pgSQL: the database itself checks that a checkpoint of the audit
-- trail was signed, before it keeps one or deletes rows behind it. About 50 ms a signature.
-- Points are in extended coordinates (X, Y, Z, T), as arrays; integers are exact numerics.

CREATE SCHEMA IF NOT EXISTS ipai_audit;

CREATE OR REPLACE FUNCTION ipai_audit.field_power(base numeric, exponent numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p CONSTANT numeric := 57896044618658097711785492504343953926634992332820282019728792003956564819949;
    result numeric := 1;
BEGIN
    WHILE exponent > 0 LOOP
        IF mod(exponent, 2) = 1 THEN
            result := mod(result * base, p);
        END IF;
        base := mod(base * base, p);
        exponent := div(exponent, 2);
    END LOOP;
    RETURN result;
END $$;

CREATE OR REPLACE FUNCTION ipai_audit.point_sum(a numeric[], b numeric[]) RETURNS numeric[]
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p CONSTANT numeric := 57896044618658097711785492504343953926634992332820282019728792003956564819949;
    twice_d CONSTANT numeric := 16295367250680780974490674513165176452449235426866156013048779062215315747161;
    low numeric := mod((a[2] - a[1] + p) * (b[2] - b[1] + p), p);
    high numeric := mod((a[2] + a[1]) * (b[2] + b[1]), p);
    c numeric := mod(mod(a[4] * b[4], p) * twice_d, p);
    d numeric := mod(2 * a[3] * b[3], p);
    e numeric := high - low + p;
    f numeric := d - c + p;
    g numeric := d + c;
    h numeric := high + low;
BEGIN
    RETURN ARRAY[mod(e * f, p), mod(g * h, p), mod(f * g, p), mod(e * h, p)];
END $$;

CREATE OR REPLACE FUNCTION ipai_audit.point_times(factor numeric, point numeric[]) RETURNS numeric[]
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    result numeric[] := ARRAY[0, 1, 1, 0];
BEGIN
    WHILE factor > 0 LOOP
        IF mod(factor, 2) = 1 THEN
            result := ipai_audit.point_sum(result, point);
        END IF;
        point := ipai_audit.point_sum(point, point);
        factor := div(factor, 2);
    END LOOP;
    RETURN result;
END $$;

CREATE OR REPLACE FUNCTION ipai_audit.little_endian(raw bytea) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    result numeric := 0;
BEGIN
    FOR place IN REVERSE length(raw) - 1 .. 0 LOOP
        result := result * 256 + get_byte(raw, place);
    END LOOP;
    RETURN result;
END $$;

CREATE OR REPLACE FUNCTION ipai_audit.point_packed(point numeric[]) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p CONSTANT numeric := 57896044618658097711785492504343953926634992332820282019728792003956564819949;
    inverse numeric := ipai_audit.field_power(point[3], p - 2);
    rest numeric := mod(point[2] * inverse, p) + mod(mod(point[1] * inverse, p), 2) * 57896044618658097711785492504343953926634992332820282019728792003956564819968;
    result bytea := decode(repeat('00', 32), 'hex');
BEGIN
    FOR place IN 0 .. 31 LOOP
        result := set_byte(result, place, mod(rest, 256)::integer);
        rest := div(rest, 256);
    END LOOP;
    RETURN result;
END $$;

-- The point that 32 bytes stand for, or NULL where there is none.
CREATE OR REPLACE FUNCTION ipai_audit.point_unpacked(raw bytea) RETURNS numeric[]
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p CONSTANT numeric := 57896044618658097711785492504343953926634992332820282019728792003956564819949;
    d CONSTANT numeric := 37095705934669439343138083508754565189542113879843219016388785533085940283555;
    root_of_minus_one CONSTANT numeric := 19681161376707505956807079304988542015446066515923890162744021073123829784752;
    high integer := get_byte(raw, 31);
    y numeric := ipai_audit.little_endian(set_byte(raw, 31, high & 127));
    above numeric := mod(y * y - 1 + p, p);
    below numeric := mod(mod(d * y, p) * y + 1, p);
    square numeric;
    x numeric;
BEGIN
    IF y >= p THEN
        RETURN NULL;
    END IF;
    square := mod(above * ipai_audit.field_power(below, p - 2), p);
    x := ipai_audit.field_power(square, div(p + 3, 8));
    IF mod(x * x, p) <> square THEN
        x := mod(x * root_of_minus_one, p);
    END IF;
    IF mod(x * x, p) <> square OR (x = 0 AND high >= 128) THEN
        RETURN NULL;
    END IF;
    IF mod(x, 2) <> high / 128 THEN
        x := p - x;
    END IF;
    RETURN ARRAY[x, y, 1, mod(x * y, p)];
END $$;

-- Whether the holder of the key signed the message; false for whatever is no key or signature.
CREATE OR REPLACE FUNCTION ipai_audit.is_signed(public_key bytea, message bytea, signature bytea)
RETURNS boolean LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p CONSTANT numeric := 57896044618658097711785492504343953926634992332820282019728792003956564819949;
    l CONSTANT numeric := 7237005577332262213973186563042994240857116359379907606001950938285454250989;
    base CONSTANT numeric[] := ARRAY[
        15112221349535400772501151409588531511454012693041857206046113283949847762202,
        46316835694926478169428394003475163141307993866256225615783033603165251855960,
        1,
        46827403850823179245072216630277197565144205554125654976674165829533817101731
    ];
    key numeric[];
    s numeric;
    challenge numeric;
BEGIN
    IF length(public_key) IS DISTINCT FROM 32 OR length(signature) IS DISTINCT FROM 64 OR message IS NULL THEN
        RETURN false;
    END IF;
    key := ipai_audit.point_unpacked(public_key);
    s := ipai_audit.little_endian(substr(signature, 33, 32));
    IF key IS NULL OR s >= l THEN
        RETURN false;
    END IF;
    challenge := mod(ipai_audit.little_endian(sha512(substr(signature, 1, 32) || public_key || message)), l);
    key := ARRAY[p - key[1], key[2], key[3], p - key[4]];
    RETURN substr(signature, 1, 32) = ipai_audit.point_packed(ipai_audit.point_sum(
        ipai_audit.point_times(s, base), ipai_audit.point_times(challenge, key)
    ));
END $$;
