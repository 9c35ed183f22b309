"""A filter means the same on both databases, and what it does not mean is refused in words."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import product
from typing import Any

import cql2
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Double, Unicode, literal, select
from sqlalchemy.dialects import postgresql, sqlite

import layers
from gis import filters, functions, repository, storing
from gis.database import Store, called, dialect_of, open_store
from gis.errors import BadParameter
from gis.expression import CRS84, MAX_DEPTH, MAX_NODES, Filter
from gis.feature import Feature, Query
from gis.filters.sql import MAX_PATTERN
from gis.geometry import CRS_CODES, to_wgs84
from gis.layer import Field, Geometry, Layer, Type
from gis.symbol import Marker
from tests.conftest import FIELDS, TRACKS, WELLS, _postgis_settings, _spatialite_settings, properties

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
ALL = [1, 2, 3, 4, 5, 6]

NOTES = Layer(
    id="notes",
    title="笔记",
    geometry=Geometry.POINT,
    fields=(Field("seen", Type.DATETIME, "所见"), Field("day", Type.DATE, "日期")),
    symbol=Marker("#335577"),
)
NAMES = (
    "Chișinău",
    "Straße",
    "İzmir",
    "Ørsted",
    "50%",
    "505",
    "a_b",
    "aXb",
    "A*b[c]?",
    "back\\slash",
    "光谷",
)


def notes() -> Iterator[Feature]:
    """Texts that are hard to compare, and instants."""
    for number, name in enumerate(NAMES, start=1):
        seen = datetime(2021, 6, 1, 23, 30) if number == 1 else None
        day = seen.date() if seen else None
        yield Feature(number, None, properties(NOTES, str(number), name=name, seen=seen, day=day))


@pytest.fixture(scope="module", params=["spatialite", "postgis"])
def noted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store that holds the notes."""
    spatialite = request.param == "spatialite"
    folder, name = tmp_path_factory.mktemp("noted"), "corridor_test_noted"
    opened = open_store(_spatialite_settings(folder) if spatialite else _postgis_settings(name))
    with opened.publish() as connection:
        storing.begin(connection)
        storing.replace(connection, NOTES, notes())
        storing.finish(connection, "notes")
    yield opened
    opened.close()


def parse(text: str, layer: Layer = WELLS, lang: str = "cql2-text", crs: str = CRS84) -> Filter:
    return filters.parse(text, lang, layer, crs)


def ids(store: Store, text: str, layer: Layer = WELLS, **how: Any) -> list[int]:
    with store.read() as connection:
        page = repository.find(connection, layer, Query(filter=parse(text, layer, **how)))
    return [json.loads(feature)["id"] for feature in page.features]


def names(store: Store, text: str) -> list[str]:
    return [NAMES[number - 1] for number in ids(store, text, NOTES)]


# --- Truth ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("depth > 20", [2, 3, 4, 5]),
        ("NOT depth > 20", [1]),
        ("depth > 20 OR NOT depth > 20", [1, 2, 3, 4, 5]),
        ("depth IS NULL", [6]),
        ("depth IS NOT NULL AND NOT NOT depth IS NOT NULL", [1, 2, 3, 4, 5]),
        ("(depth > 20) IS NULL", [6]),
        ("(depth > 20 AND visits < 3) IS NOT NULL", [1, 2, 3, 4, 5]),
        ("depth > 20 AND visits < 3 OR visits = 5", [2, 5]),
        ("depth > 20 AND (visits < 3 OR visits = 5)", [2, 5]),
        ("NOT visits = 1 AND visits < 4", [2, 3]),
        ("depth NOT BETWEEN 15 AND 35", [1, 4, 5]),
        ("visits NOT IN (1, 2)", [3, 4, 5]),
        ("kind = 'dug' AND in_use", [1, 5]),
        ("in_use = false", [3]),
        ("in_use <> true", [3]),
        ("in_use IN (true)", [1, 2, 4, 5]),
        ("NOT in_use", [3]),
        ("true", ALL),
        ("NOT true", []),
        ("depth = 10.5 * visits", [1, 2, 3, 4, 5]),
        ("visits = 2.0", [2]),
        ("visits > 2.5", [3, 4, 5]),
        ("visits IN (1, 2.0, 2.5)", [1, 2]),
        ("visits < 9223372036854775808", [1, 2, 3, 4, 5]),
        ("visits = -1 OR visits = +1", [1]),
        ("-visits = -2", [2]),
    ],
)
def test_unknown_is_neither_true_nor_false(filled: Store, text: str, expected: list[int]) -> None:
    assert ids(filled, text) == expected


def test_a_filter_goes_with_the_other_conditions(filled: Store) -> None:
    query = Query(filter=parse("visits >= 2"), equals={"kind": "dug"}, limit=1)
    with filled.read() as connection:
        page = repository.find(connection, WELLS, query)
        assert (len(page.features), page.matched) == (1, 2)
        assert repository.find(connection, WELLS, Query(filter=parse("key = 'well-7'"))).matched == 0


