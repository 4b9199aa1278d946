"""How programs write a secret: each of its characters in every notation, and whole in others.

The same file is in the toolbox and in the addon's engine: a test compares them. A *form* is a list
of places; at each place one of some regular expressions matches what stands for one character (or
one byte, in hexadecimal). Between two places may stand what breaks a text up: line ends, colour
codes, NUL bytes.
"""

import base64
import html.entities
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

SHORTEST = 6  # blanking shorter texts would tear ordinary words apart
ANY_CASE = 8  # from this length on capitals and small letters are one
LINE_SHORTEST = 16  # of a key's lines, and of pieces at a line's edge
BACK = r"(?:\\|%(?:25){0,3}5c){1,8}"  # a backslash, itself escaped up to three times
ONE_BACK = r"(?:\\|%(?:25){0,3}5c|=5c|&(?:amp;)*(?:#0*92|#x0*5c|bsol);)"
DOUBLED = ("", "'", '"', "%", "$", "{}", "`")  # what SQL, CSV, templates and shells double
AMPERSAND = rf"(?:&|{BACK}u0026|%26)(?:amp;){{0,3}}"
COLOUR = r"(?:\x1b|\\{1,4}(?:u001b|x1b|033|e)|\^\[)\[[0-9;?]*[a-z]"
BREAK = r"[=\\]?\r?\n[ \t]*|\\{1,4}[rn][ \t]*"
NUL = r"\x00|\\{1,4}(?:u0000|x00|000)|%00"
GLUE = rf"(?:{COLOUR}|{BREAK}|{NUL})"
HEX_GLUE = r"(?:[\s:,;._\-=%]|\\{0,8}x|0x|&#x|\\{1,4}[rn])"
NUMBER_GLUE = r"(?:[\s,;]|\\{1,4}[rn])"
QUOTED = "'\"'\"'"  # an apostrophe as shlex.quote writes it; again inside another shell's quotes
NAMED: dict[str, list[str]] = {}
for _name, _char in html.entities.html5.items():
    NAMED.setdefault(_char, []).append(_name.rstrip(";"))


@dataclass(frozen=True)
class Form:
    """One way to write a secret: ``places`` are tuples of patterns, ``anchor`` a text it has to hold.

    ``literal``: the form as plain text, where it has one; ``view``: where the anchor is looked for.
    """

    places: tuple
    glue: str
    anchor: str
    view: str
    literal: str = ""


def forms(secret: str) -> Iterator[Form]:
    """Yield all forms of ``secret``; none of what is too short to be told from ordinary words."""
    for part in parts(secret.strip()):
        yield from _plain(part)
        yield _bytes(part.encode("utf-8", "surrogatepass"))
        yield _numbers(part.encode("utf-8", "surrogatepass"))
        seen = set()
        for text in _base64_texts(part):
            if text not in seen:
                seen.add(text)
                yield _encoded(text)


def parts(secret: str) -> list:
    """A key shows itself line by line; ``user:token`` by its token alone, too."""
    if len(secret) < SHORTEST:
        return []
    lines = [line.strip() for line in secret.splitlines()]
    if len(lines) > 1:
        return [secret, *(line for line in lines if len(line) >= LINE_SHORTEST)]
    _user, colon, token = secret.partition(":")
    return [secret, token] if colon and len(token) >= SHORTEST else [secret]


def _plain(part):
    """Yield the secret with each character as it is or escaped, at every depth of backslashes.

    One form a depth, and others with every special character doubled: within one form, hardly
    any text can be read in two ways.
    """
    depths = (1, 2, 4, 8) if "\\" in part else (1,)
    kinds = [chars for chars in DOUBLED if not chars or set(chars) & set(part)]
    for depth in depths:
        for chars in kinds[: None if depth < 4 else 1]:
            places = (_place(char, len(part) < ANY_CASE, depth, chars) for char in part)
            yield Form(tuple(places), GLUE, _anchor(part), "text", part)


def _place(char, is_exact, depth, doubled):
    itself, *others = spellings(char, is_exact)
    if char == "\\":
        itself = f"{ONE_BACK}{{{depth}}}"
    elif char in doubled:
        itself = re.escape(char * 2)
    return itself, *others


def _bytes(raw):
    places = tuple((f"{byte:02x}",) for byte in raw)
    return Form(places, HEX_GLUE, raw.hex()[:48], "hex")


def _numbers(raw):
    """Bytes as decimal numbers: how JavaScript and Python print buffers and lists of bytes."""
    places = tuple((rf"(?<!\d){byte}(?!\d)",) for byte in raw)
    return Form(places, NUMBER_GLUE, ",".join(str(byte) for byte in raw[:6]), "numbers")


def _encoded(text):
    return Form(tuple(_letter(char) for char in text), GLUE, _anchor(text), "text", text)


