"""What is stored comes back, filtered and paged, the same from both databases."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
import shapely
from sqlalchemy.dialects import postgresql, sqlite

from gis import repository
from gis.database import Store
from gis.errors import NotFound
from gis.feature import Bbox, Feature, Interval, Query, geojson_text, rounded
from tests.conftest import FIELDS, HOSTILE, TRACKS, WELLS, properties


def ids(store: Store, **asked: Any) -> list[int]:
    with store.read() as connection:
        page = repository.find(connection, WELLS, Query(**asked))
    return [json.loads(text)["id"] for text in page.features]


def test_a_feature_comes_back_as_it_went_in(filled: Store) -> None:
    with filled.read() as connection:
        feature = json.loads(repository.get(connection, WELLS, "5"))
    assert feature["geometry"] == {"type": "Point", "coordinates": [114.4, 30.4]}
    assert feature["properties"]["name"] == HOSTILE
    assert feature["properties"]["drilled_on"] == "2020-01-05"
    assert feature["properties"]["in_use"] is True
    assert feature["properties"]["depth"] == 52.5
    assert list(feature["properties"]) == [field.name for field in WELLS.all_fields]


@pytest.mark.parametrize("wrong", ["0", "8", "-1", "1.0", "x", "9" * 40, "１", "1 OR 1=1", "7"])
def test_an_id_that_is_not_there_is_not_found(filled: Store, wrong: str) -> None:
    with filled.read() as connection, pytest.raises(NotFound):
        repository.get(connection, WELLS, wrong)


def test_internal_features_are_shown_only_to_those_who_may(filled: Store) -> None:
    assert 7 not in ids(filled)
    assert 7 in ids(filled, internal=True)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        (Bbox(113.9, 29.9, 114.15, 30.15), [1, 2]),
        (Bbox(114.1, 30.1, 114.1, 30.1), [2]),
        (Bbox(114.0, 30.0, 114.4, 30.0), [1]),
        (Bbox(114.05, 29, 114.06, 31), []),
        (Bbox(170, 20, 114.05, 40), [1]),
        (Bbox(114.35, 20, -170, 40), [5]),
        (Bbox(-180, -90, 180, 90), [1, 2, 3, 4, 5]),
    ],
)
def test_a_box_finds_what_meets_it(filled: Store, box: Bbox, expected: list[int]) -> None:
    assert ids(filled, bbox=box) == expected


def test_a_box_is_compared_with_the_line_and_not_with_its_envelope(filled: Store) -> None:
    with filled.read() as connection:
        apart = Query(bbox=Bbox(114.0, 30.8, 114.2, 31.0))
        met = Query(bbox=Bbox(114.4, 30.4, 114.6, 30.6))
        assert repository.find(connection, TRACKS, apart).matched == 0
        assert repository.find(connection, TRACKS, met).matched == 1


def test_values_of_every_type_can_be_asked_for(filled: Store) -> None:
    assert ids(filled, equals={"kind": "dug"}) == [1, 3, 5]
    assert ids(filled, equals={"kind": "dug", "in_use": False}) == [3]
    assert ids(filled, equals={"depth": 21.0}) == [2]
    assert ids(filled, equals={"drilled_on": date(2020, 1, 4)}) == [4]
    assert ids(filled, equals={"city": 420100, "visits": 1}) == [1]
    assert ids(filled, equals={"name": "' OR 1=1 --"}) == []


def test_days_are_compared_and_what_has_none_is_always_there(filled: Store) -> None:
    assert ids(filled, interval=Interval(date(2021, 6, 2), date(2021, 6, 3))) == [2, 3, 6]
    assert ids(filled, interval=Interval(None, date(2021, 6, 1))) == [1, 6]
    assert ids(filled, interval=Interval(date(2021, 6, 5), None)) == [5, 6]


def test_pages_give_every_feature_once(filled: Store) -> None:
    pages = [ids(filled, limit=2, offset=offset) for offset in range(0, 8, 2)]
    assert pages == [[1, 2], [3, 4], [5, 6], []]


def test_the_summary_is_of_what_is_shown(filled: Store) -> None:
    with filled.read() as connection:
        published = repository.published(connection)
    shown = published.summary(WELLS, internal=False)
    assert (shown.count, shown.bbox) == (6, Bbox(114.0, 30.0, 114.4, 30.4))
    assert shown.interval == Interval(date(2021, 6, 1), date(2021, 6, 5))
    everything = published.summary(WELLS, internal=True)
    assert (everything.count, everything.bbox) == (7, Bbox(114.0, 30.0, 114.5, 30.5))


def test_rings_are_turned_as_rfc_7946_wants_them(filled: Store) -> None:
    with filled.read() as connection:
        geometry = json.loads(repository.get(connection, FIELDS, "1"))["geometry"]
    outer, hole = geometry["coordinates"][0]
    assert shapely.LinearRing(outer).is_ccw
    assert not shapely.LinearRing(hole).is_ccw


def test_both_databases_keep_the_same_text() -> None:
    feature = Feature(1, rounded(shapely.Point(114.123456789, 30)), properties(WELLS, "a", name="\u2028"))
    text = geojson_text(feature)
    assert json.loads(text)["geometry"]["coordinates"] == [114.12345679, 30.0]


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()], ids=lambda d: d.name)
def test_no_value_stands_in_the_statement(dialect: Any) -> None:
    query = Query(bbox=Bbox(1.25, 2, 3, 4), equals={"name": "Robert'); DROP TABLE"})
    compiled = str(repository.statement(WELLS, query, dialect.name).compile(dialect=dialect))
    assert "DROP TABLE" not in compiled
    assert "1.25" not in compiled
