"""Basemaps of other services: what a file may say, and what is passed on from a stand-in of a service."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gis import basemaps
from gis.basemaps import Basemap, Datum
from gis.config import Settings
from gis.database import Store
from gis.errors import BadSettings
from gis.layer import Catalog
from webmap import basemap as proxy
from webmap import create_app

PNG = b"\x89PNG\r\n\x1a\n" + b"tile"
KEY = "s3cret-key"
ENTRY = """
[[basemap]]
id = "plain"
title = "底图"
url = "https://tiles.example/{z}/{x}/{y}.png"
attribution = "某单位"
"""


class Service(BaseHTTPRequestHandler):
    """A service of tiles that answers by the name in its path, and remembers what it was asked."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        kind = self.path.split("/")[1]
        with contextlib.suppress(ConnectionError):  # the asker hangs up on what is slow or large
            getattr(self, f"_{kind}", self._tile)()

    def _send(self, status: int, body: bytes = PNG, content_type: str = "image/png", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": content_type, **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def _tile(self) -> None:
        self._send(200)

    def _busy(self) -> None:
        self._send(429, b"slow down " + KEY.encode(), "text/plain", Retry_After="60")

    def _missing(self) -> None:
        self._send(404, b"", "text/plain")

    def _broken(self) -> None:
        self._send(500, b"", "text/plain")

    def _page(self) -> None:
        self._send(200, b"<script>alert(1)</script>", "text/html")

    def _svg(self) -> None:
        self._send(200, b"<svg/>", "image/svg+xml")

    def _empty(self) -> None:
        self._send(200, b"")

    def _large(self) -> None:
        self._send(200, PNG * 200_000)

    def _elsewhere(self) -> None:
        self._send(302, b"", "text/plain", Location="/tile/1/0/0")

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        for _ in range(40):
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.05)

    def log_message(self, *_args: object) -> None:
        return


@pytest.fixture
def service() -> Iterator[tuple[str, list[str]]]:
    """The address of a stand-in, and what it has been asked."""
    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Service,), {"asked": asked}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)


def client(store: Store, catalog: Catalog, *chosen: Basemap) -> FlaskClient:
    return create_app(Settings(basemaps=chosen), catalog, store).test_client()


def made(url: str, kind: str = "tile", **more: object) -> Basemap:
    template = f"{url}/{kind}/{{z}}/{{x}}/{{y}}?tk={{tk}}"
    return Basemap(kind, "底图", template, "某单位", key=KEY, **more)  # type: ignore[arg-type]


def hidden(answer: TestResponse, url: str) -> bool:
    """Whether neither the key nor the address of the other service stands in an answer."""
    said = f"{answer.data!r} {answer.headers}"
    return KEY not in said and url not in said


# --- the file ----------------------------------------------------------------------------------------


def load(tmp_path: Path, text: str, **environ: str) -> tuple[Basemap, ...]:
    path = tmp_path / "basemaps.toml"
    path.write_text(text, encoding="utf-8")
    return Settings.from_environ({"CORRIDOR_BASEMAPS": str(path), **environ}).basemaps


def test_there_is_no_basemap_unless_a_file_names_one(tmp_path: Path) -> None:
    assert Settings.from_environ({}).basemaps == ()
    (one,) = load(tmp_path, ENTRY)
    assert (one.id, one.title, one.datum, one.max_zoom) == ("plain", "底图", Datum.WGS84, 18)
    assert one.address(3, 5, 2) == "https://tiles.example/3/5/2.png"


def test_a_wmts_with_a_key_and_several_hosts(tmp_path: Path) -> None:
    url = "https://t{s}.example/wmts?layer=vec&tilematrix={TileMatrix}&tilerow={TileRow}&tilecol={TileCol}&tk={tk}"
    text = ENTRY.replace("https://tiles.example/{z}/{x}/{y}.png", url)
    text += 'hosts = ["0", "1"]\nkey_variable = "TILES_KEY"\ndatum = "cgcs2000"\nzoom_offset = -1\n'
    (one,) = load(tmp_path, text, TILES_KEY=KEY)
    assert one.address(8, 1, 2).endswith(f"tilematrix=7&tilerow=2&tilecol=1&tk={KEY}")
    assert one.address(8, 1, 2).startswith("https://t1.") and one.address(8, 2, 2).startswith("https://t0.")
    assert KEY not in repr(one)
    with pytest.raises(BadSettings, match="TILES_KEY"):
        load(tmp_path, text)