# --- Text -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name LIKE '50%'", ["50%", "505"]),
        (r"name LIKE '50\%'", ["50%"]),
        ("name LIKE 'a_b'", ["a_b", "aXb"]),
        (r"name LIKE 'a\_b'", ["a_b"]),
        ("name LIKE 'A%'", ["A*b[c]?"]),
        ("name LIKE 'A*b[c]?'", ["A*b[c]?"]),
        ("name LIKE 'a*'", []),
        ("name LIKE '_*_[_]_'", ["A*b[c]?"]),
        (r"name LIKE '%\\%'", ["back\\slash"]),
        (r"name LIKE 'back\\sl%'", ["back\\slash"]),
        (r"name LIKE '_ack\slash'", ["back\\slash"]),
        (r"name LIKE '____\slash'", ["back\\slash"]),
        (r"name = 'back\\slash'", ["back\\slash"]),
        ("name LIKE '光_'", ["光谷"]),
        ("name LIKE ''", []),
        ("name NOT LIKE '%'", []),
        ("CASEI(name) LIKE CASEI('A_B')", ["a_b", "aXb"]),
        ("CASEI(name) = CASEI('STRASSE')", ["Straße"]),
        ("CASEI(name) LIKE CASEI('straß%')", ["Straße"]),
        ("CASEI(name) = CASEI('ØRSTED')", ["Ørsted"]),
        ("CASEI(name) = CASEI('i\u0307zmir')", ["İzmir"]),
        ("ACCENTI(name) = ACCENTI('Izmir')", ["İzmir"]),
        ("ACCENTI(name) = ACCENTI('Orsted')", []),
        ("ACCENTI(name) = 'Chisinau'", ["Chișinău"]),
        ("CASEI(ACCENTI(name)) LIKE CASEI(ACCENTI('CHIȘ%'))", ["Chișinău"]),
        ("ACCENTI(CASEI(name)) IN ('chisinau', '光谷')", ["Chișinău", "光谷"]),
        ("name > 'a' AND name < 'b'", ["a_b", "aXb"]),
        ("name BETWEEN 'aX' AND 'a_'", ["aXb"]),
        ("name > 'Ø'", ["Ørsted", "İzmir", "光谷"]),
    ],
)
def test_texts_are_compared_alike(noted: Store, text: str, expected: list[str]) -> None:
    assert sorted(names(noted, text)) == sorted(expected)


def test_a_literal_may_escape_quotes_and_control_characters(noted: Store) -> None:
    for text in (r"'it''s' = 'it\'s'", r"'\t\n' = '	" + "\n'", r"NOT 'a\b' = 'ab'"):
        assert len(names(noted, text)) == len(NAMES)


def test_case_is_folded_by_unicode_on_both_databases(filled: Store) -> None:
    characters = [chr(code) for code in range(1, 0x20000) if not 0xD800 <= code < 0xE000]
    with filled.read() as connection:
        dialect = dialect_of(connection)
        for start in range(0, len(characters), 8192):
            text = "".join(characters[start : start + 8192])
            for fold in (functions.casei, functions.accenti):
                asked = called(dialect, fold.__name__, literal(text), returns=Unicode())
                assert connection.scalar(select(asked)) == fold(text)


def test_japanese_voicing_marks_are_no_accents() -> None:
    assert functions.accenti("か") != functions.accenti("が")
    assert functions.accenti("が") == "が"


# --- Numbers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("visits / 2 = 1.5", [3]),
        ("visits div 2 = 1", [2, 3]),
        ("-visits div 2 = -1", [2, 3]),
        ("visits % 2 = 1", [1, 3, 5]),
        ("-visits % 2 = -1", [1, 3, 5]),
        ("visits ^ 2 = 9", [3]),
        ("-2 ^ 2 = 4", ALL),
        ("visits + 1 * 2 = 5", [3]),
        ("(visits + 1) * 2 = 6", [2]),
        ("10 - visits - 1 = 6", [3]),
        ("depth / (visits - 3) > 0", [4, 5]),
        ("NOT depth / (visits - 3) > 0", [1, 2]),
        ("(visits - 3) ^ (visits - 4) > 0", [2, 4, 5]),
        ("visits / 0 = 1 OR NOT visits / 0 = 1", []),
        ("1 / 0 = 1 OR NOT 1 / 0 = 1", []),
        ("depth * 1e300 * 1e300 > 0", []),
        ("visits * 1e-300 * 1e-300 >= 0", []),
        ("visits = 9 ^ 0.5 + 0 * depth", [3]),
        ("visits BETWEEN depth / 10.5 AND 3", [1, 2, 3]),
    ],
)
def test_arithmetic_has_no_errors(filled: Store, text: str, expected: list[int]) -> None:
    assert ids(filled, text) == expected


