"""What a value becomes, by kind: each function builds the SQL expression of a fake.

A fake depends only on the project's key and on the value, normalised so that different spellings of
one thing (case, spaces, a phone's separators) give one fake.
"""

from collections.abc import Callable
from dataclasses import dataclass

from .digests import Digests, digits, letters, lowered, number
from .words import SENTENCES, Tongue, Words, chosen

MAIL_DOMAIN = "example.com"
TEST_NET = "192.0.2."
TOKEN_LETTERS = 10
ADDRESS = "[^\\s<>,;\"'']+@[^\\s<>,;\"'']+"


@dataclass(frozen=True)
class Source:
    """The value to replace, as an SQL text expression; `raw` is the same in its own type."""

    value: str
    digests: Digests
    words: Words
    raw: str = ""


def mask_person(source: Source) -> str:
    digest = _named(source)

    def name(tongue: Tongue) -> str:
        first = f"{tongue.pick('first', digest, 0)} || ' '"
        if not tongue.is_latin:
            return f"{first} || {_surname(tongue, digest, 2)}"
        initial = f"chr(65 + get_byte({digest}, 18) % 26) || '. '"
        return f"{first} || {initial} || {_surnames(tongue, digest, '-')}"

    return source.words.spoken(source.value, name)


def mask_first_name(source: Source) -> str:
    digest = _named(source)
    first = source.words.spoken(source.value, lambda tongue: tongue.pick("first", digest, 0))
    return f"{first} || ' ' || upper({letters(digest, 4)})"


def mask_last_name(source: Source) -> str:
    digest = _named(source)
    return source.words.spoken(source.value, lambda tongue: _surnames(tongue, digest, "-"))


def mask_company(source: Source) -> str:
    digest = _named(source)

    def name(tongue: Tongue) -> str:
        return f"{_surnames(tongue, digest, ' ')} || ' ' || {tongue.pick('company', digest, 18)}"

    return source.words.spoken(source.value, name)


def mask_partner(source: Source) -> str:
    """A person's name, or a company's where the row says so."""
    fake = f"CASE WHEN t.is_company THEN {mask_company(source)} ELSE {mask_person(source)} END"
    return source.digests.fake(fake)


def mask_complete_name(source: Source) -> str:
    """The name with its company's, made of the two fakes, as res.partner shows it."""
    own = Source('t."name"::text', source.digests, source.words)
    above = Source("t.commercial_company_name::text", source.digests, source.words)
    has_above = "t.parent_id IS NOT NULL AND NOT t.is_company AND t.commercial_company_name <> ''"
    both = f"{mask_company(above)} || ', ' || CASE WHEN t.name <> '' THEN {mask_person(own)} ELSE 'contact' END"
    return (
        f"CASE WHEN {has_above} THEN {both} WHEN t.name <> '' THEN {mask_partner(own)} ELSE '' END"
    )


def mask_email(source: Source) -> str:
    """One address; the part before the @ ends in 60 bits of the digest."""
    digest = source.digests.of(source.digests.once(lowered(source.value)), "mail")
    first = chosen([name.lower() for name in source.words.lists["en"]["first"]], digest, 0)
    return f"{first} || '.' || {letters(digest, 15)} || '@{MAIL_DOMAIN}'"


def mask_addresses(source: Source) -> str:
    """One address or several, with or without names, as in a mail's header."""
    value, inner = source.value, Digests("p")
    part = Source("p.part", inner, source.words)
    address = Source("p.address", inner, source.words)
    name = Source("p.person", inner, source.words)
    shown = (
        f"CASE WHEN p.person <> '' AND p.address <> ''"
        f" THEN '\"' || {mask_person(name)} || '\" <' || {mask_email(address)} || '>'"
        f" WHEN p.address <> '' THEN {mask_email(address)} ELSE {mask_person(part)} END"
    )
    several = (
        f"(SELECT string_agg({shown}, ', ') FROM (SELECT p.*, {inner.columns} FROM (SELECT part,"
        f" coalesce(substring(part FROM '{ADDRESS}'), '') AS address,"
        f" btrim(regexp_replace(part, '<?{ADDRESS}>?', ''), ' \"''') AS person"
        f" FROM regexp_split_to_table({value}, '\\s*[,;\\n]\\s*') AS part WHERE part <> '') AS p"
        " OFFSET 0) AS p)"
    )
    single = f"{value} !~ '[\\s,;<>\"]' AND {value} LIKE '%@%'"
    return f"CASE WHEN {single} THEN {mask_email(source)} ELSE {several} END"


def mask_login(source: Source) -> str:
    digest = source.digests.of(source.digests.once(lowered(source.value)), "mail")
    plain = f"'user-' || {letters(digest, 12)}"
    return f"CASE WHEN {source.value} LIKE '%@%' THEN {mask_email(source)} ELSE {plain} END"


def mask_phone(source: Source) -> str:
    """Spellings of one number agree in their last seven digits: the fake is made of those.

    Eight digits change in any number of 11 or more, so most need no look at the country's code.
    """
    value = source.value
    plain = source.digests.once(f"translate({value}, translate({value}, '0123456789', ''), '')")
    digest = source.digests.of(f"right({plain}, 7)", "phone")
    fresh = digits(digest, 8)
    form = f"'FM' || translate({value}, '123456789', '000000000')"
    return (
        f"CASE WHEN length({plain}) NOT BETWEEN 11 AND 18 OR {plain} LIKE '00%'"
        f" THEN pg_temp.ipai_phone({value}, {digest}, {fresh})"
        f" WHEN right({value}, 8) = right({plain}, 8) THEN left({value}, -8) || {fresh}"
        f" WHEN {value} ~ '^[0-9 +/()-]*$'"
        f" THEN to_char((left({plain}, -8) || {fresh})::bigint, {form})"
        f" ELSE pg_temp.ipai_phone({value}, {digest}, {fresh}) END"
    )