def test_rows_can_count_from_the_south() -> None:
    one = Basemap("tms", "底图", "https://tiles.example/{z}/{x}/{-y}", "某单位")
    assert one.address(2, 1, 0) == "https://tiles.example/2/1/3"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('id = "plain"', 'id = "../plain"'), "letters"),
        (("https://tiles", "ftp://tiles"), "http"),
        (("https://tiles.example", "https://{tk}.example"), "host"),
        (("{y}", "{row}"), "TileRow"),
        (("{z}/", ""), "TileMatrix"),
        (('title = "底图"', ""), "title"),
        (('title = "底图"', "title = 3"), "a text"),
        (('title = "底图"', 'title = "底图"\ncolour = "red"'), "key_variable"),
        (('title = "底图"', 'title = "底图"\nkey = "secret"'), "key_variable"),
        (('title = "底图"', 'title = "底图"\nmax_zoom = 40'), "max_zoom"),
        (('title = "底图"', 'title = "底图"\nhosts = ["a"]'), "{s}"),
        (('title = "底图"', 'title = "底图"\ndatum = "mars"'), "wgs84"),
        (('title = "底图"', 'title = "底图"\ndatum = "gcj02"'), "600 m"),
        (("[[basemap]]", "[[basemap]"), "TOML"),
        (("[[basemap]]", "[basemap]"), "entries"),
    ],
)
def test_a_file_that_cannot_work_is_refused(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    with pytest.raises(BadSettings, match=said):
        load(tmp_path, ENTRY.replace(*change))


def test_two_basemaps_cannot_have_one_id(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="plain"):
        load(tmp_path, ENTRY + ENTRY)
    with pytest.raises(BadSettings, match=r"nowhere\.toml"):
        basemaps.load(tmp_path / "nowhere.toml", {})


# --- what is passed on -------------------------------------------------------------------------------


def test_a_service_without_basemaps_passes_nothing_on(filled: Store, catalog: Catalog) -> None:
    asking = client(filled, catalog)
    assert asking.get("/basemaps").get_json() == {"basemaps": []}
    assert asking.get("/basemaps/tile/1/0/0").status_code == 404


def test_a_tile_is_passed_on_and_kept(
    filled: Store, catalog: Catalog, service: tuple[str, list[str]]
) -> None:
    url, asked = service
    asking = client(filled, catalog, made(url))
    for _ in range(3):
        answer = asking.get("/basemaps/tile/3/5/2")
        assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/png", PNG)
        assert "max-age" in answer.headers["Cache-Control"] and hidden(answer, url)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert asked == [f"/tile/3/5/2?tk={KEY}"]


def test_the_list_names_neither_key_nor_service(
    filled: Store, catalog: Catalog, service: tuple[str, list[str]]
) -> None:
    url, _asked = service
    answer = client(filled, catalog, made(url, map_approval="GS(2024)1号")).get("/basemaps")
    (one,) = answer.get_json()["basemaps"]
    assert one["url"] == "/basemaps/tile/{z}/{x}/{y}"
    assert (one["approval"], one["datum"], one["overlay"]) == ("GS(2024)1号", "wgs84", False)
    assert hidden(answer, url)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("busy", 503),
        ("missing", 404),
        ("broken", 502),
        ("page", 502),
        ("svg", 502),
        ("empty", 502),
        ("large", 502),
        ("elsewhere", 502),
    ],
)
def test_what_is_no_tile_is_a_problem_that_gives_nothing_away(
    filled: Store,
    catalog: Catalog,
    service: tuple[str, list[str]],
    caplog: pytest.LogCaptureFixture,
    kind: str,
    status: int,
) -> None:
    url, asked = service
    with caplog.at_level(logging.DEBUG):
        answer = client(filled, catalog, made(url, kind)).get(f"/basemaps/{kind}/1/0/1")
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert hidden(answer, url) and KEY not in caplog.text
    assert len(asked) == 1, "a redirect is not followed"


def test_a_service_that_is_not_there_is_a_problem(filled: Store, catalog: Catalog) -> None:
    answer = client(filled, catalog, made("http://127.0.0.1:9")).get("/basemaps/tile/1/0/1")
    assert answer.status_code == 502 and hidden(answer, "127.0.0.1:9")


def test_a_service_that_drips_is_cut_off(
    filled: Store, catalog: Catalog, service: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy, "SECONDS", 0.4)
    began = time.monotonic()
    assert client(filled, catalog, made(service[0], "drip")).get("/basemaps/drip/1/0/1").status_code == 502
    assert time.monotonic() - began < 1.6


def test_a_service_that_is_overloaded_is_left_alone(
    filled: Store, catalog: Catalog, service: tuple[str, list[str]]
) -> None:
    url, asked = service
    asking = client(filled, catalog, made(url, "busy"))
    for column in range(4):
        answer = asking.get(f"/basemaps/busy/4/{column}/0")
        assert answer.status_code == 503 and answer.headers["Retry-After"]
    assert len(asked) == 1


def test_a_service_is_not_asked_faster_than_is_allowed(
    filled: Store, catalog: Catalog, service: tuple[str, list[str]]
) -> None:
    url, asked = service
    asking = client(filled, catalog, made(url, per_second=3))
    statuses = [asking.get(f"/basemaps/tile/6/{column}/0").status_code for column in range(12)]
    assert statuses.count(200) == len(asked) >= 3
    assert 503 in statuses


@pytest.mark.parametrize("path", ["0/0/0", "19/0/0", "2/4/0", "2/0/4", "2/-1/0", "a/b/c", "2/99999999999/0"])
def test_a_tile_outside_the_grid_is_not_asked_for(
    filled: Store, catalog: Catalog, service: tuple[str, list[str]], path: str
) -> None:
    url, asked = service
    assert client(filled, catalog, made(url)).get(f"/basemaps/tile/{path}").status_code == 404
    assert asked == []


def test_pages_of_others_get_no_tile(filled: Store, catalog: Catalog, service: tuple[str, list[str]]) -> None:
    url, asked = service
    asking = client(filled, catalog, made(url))
    for site, status in (("cross-site", 403), ("same-origin", 200), ("none", 200)):
        assert asking.get("/basemaps/tile/1/0/0", headers={"Sec-Fetch-Site": site}).status_code == status
    assert asking.get("/basemaps/tile/1/0/0?url=http://x").status_code == 400