def test_both_databases_calculate_as_this_python_does(filled: Store) -> None:
    values = (0.0, -0.5, 1.0, 3.0, -7.0, 0.1, 1e-308, 1e200, -1.7e308)
    cases = list(product(values, sorted(functions.OPERATORS), values))
    with filled.read() as connection:
        dialect = dialect_of(connection)
        for left, op, right in cases:
            operands = literal(left, Double()), literal(op), literal(right, Double())
            found = connection.scalar(select(called(dialect, "calculate", *operands, returns=Double())))
            expected = functions.calculate(left, op, right)
            assert found == (None if expected is None else pytest.approx(expected, rel=1e-14)), (
                left,
                op,
                right,
            )


# --- Time -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("drilled_on = DATE('2020-01-02')", [2]),
        ("drilled_on = TIMESTAMP('2020-01-02T15:00:00Z')", [2]),
        ("drilled_on < TIMESTAMP('2020-01-02T15:00:00Z')", [1]),
        ("drilled_on <= TIMESTAMP('2020-01-02T23:00:00-02:00')", [1, 2, 3]),
        ("drilled_on BETWEEN DATE('2020-01-02') AND DATE('2020-01-03')", [2, 3]),
        ("drilled_on IN (DATE('2020-01-02'), TIMESTAMP('2020-01-04T00:00:00Z'))", [2, 4]),
        ("T_INTERSECTS(drilled_on, INTERVAL('2020-01-04', '..'))", [4, 5]),
        ("T_INTERSECTS(drilled_on, INTERVAL('..', '2020-01-02T01:00:00Z'))", [1, 2]),
        ("T_INTERSECTS(drilled_on, INTERVAL('..', '..'))", [1, 2, 3, 4, 5]),
        ("NOT T_INTERSECTS(drilled_on, INTERVAL('2020-01-04', '..'))", [1, 2, 3]),
        ("T_DISJOINT(drilled_on, INTERVAL('..', '..')) OR T_BEFORE(INTERVAL('..', '..'), drilled_on)", []),
        ("T_AFTER(drilled_on, DATE('2020-01-04'))", [5]),
        ("T_EQUALS(drilled_on, INTERVAL('2020-01-01', '2020-01-01'))", [1]),
        ("T_DURING(INTERVAL(drilled_on, as_of), INTERVAL('2020-01-01', '2021-06-05'))", [2, 3, 4]),
        ("T_CONTAINS(INTERVAL('..', '2021-06-05'), INTERVAL(drilled_on, as_of))", [1, 2, 3, 4]),
        ("T_STARTS(INTERVAL('..', drilled_on), INTERVAL('..', '2020-01-03'))", [1, 2]),
        ("INTERVAL(drilled_on, '..') IS NULL", [6]),
        ("as_of > drilled_on", [1, 2, 3, 4, 5]),
    ],
)
def test_days_and_instants_are_compared_as_days(filled: Store, text: str, expected: list[int]) -> None:
    assert ids(filled, text) == expected


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("seen = TIMESTAMP('2021-06-01T23:30:00Z')", True),
        ("seen = TIMESTAMP('2021-06-02T07:30:00+08:00')", True),
        ("seen > TIMESTAMP('2021-06-01T23:29:59.999999Z')", True),
        ("seen = DATE('2021-06-01')", True),
        ("seen > DATE('2021-06-01')", False),
        ("seen <= DATE('2021-06-01')", True),
        ("seen = day", True),
        ("T_INTERSECTS(seen, INTERVAL('2021-01-01', '2021-06-01'))", True),
        ("T_INTERSECTS(seen, INTERVAL('2021-01-01T00:00:00Z', '2021-06-01T00:00:00Z'))", False),
        ("T_MEETS(INTERVAL('..', seen), INTERVAL(day, '..'))", True),
    ],
)
def test_an_instant_lies_in_its_day(noted: Store, text: str, found: bool) -> None:
    assert names(noted, text) == (["Chișinău"] if found else [])


