-- Functions of the session that masks: they live in pg_temp and are gone with it.
-- Each takes a value and its digest (32 bytes) and answers a fake of the same form.

-- Every digit but the first `kept` becomes another one, every letter too when asked; the rest stays.
-- Counted from the right, so that "+32 475 12 34 56" and "0475/123456" end alike.
CREATE OR REPLACE FUNCTION pg_temp.ipai_shape(value text, digest bytea, kept int, with_letters bool)
RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    result text := ''; sign text; place int := 0; byte int;
    total int := length(CASE WHEN with_letters THEN value ELSE regexp_replace(value, '[^0-9]', '', 'g') END);
BEGIN
    FOR spot IN REVERSE length(value)..1 LOOP
        sign := substr(value, spot, 1);
        byte := get_byte(digest, place % 31);
        IF sign BETWEEN '0' AND '9' THEN
            IF place < total - kept THEN
                sign := (byte % 10)::text;
            END IF;
            place := place + 1;
        ELSIF with_letters AND sign BETWEEN 'A' AND 'Z' THEN
            sign := chr(65 + byte % 26);
            place := place + 1;
        ELSIF with_letters AND sign BETWEEN 'a' AND 'z' THEN
            sign := chr(97 + byte % 26);
            place := place + 1;
        END IF;
        result := sign || result;
    END LOOP;
    RETURN result;
END $$;

-- At most eight digits from the right change, into those of `fresh`; the country's code never does.
-- to_char puts the digits between the separators faster than a loop could; the usual ones mean nothing to it.
-- Country codes of one and of two digits are listed (ITU-T E.164), all others have three.
CREATE OR REPLACE FUNCTION pg_temp.ipai_phone(value text, digest bytea, fresh text)
RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    two constant text := ' 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58'
                         ' 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 ';
    signs text := translate(value, '0123456789', '');
    digits text := CASE WHEN signs = '' THEN value ELSE translate(value, signs, '') END;
    n int := length(digits);
    kept int := CASE WHEN left(signs, 1) = '+' THEN 0 WHEN left(digits, 2) = '00' THEN 2 ELSE -1 END;
    form text;
BEGIN
    kept := CASE WHEN kept < 0 THEN 0
                 WHEN substr(digits, kept + 1, 1) IN ('1', '7') THEN kept + 1
                 WHEN strpos(two, ' ' || substr(digits, kept + 1, 2) || ' ') > 0 THEN kept + 2
                 ELSE kept + 3 END;
    kept := greatest(kept, n - 8);
    digits := left(digits, kept) || right(fresh, greatest(n - kept, 0));
    IF n = 0 OR n > 18 OR strpos(signs, '"') > 0 OR strpos(signs, '\') > 0 THEN
        RETURN pg_temp.ipai_shape(value, digest, kept, false);
    ELSIF signs = '' THEN
        RETURN digits;
    ELSIF signs = '+' THEN
        RETURN '+' || digits;
    END IF;
    form := translate(value, '123456789', '000000000');
    IF translate(signs, ' +-/()', '') <> '' THEN
        form := regexp_replace(form, '([^0]+)', '"\1"', 'g');
    END IF;
    RETURN to_char(digits::bigint, 'FM' || form);
END $$;

-- The remainder by 97 of a text of digits and letters (A = 10): ISO 7064, MOD 97-10.
CREATE OR REPLACE FUNCTION pg_temp.ipai_mod97(value text)
RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    numbers text := '';
    sign text;
BEGIN
    IF value ~ '^[0-9]+$' THEN
        RETURN (value::numeric % 97)::int;
    END IF;
    FOREACH sign IN ARRAY string_to_array(value, NULL) LOOP
        numbers := numbers || CASE WHEN sign BETWEEN '0' AND '9' THEN sign
                                   ELSE (ascii(sign) - 55)::text END;
    END LOOP;
    RETURN (numbers::numeric % 97)::int;
END $$;

-- Country and bank's letters stay, the digits are new and so is their checksum (ISO 13616);
-- what is no IBAN keeps its form.
CREATE OR REPLACE FUNCTION pg_temp.ipai_account(value text, digest bytea)
RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    plain text := upper(regexp_replace(value, '[^A-Za-z0-9]', '', 'g'));
    body text;
    result text;
BEGIN
    IF plain !~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}$' THEN
        RETURN pg_temp.ipai_shape(value, digest, 0, true);
    END IF;
    body := pg_temp.ipai_shape(substr(plain, 5), digest, 0, false);
    result := lpad((98 - pg_temp.ipai_mod97(body || left(plain, 2) || '00'))::text, 2, '0');
    result := left(plain, 2) || result || body;
    IF value ~ '^\S{4} ' THEN
        RETURN regexp_replace(result, '(.{4})(?!$)', '\1 ', 'g');
    END IF;
    RETURN result;
END $$;

