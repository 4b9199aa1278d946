"""A project's own Dockerfile takes nothing of another project, however it is written."""

import pytest

from ipai_toolbox.docker_cli import Base
from ipai_toolbox.image_names import ImageRules
from ipai_toolbox.outcome import Failure
from ipai_toolbox.own_dockerfile import OwnDockerfile, check_triggers

DIGEST = "sha256:" + "a" * 64
BASE = f"127.0.0.1:15000/ipai/odoo@{DIGEST}"
OTHER = f"127.0.0.1:15000/ipai/demo@{DIGEST}"
RULES = ImageRules("127.0.0.1:15000", "ipai-registry:5000", "ipai", "acme", (BASE,))


def base_of(reference: str) -> Base:
    pinned = reference if "@" in reference else f"{reference.rpartition(':')[0]}@{DIGEST}"
    return Base(pinned, DIGEST, "odoo")


def checked(text: str) -> str:
    return OwnDockerfile("Dockerfile", RULES, {"BASE_IMAGE": BASE}, base_of).checked(text)


SPELLINGS = [
    OTHER,
    "127.0.0.1:15000/ipai/demo:0123456789abcdef",
    "127.0.0.1:15000/ipai/demo",
    "127.0.0.1:15000/ipai/acme-two:x",
    "127.0.0.1:15000/IPAI/demo:x",
    "localhost:15000/ipai/demo:x",
    "LOCALHOST:15000/ipai/demo:x",
    "localhost/ipai/demo:x",
    "ops.localhost:8080/ipai/demo:x",
    "172.18.0.1:15000/ipai/demo:x",
    "10.0.0.7:5000/ipai/demo:x",
    "127.1:15000/ipai/demo:x",
    "0x7f000001:15000/ipai/demo:x",
    "2130706433:15000/ipai/demo:x",
    "[::1]:15000/ipai/demo:x",
    "ipai-registry:5000/ipai/demo:x",
    "ipai-registry:5000/ipai/acme:x",
    "172.18.0.1:15000/x/y:z",
    "0.0.0.0:80/ipai/demo:x",
    "[::ffff:127.0.0.1]:15000/ipai/demo:x",
    "registry.acme.example:15000/ipai/demo:x",
    "127.0.0.1:15001/ipaitest/demo:x",
    "127.0.0.1:15000/ipai/postgres:x",
]
PLACES = [
    "FROM {}\n",
    "from {} as other\n",
    "FROM --platform=linux/amd64 {} AS other\n",
    "ARG X={}\nFROM $X\n",
    'ARG X="{}"\nFROM ${{X}}\n',
    "ARG X\nFROM ${{X:-{}}}\n",
    "FROM \\\n  {}\n",
    "FROM \\\n# a comment\n\n  {}\n",
    "# escape=`\nFROM `\n  {}\n",
    "FROM scratch\nCOPY --from={} /a /b\n",
    "FROM scratch\ncopy --chown=1:1 --from={} /a /b\n",
    "FROM scratch\nADD --from={} /a /b\n",
    "FROM scratch\nCOPY \\\n --from={} \\\n /a /b\n",
    "FROM scratch\nRUN --mount=type=bind,from={},target=/x cp -r /x /y\n",
    "FROM scratch\nRUN --mount=type=cache,target=/x,FROM={} true\n",
    "FROM scratch\nRUN --mount=from=scratch,from={},target=/x true\n",
    "FROM scratch\nONBUILD COPY --from={} /a /b\n",
    "FROM scratch\nONBUILD RUN --mount=from={},target=/x true\n",
    "# syntax={}\nFROM scratch\n",
    "# escape=\\\n# SYNTAX = {}\nFROM scratch\n",
]


@pytest.mark.parametrize("place", PLACES)
def test_no_instruction_names_an_image_of_another_project(place):
    with pytest.raises(Failure, match=r"belongs to somebody else|program of somebody else"):
        checked(place.format(OTHER))


@pytest.mark.parametrize("name", SPELLINGS)
def test_no_spelling_of_the_registry_reaches_another_project(name):
    with pytest.raises(Failure, match=r"somebody else|cannot be checked"):
        checked(f"FROM {name}\n")