# --- Space ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("S_INTERSECTS(geometry, BBOX(113.9, 29.9, 114.15, 30.15))", [1, 2]),
        ("S_INTERSECTS(geometry, BBOX(113.9, 29.9, -5, 114.15, 30.15, 100))", [1, 2]),
        ("S_INTERSECTS(geometry, BBOX(170, 20, 114.05, 40))", [1]),
        ("S_INTERSECTS(geometry, BBOX(114.1, 30.1, 114.1, 30.1))", [2]),
        ("NOT S_INTERSECTS(geometry, BBOX(113.9, 29.9, 114.15, 30.15))", [3, 4, 5]),
        ("S_DISJOINT(geometry, BBOX(113.9, 29.9, 114.15, 30.15))", [3, 4, 5]),
        ("NOT S_DISJOINT(geometry, BBOX(113.9, 29.9, 114.15, 30.15))", [1, 2]),
        ("S_INTERSECTS(geometry, POINT(114.2 30.2)) IS NULL", [6]),
        ("(S_INTERSECTS(geometry, POINT(114.2 30.2))) IS NULL", [6]),
        ("geometry IS NULL", [6]),
        ("geometry IS NOT NULL", [1, 2, 3, 4, 5]),
        ("S_EQUALS(geometry, POINT Z (114.2 30.2 17))", [3]),
        ("S_WITHIN(geometry, POLYGON((114 30, 114.25 30, 114.25 30.25, 114 30.25, 114 30)))", [2, 3]),
        ("S_CONTAINS(BBOX(114.05, 30.05, 114.25, 30.25), geometry)", [2, 3]),
        ("S_TOUCHES(LINESTRING(114 30, 114.3 30.3), geometry)", [1, 4]),
        ("S_INTERSECTS(geometry, LINESTRING(114 30, 115 30))", [1]),
        ("S_INTERSECTS(geometry, MULTIPOINT((114 30), (114.1 30.1)))", [1, 2]),
        ("S_INTERSECTS(geometry, MULTIPOINT(114 30, 114.1 30.1))", [1, 2]),
        ("S_INTERSECTS(geometry, GEOMETRYCOLLECTION(POINT(114 30), BBOX_))", [1, 3]),
        ("NOT S_INTERSECTS(geometry, GEOMETRYCOLLECTION(POINT(114 30), BBOX_))", [2, 4, 5]),
        ("S_WITHIN(geometry, GEOMETRYCOLLECTION(BBOX_, BBOX_))", [3]),
        ("S_INTERSECTS(POINT(1 1), BBOX(0, 0, 2, 2))", ALL),
        ("S_INTERSECTS(geometry, geometry)", [1, 2, 3, 4, 5]),
        ("S_CROSSES(geometry, BBOX(113, 29, 115, 31)) OR S_OVERLAPS(geometry, POINT(114 30))", []),
    ],
)
def test_places_are_related(filled: Store, text: str, expected: list[int]) -> None:
    area = "POLYGON((114.15 30.15, 114.25 30.15, 114.25 30.25, 114.15 30.25, 114.15 30.15))"
    assert ids(filled, text.replace("BBOX_", area)) == expected


def test_lines_and_areas_are_related_too(filled: Store) -> None:
    assert ids(filled, "S_CROSSES(geometry, BBOX(114.4, 30.2, 114.6, 30.6))", TRACKS) == [1]
    assert ids(filled, "S_INTERSECTS(geometry, POINT(1.5 1.5))", FIELDS) == []
    assert ids(filled, "S_OVERLAPS(geometry, BBOX(3, 3, 5, 5))", FIELDS) == [1]


@pytest.mark.parametrize(
    ("crs", "box"),
    [
        (CRS84, "114.05, 30.05, 114.25, 30.25"),
        (f"{EPSG}4326", "30.05, 114.05, 30.25, 114.25"),
        (f"{EPSG}4490", "30.05, 114.05, 30.25, 114.25"),
        (f"{EPSG}4547", "3325000, 504800, 3348000, 524100"),
        (f"{EPSG}4526", "3325000, 38504800, 3348000, 38524100"),
        (f"{EPSG}3857", "12696000, 3509000, 12718300, 3534800"),
    ],
)
def test_coordinates_are_those_of_their_system(filled: Store, crs: str, box: str) -> None:
    assert ids(filled, f"S_INTERSECTS(geometry, BBOX({box}))", crs=crs) == [2, 3]
    assert crs in CRS_CODES


def test_a_place_that_was_computed_is_on_the_grid_of_the_store(filled: Store) -> None:
    place = to_wgs84(shapely.Point(12701549.6517, 3514082.4176), f"{EPSG}3857")
    assert (place.x, place.y) == (round(place.x, 8), round(place.y, 8))
    metres = "12701553.8995 3516410.3983"  # of 114.1, 30.1
    assert ids(filled, f"S_EQUALS(geometry, POINT({metres}))", crs=f"{EPSG}3857") == [2]


def test_a_box_across_the_antimeridian_may_stand_in_another_axis_order(filled: Store) -> None:
    assert ids(filled, "S_INTERSECTS(geometry, BBOX(20, 170, 40, 114.05))", crs=f"{EPSG}4326") == [1]


@pytest.mark.parametrize(
    ("text", "indexed"),
    [
        ("S_INTERSECTS(geometry, POINT(1 1))", True),
        ("S_TOUCHES(POINT(1 1), geometry) OR visits = 1", True),
        ("NOT S_INTERSECTS(geometry, POINT(1 1))", False),
        ("S_DISJOINT(geometry, POINT(1 1))", False),
        ("S_INTERSECTS(geometry, geometry)", False),
    ],
)
def test_the_index_is_asked_where_it_can_answer(text: str, indexed: bool) -> None:
    statement = repository.statement(WELLS, Query(filter=parse(text)), "sqlite")
    assert ("idx_layer_wells_geometry" in str(statement.compile(dialect=sqlite.dialect()))) is indexed


