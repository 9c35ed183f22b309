"""Coordinates of other reference systems in WGS-84, longitude first. The one place that knows axis orders."""

from __future__ import annotations

from functools import cache

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from shapely.geometry.base import BaseGeometry

from gis.errors import BadParameter
from gis.expression import CRS84
from gis.feature import DECIMALS, Bbox

_EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
_METRE_DECIMALS = 3
_STEPS = 64  # parts of the longer side of a box
_BEYOND, _HIGHEST = 30.0, 89.0  # degrees beyond the area of use of a projection; the latitude where it ends
_ANGLES = {"east": "lon", "north": "lat"}
_LENGTHS = {"east": "easting", "north": "northing"}
# The systems in which coordinates may be given, by URI, with their codes.
CRS_CODES = {CRS84: "OGC:CRS84"} | {
    f"{_EPSG}{number}": f"EPSG:{number}" for number in (4326, 4490, 4547, 4548, 4526, 3857)
}


def to_wgs84(geometry: BaseGeometry, crs: str) -> BaseGeometry:
    """A geometry whose coordinates stand in the axis order of its authority, in WGS-84, longitude first.

    Coordinates that had to be computed are rounded to the grid of the store. What cannot be computed
    is infinite. Raises `BadParameter` for a system that is not offered.
    """
    transformer = _transformer(code_of(crs))
    if transformer is None:
        return geometry

    def moved(given: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.round(np.column_stack(transformer.transform(given[:, 0], given[:, 1])), DECIMALS)

    return shapely.transform(geometry, moved)


def from_wgs84(geometry: BaseGeometry, crs: str) -> BaseGeometry:
    """A geometry of WGS-84, longitude first, in the axis order that the authority of a system has laid down.

    Angles are rounded to the grid of the store, lengths to millimetres. Raises `BadParameter`.
    """
    if _transformer(code_of(crs)) is None:
        return geometry
    decimals = DECIMALS if is_geographic(crs) else _METRE_DECIMALS
    return shapely.transform(_computed(geometry, crs), lambda xy: np.round(xy, decimals))


def _computed(geometry: BaseGeometry, crs: str) -> BaseGeometry:
    """A geometry of WGS-84 in another system, as exact as it can be computed."""
    transformer = _transformer(code_of(crs))
    assert transformer is not None

    def moved(given: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transformer.transform(given[:, 0], given[:, 1], direction="INVERSE"))

    return shapely.transform(geometry, moved)


def area_of(box: Bbox, crs: str) -> BaseGeometry:
    """A box of a projection, its first coordinate as west and east, in WGS-84, its sides followed by points.

    What lies beyond the domain of the projection is cut off, for it has no place: nothing may be left.
    """
    west, south, east, north = _domain(crs).bounds
    near = Bbox(max(west, box.west), max(south, box.south), min(east, box.east), min(north, box.north))
    if near.west > near.east or near.south > near.north:
        return shapely.Polygon()
    inside = shapely.intersection(near.geometry(), _domain(crs))
    west, south, east, north = inside.bounds
    # Shorter steps than a metre say nothing, and GEOS refuses those that vanish beside the coordinates.
    step = max((east - west) / _STEPS, (north - south) / _STEPS, 1.0)
    return inside if inside.is_empty else to_wgs84(shapely.segmentize(inside, step), crs)


@cache
def _domain(crs: str) -> BaseGeometry:
    """What a projection can show without harm: well beyond where it is meant to be used, not round the earth."""
    meant = CRS(code_of(crs)).area_of_use
    assert meant is not None
    west, east = max(meant.west - _BEYOND, -180.0), min(meant.east + _BEYOND, 180.0)
    outline = shapely.segmentize(shapely.box(west, -_HIGHEST, east, _HIGHEST), 1.0)
    return shapely.make_valid(_computed(outline, crs))


def is_geographic(crs: str) -> bool:
    """Whether the coordinates of a system are longitudes and latitudes."""
    return CRS(code_of(crs)).is_geographic


def axes(crs: str) -> tuple[str, str]:
    """The names of the axes of a system, in the order that its authority has laid down."""
    names = _ANGLES if is_geographic(crs) else _LENGTHS
    first, second = (names[axis.direction] for axis in CRS(code_of(crs)).axis_info)
    return first, second


def code_of(crs: str, parameter: str = "crs") -> str:
    """The code of an offered system. Raises `BadParameter` naming the parameter that asked for it."""
    if crs not in CRS_CODES:
        raise BadParameter(parameter, crs, f"one of {', '.join(CRS_CODES)}")
    return CRS_CODES[crs]


@cache
def _transformer(code: str) -> Transformer | None:
    return None if code == "OGC:CRS84" else Transformer.from_crs(code, "OGC:CRS84")
