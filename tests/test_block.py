"""Features as columns: the same bytes as one by one, and the form in which PostgreSQL takes rows."""

from __future__ import annotations

import json
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st
from sqlalchemy import text

from gis import copying, numerals, repository, storing
from gis.block import ARROW, Block
from gis.database import Store
from gis.feature import Feature, Query, geojson_text, geojson_texts, rounded
from gis.layer import Field, Geometry, Layer, Type
from gis.shapes import Objects, Points, Shapes
from gis.symbol import Marker
from gis.tables import table
from tests.conftest import CONTENTS, HOSTILE, properties

EVERY = Layer(
    id="every",
    title="各种",
    geometry=Geometry.POINT,
    symbol=Marker("#335577"),
    fields=tuple(Field(f"a_{kind}", kind, kind) for kind in Type),
)
VALUES = {
    Type.TEXT: st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.just(HOSTILE),
    Type.INTEGER: st.integers(-(2**63), 2**63 - 1),
    Type.NUMBER: st.floats(allow_nan=False, allow_infinity=False),
    Type.BOOLEAN: st.booleans(),
    Type.DATE: st.dates(),
    Type.DATETIME: st.datetimes(),
}
PLACES = st.none() | st.builds(
    shapely.Point, st.floats(-180, 180, width=32), st.floats(-89, 89, width=32)
).map(rounded)


@st.composite
def features(draw: st.DrawFn) -> list[Feature]:
    found = []
    for number in range(1, draw(st.integers(0, 6)) + 1):
        own = {f"a_{kind}": draw(st.none() | values) for kind, values in VALUES.items()}
        found.append(Feature(number, draw(PLACES), properties(EVERY, f"k-{number}", **own)))
    return found


@tried(deadline=None)
@given(features())
def test_a_block_writes_what_is_written_one_by_one(many: list[Feature]) -> None:
    block = Block.of(EVERY, many)
    assert block.geojson().to_pylist() == geojson_texts(many)
    assert list(block.features()) == many


def test_many_different_texts_are_written_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["甲", 'in "quotes"', "back\\slash", "line\nbreak", None, "nul\0", "\u2028", "\x7f"]
    many = [Feature(n + 1, None, properties(EVERY, f"k-{n}", note=name)) for n, name in enumerate(names)]
    assert Block.of(EVERY, many).geojson().to_pylist() == geojson_texts(many)
    plain = [Feature(n, None, properties(EVERY, f"k-{n}", note=f"第{n}号")) for n in range(1, 9)]
    assert Block.of(EVERY, plain).geojson().to_pylist() == geojson_texts(plain)


@given(
    st.lists(
        st.floats(allow_nan=False, allow_infinity=False) | st.floats(-200, 200).map(lambda n: round(n, 8))
    )
)
def test_numbers_are_written_as_python_writes_them(many: list[float]) -> None:
    assert numerals.texts(np.array(many)).to_pylist() == [json.dumps(number) for number in many]


@given(st.lists(PLACES.filter(bool), min_size=1))
def test_points_without_objects_are_what_they_are_with_them(many: list[shapely.Point]) -> None:
    points, objects = Shapes.of(np.array(many, dtype=object)), Objects(np.array(many, dtype=object))
    assert isinstance(points, Points)
    assert points.geojson().to_pylist() == objects.geojson().to_pylist()
    assert points.projected().wkb().to_pylist() == objects.projected().wkb().to_pylist()
    assert points.wkb().to_pylist() == objects.wkb().to_pylist()
    assert (points.bounds() == objects.bounds()).all()
    assert (points.anchors()[0] == objects.anchors()[0]).all()
    assert list(points.then(points).taken(np.array([0])).objects()) == many[:1]


def test_every_type_comes_back_from_both_databases(store: Store) -> None:
    odd = {
        "a_text": HOSTILE,
        "a_integer": -(2**63),
        "a_number": 5e-324,
        "a_boolean": False,
        "a_date": date(1, 1, 1),
        "a_datetime": datetime(9999, 12, 31, 23, 59, 59),
    }
    empty = dict.fromkeys(odd)
    many = [
        Feature(1, rounded(shapely.Point(114, 30)), properties(EVERY, "a", **odd)),
        Feature(2, None, properties(EVERY, "b", **empty)),
        Feature(3, rounded(shapely.Point(-1.5, -2)), properties(EVERY, "c", **odd, note="\\N\t\\.")),
    ]
    with store.publish() as connection:
        storing.begin(connection)
        assert storing.store(connection, EVERY, [Block.of(EVERY, many[2:]), Block.of(EVERY, many[:2])]) == 3
        storing.finish(connection, "types")
    with store.read() as connection:
        assert repository.texts(connection, EVERY, Query()) == tuple(map(geojson_text, many))
        for name, value in odd.items():
            found = repository.texts(connection, EVERY, Query(equals={name: value}))
            assert len(found) == 2, name
        summary = repository.published(connection).summary(EVERY, internal=False)
    assert summary.count == 3 and summary.bbox is not None and summary.bbox.west == -1.5


