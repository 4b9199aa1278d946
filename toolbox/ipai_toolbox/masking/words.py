"""Words that fakes are made of, by language. Lists of one kind have one length in all languages."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from ..resources import resource_text
from ..session import literal
from .digests import number

SCRIPTS = {"ru": "Ѐ-ӿ", "el": "Ͱ-Ͽ", "ar": "؀-ۿ", "ja": "぀-ヿ", "zh": "一-鿿"}
LATIN = ("en", "fr", "de", "nl", "es", "it", "pt", "pl")
SENTENCES = (
    "The delivery arrived in the morning and was checked by the team.",
    "Please confirm the new date before the end of the week.",
    "We talked about the next steps and agreed on a short list.",
    "The second part follows as soon as the first one is approved.",
    "Thank you for the quick answer, everything is clear now.",
    "The document was updated and replaces the one sent before.",
    "A short call tomorrow would help to settle the open points.",
    "All items are in stock and can leave the warehouse today.",
    "The amount differs slightly from the first estimate.",
    "The meeting moved to another room on the same floor.",
    "Nothing else changed since the last version of this note.",
    "The request was received and is now being worked on.",
    "Two questions are still open, both about the schedule.",
    "The result looks good and needs no further change.",
    "The sample was sent back together with the signed form.",
    "This entry only holds made-up text of a similar length.",
)


@dataclass(frozen=True)
class Words:
    """The languages a database speaks; the first that use Latin letters name people in them."""

    latin: tuple[str, ...]
    lists: dict
    nouns: tuple[str, ...] = ()

    def spoken(self, value: str, build: Callable[["Tongue"], str]) -> str:
        """SQL: what `build` makes of the words in the script of `value`, looked at once."""
        branches = "".join(
            f" WHEN {value} ~ '[{letters}]' THEN {build(Tongue((self.lists[language],)))}"
            for language, letters in SCRIPTS.items()
        )
        tongues = tuple(self.lists[language] for language in self.latin)
        latin, other = Tongue(tongues, True), Tongue(tongues)
        is_plain = f"octet_length({value}) < length({value}) * 3 / 2"
        return f"CASE WHEN {is_plain} THEN {build(latin)}{branches} ELSE {build(other)} END"


@dataclass(frozen=True)
class Tongue:
    """The word lists of languages that share a script; `is_latin` where the value itself is so."""

    lists: tuple[dict, ...]
    is_latin: bool = False

    def pick(self, kind: str, digest: str, start: int) -> str:
        """SQL: a word of this kind; equal digests give equal words.

        Byte 31 chooses among the languages, the bytes `start` and `start` + 1 the word.
        """
        words = [word for lists in self.lists for word in lists[kind]]
        if len(self.lists) == 1:
            return chosen(words, digest, start)
        size = len(words) // len(self.lists)
        place = f"get_byte({digest}, 31) % {len(self.lists)} * {size}"
        return f"({array(words)})[1 + {place} + {number(digest, start)} % {size}]"


def chosen(words, digest: str, start: int) -> str:
    """SQL: one of `words`, by two bytes of a digest."""
    return f"({array(words)})[1 + {number(digest, start)} % {len(words)}]"


def array(words) -> str:
    return "ARRAY[" + ", ".join(literal(word) for word in words) + "]"


def load_words(languages) -> Words:
    """The words for language codes such as fr_BE; English where none of them has a list."""
    data = json.loads(resource_text("ipai_toolbox.masking", "words.json"))
    nouns = tuple(data.pop("nouns").split())
    lists = {language: _lists(entry) for language, entry in data.items()}
    asked = dict.fromkeys(code.partition("_")[0].lower() for code in languages)
    return Words(tuple(code for code in asked if code in LATIN) or ("en",), lists, nouns)


def _lists(entry: dict) -> dict:
    return {kind: text.split("|") if "|" in text else text.split() for kind, text in entry.items()}
