"""Lengths and areas on the ellipsoid, and the plane in which recipes are computed.

The plane is EPSG:4547 (CGCS2000, Gauss–Krüger, central meridian 114°E). CGCS2000 and WGS-84 agree to
centimetres and are taken as one.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Geod, Transformer
from shapely.geometry.base import BaseGeometry

PLANE = "EPSG:4547"

_GEOD = Geod(ellps="WGS84")


def to_metres(geometry: BaseGeometry) -> BaseGeometry:
    """A geometry in degrees in metres of the plane: easting, northing."""
    forward = _transformer("EPSG:4490", PLANE)
    return shapely.transform(geometry, forward.transform, interleaved=False)


def to_degrees(geometry: BaseGeometry) -> BaseGeometry:
    """A geometry of the plane in degrees: longitude, latitude."""
    backward = _transformer(PLANE, "EPSG:4490")
    return shapely.transform(geometry, backward.transform, interleaved=False)


@cache
def _transformer(source: str, target: str) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


def distances_m(lon: float, lat: float, coordinates: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The geodesic distances of a point to each of many."""
    count = len(coordinates)
    _, _, found = _GEOD.inv(np.full(count, lon), np.full(count, lat), coordinates[:, 0], coordinates[:, 1])
    return np.asarray(found, dtype=np.float64)


def area_km2(geometry: BaseGeometry) -> float:
    """The area on the ellipsoid, to a hundredth."""
    return round(abs(_GEOD.geometry_area_perimeter(shapely.orient_polygons(geometry))[0]) / 1e6, 2)


def length_km(geometry: BaseGeometry) -> float:
    """The length on the ellipsoid, to a hundredth."""
    return round(float(_GEOD.geometry_length(geometry)) / 1e3, 2)
