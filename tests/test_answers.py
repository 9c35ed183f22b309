"""How answers are sent: in other systems and forms, ordered, with validators, compressed, kept."""

from __future__ import annotations

import gzip
import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from pyproj import Transformer
from sqlalchemy import Connection, text

from gis import database, datum, export, repository
from gis.config import Settings
from gis.database import Store
from gis.layer import Catalog
from tests.conftest import publish, unstamped
from webmap import context, create_app

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
ITEMS = "/collections/wells/items"


def refuse(*_: object) -> None:
    raise AssertionError("asked again")


def body(client: FlaskClient, url: str) -> dict[str, Any]:
    answer = client.get(url)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = json.loads(answer.data)
    return found


def first(client: FlaskClient, url: str) -> list[float]:
    place: list[float] = body(client, url)["features"][0]["geometry"]["coordinates"]
    return place


@pytest.mark.parametrize("code", [4326, 4490, 4547, 4548, 4526, 3857])
def test_coordinates_come_in_the_axis_order_of_the_authority(client: FlaskClient, code: int) -> None:
    answer = client.get(f"{ITEMS}?limit=1&crs={EPSG}{code}")
    assert answer.headers["Content-Crs"] == f"<{EPSG}{code}>"
    place = json.loads(answer.data)["features"][0]["geometry"]["coordinates"]
    expected = Transformer.from_crs("EPSG:4326", f"EPSG:{code}").transform(30.0, 114.0)
    assert place == pytest.approx(expected, abs=1e-3 if code in (4547, 4548, 4526, 3857) else 1e-8)
    assert json.loads(client.get(f"{ITEMS}/1?crs={EPSG}{code}").data)["geometry"]["coordinates"] == place


def test_the_system_is_always_named(client: FlaskClient) -> None:
    assert client.get(ITEMS).headers["Content-Crs"] == f"<{CRS84}>"
    assert client.get(f"{ITEMS}/1").headers["Content-Crs"] == f"<{CRS84}>"
    assert first(client, f"{ITEMS}?crs={CRS84}") == first(client, ITEMS)


@pytest.mark.parametrize(
    ("crs", "box"),
    [
        (f"{EPSG}4326", "29.9,113.9,30.15,114.15"),
        (f"{EPSG}4490", "29.9,113.9,30.15,114.15"),
        (f"{EPSG}4547", "3310000,490000,3337000,515000"),
        (f"{EPSG}3857", "12679000,3490000,12707500,3524500"),
    ],
)
def test_a_box_is_understood_in_its_own_system(client: FlaskClient, crs: str, box: str) -> None:
    found = body(client, f"{ITEMS}?bbox={box}&bbox-crs={crs}")
    assert [feature["id"] for feature in found["features"]] == [1, 2]


def test_a_point_is_found_by_the_box_of_its_own_coordinates_in_every_system(client: FlaskClient) -> None:
    for code in (4326, 4490):
        y, x = first(client, f"{ITEMS}?limit=1&crs={EPSG}{code}")
        assert body(client, f"{ITEMS}?bbox={y},{x},{y},{x}&bbox-crs={EPSG}{code}")["numberMatched"] == 1


def test_shifted_datums_have_a_name_of_their_own(client: FlaskClient) -> None:
    answer = client.get(f"{ITEMS}?limit=1&coords=gcj02")
    found = json.loads(answer.data)
    assert found["coordinate_system"] == "GCJ-02"
    assert "Content-Crs" not in answer.headers
    assert found["features"][0]["geometry"]["coordinates"] == pytest.approx(datum.wgs84_to_gcj02(114.0, 30.0))
    assert first(client, f"{ITEMS}?limit=1&coords=bd09") == pytest.approx(datum.wgs84_to_bd09(114.0, 30.0))


def test_fields_can_be_chosen_and_places_left_out(client: FlaskClient) -> None:
    feature = body(client, f"{ITEMS}?properties=depth,name&skipGeometry=true&limit=1")["features"][0]
    assert feature["properties"] == {"name": "1号井", "depth": 10.5}
    assert feature["geometry"] is None
    assert body(client, f"{ITEMS}?properties=&limit=1")["features"][0]["properties"] == {}


@pytest.mark.parametrize(
    ("order", "ids"),
    [
        ("-depth", [5, 4, 3, 2, 1, 6]),
        ("depth", [1, 2, 3, 4, 5, 6]),
        ("kind,-visits", [4, 2, 5, 3, 1, 6]),
        ("%2Bin_use,-depth", [3, 5, 4, 2, 1, 6]),
    ],
)
def test_items_can_be_ordered_and_what_has_no_value_comes_last(
    client: FlaskClient, order: str, ids: list[int]
) -> None:
    assert [feature["id"] for feature in body(client, f"{ITEMS}?sortby={order}")["features"]] == ids
    paged = [body(client, f"{ITEMS}?sortby={order}&limit=2&offset={n}")["features"] for n in (0, 2, 4)]
    assert [feature["id"] for page in paged for feature in page] == ids


