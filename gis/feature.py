"""What is stored and what is asked: features, how well their place is known, queries and pages."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.expression import Filter
from gis.frozen import FrozenMapping

# Decimals of a degree that are kept: 1e-8 degree is about one millimetre.
DECIMALS = 8


class Precision(StrEnum):
    """How well a place is known, best first. `typical_radius_m` is metres, None when the area decides."""

    SITE = "site"
    CAMPUS = "campus"
    STREET = "street"
    TOWN = "town"
    DISTRICT = "district"
    CITY = "city"
    SCHEMATIC = "schematic"

    @property
    def typical_radius_m(self) -> float | None:
        return _TYPICAL_RADIUS_M[self]


_TYPICAL_RADIUS_M: Mapping[Precision, float | None] = {
    Precision.SITE: 200.0,
    Precision.CAMPUS: 800.0,
    Precision.STREET: 1500.0,
    Precision.TOWN: 4000.0,
    Precision.DISTRICT: None,
    Precision.CITY: None,
    Precision.SCHEMATIC: None,
}


@dataclass(frozen=True)
class Feature:
    """A thing with its place (WGS-84, longitude first) and its properties, one for each field of its layer."""

    id: int
    geometry: BaseGeometry | None
    properties: Mapping[str, object]

    def __post_init__(self) -> None:
        object.__setattr__(self, "properties", FrozenMapping(self.properties))


@dataclass(frozen=True)
class Bbox:
    """A box in degrees; west is east of east when it crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float

    def parts(self) -> tuple[Bbox, ...]:
        """The box itself, or its two halves on either side of the antimeridian."""
        if self.west <= self.east:
            return (self,)
        return Bbox(self.west, self.south, 180.0, self.north), Bbox(-180.0, self.south, self.east, self.north)

    def join(self, other: Bbox) -> Bbox:
        """The box around both."""
        return Bbox(
            min(self.west, other.west),
            min(self.south, other.south),
            max(self.east, other.east),
            max(self.north, other.north),
        )

    def geometry(self) -> BaseGeometry:
        """The box as the geometry of its dimension: a polygon, a line, or a point when it has no size."""
        corners = [(self.west, self.south), (self.east, self.north)]
        if self.west == self.east and self.south == self.north:
            return shapely.Point(corners[0])
        if self.west == self.east or self.south == self.north:
            return shapely.LineString(corners)
        return shapely.box(self.west, self.south, self.east, self.north)


@dataclass(frozen=True)
class Interval:
    """A span of days, both ends included; None is an open end."""

    start: date | None
    end: date | None


@dataclass(frozen=True)
class Sort:
    """A field by which an answer is ordered."""

    field: str
    descending: bool = False


@dataclass(frozen=True)
class Query:
    """What is asked of a layer. `equals` compares fields with values of their types, `region` (WGS-84) is
    an area that must be met, `filter` any predicate (see `gis.filters`); `sort` names the fields by which
    the answer is ordered, those without a value last."""

    limit: int = 1000
    offset: int = 0
    bbox: Bbox | None = None
    region: BaseGeometry | None = None
    interval: Interval | None = None
    equals: Mapping[str, object] = field(default_factory=lambda: FrozenMapping({}))
    filter: Filter | None = None
    sort: tuple[Sort, ...] = ()
    internal: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "equals", FrozenMapping(self.equals))

    @property
    def unconditional(self) -> bool:
        """Whether every feature that may be shown is in the answer, on one of its pages."""
        asked = (self.bbox, self.region, self.interval, self.filter)
        return not self.equals and all(condition is None for condition in asked)

    @property
    def everything(self) -> bool:
        """Whether no feature is left out, whoever it may be shown to."""
        return self.unconditional and self.internal


@dataclass(frozen=True)
class Page:
    """One page of an answer: GeoJSON texts of features in id order, and how many there are in all.

    `features` may be read from the store only while it is gone through.
    """

    features: Collection[str]
    matched: int


def rounded(geometry: BaseGeometry) -> BaseGeometry:
    """The geometry on the grid in which it is stored and served, with the ring order of RFC 7946."""
    on_grid = shapely.transform(shapely.force_2d(geometry), lambda xy: np.round(xy, DECIMALS))
    return shapely.orient_polygons(on_grid)


def geojson_text(feature: Feature) -> str:
    """The feature as a GeoJSON Feature (RFC 7946), compact, raw UTF-8, every property present."""
    return geojson_texts([feature])[0]


def geojson_texts(features: Sequence[Feature]) -> list[str]:
    """Each of the features as `geojson_text` has it."""
    return [
        f'{{"type":"Feature","id":{feature.id},"geometry":{_geometry_text(feature.geometry)},'
        f'"properties":{_ENCODER.encode(dict(feature.properties.items()))}}}'
        for feature in features
    ]


def _geometry_text(geometry: BaseGeometry | None) -> str:
    """A geometry as GeoJSON; a position with the shortest numbers, which GEOS does not always find."""
    if isinstance(geometry, shapely.Point) and not geometry.is_empty:
        return f'{{"type":"Point","coordinates":{plain_json([geometry.x, geometry.y])}}}'
    return shapely.to_geojson(geometry) or "null"


def plain_json(value: object) -> str:
    """A value of a property as GeoJSON has it."""
    return _ENCODER.encode(value)


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} has no JSON form")


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain)
