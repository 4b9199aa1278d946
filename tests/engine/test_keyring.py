"""What is sealed opens with its key in its place, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipai_ops.engine.keyring import Damaged, Keyring, LostKey, key_id_of

OLD, NEW = Keyring.from_text("one\n"), Keyring.from_text("two\none\n")
NONCE = b"\1" * 12


@given(st.text(), st.text())
def test_a_value_comes_back_as_it_was(value, place):
    assert OLD.open(OLD.seal(value, place, NONCE), place) == value


def test_an_older_key_still_opens_and_the_newest_seals():
    sealed = OLD.seal("secret", "here", NONCE)
    assert NEW.open(sealed, "here") == "secret"
    assert key_id_of(NEW.seal("secret", "here", NONCE)) == NEW.current_id != OLD.current_id


def test_without_its_key_a_value_is_lost_and_said_to_be():
    with pytest.raises(LostKey, match=NEW.current_id):
        OLD.open(NEW.seal("secret", "here", NONCE), "here")
    with pytest.raises(LostKey):
        Keyring.from_text("").seal("secret", "here", NONCE)


def test_in_another_place_it_does_not_open():
    with pytest.raises(Damaged):
        OLD.open(OLD.seal("secret", "here", NONCE), "there")


@given(st.integers(15, 60))
def test_a_changed_letter_is_noticed(place):
    sealed = OLD.seal("a secret of some length", "here", NONCE)
    place = min(place, len(sealed) - 4)
    changed = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
    with pytest.raises((Damaged, LostKey)):
        OLD.open(changed, "here")


@pytest.mark.parametrize("text", ["plain text", "", "ipai1:", "other:id:AAAA"])
def test_what_was_never_sealed_is_not_taken_for_a_value(text):
    with pytest.raises((Damaged, LostKey)):
        OLD.open(text, "here")
