"""What is wrong or doubtful in the data: places outside what they claim, look-alikes, broken sources."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from etl import read
from etl.measure import to_metres
from etl.records import Finding, Severity
from etl.run import Gathered, Progress, gather, silent
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
_POINTS = ("Point", "MultiPoint")
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
    progress: Progress = silent,
) -> tuple[Finding, ...]:
    """Everything that is wrong (errors) or doubtful (warnings), layer by layer, errors first."""
    gathered = gather(catalog, folder=folder, declared=declared, progress=progress)
    progress("checking")
    foreign = frozenset(one.layer.id for one in declared)
    found = [*_rejected(gathered), *findings(catalog, gathered, foreign)]
    order = list(catalog)
    return tuple(sorted(found, key=lambda one: (one.severity, order.index(one.layer))))


def findings(
    catalog: Catalog, gathered: Gathered, foreign: frozenset[str] = frozenset()
) -> Iterator[Finding]:
    """What the checks find in features. Layers that are `foreign` keep their own names and sources."""
    placed = [_Placed(catalog[name], one) for name, many in gathered.features.items() for one in many]
    own = [one for one in placed if one.layer.id not in foreign]
    for one in placed:
        yield from _geometry(one, gathered)
        yield from _radius(one)
    for one in own:
        yield from _sources(one, gathered)
        yield from _ending(one)
        yield from _secret(one)
    yield from _namesakes([one for one in own if one.is_point])
    yield from _neighbours([one for one in own if one.is_point and one["precision"] == Precision.SITE])
    yield from _untranslated(own)


def _rejected(gathered: Gathered) -> Iterator[Finding]:
    for layer_id, many in gathered.rejected.items():
        for one in many:
            key = str(one.row.values.get("key") or "")
            yield Finding(Severity.ERROR, layer_id, key, one.column, one.reason)


def _finding(severity: Severity, one: _Placed, field: str, message: str) -> Finding:
    return Finding(severity, one.layer.id, str(one["key"]), field, message)


def _geometry(one: _Placed, gathered: Gathered) -> Iterator[Finding]:
    geometry, areas = one.feature.geometry, gathered.areas
    if geometry is None:
        return
    if not geometry.is_valid:
        yield _finding(Severity.ERROR, one, "geometry", shapely.is_valid_reason(geometry))
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


def _sources(one: _Placed, gathered: Gathered) -> Iterator[Finding]:
    for source in str(one["source"]).split("|"):
        document, mark, section = source.partition("#")
        if document not in gathered.documents:
            yield _finding(Severity.ERROR, one, "source", f"{document!r} is not in registry.toml")
        elif not mark or not section:
            yield _finding(Severity.WARNING, one, "source", f"{source!r} names no section")
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