# --- Encodings --------------------------------------------------------------------------------


ENCODED = (
    "depth > 10 AND NOT (kind LIKE 'd%' OR in_use = true)",
    "visits IN (1, 2) OR depth BETWEEN 1 AND 20.5 OR drilled_on IS NULL",
    "CASEI(name) = CASEI('A') OR ACCENTI(name) LIKE ACCENTI('a%')",
    "(visits + 1) * 2 - 3 / 4 ^ 2 > visits % 2 + visits div 2",
    "S_INTERSECTS(geometry, BBOX(1, 2, 3, 4)) OR S_TOUCHES(geometry, LINESTRING(0 0, 1 1))",
    "S_EQUALS(geometry, MULTIPOINT((1 1), (2 2))) OR S_WITHIN(geometry, GEOMETRYCOLLECTION(POINT(1 1)))",
    "S_DISJOINT(geometry, MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)), ((2 2, 3 2, 3 3, 2 2))))",
    "T_AFTER(drilled_on, DATE('2020-01-01')) AND as_of < TIMESTAMP('2020-01-01T00:00:00Z')",
    "T_DURING(INTERVAL(drilled_on, as_of), INTERVAL('2020-01-01', '..'))",
    '"depth" <> -visits',
)


@pytest.mark.parametrize("text", ENCODED)
def test_both_encodings_mean_the_same(text: str) -> None:
    encoded = json.dumps(cql2.parse_text(text).to_json())
    assert parse(encoded, lang="cql2-json") == parse(text)


def test_names_of_operators_and_keywords_have_no_case(filled: Store) -> None:
    assert ids(filled, "NoT visits bEtWeEn 2 aNd 4 Or T_equals(drilled_on,date('2020-01-02'))") == [1, 2, 5]
    operator = {"op": "ISNULL", "args": [{"property": "depth"}]}
    assert ids(filled, json.dumps(operator), lang="cql2-json") == [6]


def test_a_filter_is_a_value() -> None:
    first, second = (Query(filter=parse("S_INTERSECTS(geometry, POINT(1 2))")) for _ in range(2))
    assert first == second
    assert hash(first) == hash(second)
    assert first != Query(filter=parse("S_INTERSECTS(geometry, POINT(1 2))", crs=f"{EPSG}4326"))


