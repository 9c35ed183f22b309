"""GCJ-02 and BD-09, the two shifted datums of Chinese map providers, and back. Pure arrays, no CRS library.

Both are WGS-84 with a published distortion and have no EPSG code. The forward formula is the one that
all open implementations share (ellipsoid of Krasovsky, series of sines); the inverse is its fixed point:
four rounds leave less than a micrometre in the corridor. Longitudes and latitudes are degrees, given
and returned as arrays of the same shape.

Distances here are those of the formulas; CGCS2000 is equal to WGS-84 within decimetres and needs nothing.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Degrees: TypeAlias = NDArray[np.float64]
Pair: TypeAlias = tuple[Degrees, Degrees]

_SEMI_MAJOR_M = 6378245.0  # Krasovsky 1940
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_ROUNDS = 4
_BD_TURN = np.pi * 3000.0 / 180.0
_BD_EAST, _BD_NORTH = 0.0065, 0.006


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Where a WGS-84 position lies on a GCJ-02 map. Outside China's box nothing is shifted."""
    x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    east, north = _shift(x, y)
    return x + east, y + north


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """The WGS-84 position that GCJ-02 shows here."""
    x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    guess_x, guess_y = x, y
    for _ in range(_ROUNDS):
        east, north = _shift(guess_x, guess_y)
        guess_x, guess_y = x - east, y - north
    return guess_x, guess_y


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Where a GCJ-02 position lies on a BD-09 map."""
    x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_TURN)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_TURN)
    return radius * np.cos(angle) + _BD_EAST, radius * np.sin(angle) + _BD_NORTH


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """The GCJ-02 position that BD-09 shows here."""
    x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    guess_x, guess_y = x - _BD_EAST, y - _BD_NORTH
    for _ in range(_ROUNDS):
        there_x, there_y = gcj02_to_bd09(guess_x, guess_y)
        guess_x, guess_y = guess_x + (x - there_x), guess_y + (y - there_y)
    return guess_x, guess_y


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Where a WGS-84 position lies on a BD-09 map."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """The WGS-84 position that BD-09 shows here."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def _shift(lon: Degrees, lat: Degrees) -> Pair:
    """The distortion at a WGS-84 position, in degrees east and north."""
    x, y = lon - 105.0, lat - 35.0
    flattened = 1 - _ECCENTRICITY_SQUARED * np.sin(np.radians(lat)) ** 2
    root = np.sqrt(flattened)
    metres_a_degree_east = np.radians(1) * _SEMI_MAJOR_M / root * np.cos(np.radians(lat))
    meridian = _SEMI_MAJOR_M * (1 - _ECCENTRICITY_SQUARED) / (flattened * root)
    inside = (lon > 72.004) & (lon < 137.8347) & (lat > 0.8293) & (lat < 55.8271)
    east = _east_m(x, y) / metres_a_degree_east
    north = _north_m(x, y) / (np.radians(1) * meridian)
    return np.where(inside, east, 0.0), np.where(inside, north, 0.0)


def _waves(x: Degrees, *terms: tuple[float, float]) -> Degrees:
    total = np.zeros_like(x)
    for amplitude, frequency in terms:
        total = total + amplitude * np.sin(frequency * np.pi * x)
    return total * 2.0 / 3.0


def _east_m(x: Degrees, y: Degrees) -> Degrees:
    smooth = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    return (
        smooth
        + _waves(x, (20.0, 6.0), (20.0, 2.0))
        + _waves(x, (20.0, 1.0), (40.0, 1 / 3))
        + _waves(x, (150.0, 1 / 12), (300.0, 1 / 30))
    )


def _north_m(x: Degrees, y: Degrees) -> Degrees:
    smooth = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    return (
        smooth
        + _waves(x, (20.0, 6.0), (20.0, 2.0))
        + _waves(y, (20.0, 1.0), (40.0, 1 / 3))
        + _waves(y, (160.0, 1 / 12), (320.0, 1 / 30))
    )
