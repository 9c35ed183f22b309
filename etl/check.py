"""What is wrong or doubtful in the data: places outside what they claim, look-alikes, broken sources."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from etl import read, shifts
from etl.areas import Areas
from etl.decisions import decisions
from etl.geocode import Witnesses
from etl.importing.kept import Kept
from etl.importing.source import SLOT
from etl.lexicon import lexicon
from etl.measure import to_metres
from etl.records import Finding, Row, Severity
from etl.run import Gathered, Progress, gather, silent
from gis.adcodes import CITIES, DISTRICTS
from gis.declare import Declared
from gis.feature import Feature, Precision
from gis.layer import Catalog, Layer

_NEAR_M = 60
# The radii, in metres, that go with a precision.
_RADII: dict[str, tuple[float, float]] = {
    Precision.SITE: (0, 300),
    Precision.CAMPUS: (100, 3000),
    Precision.STREET: (100, 3000),
    Precision.TOWN: (1000, 12000),
}
# A circle that holds so much of its district says where in the district nothing is.
_WHOLE_DISTRICT = 0.95
_POINTS = ("Point", "MultiPoint")
# Where `decisions.csv` keeps that a position has been compared with what else tells it.
_POSITIONS = "positions"
_SECTION_COLUMNS = ("document", "section")
_BESIDE_NAME = re.compile(r"[\s·・—–\-‐（）()《》“”\"'、,，.。]|省|市")


@dataclass(frozen=True)
class _Placed:
    """A feature with its layer."""

    layer: Layer
    feature: Feature

    def __getitem__(self, name: str) -> object:
        return self.feature.properties[name]

    @property
    def is_point(self) -> bool:
        return self.feature.geometry is not None and self.feature.geometry.geom_type in _POINTS


def check(
    catalog: Catalog,
    *,
    folder: Path = read.SOURCES,
    declared: Sequence[Declared] = (),
    imports: Sequence[Kept] = (),
    progress: Progress = silent,
) -> tuple[Finding, ...]:
    """Everything that is wrong (errors) or doubtful (warnings), layer by layer, errors first."""
    gathered = gather(catalog, folder=folder, declared=declared, imports=imports, progress=progress)
    progress("checking")
    foreign = frozenset(one.layer.id for one in declared)
    found = [*_rejected(gathered), *findings(catalog, gathered, foreign, folder=folder)]
    order = list(catalog)
    return tuple(sorted(found, key=lambda one: (one.severity, order.index(one.layer))))


def findings(
    catalog: Catalog,
    gathered: Gathered,
    foreign: frozenset[str] = frozenset(),
    *,
    folder: Path = read.SOURCES,
) -> Iterator[Finding]:
    """What the checks find in features. Layers that are `foreign`, and imports, keep their own names and sources."""
    placed = [_Placed(catalog[name], one) for name, many in gathered.features.items() for one in many]
    own = [one for one in placed if one.layer.id not in foreign and one.feature.id < SLOT]
    for one in placed:
        yield from _geometry(one, gathered)
        yield from _radius(one)
    sections = _sections(folder)
    for one in own:
        yield from _wide(one, gathered.areas)
        yield from _sources(one, gathered, sections)
        yield from _ending(one)
        yield from _secret(one)
    yield from _namesakes([one for one in own if one.is_point and not one.layer.figures])
    yield from _neighbours([one for one in own if one.is_point and one["precision"] == Precision.SITE])
    yield from _untranslated(own)
    yield from _contradicted([one for one in own if one.is_point], folder)
    yield from _shifted(placed, _known_points(own, gathered.areas), gathered.areas)


def _rejected(gathered: Gathered) -> Iterator[Finding]:
    for layer_id, many in gathered.rejected.items():
        for one in many:
            key = str(one.row.values.get("key") or "")
            yield Finding(Severity.ERROR, layer_id, key, one.column, one.reason)
        count = sum(_is_swapped(one.row, gathered.areas) for one in many)
        if count:
            message = f"{count} rows have their axes swapped: expected longitude first, then latitude"
            yield Finding(Severity.ERROR, layer_id, "", "geometry", message)


def _is_swapped(row: Row, areas: Areas) -> bool:
    """Whether a row that cannot be taken in would lie in the corridor with its coordinates the other way."""
    if row.geometry is not None and not row.geometry.is_empty:
        lon, lat = shapely.get_coordinates(row.geometry)[0].tolist()
        return shifts.swapped(lon, lat, areas)
    try:
        return shifts.swapped(float(str(row.values["lon"])), float(str(row.values["lat"])), areas)
    except (KeyError, ValueError):
        return False


def _finding(severity: Severity, one: _Placed, field: str, message: str) -> Finding:
    return Finding(severity, one.layer.id, str(one["key"]), field, message)


def _geometry(one: _Placed, gathered: Gathered) -> Iterator[Finding]:
    geometry, areas = one.feature.geometry, gathered.areas
    if geometry is None:
        return
    if not geometry.is_valid:
        yield _finding(Severity.ERROR, one, "geometry", shapely.is_valid_reason(geometry))
    if (shapely.get_coordinates(geometry) == 0).any():
        yield _finding(Severity.ERROR, one, "geometry", "has a coordinate 0: expected a position")
        return
    if not one.is_point:
        if not shapely.intersects(areas.corridor, geometry):
            yield _finding(Severity.WARNING, one, "geometry", "lies outside the corridor")
        return
    for field in ("district", "city"):
        code = one[field]
        if isinstance(code, int) and not areas.covers(code, geometry):
            there = areas.districts_of([geometry])[0]
            yield _finding(Severity.ERROR, one, field, f"lies outside {code}, in {there or 'no district'}")
            return
    if not shapely.covers(areas.corridor, geometry):
        yield _finding(Severity.WARNING, one, "geometry", "lies outside the corridor")


def _radius(one: _Placed) -> Iterator[Finding]:
    precision, radius = str(one["precision"]), one["radius_m"]
    if precision not in _RADII or not isinstance(radius, float):
        return
    least, most = _RADII[precision]
    if not least <= radius <= most:
        message = f"{radius:g} m does not go with precision={precision}: expected {least:g} to {most:g} m"
        yield _finding(Severity.WARNING, one, "radius_m", message)


def _wide(one: _Placed, areas: Areas) -> Iterator[Finding]:
    """A point whose circle is its whole district is known no better than by the district."""
    radius, code, precision = one["radius_m"], one["district"], str(one["precision"])
    if not (one.is_point and precision in _RADII and isinstance(radius, float)):
        return
    if not isinstance(code, int) or code not in areas:
        return
    district = to_metres(areas.area(code))
    circle = to_metres(one.feature.geometry).buffer(radius)
    if district.intersection(circle).area >= _WHOLE_DISTRICT * district.area:
        message = f"a circle of {radius:g} m holds all of district {code}: expected precision=district"
        yield _finding(Severity.WARNING, one, "precision", message)


def _sections(folder: Path) -> Mapping[str, frozenset[str]]:
    """The sections of each document that `sections.csv` lists, "一/（二）" for the second part of the first."""
    file = folder / "sections.csv"
    found: dict[str, set[str]] = {}
    for row in read.table(file, _SECTION_COLUMNS) if file.exists() else ():
        found.setdefault(str(row.values["document"]), set()).add(str(row.values["section"]))
    return {document: frozenset(sections) for document, sections in found.items()}


def _sources(one: _Placed, gathered: Gathered, sections: Mapping[str, frozenset[str]]) -> Iterator[Finding]:
    for source in str(one["source"]).split("|"):
        document, mark, section = source.partition("#")
        if document not in gathered.documents:
            yield _finding(Severity.ERROR, one, "source", f"{document!r} is not in registry.toml")
        elif not mark or not section:
            yield _finding(Severity.WARNING, one, "source", f"{source!r} names no section")
        elif document in sections and section not in sections[document]:
            yield _finding(Severity.ERROR, one, "source", f"{source!r}: the document has no such section")
    if one.is_point and not one["position_source"]:
        yield _finding(Severity.WARNING, one, "position_source", "says not how the place is known")


def _ending(one: _Placed) -> Iterator[Finding]:
    names = [str(one["name"]), *str(one["aliases"] or "").split("|")]
    is_shape = one["precision"] == Precision.SCHEMATIC  # named where it is declared
    if (
        one.layer.recognise.endings
        and not is_shape
        and not any(one.layer.recognise.fits(name) for name in names)
    ):
        message = f"{one['name']} does not end like a name of {one.layer.id}"
        yield _finding(Severity.WARNING, one, "name", message)


def _secret(one: _Placed) -> Iterator[Finding]:
    if one["visibility"] == "internal" and one.is_point and one["precision"] != Precision.CITY:
        message = f"internal, yet placed with precision={one['precision']}: expected city"
        yield _finding(Severity.WARNING, one, "precision", message)


def _namesakes(many: Iterable[_Placed]) -> Iterator[Finding]:
    first: dict[str, _Placed] = {}
    for one in many:
        names = [str(one["name"]), *str(one["aliases"] or "").split("|")]
        for name in dict.fromkeys(normal(name) for name in names if name):
            other = first.setdefault(name, one)
            if other is not one:
                message = f"{one['name']} is called like {other['name']} ({other.layer.id}/{other['key']})"
                yield _finding(Severity.WARNING, one, "name", message)
                break


def normal(name: str) -> str:
    """A name without what differs between spellings of one name: width, brackets, dashes, 省 and 市."""
    return _BESIDE_NAME.sub("", unicodedata.normalize("NFKC", name)).casefold()


def _neighbours(many: Sequence[_Placed]) -> Iterator[Finding]:
    points = to_metres(np.array([one.feature.geometry for one in many], dtype=object))
    pairs = shapely.STRtree(points).query(points, predicate="dwithin", distance=_NEAR_M)
    for i, j in sorted(pairs.T.tolist()):
        if i < j and many[i]["host"] != many[j]["name"] and many[j]["host"] != many[i]["name"]:
            metres = shapely.distance(points[i], points[j])
            message = f"{many[i]['name']} is {metres:.0f} m from {many[j]['name']} ({many[j]['key']})"
            yield _finding(Severity.WARNING, many[i], "geometry", message)


def _untranslated(many: Iterable[_Placed]) -> Iterator[Finding]:
    without = Counter(one.layer.id for one in many if not one["name_en"])
    for layer_id, count in without.items():
        yield Finding(Severity.WARNING, layer_id, "", "name_en", f"{count} features have no English name")


def _contradicted(many: Sequence[_Placed], folder: Path) -> Iterator[Finding]:
    """Points far from their host or from the towns that their name or evidence names, unless that is settled."""
    settled = decisions(folder, lexicon())
    witnesses = Witnesses((one.feature for one in many), folder)
    for one in many:
        for field, doubt in witnesses.against(one.feature):
            if not settled.is_settled(str(one["key"]), _POSITIONS, field):
                yield _finding(Severity.WARNING, one, field, str(doubt))


def _shifted(
    many: Sequence[_Placed], known: Mapping[str, tuple[str, BaseGeometry]], areas: Areas
) -> Iterator[Finding]:
    """Layers that look as if they were in GCJ-02 or BD-09, told by namesakes elsewhere or by their districts."""
    by_layer: dict[str, list[_Placed]] = {}
    for one in many:
        by_layer.setdefault(one.layer.id, []).append(one)
    for layer_id, held in by_layer.items():
        pairs = [pair for one in held for pair in _beside_namesake(one, known)]
        claims = [
            (one.feature.geometry, one["district"])
            for one in held
            if one.is_point and isinstance(one["district"], int)
        ]
        found = shifts.shift(pairs) or shifts.shift_by_district(claims, areas)
        if found:
            yield Finding(Severity.WARNING, layer_id, "", "geometry", str(found))


def _known_points(many: Sequence[_Placed], areas: Areas) -> dict[str, tuple[str, BaseGeometry]]:
    """Name → layer and point of what is known precisely; areas by their centroids, with the layer ""."""
    found: dict[str, tuple[str, BaseGeometry]] = {}
    for code, (name, _) in {**CITIES, **DISTRICTS}.items():
        if code in areas:
            found[normal(name)] = ("", areas.area(code).centroid)
    for one in many:
        geometry = one.feature.geometry
        if geometry is not None and one.is_point and one["precision"] in (Precision.SITE, Precision.CAMPUS):
            found.setdefault(normal(str(one["name"])), (one.layer.id, geometry.centroid))
    return found


def _beside_namesake(
    one: _Placed, known: Mapping[str, tuple[str, BaseGeometry]]
) -> Iterator[tuple[BaseGeometry, BaseGeometry]]:
    """The thing beside a thing of the same name in another layer; an area is compared with an area only."""
    geometry = one.feature.geometry
    layer_id, point = known.get(normal(str(one["name"])), (one.layer.id, None))
    is_area = geometry is not None and shapely.get_dimensions(geometry) == 2
    if (
        geometry is not None
        and point is not None
        and layer_id != one.layer.id
        and is_area == (layer_id == "")
    ):
        yield geometry.centroid, point