# --- What is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["the end of the text", "at its beginning"]),
        ("depth >", ["the end of the text", "after 'depth >'"]),
        ("depth > 1 visits", ["visits", "after 'depth > 1 '"]),
        ("visits IN ()", ["')'"]),
        ("name = 'open", ["'open"]),
        ("depht > 1", ["depht", "property of wells", "depth"]),
        ("depth = 'deep'", ["'deep'", "a number", "depth"]),
        ("name > 5", ["5", "a text", "name"]),
        ("visits IN (1, 'x')", ["'x'", "a whole number", "visits"]),
        ("drilled_on = '2020-01-01'", ["'2020-01-01'", "a date", "drilled_on"]),
        ("drilled_on = DATE('2020-02-30')", ["2020-02-30", "a date such as"]),
        ("drilled_on = DATE('٢٠٢٠-٠١-٠١')", ["a date such as"]),
        ("drilled_on = TIMESTAMP('2020-01-01')", ["2020-01-01", "a timestamp such as"]),
        ("drilled_on = DATE(5)", ["DATE(…)", "DATE('"]),
        ("in_use > true", ["in_use > TRUE", "an order"]),
        ("in_use BETWEEN true AND false", ["an order"]),
        ("geometry = 5", ["geometry", "S_"]),
        ("S_INTERSECTS(geometry, depth)", ["depth (a number)", "a geometry in S_INTERSECTS"]),
        ("S_INTERSECTS(geometry)", ["S_INTERSECTS with 1 operands", "2"]),
        ("S_INTERSECTS(geometry, POINT(114 95))", ["POINT", "in the world"]),
        ("S_INTERSECTS(geometry, BBOX(1, 4, 3, 2))", ["BBOX", "lower corner"]),
        ("S_INTERSECTS(geometry, BBOX(1, 2, 3))", ["BBOX", "four or six"]),
        ("S_INTERSECTS(geometry, BBOX(1, 2, 3, depth))", ["a number"]),
        ("S_INTERSECTS(geometry, BBOX(1, 2, 3, 1e400))", ["finite"]),
        ("S_INTERSECTS(geometry, POINT(1 2, 3 4))", ["POINT", "one position"]),
        ("S_INTERSECTS(geometry, LINESTRING(1 2))", ["LINESTRING", "two positions"]),
        ("S_INTERSECTS(geometry, LINESTRING((1 2, 3 4)))", ["nested"]),
        ("S_INTERSECTS(geometry, POLYGON((0 0, 1 0, 1 1, 0 1)))", ["POLYGON", "end where they begin"]),
        ("S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 1 0, 0 1, 0 0)))", ["valid", "Self-intersection"]),
        ("S_WITHIN(geometry, GEOMETRYCOLLECTION(POINT(9 9), LINESTRING(0 0, 1 1)))", ["one dimension"]),
        ("S_INTERSECTS(geometry, POINT EMPTY)", ["EMPTY"]),
        ("T_DURING(drilled_on, INTERVAL('..', '..'))", ["two intervals", "T_INTERSECTS"]),
        ("T_AFTER(depth, DATE('2020-01-01'))", ["depth (a number)", "a date"]),
        ("T_AFTER(drilled_on, INTERVAL('2021-01-01', '2020-01-01'))", ["begins before it ends"]),
        ("T_AFTER(drilled_on, INTERVAL('yesterday', '..'))", ["yesterday", "a timestamp such as"]),
        ("T_AFTER(drilled_on, INTERVAL(5, '..'))", ["5", "an end of an interval"]),
        ("INTERVAL('..', '..') = 1", ["T_ functions alone"]),
        ("name LIKE host", ["host"]),
        ("depth LIKE '1%'", ["depth (a number)", "a text before LIKE"]),
        ("CASEI(depth) = '1'", ["depth (a number)", "a text in CASEI"]),
        ("name + 1 = 2", ["name (a text)", "a number"]),
        ("depth", ["depth (a number)", "a predicate"]),
        ("5", ["a predicate"]),
        ("'x'", ["a predicate"]),
        ("(depth = 1) = (visits = 1)", ["a value here"]),
        ("NOT depth", ["a predicate"]),
        ("depth = NULL", ["NULL", "property of wells"]),
        ("A_CONTAINS(aliases, ('a', 'b'))", ["no array"]),
        ("A_EQUALS(aliases, name)", ["no array"]),
        ("pg_sleep(10) = 1", ["pg_sleep(…)", "no function but"]),
        ("load_extension('x')", ["load_extension(…)", "no function but"]),
        ("calculate(1, '+', 2) = 3", ["calculate(…)", "no function but"]),
        ("depth = 1; DROP TABLE layer_wells", ["; DROP"]),
        ("name = 'a\x00b'", ["NUL"]),
        ("name LIKE 'a\x00b'", ["NUL"]),
        ("name = '\ud800'", ["Unicode"]),
        ("depth = 1e999", ["finite"]),
        ("feature = 'x'", ["feature", "property of wells"]),
        ("id = 1", ["id", "property of wells"]),
    ],
)
def test_what_cannot_be_understood_is_told(text: str, words: list[str]) -> None:
    with pytest.raises(BadParameter) as refused:
        parse(text)
    assert refused.value.name == "filter"
    assert [word for word in words if word not in str(refused.value)] == [], str(refused.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", ["JSON"]),
        ("[" * 16_000, ["JSON"]),
        ("null", ["None", "an object with"]),
        ("NaN", ["finite"]),
        ('{"op": "=", "args": [{"property": "depth"}, NaN]}', ["NaN", "finite"]),
        ('{"op": "=", "args": [{"property": "depth"}, 1e999]}', ["finite"]),
        ('{"op": "=", "args": [{"property": "depth"}]}', ["= with 1 operands", "2"]),
        ('{"op": "and", "args": [true]}', ["AND with 1 operands", "2 or more"]),
        ('{"op": "in", "args": [{"property": "depth"}, 5]}', ["a list of values"]),
        ('{"op": "in", "args": [{"property": "depth"}, []]}', ["a list of values"]),
        ('{"op": 5, "args": []}', ["an object with"]),
        ('{"op": "like", "args": [{"property": "name"}, {"property": "host"}]}', ["LIKE host", "a pattern"]),
        ('{"op": "a_equals", "args": [[1], [1]]}', ["no array"]),
        ('{"op": "=", "args": [{"property": "name"}, "\\u0000"]}', ["NUL"]),
        ('{"op": "=", "args": [{"property": "name"}, "\\ud800"]}', ["Unicode"]),
        ('{"op": "=", "args": [{"property": "\\ud800"}, "x"]}', ["property of wells"]),
        ('{"op": "s_within", "args": [{"property": "geometry"}, {"type": "Blob"}]}', ["GeoJSON geometry"]),
        (
            '{"op": "s_within", "args": [{"property": "geometry"}, {"type": "Point", "coordinates": [[[[[1]]]]]}]}',
            ["nested"],
        ),
        (
            '{"op": "s_within", "args": [{"property": "geometry"}, {"type": "Point", "coordinates": ["1", 2]}]}',
            ["'1'", "a number"],
        ),
        ('{"op": "t_after", "args": [{"property": "as_of"}, {"date": 5}]}', ["'5'", "a date such as"]),
        (
            '{"op": "t_after", "args": [{"property": "as_of"}, {"interval": [5, ".."]}]}',
            ["end of an interval"],
        ),
    ],
)
def test_json_that_cannot_be_understood_is_told(text: str, words: list[str]) -> None:
    with pytest.raises(BadParameter) as refused:
        parse(text, lang="cql2-json")
    assert refused.value.name == "filter"
    assert [word for word in words if word not in str(refused.value)] == [], str(refused.value)


