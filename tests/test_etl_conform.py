"""A row becomes a feature with every field of its layer, or is rejected with the column and what it needs."""

from __future__ import annotations

from datetime import date, datetime

import pytest
import shapely
from etl_world import EAST, MILLS, RINGS, SQUARES, WEST, areas, mill

from etl.conform import conform, unique
from etl.measure import distances_m, to_metres
from etl.records import Rejected, Row
from gis.feature import Feature


def one(row: Row) -> Feature | Rejected:
    (result,) = conform(MILLS, [row], areas())
    return result


def feature(row: Row) -> Feature:
    result = one(row)
    assert isinstance(result, Feature), result
    return result


def test_a_feature_has_every_field_in_the_order_of_its_layer() -> None:
    made = feature(
        mill(stones="3", power="1.5", open="true", built_on="2020-02-29", seen="2021-01-01T08:00:00+08:00")
    )
    assert list(made.properties) == [field.name for field in MILLS.all_fields]
    assert made.id == 1 and made.geometry == shapely.Point(114.75, 30.25)
    assert made.properties["city"] == 420100 and made.properties["name_en"] is None
    assert made.properties["stones"] == 3 and made.properties["power"] == 1.5
    assert made.properties["open"] is True and made.properties["built_on"] == date(2020, 2, 29)
    assert made.properties["seen"] == datetime(2021, 1, 1)


@pytest.mark.parametrize(
    ("precision", "radius"), [("site", 200), ("campus", 800), ("street", 1500), ("town", 4000)]
)
def test_a_radius_that_is_not_given_is_the_typical_one(precision: str, radius: float) -> None:
    assert feature(mill(precision=precision)).properties["radius_m"] == radius


def test_a_given_radius_is_kept() -> None:
    assert feature(mill(radius_m="35")).properties["radius_m"] == 35


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id", ""),
        ("id", "0"),
        ("id", "-1"),
        ("id", "1.5"),
        ("id", "07"),
        ("id", "9223372036854775808"),
        ("key", "East"),
        ("key", "-east"),
        ("key", "a" * 81),
        ("key", ""),
        ("name", "  "),
        ("name", "坏\x00名"),
        ("name", "坏\n名"),
        ("name", "坏\u202e名"),
        ("aliases", "甲||乙"),
        ("aliases", "甲 |乙"),
        ("kind", "steam"),
        ("city", "420200"),
        ("city", "110000"),
        ("city", "武汉"),
        ("district", "420199"),
        ("status", "ruined"),
        ("lon", ""),
        ("lon", "nan"),
        ("lon", "inf"),
        ("lon", "114°"),
        ("lon", "1140"),
        ("lat", "91"),
        ("precision", "exact"),
        ("precision", ""),
        ("precision", "schematic"),
        ("radius_m", "-3"),
        ("radius_m", "0"),
        ("radius_m", "nan"),
        ("source", ""),
        ("as_of", "2021-02-30"),
        ("as_of", "2021"),
        ("visibility", "secret"),
        ("stones", "3.5"),
        ("stones", "1e3"),
        ("power", "inf"),
        ("open", "perhaps"),
        ("built_on", "31.12.2021"),
        ("seen", "yesterday"),
    ],
)
def test_a_value_that_does_not_fit_is_rejected_with_its_column(column: str, value: str) -> None:
    result = one(mill(**{column: value}))
    assert isinstance(result, Rejected), result
    assert result.column == column or (column, result.column) == ("district", "city")
    assert result.reason.startswith("places/mills.csv, line 2: ")
    assert result.column in result.reason and "expected" in result.reason
    assert "\n" not in result.reason and "\x00" not in result.reason


def test_swapped_axes_are_rejected() -> None:
    result = one(mill(lon="30.25", lat="114.75"))
    assert isinstance(result, Rejected) and result.column == "lat"


def test_a_place_known_by_its_district_stands_where_the_district_is_widest() -> None:
    made = feature(mill(precision="district", lon="", lat=""))
    assert made.geometry is not None
    point, square = to_metres(made.geometry), to_metres(SQUARES[EAST])
    assert square.contains(point) and square.boundary.distance(point) > 23_900  # half of its width is 24 km
    assert "区县代表点" in str(made.properties["position_source"])
    assert "方块界线" in str(made.properties["position_source"])


