"""Lists of networks: what is one, what is none, and who is in."""

import pytest
from ipai_ops.engine import address_list, edge_config
from ipai_ops.engine.platform import Platform


def test_words_remarks_and_repeats():
    text = "203.0.113.0/24, 10.1.2.3 # office\n2001:DB8::/32\n\n10.1.2.3"
    assert address_list.parse(text) == ("203.0.113.0/24", "10.1.2.3/32", "2001:db8::/32")


@pytest.mark.parametrize("word", ["10.0.0.1/8", "256.1.1.1", "all;", "office", "::/129", "1;deny"])
def test_what_is_no_network_is_named(word):
    with pytest.raises(ValueError, match=word.replace(";", ";")):
        address_list.parse(f"10.0.0.0/8\n{word}")


@pytest.mark.parametrize(
    ("address", "is_in"),
    [
        ("10.255.0.1", True),
        ("11.0.0.1", False),
        ("2001:db8::1", True),
        ("2001:db9::1", False),
        ("::ffff:10.0.0.1", True),
        ("", False),
        ("nonsense", False),
    ],
)
def test_who_is_in(address, is_in):
    assert address_list.contains(("10.0.0.0/8", "2001:db8::/32"), address) is is_in


def test_an_empty_list_renders_no_rule():
    site = edge_config.Site(7, "acme", "production", "up")
    assert "deny all" not in edge_config.render(Platform(), [site])


def test_a_list_is_rendered_before_every_location():
    site = edge_config.Site(7, "acme", "production", "up", allowed=("10.0.0.0/8",))
    text = edge_config.render(Platform(), [site])
    assert text.index("allow 10.0.0.0/8;") < text.index("deny all;") < text.index("location /")


@pytest.mark.parametrize(
    "network, size",
    [
        ("203.0.113.7/32", "1"),
        ("10.1.0.0/16", "65,536"),
        ("0.0.0.0/0", "2^32"),
        ("2001:db8:40::/48", "2^80"),
    ],
)
def test_a_networks_size_can_be_read(network, size):
    assert address_list.size(network) == size