def test_the_other_parameters_are_refused_by_name() -> None:
    for wrong in ({"lang": "cql-text"}, {"crs": f"{EPSG}32650"}):
        with pytest.raises(BadParameter) as refused:
            parse("true", **wrong)
        assert refused.value.name in ("filter-lang", "filter-crs")


def nested(depth: int) -> dict[str, Any]:
    return (
        {"op": "not", "args": [nested(depth - 1)]}
        if depth
        else {"op": "isNull", "args": [{"property": "host"}]}
    )


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("NOT " * 100_000 + "in_use", "cql2-text"),
        ("NOT " * 4000 + "in_use", "cql2-text"),
        ("NOT (" * 3000 + "in_use", "cql2-text"),
        ("(" * 16_000, "cql2-text"),
        ("(" * 40 + "a = 1 !" + ")" * 40, "cql2-text"),
        ("((" * 2000 + "1, 2" + "), 3)" * 2000, "cql2-text"),
        ("-" * 16_000 + "1 = 1", "cql2-text"),
        ("CASEI(" * 2000 + "name" + ")" * 2000 + " = 'x'", "cql2-text"),
        ("visits" + " + 1" * 3000 + " = 1", "cql2-text"),
        ("visits IN (1" + ", 1" * 5000 + ")", "cql2-text"),
        ("visits = 1" + " OR visits = 1" * 1000, "cql2-text"),
        ("'" + "\\'" * 8000, "cql2-text"),
        (f"name LIKE '{'%a' * 501}'", "cql2-text"),
        (f"CASEI(name) LIKE CASEI('{'ΐ' * 400}')", "cql2-text"),
        ("S_INTERSECTS(geometry, POINT" + "(" * 16_000, "cql2-text"),
        ("S_INTERSECTS(geometry, LINESTRING(0 0" + ",1 1" * 4000 + "))", "cql2-text"),
        ('{"op":"not","args":[' * 800, "cql2-json"),
        (json.dumps(nested(MAX_DEPTH)), "cql2-json"),
        (json.dumps({"op": "in", "args": [{"property": "visits"}, [1] * 3000]}), "cql2-json"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_too_large_is_refused(text: str, lang: str) -> None:
    with pytest.raises(BadParameter):
        parse(text, lang=lang)


def test_what_is_within_the_limits_is_answered(filled: Store) -> None:
    assert ids(filled, "NOT " * (MAX_DEPTH - 2) + "visits = 1") == [1]
    assert ids(filled, "(" * 2000 + "visits = 1" + ")" * 2000) == [1]
    assert ids(filled, " OR ".join(["visits = 1"] * (MAX_NODES // 3))) == [1]
    assert ids(filled, " OR ".join(["in_use"] * (MAX_NODES - 1))) == [1, 2, 4, 5]
    assert ids(filled, " AND ".join(["NOT in_use"] * (MAX_NODES // 2 - 1))) == [3]
    assert ids(filled, f"visits IN ({', '.join(map(str, range(3, MAX_NODES)))})") == [3, 4, 5]
    points = ", ".join(f"POINT({114 + a / 1000} 30)" for a in range(500))
    assert ids(filled, f"S_INTERSECTS(geometry, GEOMETRYCOLLECTION({points}, LINESTRING(0 0, 1 1)))") == [1]
    assert ids(filled, f"name LIKE '{'🌏%' * (MAX_PATTERN // 2)}'") == []
    ring = ", ".join(f"{114 + math.cos(a / 300):.4f} {30 + math.sin(a / 300):.4f}" for a in range(700))
    assert ids(filled, f"S_DISJOINT(geometry, LINESTRING({ring}))") == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()], ids=lambda d: d.name)
@pytest.mark.parametrize(
    "text", ["name = 'DROP'", "name LIKE 'DROP%'", "CASEI(name) IN ('DROP')", "depth = 1.25"]
)
def test_no_value_of_a_filter_stands_in_the_statement(dialect: Any, text: str) -> None:
    compiled = str(
        repository.statement(WELLS, Query(filter=parse(text)), dialect.name).compile(dialect=dialect)
    )
    assert "DROP" not in compiled
    assert "1.25" not in compiled


WORDS = (
    "depth name visits drilled_on in_use geometry host 'a' 'x%' 1 2.5 -3 1e308 0 true false DATE('2020-01-01') "
    "TIMESTAMP('2020-01-01T00:00:00Z') INTERVAL('..','2020-01-01') POINT(114 30) BBOX(1,2,3,4) "
    "BBOX(179,-1,-179,1) LINESTRING(1 1,2 2) GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(2 2,3 3)) NULL "
    "= <> < > <= >= AND OR NOT LIKE BETWEEN IN IS + - * / % ^ div ( ) , "
    "CASEI( ACCENTI( S_INTERSECTS( S_DISJOINT( S_TOUCHES( T_AFTER( T_DURING( A_CONTAINS( sleep( ' \" \\ \x00 光"
).split(" ")
SEEDS = (*ENCODED, "name LIKE 'a%' AND in_use", "NOT visits IN (1,2)", "depth IS NOT NULL")


def changed(seed: str, changes: list[tuple[int, int, str]]) -> str:
    for place, length, word in changes:
        start = place % (len(seed) + 1)
        seed = f"{seed[:start]} {word} {seed[start + length :]}"
    return seed


CHANGES = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 12), st.sampled_from(WORDS)), max_size=4)
TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join),
    st.builds(changed, st.sampled_from(SEEDS), CHANGES),
)
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=5),
        st.sampled_from(
            [{"property": name} for name in ("depth", "name", "geometry", "drilled_on", "in_use")]
        ),
        st.sampled_from([{"date": "2020-01-01"}, {"bbox": [1, 2, 3, 4]}, {"interval": ["..", "2020-01-01"]}]),
        st.just({"type": "Point", "coordinates": [114, 30]}),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.builds(
            lambda op, args: {"op": op, "args": args},
            st.sampled_from(
                [*filters.sql._PREDICATES, *functions.OPERATORS, "casei", "accenti", "a_equals", "x"]
            ),
            st.lists(inner, max_size=3),
        ),
    ),
    max_leaves=8,
)