def test_its_radius_reaches_all_of_the_district() -> None:
    made = feature(mill(precision="district", lon="", lat=""))
    corners = shapely.get_coordinates(SQUARES[EAST])
    reach = distances_m(made.geometry.x, made.geometry.y, corners).max()  # type: ignore[union-attr]
    radius = made.properties["radius_m"]
    assert isinstance(radius, float) and radius % 100 == 0 and reach <= radius < reach + 100


def test_a_place_known_by_its_city_needs_no_district() -> None:
    made = feature(mill(precision="city", district="", lon="", lat=""))
    assert "城市代表点" in str(made.properties["position_source"])


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"precision": "district", "lon": "", "lat": "", "district": ""}, "district"),
        ({"precision": "district", "lon": "", "lat": "", "district": "420106"}, "district"),
        ({"precision": "district"}, "lon"),
        ({"precision": "district", "lon": "", "lat": "", "radius_m": "900"}, "radius_m"),
        ({"precision": "city", "lon": "", "lat": "", "district": "", "city": ""}, "city"),
    ],
)
def test_a_coarse_place_that_contradicts_itself_is_rejected(changes: dict[str, object], column: str) -> None:
    result = one(mill(**changes))
    assert isinstance(result, Rejected) and result.column == column


def test_a_number_and_a_key_are_given_once() -> None:
    rows = [mill(), mill(id="2"), mill(key="west-mill"), mill(id="3", key="south-mill")]
    passed = list(unique(rows, "mills", {}))
    assert [isinstance(row, Rejected) for row in passed] == [False, True, True, False]
    assert isinstance(passed[1], Rejected) and passed[1].column == "key" and "line 2" in passed[1].reason


def test_keys_are_unique_over_all_layers_and_numbers_within_theirs() -> None:
    seen: dict[tuple[str, str], str] = {}
    list(unique([mill()], "mills", seen))
    (again,) = unique([mill(key="other")], "ponds", seen)
    (clash,) = unique([mill(id="2")], "ponds", seen)
    assert isinstance(again, Row) and isinstance(clash, Rejected)


def ring(geometry: shapely.Geometry | None, **values: object) -> Feature | Rejected:
    required = {
        "id": 1,
        "key": "r",
        "name": "圈",
        "precision": "schematic",
        "source": "x#1",
        "visibility": "public",
    }
    (result,) = conform(RINGS, [Row("x", {**required, **values}, geometry)], areas())
    return result


def test_an_area_is_promoted_rounded_and_measured() -> None:
    made = ring(shapely.box(114, 30, 114.0100000000001, 30.01))
    assert isinstance(made, Feature) and made.geometry is not None
    assert made.geometry.geom_type == "MultiPolygon" and made.geometry.bounds == (114, 30, 114.01, 30.01)
    assert made.properties["area_km2"] == pytest.approx(1.07, abs=0.01)


def test_an_area_that_is_stated_is_not_measured() -> None:
    made = ring(shapely.box(114, 30, 114.01, 30.01), area_km2=100)
    assert isinstance(made, Feature) and made.properties["area_km2"] == 100


@pytest.mark.parametrize(
    "geometry",
    [
        shapely.Point(114, 30),
        shapely.LineString([(114, 30), (115, 31)]),
        shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1), (0, 0)]),
        shapely.box(500000, 3300000, 500100, 3300100),
        shapely.Point(float("inf"), 3),
        shapely.GeometryCollection([shapely.Point(1, 1)]),
    ],
)
def test_a_geometry_that_does_not_fit_is_rejected(geometry: shapely.Geometry) -> None:
    result = ring(geometry)
    assert isinstance(result, Rejected) and result.column == "geometry"


def test_a_feature_may_have_no_geometry() -> None:
    made = ring(None)
    assert isinstance(made, Feature) and made.geometry is None and made.properties["area_km2"] is None


def test_districts_are_found_for_points() -> None:
    points = [shapely.Point(114.2, 30.2), None, shapely.Point(114.8, 30.2), shapely.Point(100, 30)]
    assert areas().districts_of(points) == [WEST, None, EAST, None]
