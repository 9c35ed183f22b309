"""How well the reviewed places are placed: their precision, and their distances to independent coordinates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from shapely import Point

from etl import read
from etl.measure import distances_m
from etl.run import Gathered
from gis.adcodes import CITIES
from gis.errors import BadData
from gis.feature import Feature, Precision

_COLUMNS = ("key", "lon", "lat", "error_m", "source")
_WEAK = (Precision.DISTRICT, Precision.CITY)


@dataclass(frozen=True)
class Public:
    """Where an independent source puts a feature (WGS-84 degrees), and how well (metres)."""

    key: str
    lon: float
    lat: float
    error_m: float
    source: str

    @property
    def seat(self) -> tuple[float, float]:
        """The coordinate, which features on one campus share."""
        return self.lon, self.lat

    def distance_m(self, feature: Feature) -> float:
        """How far a feature's point is from here."""
        if not isinstance(feature.geometry, Point):
            raise BadData(self.key, "has no point to compare with")
        point = feature.geometry
        return float(distances_m(self.lon, self.lat, np.array([[point.x, point.y]]))[0])

    def is_within(self, feature: Feature) -> bool:
        """Whether a feature's radius and the source's own error allow the distance between them."""
        radius = feature.properties["radius_m"]
        return isinstance(radius, float) and self.distance_m(feature) <= radius + self.error_m


def published(file: Path) -> tuple[Public, ...]:
    """The rows of a list of independent coordinates. Raises `BadData` for one that cannot be read."""
    found = []
    for row in read.table(file, _COLUMNS):
        told = {name: str(row.values[name]) for name in _COLUMNS}
        try:
            lon, lat, error_m = (float(told[name]) for name in ("lon", "lat", "error_m"))
        except ValueError:
            raise BadData(row.where, "lon, lat, error_m: expected numbers") from None
        found.append(Public(told["key"], lon, lat, error_m, told["source"]))
    return tuple(found)


def places(gathered: Gathered, folder: Path = read.SOURCES) -> tuple[Feature, ...]:
    """The features that were reviewed as places."""
    reviewed = [file.stem for file in sorted((folder / "places").glob("*.csv"))]
    return tuple(feature for layer_id in reviewed for feature in gathered.features.get(layer_id, ()))


def better_than_district(features: Sequence[Feature]) -> float:
    """The share of places whose position is known better than by their district."""
    return sum(one.properties["precision"] not in _WEAK for one in features) / len(features)


def measures(features: Sequence[Feature], public: Sequence[Public]) -> Iterator[str]:
    """The figures, the weak places, and what independent coordinates say; one line each."""
    counts = Counter(str(one.properties["precision"]) for one in features)
    told = ", ".join(f"{precision} {counts[precision]}" for precision in Precision if counts[precision])
    yield f"{len(features)} places: {told}; better than district {better_than_district(features):.1%}"
    for code, (name, _) in CITIES.items():
        there = [one for one in features if one.properties["city"] == code]
        if there:
            yield f"{name}: {len(there)} places, better than district {better_than_district(there):.1%}"
    for one in features:
        if one.properties["precision"] in _WEAK:
            said = one.properties
            why = str(said["position_source"]).partition("；")[0]
            yield f"weak: {said['key']}  {said['name']}  {said['precision']}  {why}"
    yield from _compared({str(one.properties["key"]): one for one in features}, public)


def _compared(features: Mapping[str, Feature], public: Sequence[Public]) -> Iterator[str]:
    known = [one for one in public if one.key in features]
    if not known:
        return
    metres = {one: one.distance_m(features[one.key]) for one in known}
    seats = {one.seat: metres[one] for one in known}
    yield (
        f"{len(known)} places beside independent coordinates: median error {median(metres.values()):.0f} m; "
        f"{len(seats)} seats: {median(seats.values()):.0f} m; worst {max(metres.values()):.0f} m"
    )
    for one, distance in sorted(metres.items(), key=lambda pair: -pair[1]):
        if not one.is_within(features[one.key]):
            yield f"outside its radius: {one.key}  {distance:.0f} m from {one.source}"