@given(TEXTS)
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_ends_in_anything_but_an_answer_or_a_refusal(filled: Store, text: str) -> None:
    answered(filled, text, "cql2-text")


@given(VALUES)
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_json_ends_in_anything_but_an_answer_or_a_refusal(filled: Store, value: Any) -> None:
    answered(filled, json.dumps(value), "cql2-json")


def answered(store: Store, text: str, lang: str) -> None:
    try:
        understood = parse(text, lang=lang)
    except BadParameter:
        return
    with store.read() as connection:
        repository.matched(connection, WELLS, Query(filter=understood))


# --- The corridor's own data ------------------------------------------------------------------


def near_wuhan(feature: dict[str, Any]) -> bool:
    place = feature["geometry"] and shapely.from_geojson(json.dumps(feature["geometry"]))
    return bool(place) and place.intersects(shapely.box(114.2, 30.4, 114.6, 30.6))


ON_ANY_LAYER: dict[str, tuple[str, Callable[[dict[str, Any]], object]]] = {
    "basic": (
        "city = 420100 AND NOT precision = 'site'",
        lambda f: (f["city"], f["precision"] != "site") == (420100, True),
    ),
    "advanced": (
        "name LIKE '%光谷%' OR city IN (420700, 420200)",
        lambda f: "光谷" in f["name"] or f["city"] in (420700, 420200),
    ),
    "case": ("CASEI(name_en) LIKE CASEI('%WUHAN%')", lambda f: "wuhan" in (f["name_en"] or "").casefold()),
    "accent": ("ACCENTI(name) = ACCENTI(name)", lambda f: True),
    "spatial": ("S_INTERSECTS(geometry, BBOX(114.2, 30.4, 114.6, 30.6))", near_wuhan),
    "temporal": ("T_AFTER(as_of, DATE('2021-12-31'))", lambda f: (f["as_of"] or "") > "2021-12-31"),
    "property": ("name <> key", lambda f: f["name"] != f["key"]),
    "arithmetic": ("district div 100 = 4201", lambda f: (f["district"] or 0) // 100 == 4201),
}


@pytest.mark.parametrize("asked", ON_ANY_LAYER)
def test_the_classes_hold_on_the_corridors_data(shipped: Store, asked: str) -> None:
    text, holds = ON_ANY_LAYER[asked]
    with shipped.read() as connection:
        for layer in layers.catalog().values():
            everything = repository.find(connection, layer, Query(limit=100_000)).features
            rows = [json.loads(feature) for feature in everything]
            wanted = [row["id"] for row in rows if holds({**row["properties"], "geometry": row["geometry"]})]
            found = repository.find(
                connection, layer, Query(filter=parse(text, layer), limit=100_000)
            ).features
            assert [json.loads(feature)["id"] for feature in found] == wanted, layer.id
