"""The predicates of the standard's own abstract tests (OGC 21-065r2, annex A) find what they must find.

The JSON of a predicate is made by another implementation (cql2), so that the two encodings check each other.
"""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import cql2
import pytest
import shapely

from gis import filters, repository, storing
from gis.database import Store, open_store
from gis.feature import Feature, Query
from gis.layer import Field, Geometry, Layer, Type
from gis.symbol import Fill, Marker, Stroke
from tests.conftest import _postgis_settings, _spatialite_settings, properties

DATA = Path(__file__).parents[2] / "shared" / "testdata"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the standard's test data are not at {DATA}")

PLACES = Layer(
    id="populated_places",
    title="城镇",
    geometry=Geometry.POINT,
    fields=(
        Field("nameascii", Type.TEXT, "ASCII"),
        Field("pop_max", Type.INTEGER, "人口上限"),
        Field("pop_min", Type.INTEGER, "人口下限"),
        Field("pop_other", Type.INTEGER, "人口"),
        Field("date", Type.DATE, "日期"),
        Field("start", Type.DATETIME, "开始"),
        Field("end", Type.DATETIME, "结束"),
        Field("boolean", Type.BOOLEAN, "真假"),
    ),
    symbol=Marker("#335577"),
)
COUNTRIES = Layer(
    id="countries",
    title="国家",
    geometry=Geometry.POLYGON,
    fields=(Field("pop_est", Type.NUMBER, "人口"),),
    symbol=Fill("#88aa66"),
)
RIVERS = Layer(id="rivers", title="河流", geometry=Geometry.LINE, symbol=Stroke("#4477aa"))
LAYERS = {
    "ne_110m_populated_places_simple": PLACES,
    "ne_110m_admin_0_countries": COUNTRIES,
    "ne_110m_rivers_lake_centerlines": RIVERS,
}
# The standard says 2 of each; its data have Chicago, Chengdu and Chișinău. Reported to its editors:
# opengeospatial/ogcapi-features, issue 1011.
ERRATA = {
    "ACCENTI(name) LIKE accenti('Ch%')": 3,
    "ACCENTI(CASEI(name)) LIKE accenti(casei('Chiș%'))": 1,
    "ACCENTI(CASEI(name)) LIKE accenti(casei('cHis%'))": 1,
}
# What the data set calls otherwise than our layers can.
NAMES = {"geom": "geometry", "NAME": "name", "POP_EST": "pop_est"}


class Case(NamedTuple):
    """A predicate of the standard."""

    conformance_class: str
    layer: Layer
    predicate: str
    count: int


def cases() -> Iterator[Case]:
    if not DATA.is_dir():
        return
    with (DATA / "cql2_predicates.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            predicate = re.sub(r"\b(geom|NAME|POP_EST)\b", lambda found: NAMES[found[0]], row["predicate"])
            count = ERRATA.get(row["predicate"], int(row["expected_count"]))
            yield Case(row["conformance_class"], LAYERS[row["table"]], predicate, count)


CASES = list(cases())


def features(name: str, layer: Layer) -> Iterator[Feature]:
    """The rows of a table of the data set, with the coordinates as they are."""
    # By sqlite3 and not by GDAL, whose own SQLite does not bear SpatiaLite's in one process.
    with closing(sqlite3.connect(f"{(DATA / 'ne110m4cql2.gpkg').as_uri()}?immutable=1", uri=True)) as package:
        package.row_factory = sqlite3.Row
        for row in package.execute(f"SELECT * FROM {name}"):
            given = {field.name: value(field, row[field.name]) for field in layer.fields}
            values = properties(layer, str(row["fid"]), name=row["name"] or "", **given)
            yield Feature(row["fid"], of_type(place(row["geom"])), values)


def value(field: Field, stored: Any) -> object:
    """A value in the type of its field."""
    if stored is None:
        return None
    makers = {Type.DATE: date.fromisoformat, Type.DATETIME: datetime.fromisoformat, Type.BOOLEAN: bool}
    return makers.get(field.type, lambda same: same)(stored)


def place(blob: bytes) -> Any:
    """The geometry in a GeoPackage blob: well-known binary after a header that tells its own length."""
    envelope = (0, 32, 48, 48, 64)[(blob[3] >> 1) & 7]
    return shapely.from_wkb(blob[8 + envelope :])


def of_type(geometry: Any) -> Any:
    """The geometry, with parts, as lines and areas have them here."""
    parts = {"Polygon": shapely.MultiPolygon, "LineString": shapely.MultiLineString}
    return parts[geometry.geom_type]([geometry]) if geometry.geom_type in parts else geometry


@pytest.fixture(scope="module", params=["spatialite", "postgis"])
def standard(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store that holds the standard's test data."""
    spatialite = request.param == "spatialite"
    folder = tmp_path_factory.mktemp("standard")
    name = "corridor_test_standard"
    opened = open_store(_spatialite_settings(folder) if spatialite else _postgis_settings(name))
    with opened.publish() as connection:
        storing.begin(connection)
        for table, layer in LAYERS.items():
            storing.replace(connection, layer, features(table, layer))
        storing.finish(connection, "standard")
    yield opened
    opened.close()


def test_there_are_predicates_of_every_class_that_is_declared() -> None:
    declared = {uri.rpartition("/")[2] for uri in filters.CONFORMANCE}
    tested = {case.conformance_class for case in CASES}
    assert declared - tested == {"cql2-text", "cql2-json", "basic-spatial-operators"}
    assert tested <= declared


def test_the_data_have_three_names_that_the_standard_counts_as_two() -> None:
    names = [feature.properties["name"] for feature in features("ne_110m_populated_places_simple", PLACES)]
    assert sorted(name for name in names if str(name).startswith("Ch")) == ["Chengdu", "Chicago", "Chișinău"]


def matched(store: Store, case: Case, text: str, lang: str) -> int:
    with store.read() as connection:
        asked = Query(filter=filters.parse(text, lang, case.layer))
        return repository.matched(connection, case.layer, asked)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.conformance_class}: {case.predicate[:60]}")
def test_a_predicate_in_text_finds_its_features(standard: Store, case: Case) -> None:
    assert matched(standard, case, case.predicate, "cql2-text") == case.count


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.conformance_class}: {case.predicate[:60]}")
def test_a_predicate_in_json_finds_its_features(standard: Store, case: Case) -> None:
    encoded = json.dumps(cql2.parse_text(case.predicate).to_json())
    assert matched(standard, case, encoded, "cql2-json") == case.count
