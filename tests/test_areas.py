"""Areas in numbers: counted and listed as the store has it, measured on the ellipsoid."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import shapely
from flask.testing import FlaskClient
from openapi_spec_validator import validate
from pyproj import Geod

import layers
from gis import area, storing
from gis.config import Settings
from gis.database import Store, open_store
from gis.feature import Feature, rounded
from gis.layer import Catalog, Geometry, Layer, Theme
from gis.symbol import Fill, Stroke
from tests.conftest import CONTENTS, _postgis_settings, _spatialite_settings, properties
from webmap import areas, create_app

GEOD = Geod(ellps="WGS84")
SPINE = Layer(id="spine", title="脊", geometry=Geometry.LINE, symbol=Stroke("#444444"), theme=Theme.STRUCTURE)
HEART = Layer(
    id="heart", title="心", geometry=Geometry.POLYGON, symbol=Fill("#cc4444"), theme=Theme.STRUCTURE
)
SQUARE = {
    "type": "Polygon",
    "coordinates": [[[114.05, 30.05], [114.25, 30.05], [114.25, 30.25], [114.05, 30.25], [114.05, 30.05]]],
}


def spine() -> Iterator[Feature]:
    line = shapely.from_wkt("MULTILINESTRING((113 30, 115 30))")
    yield Feature(1, rounded(line), properties(SPINE, "spine-1", precision="schematic"))


def heart() -> Iterator[Feature]:
    for number, west in enumerate((114.15, 118.0), start=1):
        square = shapely.MultiPolygon([shapely.box(west, 30.15, west + 0.1, 30.25)])
        yield Feature(number, rounded(square), properties(HEART, f"heart-{number}"))
    yield Feature(3, None, properties(HEART, "heart-3"))


LAYERS = (*CONTENTS, (SPINE, spine), (HEART, heart))


@pytest.fixture(scope="module", params=["spatialite", "postgis"])
def structured(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store that has a structure, not to be changed."""
    spatialite = request.param == "spatialite"
    folder = tmp_path_factory.mktemp("structured")
    opened = open_store(
        _spatialite_settings(folder) if spatialite else _postgis_settings("corridor_test_structured")
    )
    with opened.publish() as connection:
        storing.begin(connection)
        for layer, features in LAYERS:
            storing.replace(connection, layer, features())
        storing.finish(connection, "areas")
    yield opened
    opened.close()


@pytest.fixture
def client(structured: Store) -> FlaskClient:
    """A client of a service over it."""
    return create_app(Settings(), Catalog(layer for layer, _features in LAYERS), structured).test_client()


def summary(client: FlaskClient, body: object = None, query: str = "") -> dict[str, Any]:
    answer = client.get(f"/summary{query}") if body is None else client.post(f"/summary{query}", json=body)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = json.loads(answer.data)
    return found


def test_a_polygon_is_counted_by_layer_kind_level_status_and_city(client: FlaskClient) -> None:
    found = summary(client, SQUARE)
    assert found["matched"] == found["returned"] == 2
    counts = found["counts"]
    assert counts["layer"] == {"wells": 2}
    assert counts["kind"] == {"wells/dug": 1, "wells/drilled": 1}
    assert counts["status"] == {"built": 2}
    assert counts["level"] == {"": 2}
    assert counts["city"] == {"420100": 2}
    assert [(f["layer"], f["id"], f["key"], f["lon"], f["lat"]) for f in found["features"]] == [
        ("wells", 2, "well-2", 114.1, 30.1),
        ("wells", 3, "well-3", 114.2, 30.2),
    ]


def test_a_feature_and_a_multipolygon_are_areas_too(client: FlaskClient) -> None:
    feature = {"type": "Feature", "properties": None, "geometry": SQUARE}
    several = {"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"]]}
    assert summary(client, feature) == summary(client, several) == summary(client, SQUARE)


