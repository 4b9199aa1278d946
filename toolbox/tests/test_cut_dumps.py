"""A dump that ends too early is refused wherever it ends; a whole one is not."""

import re

import pytest

from ipai_toolbox.outcome import Failure
from ipai_toolbox.plain_dump import PlainDump

BODY = r"""--
-- PostgreSQL database dump
--

\restrict 4fQx

SET statement_timeout = 0;
CREATE FUNCTION public.f() RETURNS text
    LANGUAGE plpgsql
    AS $$
BEGIN
-- PostgreSQL database dump complete
RETURN 'it''s';
END $$;
CREATE TABLE public.note (id integer, body text);
COPY public.note (id, body) FROM stdin;
1\t-- PostgreSQL database dump complete
2\t\\.
\.
COPY public.remark (body) FROM stdin;
-- PostgreSQL database dump complete
\.
COPY public.odd ("a, ""b", c) FROM stdin;
1\t2
\.
COPY public.empty (id) FROM stdin;
\.
COMMENT ON TABLE public.note IS 'first
-- PostgreSQL database dump complete
last';
SELECT pg_catalog.setval('public.note_id_seq', 2, true);
""".replace("\\t", "\t").encode()
CLOSING = b"--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict 4fQx\n"
DUMP = BODY + CLOSING
FIRST_WHOLE = DUMP.rindex(b"complete") + len(b"complete")


def ending(dump: bytes) -> str:
    """Why a dump is refused; nothing where it is whole."""
    try:
        PlainDump().require_whole(dump.splitlines(keepends=True))
    except Failure as failure:
        return failure.cause
    return ""


@pytest.mark.parametrize("tail", [b"", b"\n", CLOSING[CLOSING.index(b"complete") + 8 :]])
def test_a_whole_dump_is_read_to_its_end(tail):
    assert ending(DUMP[:FIRST_WHOLE] + tail) == ""
    assert ending((DUMP[:FIRST_WHOLE] + tail).replace(b"\\restrict 4fQx\n", b"")) == ""


def test_a_dump_is_refused_wherever_it_is_cut():
    reasons = {length: ending(DUMP[:length]) for length in range(FIRST_WHOLE)}
    assert [
        length for length, reason in reasons.items() if "cut off" not in reason
    ] == WITHIN_COMMANDS
    kinds = {re.sub(".*cut off: ", "", reason) for reason in reasons.values()}
    assert kinds >= {
        "it ends within the rows of public.note.",
        "it ends within the rows of public.empty.",
        "it ends within a statement.",
        "the closing comment of pg_dump is missing.",
    }


# A cut that leaves half of the word "\restrict" leaves what looks like a command for psql: refused as one.
START = DUMP.index(b"\\restrict")
WITHIN_COMMANDS = list(range(START + 1, START + len(b"\\restrict ") + 1))


@pytest.mark.parametrize(
    "broken, reason",
    [
        (
            DUMP.replace(b"\\.\nCOPY public.remark", b"COPY public.remark"),
            "rows of public.note have no end",
        ),
        (BODY.replace(b"\\.\nCOMMENT", b"COMMENT") + CLOSING, "rows of public.empty"),
        (BODY.replace(b"last';", b"last;") + CLOSING, "within a statement"),
        (BODY, "closing comment of pg_dump is missing"),
        (b"", "closing comment of pg_dump is missing"),
        (BODY + b"\\! touch /tmp/x\n" + CLOSING, "holds commands for psql"),
        (BODY + b"\\connect other\n" + CLOSING, "holds commands for psql"),
    ],
)
def test_a_dump_without_one_of_its_ends_is_refused(broken, reason):
    assert reason in ending(broken)


def test_a_refused_dump_says_that_nothing_was_changed():
    with pytest.raises(Failure) as refused:
        PlainDump().require_whole([b"COPY public.t (a) FROM stdin;\n", b"1\n"])
    assert "Nothing was changed" in refused.value.hint