def _letter(char):
    """A character of base64: the two that have other spellings in URLs have them all."""
    if char in "+-":
        return r"[+\- ]", spellings("+", False)[1]
    if char in "/_":
        return r"[/_]", spellings("/", False)[1]
    return (re.escape(char),)


def _anchor(text):
    """The longest run of letters and digits, which nearly no notation changes."""
    runs = re.findall(r"[a-z0-9]+", text.lower())
    longest = max(runs, key=len, default="")[:32]
    return longest if len(longest) >= 3 else ""


def _base64_texts(part):
    """Yield base64 of the secret, of its JSON and of its UTF-16, and of its base64 once more."""
    raw = part.encode("utf-8", "surrogatepass")
    once = list(_aligned(raw))
    yield from once
    for text in {json.dumps(part)[1:-1], json.dumps(part, ensure_ascii=False)[1:-1]} - {part}:
        yield from _aligned(text.encode("utf-8", "surrogatepass"))
    yield from _aligned(part.encode("utf-16-le", "surrogatepass"))
    for text in once:
        for spelled in {text, text.replace("+", "-").replace("/", "_")}:
            yield from _aligned(spelled.encode())


def _aligned(raw):
    """Yield base64 of ``raw`` at its three alignments, as it shows inside a longer text."""
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
        end = None if (len(raw) + shift) % 3 == 0 else -1
        middle = encoded[(0, 2, 3)[shift] : end]
        if len(middle) > SHORTEST:
            yield middle


@lru_cache(maxsize=4096)
def spellings(char: str, is_exact: bool) -> tuple:
    """Return regular expressions: the character itself, then its other notations."""
    itself = re.escape(char)
    more = [QUOTED.replace("'", QUOTED), r"'['\"\\]{1,40}'"] if char == "'" else []
    others = _escaped(char) + _percent(char) + _entities(char) + _quoted(char)
    ordered = sorted(dict.fromkeys(others), key=lambda one: (-len(one), one))
    return (f"(?-i:{itself})" if is_exact else itself), "|".join(ordered), *more


def _escaped(char):
    """JSON, Python, JavaScript, C, YAML, shell: what begins with a backslash."""
    code, raw = ord(char), char.encode("utf-8", "surrogatepass")
    units = char.encode("utf-16-be", "surrogatepass").hex()
    pairs = [units[place : place + 4] for place in range(0, len(units), 4)]
    found = ["".join(f"{BACK}u{unit}" for unit in pairs), rf"{BACK}u\{{0*{code:x}\}}"]
    found += [f"{BACK}U{code:08x}", "".join(f"{BACK}x{byte:02x}" for byte in raw)]
    found += ["".join(f"{BACK}0?{byte:03o}" for byte in raw)]
    if 127 < code < 256:
        found += [f"{BACK}x{code:02x}", f"{BACK}0?{code:03o}"]
    if char in "\n\r\t\b\f\v\a":
        found += [BACK + "nrtbfva"["\n\r\t\b\f\v\a".index(char)]]
    if char.isalnum() or char == "\\":
        return found
    notations = [re.escape(char), *_percent(char), *_entities(char)]
    return [*found, f"{BACK}(?:{'|'.join(notations)})"]


def _percent(char):
    """URLs and forms, encoded more than once as well; mail (quoted-printable)."""
    raw = char.encode("utf-8", "surrogatepass")
    found = ["".join(f"%(?:25){{0,3}}{byte:02x}" for byte in raw), f"%u{ord(char):04x}"]
    found += [r"(?:=\r?\n)?".join(f"={byte:02x}" for byte in raw)]
    if 127 < ord(char) < 256:
        found += [f"%(?:25){{0,3}}{ord(char):02x}", f"={ord(char):02x}"]
    return found


def _entities(char):
    """HTML and XML: names, decimal and hexadecimal numbers, escaped more than once as well."""
    names = [*NAMED.get(char, ()), *(["nbsp"] if char == " " else [])]
    numbers = [rf"#0*{ord(char)}", rf"#x0*{ord(char):x}"]
    choices = "|".join(dict.fromkeys([*map(re.escape, sorted(names, reverse=True)), *numbers]))
    return [f"{AMPERSAND}(?:{choices});?"]


def _quoted(char):
    """Shells, SQL, CSV, templates double what is special to them; spaces become other things."""
    if char == " ":
        return [r"\+", "_", r"[ \t]*\r?\n[ \t]*", r"\\{1,4}[rn][ \t]*"]
    if char == "'":
        return [r"'\\{1,8}''", r"'\\{0,8}\"'\\{0,8}\"'"]
    if ord(char) > 127:  # read with a wrong encoding
        wrong = char.encode("utf-8", "surrogatepass").decode("latin-1")
        return [re.escape(wrong), "�{1,4}"]
    return []
