"""What the edge is told to serve."""

from ipai_ops.engine import edge_config
from ipai_ops.engine.edge_config import Site
from ipai_ops.engine.platform import Platform

PLATFORM = Platform(instance="ipai", domain="localhost")
MAIN = Site(7, "acme-main", "production", "up")
PREVIEW = Site(8, "acme-feature-pos", "development", "up")


def block(site, platform=PLATFORM):
    return edge_config.render(platform, [site])


def test_each_environment_has_one_server_block():
    text = edge_config.render(PLATFORM, [MAIN, PREVIEW])
    assert text.count("server {") == 2
    assert "server_name acme-main.localhost;" in text
    assert "server_name acme-feature-pos.localhost;" in text


def test_targets_are_found_by_name_when_asked_so_that_nginx_starts_without_them():
    text = block(MAIN)
    assert "set $target http://ipai-env-7:8069;" in text
    assert "proxy_pass $target;" in text
    assert "upstream" not in text.replace("proxy_next_upstream", "")


def test_the_websocket_goes_to_its_own_port_first():
    text = block(MAIN)
    assert "set $target_websocket http://ipai-env-7:8072;" in text
    websocket = text.partition("location /websocket")[2].partition("}")[0]
    assert "proxy_pass $target_websocket;" in websocket
    assert "proxy_set_header Upgrade $http_upgrade;" in websocket


def test_every_way_to_the_target_replaces_what_a_client_claims_about_itself():
    text = block(MAIN)
    replaced = text.count("proxy_set_header X-Forwarded-For $remote_addr;")
    ways = 3  # the server, which / inherits from, and the two websocket locations
    assert replaced == text.count('proxy_set_header Forwarded "";') == ways


def test_the_database_manager_is_closed():
    text = block(MAIN)
    assert "return 404;" in text.partition("location ^~ /web/database")[2].partition("}")[0]


def test_a_missing_target_shows_a_friendly_page():
    text = block(MAIN)
    assert "error_page 502 503 504 = @starting;" in text
    assert "This Odoo is starting." in text


def test_only_production_may_be_found_by_search_engines():
    assert "X-Robots-Tag" not in block(MAIN)
    assert "X-Robots-Tag" in block(PREVIEW)


def test_a_public_https_platform_listens_with_tls():
    assert "listen 443 ssl;" in block(MAIN, Platform(scheme="https", domain="acme.example"))


def test_pages_hold_nothing_that_nginx_would_expand_or_close():
    for state in ("new", "up", "asleep", "failed", "deploying"):
        page = block(Site(1, "a", "staging", state)).partition("return 503 '")[2].partition("';")[0]
        assert page.startswith("<!doctype html>")
        assert page.endswith("</html>")
        assert "$" not in page
        assert "'" not in page


def test_the_tag_changes_exactly_with_the_text():
    one, two = block(MAIN), block(PREVIEW)
    assert edge_config.etag(one) == edge_config.etag(block(MAIN))
    assert edge_config.etag(one) != edge_config.etag(two)
    assert edge_config.etag(one).startswith('"')


def test_a_held_site_keeps_requests_waiting_until_a_time():
    held = Site(7, "acme-main", "production", "deploying", held_until=1_800_000_000)
    text = edge_config.render(PLATFORM, [held, PREVIEW])
    assert "# held acme-main.localhost 1800000000\n" in text
    front, _server, preview = text.partition("server_name acme-feature-pos.localhost;")
    assert "proxy_pass http://unix:/run/waiting-room.sock;" in front
    assert "waiting-room" not in preview


def test_a_held_site_goes_on_to_its_release_when_the_waiting_room_is_away():
    held = Site(7, "acme-main", "production", "deploying", held_until=1_800_000_000)
    text = block(held)
    assert "error_page 502 504 = @release;" in text
    assert "proxy_pass $target;" in text.partition("location @release")[2].partition("}")[0]