def mask_account(source: Source) -> str:
    return f"pg_temp.ipai_account({source.value}, {source.digests.of(_plain(source.value))})"


def mask_vat(source: Source) -> str:
    digest = source.digests.of(_plain(source.value))
    return f"pg_temp.ipai_vat({source.value}, {digest}, {digits(digest, 12)})"


def mask_digits(source: Source) -> str:
    """Another number of the same form; letters become letters."""
    value = source.value
    digest = source.digests.of(_plain(value))
    is_short = f"length({value}) < 16 AND translate({value}, '0123456789', '') = ''"
    short = f"left({digits(digest, 15)}, length({value}))"
    return (
        f"CASE WHEN {is_short} THEN {short} ELSE pg_temp.ipai_shape({value}, {digest}, 0, true) END"
    )


def mask_street(source: Source) -> str:
    digest = _named(source)
    street = source.words.spoken(source.value, lambda tongue: tongue.pick("street", digest, 0))
    return f"{street} || ' ' || (1 + {number(digest, 2)} % 997)"


def mask_city(source: Source) -> str:
    digest = _named(source)
    return source.words.spoken(source.value, lambda tongue: tongue.pick("city", digest, 0))


def mask_text(source: Source) -> str:
    """Made-up sentences, at most as long as the text was."""
    digest = source.digests.of(source.value)
    sentences = " || ' ' || ".join(chosen(SENTENCES, digest, start) for start in (0, 2, 4, 6))
    return f"left({sentences}, greatest(length({source.value}), 12))"


def mask_html(source: Source) -> str:
    return f"'<p>' || {mask_text(source)} || '</p>'"


def mask_words(source: Source) -> str:
    """A short made-up title."""
    digest = _named(source)
    nouns = f"{chosen(source.words.nouns, digest, 0)} || ' ' || lower({chosen(source.words.nouns, digest, 2)})"
    return f"{nouns} || ' ' || {letters(digest, 5)}"


def mask_url(source: Source) -> str:
    return f"'https://www.' || {letters(source.digests.of(source.value), 12)} || '.example'"


def mask_token(source: Source) -> str:
    return letters(source.digests.of(source.value), 20)


def mask_message_id(source: Source) -> str:
    return f"'<' || {letters(source.digests.of(source.value), 24)} || '@{MAIL_DOMAIN}>'"


def mask_ip(source: Source) -> str:
    """An address of the block kept for documentation (RFC 5737)."""
    return f"'{TEST_NET}' || (1 + get_byte({source.digests.of(source.value)}, 0) % 254)"


def mask_filename(source: Source) -> str:
    """Another name with the same ending."""
    ending = f"coalesce(lower(substring({source.value} FROM '\\.[A-Za-z0-9]{{1,5}}$')), '')"
    return f"'file-' || {letters(source.digests.of(source.value), 10)} || {ending}"


def mask_if_mail(source: Source) -> str:
    """Only values that are a mail address are replaced."""
    return f"CASE WHEN {source.value} ~ '^[^@\\s]+@[^@\\s]+$' THEN {mask_email(source)} ELSE {source.value} END"


def mask_day(source: Source) -> str:
    """A day within half a year of it."""
    return f"{source.raw} + ({number(source.digests.of(source.value), 0)} % 361 - 180)"


def mask_amount(source: Source) -> str:
    """Between 70 % and 130 % of it."""
    return f"round({source.raw}::numeric * (0.7 + {number(source.digests.of(source.value), 0)} % 61 / 100.0), 2)"


KINDS: dict[str, Callable[[Source], str]] = {
    name.removeprefix("mask_"): function
    for name, function in list(globals().items())
    if name.startswith("mask_")
}
KINDS["zip"] = mask_digits
CONSTANTS = {"null": "", "empty_list": "[]"}
NAMES = (
    "person",
    "first_name",
    "last_name",
    "company",
    "partner",
    "words",
    "text",
    "city",
    "street",
)
SPECIAL = ("keep", *CONSTANTS)


def is_known(kind: str) -> bool:
    return kind in KINDS or kind in SPECIAL


def with_token(fake: str, source: Source) -> str:
    """The fake with enough of the digest to be the only one of its kind."""
    return f"({fake}) || ' ' || {letters(source.digests.of(source.value), TOKEN_LETTERS)}"


def _named(source: Source) -> str:
    return source.digests.of(source.digests.once(lowered(source.value)))


def _surnames(tongue: Tongue, digest: str, between: str) -> str:
    return f"{_surname(tongue, digest, 2)} || '{between}' || {_surname(tongue, digest, 10)}"


def _surname(tongue: Tongue, digest: str, start: int) -> str:
    parts = (("start", start), ("middle", start + 2), ("middle", start + 4), ("end", start + 6))
    return " || ".join(tongue.pick(kind, digest, place) for kind, place in parts)


def _plain(value: str) -> str:
    return f"upper(translate({value}, ' .-/', ''))"