@pytest.mark.parametrize(
    "text",
    [
        "FROM $UNKNOWN\n",
        "ARG A=ai/demo\nARG B\nFROM 127.0.0.1:15000/ip${A}$B\n",
        "ARG A=127.0.0.1:15000/ipai/demo\nFROM ${A%x}\n",
        'FROM "127.0.0.1:15000/ip""ai/demo"\n',
        "FROM 127.0.0.1:15000/ip\\ai/demo\n",
        'FROM scratch\nCOPY --from="127.0.0.1:15000/ipai/demo" /a /b\n',
        "FROM scratch\nCOPY --from=127.0.0.1:15000/ip\\ai/demo /a /b\n",
        'FROM scratch\nRUN --mount=type=bind,"from=127.0.0.1:15000/ipai/demo",target=/x true\n',
        "FROM scratch\nENV X=127.0.0.1:15000/ipai/demo\nCOPY --from=$X /a /b\n",
        "FROM scratch\nRUN --mount=type=bind,from=${X},target=/x true\n",
        "FROM scratch\nRUN <<EOF\ntrue\nEOF\nCOPY --from=x /a /b\n",
        "FROM scratch\nRUN <<'A\\'\nA\\\nCOPY --from=127.0.0.1:15000/ipai/demo /a /b\n",
        "FROM scratch\nONBUILD ONBUILD COPY --from=x /a /b\n",
        "FROM scratch\nONBUILD FROM 127.0.0.1:15000/ipai/demo\n",
        "FROM scratch AS 127.0.0.1:15000/ipai/demo\nCOPY --from=127.0.0.1:15000/ipai/demo /a /b\n",
        "FROM scratch\x0bAS\x0bx\n",
        "FROM scratch\nIMPORT 127.0.0.1:15000/ipai/demo\n",
        "FROM scratch\nRUN --network=host true\n",
        "FROM scratch\nRUN --network=HOST true\n",
        "FROM scratch\nRUN --security=insecure true\n",
        "FROM scratch\nRUN --security=$X true\n",
        "# syntax=evil/frontend:1\nFROM scratch\n",
        "# syntax=docker.io/docker/dockerfile-upstream:master\nFROM scratch\n",
    ],
)
def test_what_cannot_be_checked_is_not_built(text):
    with pytest.raises(Failure):
        checked(text)


def test_what_everybody_may_use_is_built():
    text = """\
# syntax=docker/dockerfile:1
# A comment
ARG BASE_IMAGE
ARG NODE="node:22-slim"
FROM ${NODE} AS Assets
RUN --mount=type=cache,id=npm,target=/root/.npm npm ci && \\
    # why this is so
    npm run build
FROM 127.0.0.1:15000/ipai/acme@sha256:%s AS earlier
FROM ${BASE_IMAGE}
USER root
COPY --from=assets --chown=odoo /app/dist /opt/ipai/addons/shop/static
COPY --from=0 /x /y
COPY --from=ghcr.io/astral-sh/uv:0.5 /uv /bin/uv
RUN --network=none cat <<< "$HOME" && echo "a  b"
CMD ["odoo"]
""" % ("b" * 64)
    assert (
        checked(text)
        == f"""\
ARG BASE_IMAGE
ARG NODE="node:22-slim"
FROM node@{DIGEST} AS assets
RUN --mount=type=cache,id=npm,target=/root/.npm npm ci &&     npm run build
FROM 127.0.0.1:15000/ipai/acme@sha256:{"b" * 64} AS earlier
FROM {BASE}
USER root
COPY --from=assets --chown=odoo /app/dist /opt/ipai/addons/shop/static
COPY --from=0 /x /y
COPY --from=ghcr.io/astral-sh/uv:0.5 /uv /bin/uv
RUN --network=none cat <<< "$HOME" && echo "a  b"
CMD ["odoo"]
"""
    )


def test_what_is_written_says_the_same_when_it_is_read_again():
    text = "# escape=`\nFROM scratch\nCOPY a.txt `\n  c:\\\\\nRUN dir c:\\\n"
    once = checked(text)
    assert once == "# escape=`\nFROM scratch\nCOPY a.txt   c:\\\\\nRUN dir c:\\\n"
    assert checked(once) == once


@pytest.mark.parametrize("trigger", [f"COPY --from={OTHER} / /x", "RUN --network=host true"])
def test_what_a_base_image_makes_builds_do_is_checked_too(trigger):
    base = Base("docker.io/evil/base@" + DIGEST, DIGEST, "root", (trigger,))
    with pytest.raises(Failure, match="The image evil/base"):
        check_triggers(base, "evil/base", RULES)
    check_triggers(Base("b", DIGEST, "", ("RUN true", "COPY . /src")), "b", RULES)


@pytest.mark.parametrize("name", SPELLINGS)
def test_no_base_image_is_of_another_project(name):
    with pytest.raises(Failure, match=r"\.ipai\.yml, base_image: "):
        RULES.check(name, ".ipai.yml, base_image")


@pytest.mark.parametrize(
    "name",
    [
        BASE,
        "127.0.0.1:15000/ipai/acme:1",
        "odoo:19.0",
        "ghcr.io/acme/odoo:1",
        "acme/odoo",
        "registry.acme.internal/odoo:1",
        "10.1.2.3:8443/odoo",
    ],
)
def test_the_projects_own_and_public_images_are_free(name):
    RULES.check(name, "x")


def test_a_registry_elsewhere_is_told_apart_by_its_names():
    rules = ImageRules("ghcr.io/acme", "https://ghcr.io/acme", "ipai", "shop", ())
    rules.check("ghcr.io/astral-sh/uv:0.5", "x")
    rules.check("ghcr.io/acme/ipai/shop:1", "x")
    rules.check("docker.io/library/odoo:19", "x")
    with pytest.raises(Failure):
        rules.check("ghcr.io/acme/ipai/demo:1", "x")