-- The digit that makes a text of digits pass the Luhn test (ISO/IEC 7812-1).
CREATE OR REPLACE FUNCTION pg_temp.ipai_luhn(digits text)
RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    total int := 0; digit int;
BEGIN
    FOR place IN 1..length(digits) LOOP
        digit := substr(digits, length(digits) + 1 - place, 1)::int;
        IF place % 2 = 1 THEN
            digit := digit * 2 - CASE WHEN digit > 4 THEN 9 ELSE 0 END;
        END IF;
        total := total + digit;
    END LOOP;
    RETURN (10 - total % 10) % 10;
END $$;

-- The weighted sum of a text of digits.
CREATE OR REPLACE FUNCTION pg_temp.ipai_weighted(digits text, weights int[])
RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT sum(substr(digits, place, 1)::int * weights[place])::int
      FROM generate_series(1, array_length(weights, 1)) AS place
$$;

-- The check digit of ISO 7064, MOD 11,10.
CREATE OR REPLACE FUNCTION pg_temp.ipai_mod11_10(digits text)
RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    rest int := 10;
BEGIN
    FOR place IN 1..length(digits) LOOP
        rest := (rest + substr(digits, place, 1)::int) % 10;
        rest := (2 * CASE WHEN rest = 0 THEN 10 ELSE rest END) % 11;
    END LOOP;
    RETURN (11 - rest) % 10;
END $$;

-- A VAT number's digits with the checksum of its country; NULL where we do not know the country's.
-- `d` holds 12 new digits. Sources: each country's published rule.
CREATE OR REPLACE FUNCTION pg_temp.ipai_vat_body(country text, body text, d text)
RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    n int := length(body); r int;
BEGIN
    IF country = 'BE' AND body ~ '^[0-9]{10}$' THEN
        d := left(body, 1) || '1' || left(d, 6);
        RETURN d || lpad((97 - d::int % 97)::text, 2, '0');
    ELSIF country = 'DE' AND body ~ '^[0-9]{9}$' THEN
        d := '1' || left(d, 7);
        RETURN d || pg_temp.ipai_mod11_10(d);
    ELSIF country = 'FR' AND body ~ '^[0-9]{11}$' THEN
        d := left(d, 8);
        d := d || pg_temp.ipai_luhn(d);
        RETURN lpad(((12 + 3 * (d::int % 97)) % 97)::text, 2, '0') || d;
    ELSIF country = 'IT' AND body ~ '^[0-9]{11}$' THEN
        d := left(d, 7) || '015';
        RETURN d || pg_temp.ipai_luhn(d);
    ELSIF country = 'ES' AND body ~ '^[0-9]{8}[A-Z]$' THEN
        RETURN left(d, 8) || substr('TRWAGMYFPDXBNJZSQVHLCKE', 1 + left(d, 8)::int % 23, 1);
    ELSIF country = 'ES' AND body ~ '^[ABEH][0-9]{8}$' THEN
        d := left(body, 1) || left(d, 7);
        RETURN d || pg_temp.ipai_luhn(substr(d, 2));
    ELSIF country = 'LU' AND body ~ '^[0-9]{8}$' THEN
        RETURN left(d, 6) || lpad((left(d, 6)::int % 89)::text, 2, '0');
    ELSIF country = 'AT' AND body ~ '^U[0-9]{8}$' THEN
        d := left(d, 7);
        RETURN 'U' || d || (16 + pg_temp.ipai_luhn(left(d, 6)) - right(d, 1)::int) % 10;
    ELSIF country = 'PT' AND body ~ '^[0-9]{9}$' THEN
        d := '5' || left(d, 7);
        r := pg_temp.ipai_weighted(d, ARRAY[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
        RETURN d || CASE WHEN r < 2 THEN 0 ELSE 11 - r END;
    ELSIF country = 'SE' AND body ~ '^[0-9]{12}$' THEN
        d := left(d, 9);
        RETURN d || pg_temp.ipai_luhn(d) || '01';
    ELSIF country = 'NL' AND body ~ '^[0-9]{9}B[0-9]{2}$' THEN
        RETURN (SELECT b || lpad((98 - pg_temp.ipai_mod97('NL' || b || '00'))::text, 2, '0')
                  FROM (SELECT left(d, 9) || 'B' AS b) AS x);
    ELSIF country = 'PL' AND body ~ '^[0-9]{10}$' THEN
        FOR ninth IN 0..9 LOOP
            r := pg_temp.ipai_weighted(left(d, 8) || ninth, ARRAY[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11;
            IF r < 10 THEN
                RETURN left(d, 8) || ninth || r;
            END IF;
        END LOOP;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION pg_temp.ipai_vat(value text, digest bytea, digits text)
RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    plain text := upper(regexp_replace(value, '[^A-Za-z0-9]', '', 'g'));
    body text;
BEGIN
    IF plain ~ '^[A-Z]{2}' THEN
        body := pg_temp.ipai_vat_body(left(plain, 2), substr(plain, 3), digits);
        IF body IS NOT NULL THEN
            RETURN left(plain, 2) || body;
        END IF;
        RETURN left(plain, 2) || pg_temp.ipai_shape(substr(plain, 3), digest, 0, false);
    END IF;
    RETURN pg_temp.ipai_shape(value, digest, 0, false);
END $$;