def test_both_ways_of_storing_send_the_same_bytes(store: Store) -> None:
    with store.publish() as connection:
        storing.begin(connection)
        for layer, made in CONTENTS:
            one_by_one = (Block.of(layer, [feature]) for feature in made())
            storing.store(connection, layer, one_by_one)
        storing.finish(connection, "blocks")
    with store.read() as connection:
        for layer, made in CONTENTS:
            wanted = tuple(map(geojson_text, made()))
            assert repository.texts(connection, layer, Query(internal=True)) == wanted


def test_rows_have_the_binary_form_of_postgresql() -> None:
    columns = [
        pa.array([1, None], pa.int64()),
        pa.array(["甲", None]),
        pa.array([None, date(2000, 1, 2)], pa.date32()),
        pa.array([None, None], pa.string()),
        pa.array([True, False]),
    ]
    first, second = copying.rows(columns).to_pylist()
    no = b"\xff\xff\xff\xff"
    assert (
        first
        == b"\0\5" + b"\0\0\0\10" + bytes(7) + b"\1" + b"\0\0\0\3" + "甲".encode() + no + no + b"\0\0\0\1\1"
    )
    assert second == b"\0\5" + no + no + b"\0\0\0\4\0\0\0\1" + no + b"\0\0\0\1\0"
    assert bytes(copying.body(copying.rows(columns))) == first + second
    assert bytes(copying.body(copying.rows(columns)[1:])) == second


def test_points_have_the_well_known_form() -> None:
    points = shapely.points([[114.25, 30.5], [-1, 2]])
    assert copying.points(shapely.get_coordinates(points)).to_pylist() == list(shapely.to_wkb(points))


def test_some_of_a_block_are_a_block() -> None:
    many = [Feature(n, None, properties(EVERY, f"k-{n}")) for n in (1, 2, 3)]
    assert list(Block.of(EVERY, many).taken(np.array([2, 0])).features()) == [many[2], many[0]]
    assert set(ARROW) == set(Type)


def test_what_all_features_share_is_not_indexed_and_what_none_has_is_found_absent(store: Store) -> None:
    many = [Feature(n, None, properties(EVERY, f"k-{n}", level="national")) for n in (1, 2, 3)]
    many += [Feature(4, None, properties(EVERY, "k-4", level="municipal"))]
    with store.publish() as connection:
        storing.begin(connection)
        storing.store(connection, EVERY, [Block.of(EVERY, many)])
        storing.finish(connection, "alike")
    with store.read() as connection:
        for name, value, count in (
            ("status", "built", 0),
            ("visibility", "public", 4),
            ("level", "national", 3),
        ):
            assert len(repository.texts(connection, EVERY, Query(equals={name: value}))) == count
        if connection.dialect.name == "postgresql":
            listed = text(
                "SELECT indexdef FROM pg_indexes WHERE schemaname = :schema AND indexdef LIKE '% WHERE %'"
            )
            schema = connection.get_execution_options()["schema_translate_map"][None]
            (partial,) = connection.scalars(listed, {"schema": schema}).all()
            assert "status IS NOT NULL" in partial and "visibility)::text <> 'public'::text" in partial
            keyed = (
                "SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'p' AND connamespace = "
            )
            tables = " ".join(connection.scalars(text(f"{keyed}'\"{schema}\"'::regnamespace")))
            assert all(f"{name}_every" in tables for name in ("layer", "text")) and "corridor_cell" in tables
            connection.execute(text("SET enable_seqscan = off"))
            name = partial.split()[2]
            for absent in ("status = 'built'", "visibility = 'internal'"):
                wanted = f'EXPLAIN SELECT id FROM "{schema}".{table(EVERY).name} WHERE {absent}'
                plan = " ".join(connection.scalars(text(wanted)))
                assert f"using {name}" in plan, plan
            assert "(level)" not in partial
