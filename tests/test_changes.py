"""What changed between versions of the data is told by the served one, on both databases in the same words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import shapely
from flask.testing import FlaskClient
from sqlalchemy import update

from gis import changes, digests, storing
from gis.block import Block
from gis.changes import Change
from gis.config import Settings
from gis.database import Store
from gis.feature import Feature, rounded
from gis.layer import Catalog, Field, Layer, Type
from gis.tables import VERSION
from tests.conftest import FIELDS, HOSTILE, TRACKS, WELLS, plots, properties, tracks, wells
from webmap import create_app

ALL = "/changes"
OF_WELLS = "/collections/wells/changes"


def publish(
    store: Store, version: str, held: dict[Layer, Iterable[Feature]], day: date | None = None
) -> None:
    """Publish layers as a build does, what is different from the version before told."""
    with store.publish() as connection:
        storing.begin(connection)
        for layer, features in held.items():
            storing.replace(connection, layer, features)
        with changes.before(store) as before:
            changes.record(before, connection, version, held)
        storing.finish(connection, version, day)


def well(number: int, **given: object) -> Feature:
    place = given.pop("place", (114.0 + number / 10, 30.0))
    values = {"name": f"{number}号井", "depth": 10.0 * number, **given}
    shape = rounded(shapely.Point(place)) if place else None
    return Feature(number, shape, properties(WELLS, f"well-{number}", **values))


FIRST = [well(1), well(2), well(3), well(4, visibility="internal"), well(5)]
SECOND = [
    well(1),
    well(2, depth=25.0, kind="dug"),
    well(4, visibility="internal", depth=1.0),
    well(5),
    well(6),
]
THIRD = [well(1, place=(114.2, 30.1)), well(2, depth=25.0), well(4), well(5, visibility="internal"), well(6)]


@pytest.fixture
def client(store: Store, catalog: Catalog) -> FlaskClient:
    """A service over the last of three versions."""
    rest = {TRACKS: list(tracks()), FIELDS: list(plots())}
    publish(store, "one", {WELLS: FIRST, **rest}, date(2024, 1, 1))
    publish(store, "two", {WELLS: SECOND, **rest}, date(2025, 1, 1))
    publish(store, "three", {WELLS: THIRD, **rest})
    return create_app(Settings(), catalog, store).test_client()


def body(client: FlaskClient, url: str) -> dict[str, Any]:
    answer = client.get(url)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = json.loads(answer.data)
    return found


def told(found: dict[str, Any]) -> list[tuple[int, str, dict[str, tuple[object, object]]]]:
    """The changes with the fields that the tests are about."""
    return [
        (
            one["id"],
            one["change"],
            {f["name"]: (f["old"], f["new"]) for f in one["fields"] if one["change"] == "changed"},
        )
        for one in found["changes"]
    ]


def place(x: float, y: float) -> dict[str, object]:
    return {"type": "Point", "coordinates": [x, y]}


def test_the_version_before_is_compared_with_unless_another_is_named(client: FlaskClient) -> None:
    found = body(client, OF_WELLS)
    assert (found["version"], found["since"]) == ("three", "two")
    assert told(found) == [
        (1, "changed", {"geometry": (place(114.1, 30.0), place(114.2, 30.1))}),
        (2, "changed", {"kind": ("dug", None)}),
        (4, "added", {}),
        (5, "removed", {}),
    ]
    assert (found["added"], found["removed"], found["changed"]) == (1, 1, 2)
    assert found["exact"] and found["complete"]


def test_versions_further_apart_are_put_together(client: FlaskClient) -> None:
    found = body(client, f"{OF_WELLS}?since=one")
    assert told(found) == [
        (1, "changed", {"geometry": (place(114.1, 30.0), place(114.2, 30.1))}),
        (2, "changed", {"depth": (20.0, 25.0)}),
        (3, "removed", {}),
        (4, "added", {}),
        (5, "removed", {}),
        (6, "added", {}),
    ]
    assert (found["added"], found["removed"], found["changed"]) == (2, 2, 2)


def test_what_is_internal_is_told_inside_alone(store: Store, catalog: Catalog, client: FlaskClient) -> None:
    inside = create_app(Settings(internal=True), catalog, store).test_client()
    assert told(body(inside, OF_WELLS))[2:] == [
        (4, "changed", {"depth": (1.0, 40.0), "visibility": ("internal", "public")}),
        (5, "changed", {"visibility": ("public", "internal")}),
    ]
    assert "internal" not in client.get(f"{OF_WELLS}?since=one").get_data(as_text=True)
    assert body(inside, f"{OF_WELLS}?since=one")["changed"] == 4


def test_each_difference_has_the_titles_of_its_field(client: FlaskClient) -> None:
    change = body(client, f"{OF_WELLS}?since=one&lang=en")["changes"][1]
    assert change["fields"] == [{"name": "depth", "title": "Depth", "old": 20.0, "new": 25.0}]
    assert body(client, f"{OF_WELLS}?since=one")["changes"][1]["fields"][0]["title"] == "深度"
    added = body(client, f"{OF_WELLS}?since=one")["changes"][3]
    assert {"name": "name", "title": "名称", "old": None, "new": "4号井"} in added["fields"]
    assert all(field["old"] is None and field["new"] is not None for field in added["fields"])


def test_all_layers_are_counted_and_lead_to_their_changes(client: FlaskClient) -> None:
    found = body(client, ALL)
    assert (found["version"], found["since"]) == ("three", "two")
    assert [(v["version"], v["asOf"]) for v in found["versions"]] == [
        ("two", "2025-01-01"),
        ("one", "2024-01-01"),
    ]
    counts = {layer["id"]: (layer["added"], layer["removed"], layer["changed"]) for layer in found["layers"]}
    assert counts == {"wells": (1, 1, 2), "tracks": (0, 0, 0), "plots": (0, 0, 0)}
    for link in (
        *found["links"],
        *(link for one in (*found["versions"], *found["layers"]) for link in one["links"]),
    ):
        answer = client.get(link["href"])
        assert (answer.status_code, answer.mimetype) == (200, link["type"])


def test_changes_are_linked_from_the_landing_page_and_from_collections(client: FlaskClient) -> None:
    for path, target in (("/?f=json", ALL), ("/collections/wells?f=json", OF_WELLS)):
        hrefs = [link["href"] for link in body(client, path)["links"] if link["rel"] == "version-history"]
        assert hrefs[0] == f"http://localhost{target}?f=json"
    assert "/collections/wells/changes" in client.get("/collections/wells?f=html").get_data(as_text=True)
    assert "/changes?f=html" in client.get("/collections?f=html").get_data(as_text=True)


def test_changes_come_in_pages(client: FlaskClient) -> None:
    seen, url = [], f"{OF_WELLS}?since=one&limit=2"
    while url:
        found = body(client, url)
        assert (found["numberMatched"], found["numberReturned"]) == (6, 2)
        seen += [change["id"] for change in found["changes"]]
        url = next((link["href"] for link in found["links"] if link["rel"] == "next"), "")
    assert seen == [1, 2, 3, 4, 5, 6]


def test_pages_for_people_say_the_same_in_both_languages(client: FlaskClient) -> None:
    page = client.get(f"{OF_WELLS}?f=html&since=one").get_data(as_text=True)
    for wanted in ("2号井", "修改", "20\u00a0m", "25\u00a0m", "114.1, 30.0", "新增", "删除"):
        assert wanted in page, wanted
    english = client.get(f"{ALL}?f=html&lang=en").get_data(as_text=True)
    assert "Wells" in english and "Removed" in english and "data version" in english


def test_a_version_that_is_not_known_is_refused_by_name(client: FlaskClient) -> None:
    for url in (f"{ALL}?since=never", f"{OF_WELLS}?since=never", f"{OF_WELLS}?limit=0", f"{ALL}?limit=1"):
        answer = client.get(url)
        assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert "two, one" in client.get(f"{ALL}?since=never").get_json(force=True)["detail"]
    assert client.get("/collections/nothing/changes").status_code == 404


def test_a_first_version_has_nothing_to_compare_with(store: Store, catalog: Catalog) -> None:
    publish(store, "only", {WELLS: FIRST, TRACKS: tracks(), FIELDS: plots()})
    client = create_app(Settings(), catalog, store).test_client()
    assert (body(client, ALL)["since"], body(client, ALL)["versions"]) == (None, [])
    assert body(client, OF_WELLS)["changes"] == []
    assert "没有更早的版本" in client.get(f"{ALL}?f=html").get_data(as_text=True)


def test_the_same_version_again_is_no_step(store: Store, catalog: Catalog) -> None:
    rest = {TRACKS: list(tracks()), FIELDS: list(plots())}
    for version, held in (("one", FIRST), ("two", SECOND), ("two", SECOND)):
        publish(store, version, {WELLS: held, **rest})
    found = body(create_app(Settings(), catalog, store).test_client(), OF_WELLS)
    assert (found["since"], found["removed"], len(found["versions"])) == ("one", 1, 1)


def test_layers_come_and_go_and_fields_with_them(store: Store) -> None:
    deeper = replace(WELLS, popup=(), fields=(*WELLS.fields[1:], Field("yield_m3", Type.NUMBER, "出水量")))
    grown = [
        Feature(
            one.id,
            one.geometry,
            {**{k: v for k, v in one.properties.items() if k != "depth"}, "yield_m3": None},
        )
        for one in FIRST
    ]
    publish(store, "one", {WELLS: FIRST, TRACKS: tracks()})
    publish(store, "two", {deeper: grown, FIELDS: plots()})
    client = create_app(Settings(), Catalog([deeper, FIELDS]), store).test_client()
    found = {layer["id"]: layer for layer in body(client, ALL)["layers"]}
    assert (found["tracks"]["removed"], found["tracks"]["served"]) == (1, False)
    assert found["plots"]["added"] == 1
    assert told(body(client, OF_WELLS))[0] == (1, "changed", {"depth": (10.0, None)})
    page = client.get(f"{ALL}?f=html").get_data(as_text=True)
    assert "tracks" in page and "图层已撤" in page


def test_a_long_outline_is_told_shortly_but_its_change_is_seen(store: Store) -> None:
    def lake(shift: float) -> Iterator[Feature]:
        outline = shapely.Point(114, 30).buffer(0.1, quad_segs=64)
        moved = shapely.transform(outline, lambda xy: xy + [[0, shift]] * (abs(xy[:, :1] - 114) < 0.01))
        yield Feature(1, rounded(shapely.MultiPolygon([moved])), properties(FIELDS, "lake"))

    publish(store, "one", {FIELDS: lake(0)})
    publish(store, "two", {FIELDS: lake(-1e-5)})
    client = create_app(Settings(), Catalog([FIELDS]), store).test_client()
    (change,) = body(client, "/collections/plots/changes")["changes"]
    (field,) = change["fields"]
    assert field["name"] == "geometry" and field["old"]["vertices"] == 257
    assert field["old"] != field["new"]


def test_what_is_told_is_bounded_and_what_is_counted_is_not(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "LISTED", 3)
    many = [well(number) for number in range(1, 11)]
    publish(store, "one", {WELLS: many})
    publish(store, "two", {WELLS: [well(n.id, depth=1.0) for n in many], TRACKS: tracks()})
    client = create_app(Settings(), Catalog([WELLS, TRACKS]), store).test_client()
    found = body(client, OF_WELLS)
    assert (found["changed"], found["numberMatched"], found["complete"]) == (10, 3, False)
    publish(store, "three", {WELLS: [well(n.id, depth=2.0) for n in many], TRACKS: tracks()})
    found = body(client, f"{OF_WELLS}?since=one")
    assert (found["changed"], found["exact"], found["complete"]) == (20, False, False)


FAR = [1, digests.RANGE - 1, digests.RANGE, 3 * digests.RANGE, 2**63 - 1]


def far(number: int, depth: float = 1.0) -> Feature:
    return well(number, place=(114, 30), depth=depth)


@pytest.mark.parametrize("number", FAR)
def test_what_differs_is_found_wherever_its_id_is(store: Store, number: int) -> None:
    rest = [far(n) for n in FAR if n != number]
    client = create_app(Settings(), Catalog([WELLS]), store).test_client()
    publish(store, "all", {WELLS: [*rest, far(number)]})
    for version, held, wanted in (
        ("deeper", [*rest, far(number, 2.0)], [(number, "changed", {"depth": (1.0, 2.0)})]),
        ("fewer", rest, [(number, "removed", {})]),
        ("again", [*rest, far(number)], [(number, "added", {})]),
    ):
        publish(store, version, {WELLS: held})
        assert told(body(client, OF_WELLS)) == wanted


def test_only_ranges_of_ids_that_differ_are_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(store, "one", {WELLS: [far(n) for n in FAR]})
    read: list[tuple[int, int]] = []
    real = changes._features

    def seen(connection: Any, layer: Layer, first: int, last: int) -> Iterator[tuple[int, str]]:
        read.append((first, last))
        return real(connection, layer, first, last)

    monkeypatch.setattr(changes, "_features", seen)
    publish(store, "two", {WELLS: [far(n, 2.0 if n == digests.RANGE else 1.0) for n in reversed(FAR)]})
    assert read == [(digests.RANGE, 2 * digests.RANGE - 1)] * 2


def test_digests_of_the_parts_of_a_range_are_those_of_the_range_whatever_their_order(store: Store) -> None:
    parts = [Block.of(WELLS, [far(n)]) for n in range(1, 6)]
    for version, blocks in (("one", parts), ("two", parts[::-1])):
        with store.publish() as connection:
            storing.begin(connection)
            storing.store(connection, WELLS, blocks)
            with changes.before(store) as before:
                assert before is None or not list(digests.differing(before, connection, WELLS))
            storing.finish(connection, version)


def test_only_so_many_versions_are_remembered(store: Store) -> None:
    for number in range(changes.KEPT_STEPS + 3):
        publish(store, str(number), {WELLS: [well(1, depth=float(number))]})
    client = create_app(Settings(), Catalog([WELLS]), store).test_client()
    known = [one["version"] for one in body(client, ALL)["versions"]]
    assert known == [str(n) for n in range(changes.KEPT_STEPS + 1, 1, -1)]
    oldest = body(client, f"{OF_WELLS}?since={known[-1]}")
    assert told(oldest) == [(1, "changed", {"depth": (2.0, float(changes.KEPT_STEPS + 2))})]


def test_a_version_of_other_software_is_no_past(store: Store) -> None:
    publish(store, "one", {WELLS: FIRST})
    with store.publish() as connection:
        storing.begin(connection)
        storing.replace(connection, WELLS, wells())
        storing.finish(connection, "old")
        connection.execute(update(VERSION).values(form=0))
    publish(store, "two", {WELLS: SECOND})
    client = create_app(Settings(), Catalog([WELLS]), store).test_client()
    assert body(client, ALL)["versions"] == []


def test_names_are_text_in_html(store: Store) -> None:
    publish(store, "<b>one", {WELLS: [well(1)]})
    publish(store, "two", {WELLS: [well(1, name=HOSTILE)]})
    client = create_app(Settings(), Catalog([WELLS]), store).test_client()
    page = client.get(f"{OF_WELLS}?f=html").get_data(as_text=True)
    assert "<script>alert" not in page and "<img src=x" not in page and "<b>one" not in page
    assert client.get(f"{ALL}?f=html&since=%3Cb%3Eone").status_code == 200


def test_changes_add_up() -> None:
    added, removed = Change(1, "a", None, {"x": 1, "y": 1}), Change(1, "a", {"x": 1, "y": 1}, None)
    changed, back = Change(1, "a", {"x": 1}, {"x": 2}), Change(1, "a", {"x": 2}, {"x": 1})
    assert added.then(changed) == Change(1, "a", None, {"x": 2, "y": 1})
    assert changed.then(Change(1, "a", {"x": 2, "y": 1}, None)) == removed
    assert removed.then(added).told() == Change(1, "a", {}, {})
    assert changed.then(back).told() == Change(1, "a", {}, {})
    gone = added.then(removed)
    assert gone.before is None and gone.after is None
