"""What holds for every fake, whatever the original: asked of the server that makes them."""

import os
import pkgutil
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stdnum import get_cc_module, iban

from ipai_toolbox.catalog import Column
from ipai_toolbox.masking.digests import Digests, key_settings
from ipai_toolbox.masking.kinds import KINDS, Source
from ipai_toolbox.masking.leaks import Finder
from ipai_toolbox.masking.policy import load_policy
from ipai_toolbox.masking.samples import Sample, usable
from ipai_toolbox.masking.words import load_words
from ipai_toolbox.odoo_conf import read_options
from ipai_toolbox.outcome import Failure
from ipai_toolbox.session import target_session

KEY, OTHER_KEY = "one project's key, long enough", "another project's key, as long"
CALM = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
TEXT = st.text(
    st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=60
)
WORDS = st.text(st.characters(categories=("Lu", "Ll")), min_size=3, max_size=12)
NAMES = st.tuples(WORDS, WORDS).map(" ".join)
MAILS = st.from_regex(r"[a-z]{3,12}\.[a-z]{3,12}@[a-z]{4,9}\.(com|org|be)", fullmatch=True)
PHONES = st.builds(
    lambda code, digits, gap: "+" + code + gap + gap.join(re.findall("..?", digits)),
    st.sampled_from(["32", "33", "1", "49", "352", "91", "44"]),
    st.text("0123456789", min_size=8, max_size=9),
    st.sampled_from(["", " ", "-", ".", "/"]),
)
VAT_FORMS = {
    "be": "0#########",
    "de": "#########",
    "fr": "###########",
    "it": "###########",
    "es": "########K",
    "lu": "########",
    "at": "U########",
    "pt": "#########",
    "pl": "##########",
    "se": "############",
    "nl": "#########B##",
}
IBAN_FORMS = {
    "BE": "############",
    "DE": "##################",
    "GB": "NWBK##############",
    "FR": "##########ABCDEF#####12",
}


class Masker:
    """Asks the server for the fakes of many values at once."""

    def __init__(self, session):
        self._session = session
        session.run(pkgutil.get_data("ipai_toolbox.masking", "functions.sql").decode())

    def __call__(self, kind: str, values: list[str], languages=("en",)) -> list[str]:
        digests = Digests()
        fake = KINDS[kind](Source("v.value", digests, load_words(languages)))
        query = (
            f"SELECT {fake} FROM unnest(@::text[]) WITH ORDINALITY AS v(value, place),"
            f" LATERAL (SELECT {digests.columns} OFFSET 0) AS h ORDER BY place"
        )
        rows = self._session.rows(
            query.replace("%", "%%").replace("unnest(@", "unnest(%s"), [values]
        )
        return [fake for (fake,) in rows]


def session_with(key: str):
    source = Path(os.environ.get("ODOO_RC") or f"{os.environ['IPAI_STATE']}/shell.conf")
    return target_session(read_options(source), "postgres", key_settings(key))


@pytest.fixture(scope="module")
def mask():
    with session_with(KEY) as session:
        yield Masker(session)


@pytest.fixture(scope="module")
def mask_elsewhere():
    with session_with(OTHER_KEY) as session:
        yield Masker(session)


@pytest.mark.parametrize(
    "kind", ["person", "company", "email", "text", "words", "digits", "addresses", "html", "url"]
)
@CALM
@given(values=st.lists(TEXT, min_size=1, max_size=20))
def test_a_fake_depends_on_the_value_alone(mask, kind, values):
    alone = [mask(kind, [value])[0] for value in values[:3]]
    assert mask(kind, values)[: len(alone)] == alone


@CALM
@given(names=st.lists(NAMES, min_size=1, max_size=20, unique_by=str.lower))
def test_another_project_gets_other_fakes(mask, mask_elsewhere, names):
    here, there = mask("person", names), mask_elsewhere("person", names)
    assert all(one != other for one, other in zip(here, there, strict=True))


@CALM
@given(names=st.lists(NAMES, min_size=1, max_size=20))
def test_a_name_does_not_survive_in_its_fake(mask, names):
    for name, fake in zip(names, mask("person", names), strict=True):
        assert name.lower() not in fake.lower()
    assert mask("person", [name.upper() for name in ["Ada Byron"]]) == mask(
        "person", [" ada byron "]
    )


def test_thirty_thousand_people_get_as_many_names(mask):
    people = [f"Person Number{number}" for number in range(30_000)]
    assert len(set(mask("person", people, ("fr", "nl")))) == len(people)


@CALM
@given(mails=st.lists(MAILS, min_size=1, max_size=30, unique=True))
def test_mails_stay_mails_and_stay_apart(mask, mails):
    fakes = mask("email", mails)
    assert all(re.fullmatch(r"[a-z]+\.[0-9a-f]{15}@example\.com", fake) for fake in fakes)
    assert len(set(fakes)) == len(mails)
    assert mask("email", [f" {mail.upper()} " for mail in mails]) == fakes


@CALM
@given(name=NAMES, mail=MAILS)
def test_a_header_names_the_same_person_as_the_address_alone(mask, name, mail):
    (header,) = mask("addresses", [f'"{name}" <{mail}>'])
    (several,) = mask("addresses", [f"{mail}, {mail}"])
    (address,), (person,) = mask("email", [mail]), mask("person", [name])
    assert header == f'"{person}" <{address}>'
    assert several == f"{address}, {address}"