def test_an_area_is_measured_on_the_ellipsoid(client: FlaskClient) -> None:
    expected = abs(
        GEOD.geometry_area_perimeter(shapely.segmentize(shapely.box(114.05, 30.05, 114.25, 30.25), 0.01))[0]
    )
    assert summary(client, SQUARE)["area_km2"] == pytest.approx(expected / 1e6, rel=1e-6)
    assert summary(client, query="?bbox=114.05,30.05,114.25,30.25")["area_km2"] == pytest.approx(
        expected / 1e6, rel=1e-6
    )
    assert summary(client)["area_km2"] is None


def test_a_circle_holds_what_is_within_its_radius(client: FlaskClient) -> None:
    _forth, _back, metres = GEOD.inv(114.0, 30.0, 114.1, 30.1)
    for radius, count in ((metres * 0.9999, 1), (metres * 1.0001, 2)):
        found = summary(client, {"circle": [114.0, 30.0, radius]})
        assert found["matched"] == count
    assert summary(client, {"circle": [114.0, 30.0, 10_000]})["area_km2"] == pytest.approx(
        np.pi * 100, rel=1e-3
    )


def test_what_lies_within_a_feature(client: FlaskClient) -> None:
    found = summary(client, {"within": {"layer": "heart", "id": 1}})
    assert [feature["key"] for feature in found["features"]] == ["well-3"]
    assert found["features"][0]["distances"]["heart/heart-1"] == 0


def test_distances_to_the_nearest_of_each_layer_of_the_structure(client: FlaskClient) -> None:
    by_key = {feature["key"]: feature for feature in summary(client)["features"]}
    assert by_key["well-1"]["distances"]["spine/spine-1"] == 0
    expected = GEOD.inv(114.4, 30.0, 114.4, 30.4)[2] / 1000
    assert by_key["well-5"]["distances"]["spine/spine-1"] == pytest.approx(expected, rel=1e-4)
    corner = GEOD.inv(114.0, 30.0, 114.15, 30.15)[2] / 1000
    assert by_key["well-1"]["distances"]["heart/heart-1"] == pytest.approx(corner, abs=2e-3)
    assert by_key["well-6"]["distances"] == {} and by_key["well-6"]["lon"] is None
    assert all(key.split("/")[0] in ("spine", "heart") for key in by_key["well-1"]["distances"])


def test_layers_and_common_fields_choose(client: FlaskClient) -> None:
    assert summary(client, query="?layers=plots,tracks")["counts"]["layer"] == {"plots": 1, "tracks": 1}
    assert summary(client, query="?kind=dug")["matched"] == 3
    assert summary(client, query="?status=built&bbox=114.05,29,115,31")["matched"] == 4
    assert summary(client, SQUARE, "?filter=name LIKE '3%25'")["matched"] == 1
    assert summary(client, SQUARE, "?bbox=114.15,30,115,31")["matched"] == 1
    assert summary(client, query="?datetime=2021-06-04/..&city=420100")["matched"] == 2


def test_figures_of_plans_are_no_places(shipped: Store) -> None:
    client = create_app(Settings(), layers.catalog(), shipped).test_client()
    counted = client.get("/summary").get_json()["counts"]["layer"]
    for layer in layers.catalog().values():
        assert (layer.id in counted) == (layer.geometry is Geometry.POINT and not layer.figures)


def test_counts_tell_of_all_and_the_list_of_as_many_as_are_wanted(client: FlaskClient) -> None:
    found = summary(client, query="?limit=2&layers=wells,plots")
    assert (found["matched"], found["returned"], len(found["features"])) == (7, 2, 2)
    assert sum(found["counts"]["layer"].values()) == 7


def test_internal_features_are_counted_only_where_they_are_served(client: FlaskClient) -> None:
    assert summary(client)["matched"] == 6


