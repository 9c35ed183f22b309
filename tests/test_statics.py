"""The files of the map as they are sent: compressed, named by what they hold, and asked for once."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from tests.browsing import DESK
from webmap import assets

SCRIPT = "/static/app/dom.js"
PACKED = {"Accept-Encoding": "gzip"}


def _text(name: str) -> bytes:
    return (assets.STATIC / name).read_bytes()


def test_a_file_is_compressed_for_who_can_read_that(client: FlaskClient) -> None:
    packed, plain = client.get(SCRIPT, headers=PACKED), client.get(SCRIPT)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(plain.data) / 2
    assert gzip.decompress(packed.data) == plain.data == _text("app/dom.js")
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("said", ["gzip;q=0", "br, gzip;q=0.0", "identity", ""])
def test_a_file_is_not_compressed_for_who_refuses_that(client: FlaskClient, said: str) -> None:
    assert "Content-Encoding" not in client.get(SCRIPT, headers={"Accept-Encoding": said}).headers


def test_a_file_asked_for_by_what_it_holds_is_good_for_ever_and_another_until_asked_again(
    client: FlaskClient,
) -> None:
    (url,) = re.findall(r'modulepreload" href="(/static/app/dom\.js\?v=\w+)"', client.get("/map").text)
    assert "immutable" in client.get(url).headers["Cache-Control"]
    for other in (SCRIPT, f"{SCRIPT}?v=0", f"{url}&x=1"):
        assert client.get(other).headers["Cache-Control"] == "no-cache"


def test_who_has_a_file_is_told_so(client: FlaskClient) -> None:
    tag = client.get(SCRIPT).headers["ETag"]
    again = client.get(SCRIPT, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get(SCRIPT, headers={"If-None-Match": '"other"'}).status_code == 200


def test_the_head_of_a_file_is_that_of_the_file(client: FlaskClient) -> None:
    head, whole = client.head(SCRIPT), client.get(SCRIPT)
    assert head.data == b""
    assert dict(head.headers) == dict(whole.headers)


def test_a_file_that_has_changed_is_sent_as_it_is_now(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(assets, "STATIC", tmp_path)
    (tmp_path / "a.js").write_text("1", encoding="utf-8")
    before = client.get("/static/a.js")
    (tmp_path / "a.js").write_text("22", encoding="utf-8")
    after = client.get("/static/a.js")
    assert (before.data, after.data) == (b"1", b"22")
    assert before.headers["ETag"] != after.headers["ETag"]


def test_every_module_is_found_by_what_it_holds_whoever_imports_it(client: FlaskClient) -> None:
    page = client.get("/map").text
    for name in assets.own_files(".js"):
        assert re.search(rf'"/static/{name}":"/static/{name}\?v=\w+"', page), name


def test_a_browser_asks_for_the_files_of_the_map_once(browser: Browser, live: str) -> None:
    context = browser.new_context(viewport=DESK)  # type: ignore[arg-type]
    sent = (
        "() => performance.getEntriesByType('resource')"
        ".filter(one => one.name.includes('/static/')).map(one => [one.name, one.transferSize])"
    )
    loaded = []
    for _ in range(2):
        page = context.new_page()
        page.goto(f"{live}/")
        page.wait_for_function("() => document.body.dataset.ready")
        loaded.append(dict(page.evaluate(sent)))
    context.close()
    first, again = loaded
    assert set(first) == set(again)
    assert all(size > 0 for size in first.values())
    assert not any(again.values())
    assert len({name.partition("?")[0] for name in first}) == len(first)
