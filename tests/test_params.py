"""What comes in is understood, or refused with its name, its value and what was expected."""

from __future__ import annotations

from datetime import date

import pytest
import shapely
from werkzeug.datastructures import MultiDict

from gis.errors import BadParameter
from gis.feature import Bbox, Interval
from tests.conftest import WELLS
from webmap import params

WRONG = [
    ("limit", "0"),
    ("limit", "-1"),
    ("limit", "ten"),
    ("limit", ""),
    ("limit", "1.5"),
    ("limit", "１０"),
    ("offset", "-1"),
    ("offset", "x"),
    ("offset", "9" * 30),
    ("bbox", "1,2,3"),
    ("bbox", "1,2,3,4,5"),
    ("bbox", "a,b,c,d"),
    ("bbox", "1,2,3,nan"),
    ("bbox", "1,2,3,1e999"),
    ("bbox", "1,5,2,4"),
    ("bbox", "1,-91,2,4"),
    ("bbox", "181,1,2,4"),
    ("bbox", "1, 2,3,4"),
    ("bbox", ""),
    ("datetime", ".."),
    ("datetime", ""),
    ("datetime", "yesterday"),
    ("datetime", "2021-13-01"),
    ("datetime", "2021-W01-1"),
    ("datetime", "2022-01-01/2021-01-01"),
    ("datetime", "2021-01-01/2021-02-01/2021-03-01"),
    ("datetime", "2021-01-01T00:00:00"),
    ("city", "Wuhan"),
    ("city", "9" * 30),
    ("city", "420199"),
    ("kind", "imaginary"),
    ("depth", "deep"),
    ("depth", "1e999"),
    ("in_use", "yes"),
    ("drilled_on", "2020"),
    ("drilled_on", "2020-02-30"),
    ("name", "a\x00b"),
    ("colour", "red"),
    ("id", "1"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(BadParameter) as caught:
        params.query(WELLS, MultiDict({name: value}))
    assert caught.value.name == name
    assert "expected" in str(caught.value)


EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


@pytest.mark.parametrize(
    ("code", "box"),
    [
        ("3857", "-20037508.34,-20048966.1,20037508.34,20048966.1"),
        ("3857", "-1e8,-1e8,1e8,1e8"),
        ("3857", "12000000,3000000,41000000,4000000"),
        ("3857", "-1.7e49,-8.3e257,-5,1.2e56,1.1e249,5"),
        ("4547", "0,0,10000000,10000000"),
        ("4547", "-1e30,-1e30,1e30,1e30"),
        ("4526", "0,0,10000000,100000000"),
    ],
)
def test_a_box_may_be_larger_than_its_projection(code: str, box: str) -> None:
    region = params.query(WELLS, MultiDict({"bbox": box, "bbox-crs": EPSG + code})).region
    assert region is not None and region.is_valid
    assert region.contains(shapely.box(113, 29, 116, 32))


def test_a_box_beyond_its_projection_holds_nothing() -> None:
    asked = MultiDict({"bbox": "3e7,0,4e7,1", "bbox-crs": f"{EPSG}3857"})
    region = params.query(WELLS, asked).region
    assert region is not None and region.is_empty


def test_a_box_without_size_is_understood_in_a_projection() -> None:
    asked = MultiDict({"bbox": "12e6,4e6,12e6,4e6", "bbox-crs": f"{EPSG}3857"})
    region = params.query(WELLS, asked).region
    assert isinstance(region, shapely.Point)
    assert (region.x, region.y) == pytest.approx((107.798, 33.785), abs=1e-3)


@pytest.mark.parametrize("name", ["crs", "bbox-crs", "filter-crs"])
def test_an_unknown_system_is_refused_by_the_name_of_its_parameter(name: str) -> None:
    asked = MultiDict({name: "EPSG:4326", "bbox": "1,2,3,4", "filter": "depth>1"})
    with pytest.raises(BadParameter) as caught:
        params.query(WELLS, asked)
        params.form(WELLS, asked)
    assert caught.value.name == name


def test_a_parameter_given_twice_is_refused() -> None:
    with pytest.raises(BadParameter, match="one value"):
        params.query(WELLS, MultiDict([("limit", "1"), ("limit", "2")]))


@pytest.mark.parametrize(
    ("value", "limit"),
    [("1", 1), ("007", 7), ("10000", 10_000), ("10001", 10_000), ("9" * 5000, 10_000)],
)
def test_a_limit_above_the_maximum_means_the_maximum(value: str, limit: int) -> None:
    assert params.query(WELLS, MultiDict({"limit": value})).limit == limit


@pytest.mark.parametrize(
    ("value", "box"),
    [
        ("1,2,3,4", Bbox(1, 2, 3, 4)),
        ("1,2,-99,3,4,99", Bbox(1, 2, 3, 4)),
        ("170,-10,-170,10", Bbox(170, -10, -170, 10)),
        ("114.5,30.5,114.5,30.5", Bbox(114.5, 30.5, 114.5, 30.5)),
        ("-1.5e1,+2,3.,.4e1", Bbox(-15, 2, 3, 4)),
    ],
)
def test_boxes(value: str, box: Bbox) -> None:
    assert params.query(WELLS, MultiDict({"bbox": value})).bbox == box


@pytest.mark.parametrize(
    ("value", "interval"),
    [
        ("2021-01-01", Interval(date(2021, 1, 1), date(2021, 1, 1))),
        ("2021-01-01/..", Interval(date(2021, 1, 1), None)),
        ("../2021-01-01", Interval(None, date(2021, 1, 1))),
        ("/2021-01-01", Interval(None, date(2021, 1, 1))),
        ("../..", Interval(None, None)),
        ("2021-01-01T23:00:00Z/2021-01-02T01:00:00+08:00", Interval(date(2021, 1, 1), date(2021, 1, 1))),
        ("0000-01-01T00:00:00Z/2021-01-01T00:00:00Z", Interval(None, date(2021, 1, 1))),
        ("2021-01-01T00:00:00Z/9999-12-31T00:00:00Z", Interval(date(2021, 1, 1), date(9999, 12, 31))),
    ],
)
def test_intervals_among_them_those_of_qgis(value: str, interval: Interval) -> None:
    assert params.query(WELLS, MultiDict({"datetime": value})).interval == interval


def test_values_have_the_types_of_their_fields() -> None:
    asked = MultiDict(
        {"city": "420100", "depth": "1.5", "in_use": "true", "drilled_on": "2020-01-01", "name": "甲"}
    )
    equals = params.query(WELLS, asked).equals
    assert equals == {
        "city": 420100,
        "depth": 1.5,
        "in_use": True,
        "drilled_on": date(2020, 1, 1),
        "name": "甲",
    }