@CALM
@given(phones=st.lists(PHONES, min_size=1, max_size=20))
def test_a_phone_keeps_its_form_and_its_country(mask, phones):
    for phone, fake in zip(phones, mask("phone", phones), strict=True):
        assert re.sub(r"\d", "0", fake) == re.sub(r"\d", "0", phone)
        code = next(
            code
            for code in ("352", "32", "33", "49", "91", "44", "1")
            if phone[1:].startswith(code)
        )
        assert fake.startswith(f"+{code}")


@CALM
@given(phone=PHONES)
def test_a_phone_with_and_without_separators_has_one_fake(mask, phone):
    spelled, bare = mask("phone", [phone, re.sub(r"[^+\d]", "", phone)])
    assert re.sub(r"[^+\d]", "", spelled) == bare


@pytest.mark.parametrize("country", IBAN_FORMS)
@CALM
@given(data=st.data())
def test_an_iban_stays_valid(mask, country, data):
    body = re.sub("#", lambda _: data.draw(st.sampled_from("0123456789")), IBAN_FORMS[country])
    original = country + iban.calc_check_digits(f"{country}00{body}") + body
    plain, spaced = mask("account", [original, iban.format(original)])
    assert plain[:2] == country and len(plain) == len(original)
    assert iban.is_valid(plain, check_country=False)
    assert spaced == iban.format(plain)


@pytest.mark.parametrize("country", VAT_FORMS)
@CALM
@given(data=st.data())
def test_a_vat_number_stays_valid_in_its_country(mask, country, data):
    body = re.sub("#", lambda _: data.draw(st.sampled_from("0123456789")), VAT_FORMS[country])
    (fake,) = mask("vat", [country.upper() + body])
    assert fake.startswith(country.upper())
    assert get_cc_module(country, "vat").is_valid(fake), fake


@CALM
@given(texts=st.lists(TEXT, min_size=1, max_size=20))
def test_a_text_gets_no_longer(mask, texts):
    for text, fake in zip(texts, mask("text", texts), strict=True):
        assert len(fake) <= max(len(text), 12)


@pytest.mark.parametrize(
    "name,letters", [("Иван Петров", "[а-яё]"), ("Μαρία Νίκου", "[α-ω]"), ("王小明 李", "[一-鿿]")]
)
def test_a_name_is_faked_in_its_own_script(mask, name, letters):
    (fake,) = mask("person", [name], ("fr",))
    assert re.search(letters, fake.lower())


def column(name, table="acme_case", kind="varchar", **more) -> Column:
    return Column("public", table, name, kind, 0, **more)


def test_a_custom_field_is_masked_by_its_name_or_waits_for_a_decision():
    policy = load_policy()
    named = policy.decide(
        column("x_studio_private_phone", "res_partner", is_manual=True, field_type="char")
    )
    other = policy.decide(column("x_pet", "res_partner", is_manual=True, field_type="char"))
    assert (named.kind, named.is_undecided) == ("phone", False)
    assert (other.kind, other.is_undecided) == ("words", True)


def test_a_persons_decision_comes_first():
    policy = load_policy({"acme_case.x_pet": "keep"})
    assert policy.decide(column("x_pet")).is_kept
    with pytest.raises(Failure, match="no kind of mask"):
        load_policy({"acme_case.x_pet": "scramble"})


def test_every_kind_of_the_policy_is_one_we_have():
    policy = load_policy()
    entries = [entry for columns in policy.columns.values() for entry in columns.values()]
    kinds = {entry["kind"] if isinstance(entry, dict) else entry for entry in entries}
    kinds |= {kind for _rule, kind in policy.names}
    assert kinds <= set(KINDS) | {"keep", "null", "empty_list", "json"}


def test_what_odoo_itself_needs_is_left_alone():
    policy = load_policy()
    view = column("arch_db", "ir_ui_view", "jsonb", field_type="text", modules=("base",))
    state = column("kind", field_type="selection", modules=("acme",))
    assert policy.decide(view).is_kept and policy.decide(state).is_kept


@pytest.mark.parametrize(
    "family,text,found",
    [
        ("name", "Ada Byron", "Ada Byron"),
        ("name", "Ada", ""),
        ("name", "Public user", ""),
        ("mail", '"Ada" <ada@byron.test>', "ada@byron.test"),
        ("phone", "+32 2 555 12 12", "+32 2 555 12 12"),
        ("phone", "112", ""),
    ],
)
def test_only_telling_originals_are_looked_for(family, text, found):
    assert usable(family, text) == found


@CALM
@given(before=TEXT, after=TEXT)
def test_an_original_is_found_in_any_text(before, after):
    sample = Sample("name", "Ada Byron", "t", "c", 1)
    assert Finder([sample]).find(f"{before} ADA BYRON, {after}") == {sample}


def test_a_phone_is_found_in_any_spelling():
    sample = Sample("phone", "+32 475 12 34 56", "t", "c", 1)
    assert Finder([sample]).find("call 32475/12.34.56 now") == {sample}