def test_filters_of_every_kind_count_together(client: FlaskClient) -> None:
    found = body(client, f"{ITEMS}?filter=depth>15 AND kind='dug'&visits=3&limit=1")
    assert (found["numberMatched"], found["features"][0]["id"]) == (1, 3)
    near = body(client, f"{ITEMS}?filter=S_INTERSECTS(geometry,BBOX(113.9,29.9,114.15,30.15))")
    assert near["numberMatched"] == 2


def test_startindex_is_offset_by_another_name(client: FlaskClient) -> None:
    assert body(client, f"{ITEMS}?startindex=2")["features"] == body(client, f"{ITEMS}?offset=2")["features"]


@pytest.mark.parametrize(("url", "weak"), [(ITEMS, True), (f"{ITEMS}/1", False), (f"{ITEMS}?f=csv", False)])
def test_one_tag_means_the_same_bytes_but_the_moment_and_is_answered_by_304(
    client: FlaskClient, url: str, weak: bool
) -> None:
    once, twice = client.get(url), client.get(url)
    tag = once.headers["ETag"]
    assert tag.startswith("W/") == weak
    assert (twice.headers["ETag"], unstamped(twice.data)) == (tag, unstamped(once.data))
    assert weak or twice.data == once.data
    again = client.get(url, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == tag and "Accept" in again.headers["Vary"]
    assert client.get(url, headers={"If-None-Match": '"other"'}).status_code == 200
    assert client.head(url).headers["ETag"] == tag


@pytest.mark.parametrize("packed", ["identity", "gzip"])
@pytest.mark.parametrize("at_once", [2, 1000])
def test_an_answer_names_the_moment_at_which_it_was_sent(
    filled: Store, catalog: Catalog, monkeypatch: pytest.MonkeyPatch, at_once: int, packed: str
) -> None:
    """OGC API – Features Part 1, /req/core/fc-timeStamp, for what is kept and for what flows."""
    monkeypatch.setattr(context, "AT_ONCE", at_once)
    client = create_app(Settings(), catalog, filled).test_client()
    for _ in range(3):
        begun = datetime.now(UTC)
        answer = client.get(f"{ITEMS}?limit=1000", headers={"Accept-Encoding": packed})
        text = gzip.decompress(answer.data) if packed == "gzip" else answer.data
        ended = datetime.now(UTC)
        found = json.loads(text)
        assert begun <= datetime.fromisoformat(found["timeStamp"]) <= ended
        assert len(found["features"]) == 6
        assert answer.headers.get("Content-Length", str(len(answer.data))) == str(len(answer.data))
        assert ("Content-Encoding" in answer.headers) == (packed == "gzip")


def test_each_representation_has_a_tag_of_its_own(client: FlaskClient) -> None:
    asked: list[tuple[str, dict[str, str]]] = [
        (ITEMS, {}),
        (f"{ITEMS}?limit=1", {}),
        (ITEMS, {"Accept-Encoding": "gzip"}),
        (f"{ITEMS}/1", {}),
        ("/collections", {}),
    ]
    tags = {client.get(url, headers=headers).headers["ETag"] for url, headers in asked}
    assert len(tags) == len(asked)


def test_answers_are_compressed_for_those_who_want_it(client: FlaskClient) -> None:
    plain = client.get(ITEMS)
    packed = client.get(ITEMS, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert unstamped(gzip.decompress(packed.data)) == unstamped(plain.data)
    assert "Accept-Encoding" in packed.headers["Vary"]


def test_a_new_version_is_answered_anew(store: Store, catalog: Catalog) -> None:
    publish(store, "one")
    client = create_app(Settings(), catalog, store).test_client()
    before = client.get(ITEMS)
    publish(store, "two")
    after = client.get(ITEMS, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert after.headers["ETag"] != before.headers["ETag"]


def test_a_kept_answer_asks_the_tables_nothing(
    filled: Store, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = create_app(Settings(), catalog, filled).test_client()
    once = client.get(ITEMS)

    monkeypatch.setattr(repository, "texts", refuse)
    assert unstamped(client.get(ITEMS).data) == unstamped(once.data)


def test_an_answer_that_is_sent_while_it_is_read_is_kept_as_well(
    filled: Store, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "AT_ONCE", 2)
    client = create_app(Settings(), catalog, filled).test_client()
    once = client.get(f"{ITEMS}?limit=1000")
    assert once.is_streamed
    whole = once.data
    monkeypatch.setattr(export, "batches", refuse)
    again = client.get(f"{ITEMS}?limit=1000")
    assert (unstamped(again.data), again.headers["ETag"]) == (unstamped(whole), once.headers["ETag"])
    assert again.headers["Content-Length"] == str(len(whole))


def test_an_answer_larger_than_may_be_kept_is_sent_whole(
    filled: Store, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "KEPT_BYTES", 80)
    monkeypatch.setattr(context, "AT_ONCE", 2)
    client = create_app(Settings(), catalog, filled).test_client()
    assert len(json.loads(client.get(f"{ITEMS}?limit=1000").data)["features"]) == 6


def test_the_head_of_a_kept_answer_is_that_of_the_answer(client: FlaskClient) -> None:
    fresh, whole = client.head(ITEMS), client.get(ITEMS)
    kept = client.head(ITEMS)
    assert kept.data == b""
    assert dict(kept.headers) == dict(whole.headers) == dict(fresh.headers)


def test_the_same_page_asked_for_under_another_name_is_another_answer(client: FlaskClient) -> None:
    here, there = (client.get(ITEMS, headers={"Host": host}) for host in ("a.example", "b.example"))
    assert b"//a.example/" in here.data
    assert b"//b.example/" in there.data
    assert b"//a.example/" in client.get(ITEMS, headers={"Host": "a.example"}).data


def test_a_count_is_made_once_for_all_pages(
    filled: Store, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = create_app(Settings(), catalog, filled).test_client()
    counted: list[object] = []
    real = repository.find
    monkeypatch.setattr(repository, "find", lambda *asked: counted.append(asked) or real(*asked))
    for offset in range(4):
        page = json.loads(client.get(f"{ITEMS}?kind=dug&limit=1&offset={offset}").data)
        assert page["numberMatched"] == 3
    assert len(counted) == 1


def test_a_problem_has_no_tag(client: FlaskClient) -> None:
    assert "ETag" not in client.get(f"{ITEMS}?limit=0").headers


@pytest.mark.parametrize("form", ['W/"{}"', '"other", "{}"', '"{}"', 'W/"other" , W/"{}"'])
def test_any_form_of_the_tag_is_a_match(client: FlaskClient, form: str) -> None:
    tag = client.get(ITEMS).headers["ETag"].removeprefix("W/").strip('"')
    answer = client.get(ITEMS, headers={"If-None-Match": form.format(tag)})
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"].removeprefix("W/") == f'"{tag}"'
    assert client.head(ITEMS, headers={"If-None-Match": form.format(tag)}).status_code == 304


def test_a_star_matches_what_there_is_and_nothing_else(client: FlaskClient) -> None:
    star = {"If-None-Match": "*"}
    assert client.get(ITEMS, headers=star).status_code == 304
    assert client.get(f"{ITEMS}?f=csv", headers=star).status_code == 304
    assert client.get(f"{ITEMS}/99", headers=star).status_code == 404
    assert client.get(f"{ITEMS}?limit=0", headers=star).status_code == 400


def test_pages_and_streamed_files_are_compressed_too(client: FlaskClient) -> None:
    packed = {"Accept-Encoding": "gzip"}
    for url in (f"{ITEMS}?f=html", "/map", f"{ITEMS}?f=csv", "/collections?f=html"):
        answer = client.get(url, headers=packed)
        assert answer.headers["Content-Encoding"] == "gzip", url
        assert len(gzip.decompress(answer.data)) > len(answer.data)
    for fmt in ("gpkg", "fgb"):
        assert "Content-Encoding" not in client.get(f"{ITEMS}?f={fmt}", headers=packed).headers


SLOW = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "postgresql": "SELECT pg_sleep(60)",
}


def test_a_statement_that_takes_too_long_is_ended(
    settings: Settings, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "STATEMENT_SECONDS", 1)
    store = database.open_store(settings)
    publish(store)
    client = create_app(Settings(), catalog, store).test_client()

    def slow(connection: Connection, *_: object) -> None:
        connection.execute(text(SLOW[connection.dialect.name])).all()

    with monkeypatch.context() as patched:
        patched.setattr(repository, "find", slow)
        answer = client.get(f"{ITEMS}?kind=dug")
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert answer.headers["Retry-After"]
    assert "smaller box" in json.loads(answer.data)["detail"]
    assert client.get(f"{ITEMS}?kind=dug").status_code == 200
    store.close()


def test_what_has_ended_is_not_ended_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "STATEMENT_SECONDS", 0.2)
    store = database.open_store(settings)
    publish(store)
    with store.read() as connection:
        for _ in range(3):
            assert repository.published(connection).version == "tests-1"
            time.sleep(0.7)
    store.close()