WRONG: list[tuple[object, int, str]] = [
    ({}, 400, "body"),
    ([], 400, "body"),
    ("x", 400, "body"),
    ({"type": "Point", "coordinates": [1, 2]}, 400, "body"),
    ({"type": "Polygon"}, 400, "geometry"),
    ({"type": "Polygon", "coordinates": []}, 400, "geometry"),
    ({"type": "Polygon", "coordinates": [[[1, 2], [3, 4], [1, 2]]]}, 400, "geometry"),
    ({"type": "Polygon", "coordinates": [[["a", 2], [3, 4], [5, 6], ["a", 2]]]}, 400, "geometry"),
    ({"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}, 400, "cross"),
    ({"type": "Polygon", "coordinates": [[[0, 0], [999, 0], [999, 9], [0, 0]]]}, 400, "WGS-84"),
    ({"type": "Polygon", "coordinates": [[[60, 0], [120, 0], [120, 50], [60, 50], [60, 0]]]}, 400, "km²"),
    ({"type": "Feature", "geometry": None}, 400, "body"),
    ({"circle": [1, 2]}, 400, "body"),
    ({"circle": ["x", 2, 3]}, 400, "circle"),
    ({"circle": [114, 30, 0]}, 400, "circle"),
    ({"circle": [114, 30, 1e9]}, 400, "circle"),
    ({"circle": [179.9, 30, 50_000]}, 400, "circle"),
    ({"circle": [True, 30, 5]}, 400, "circle"),
    ({"within": {"layer": "nothing", "id": 1}}, 404, "nothing"),
    ({"within": {"layer": "heart", "id": 99}}, 404, "99"),
    ({"within": {"layer": "wells", "id": 1}}, 400, "drawn as an area"),
    ({"within": {"layer": "heart", "id": 3}}, 400, "drawn as an area"),
    ({"within": {"layer": "heart", "id": "1; DROP"}}, 400, "body"),
]


@pytest.mark.parametrize(("body", "status", "said"), WRONG)
def test_a_wrong_area_is_refused_by_name(client: FlaskClient, body: object, status: int, said: str) -> None:
    answer = client.post("/summary", json=body)
    problem = answer.get_json(force=True)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert said in problem["detail"]


def test_bodies_and_outlines_have_limits(client: FlaskClient) -> None:
    assert client.post("/summary", data=b" " * (areas.MAXIMUM_BYTES + 1)).status_code == 413
    assert client.post("/summary", data=b"[" * 100_000).status_code == 400
    assert client.post("/summary", data=b'{"circle":[NaN,30,5]}').status_code == 400
    many = shapely.Point(114, 30).buffer(1, quad_segs=areas.MAXIMUM_VERTICES // 4 + 1)
    answer = client.post("/summary", json=json.loads(shapely.to_geojson(many)))
    assert answer.status_code == 400 and "vertices" in answer.get_json(force=True)["detail"]


@pytest.mark.parametrize(
    "query",
    [
        "layers=nothing",
        "layers=",
        "depth=3",
        "filter=depth>3",
        "limit=0",
        "sortby=name",
        "f=html",
        "x=1",
        "lang=fr",
    ],
)
def test_a_wrong_parameter_is_refused(client: FlaskClient, query: str) -> None:
    assert client.get(f"/summary?{query}").status_code == 400


def test_a_summary_is_kept_like_any_answer(client: FlaskClient) -> None:
    tag = client.get("/summary?kind=dug").headers["ETag"]
    assert client.get("/summary?kind=dug", headers={"If-None-Match": tag}).status_code == 304
    assert "ETag" not in client.post("/summary", json=SQUARE).headers


def test_the_summary_is_in_the_openapi_document(client: FlaskClient) -> None:
    document = client.get("/api").get_json(force=True)
    validate(document)
    assert document["paths"]["/summary"].keys() == {"get", "post"}


def test_distances_are_right_to_a_metre_along_and_across_the_corridor() -> None:
    spread = np.random.default_rng(7).uniform((113.7, 29.2), (115.7, 31.1), (200, 2))
    places = shapely.points(spread)
    line = shapely.LineString([(113.9, 30.4), (115.2, 30.2)])
    chosen, km = area.Ruler(list(places)).nearest_km([line])
    steps = shapely.get_coordinates(shapely.segmentize(line, 0.0005))
    for (x, y), measured in zip(spread[:20], km[:20], strict=True):
        size = len(steps)
        exact = GEOD.inv(np.full(size, x), np.full(size, y), steps[:, 0], steps[:, 1])[2].min() / 1000
        assert measured == pytest.approx(exact, abs=2e-3)
    assert set(chosen) == {0}
