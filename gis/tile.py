"""The tiles of the matrix set WebMercatorQuad: where they are, and what of a geometry lies in the matrix.

Coordinates in the matrix are metres in EPSG:3857. In a tile they are whole units, EXTENT of them a
side, counted right and down from its upper left corner, as vector tiles have them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.errors import NotFound
from gis.feature import Bbox

MAX_ZOOM = 18
EXTENT = 4096  # units a side
BUFFER = 64  # units beyond each side that a tile holds too, so that symbols on an edge are whole

_RADIUS = 6378137.0
HALF = math.pi * _RADIUS  # from the middle of the matrix to its sides, metres
MAX_LATITUDE = math.degrees(math.atan(math.sinh(math.pi)))


@dataclass(frozen=True, order=True)
class Tile:
    """One tile: its zoom, its row from the north, its column from the west.

    Raises `NotFound` when it lies outside the matrix.
    """

    zoom: int
    row: int
    column: int

    def __post_init__(self) -> None:
        if not 0 <= self.zoom <= MAX_ZOOM:
            raise NotFound("tile matrix", self.zoom, f"known are 0 to {MAX_ZOOM}")
        last = 2**self.zoom - 1
        if not (0 <= self.row <= last and 0 <= self.column <= last):
            place = f"{self.zoom}/{self.row}/{self.column}"
            raise NotFound("tile", place, f"rows and columns of this tile matrix are 0 to {last}")

    @property
    def unit(self) -> float:
        """The length of a unit in metres of the matrix."""
        return 2 * HALF / EXTENT / (1 << self.zoom)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in metres, without the buffer."""
        side = self.unit * EXTENT
        west, north = self.column * side - HALF, HALF - self.row * side
        return west, north - side, west + side, north

    @property
    def box(self) -> Bbox:
        """The box in degrees of all that the tile may show: its buffer is in it, and one unit more."""
        margin = (BUFFER + 1) * self.unit
        west, south, east, north = self.bounds
        return Bbox(
            max(-180.0, _longitude(west - margin)),
            max(-MAX_LATITUDE, _latitude(south - margin)),
            min(180.0, _longitude(east + margin)),
            min(MAX_LATITUDE, _latitude(north + margin)),
        )

    def may_show(self, box: Bbox) -> bool:
        """Whether anything that lies in a box in degrees may be in the tile or its buffer."""
        own = self.box
        return (
            box.west <= own.east
            and box.east >= own.west
            and box.south <= own.north
            and box.north >= own.south
        )

    @property
    def children(self) -> Iterator[Tile]:
        """The four tiles of the next zoom that lie in this one; none below the last zoom."""
        if self.zoom < MAX_ZOOM:
            for row in (2 * self.row, 2 * self.row + 1):
                for column in (2 * self.column, 2 * self.column + 1):
                    yield Tile(self.zoom + 1, row, column)

    def units(self, metres: np.ndarray) -> np.ndarray:
        """Coordinates of the matrix, x and y in rows, as units of this tile, not rounded.

        They are counted from the corner of the matrix; a tile is an even number of units away from it. So
        neighbours round a position to the same unit, and agree about what lies on their edge.
        """
        counted = (metres * (1, -1) + HALF) / self.unit
        units: np.ndarray = counted - (self.column * EXTENT, self.row * EXTENT)
        return units


def _longitude(x: float) -> float:
    return math.degrees(x / _RADIUS)


def _latitude(y: float) -> float:
    return math.degrees(math.atan(math.sinh(y / _RADIUS)))


def projected(geometries: Sequence[BaseGeometry | None] | np.ndarray) -> np.ndarray:
    """What of each geometry (degrees, WGS-84) lies in the matrix, in its metres; None where nothing does."""
    inside = np.array(geometries, dtype=object)
    _west, south, _east, north = shapely.bounds(inside).T
    for place in np.flatnonzero(~((south >= -MAX_LATITUDE) & (north <= MAX_LATITUDE))):
        inside[place] = _within_matrix(inside[place])
    metres: np.ndarray = shapely.transform(inside, to_metres)
    return metres


def _within_matrix(geometry: BaseGeometry | None) -> BaseGeometry | None:
    """A geometry of which not all lies in the matrix, cut off at its edges."""
    if geometry is None or geometry.is_empty:
        return None
    _west, south, _east, north = geometry.bounds
    if south > MAX_LATITUDE or north < -MAX_LATITUDE:
        return None
    inside = shapely.intersection(shapely.make_valid(geometry), _MATRIX)
    return None if inside.is_empty else inside


_MATRIX = shapely.box(-180, -MAX_LATITUDE, 180, MAX_LATITUDE)


def to_metres(degrees: np.ndarray) -> np.ndarray:
    """Positions (WGS-84, longitude first) that lie in the matrix, in its metres."""
    longitude, latitude = np.radians(degrees).T
    metres: np.ndarray = np.column_stack((longitude, np.arcsinh(np.tan(latitude)))) * _RADIUS
    return metres


def anchors(metres: np.ndarray) -> np.ndarray:
    """The first position of each geometry: where one stands that is too small to be drawn."""
    coordinates, owners = shapely.get_coordinates(metres, return_index=True)
    first: np.ndarray = coordinates[np.unique(owners, return_index=True)[1]]
    return first


def neighbourly(bounds: np.ndarray) -> np.ndarray:
    """An order in which what is near each other follows each other, by its bounds: bands from south to north,
    each from west to east."""
    west, south, east, north = bounds.T
    band = np.empty(len(bounds), dtype=np.int64)
    band[np.argsort(south + north)] = np.arange(len(bounds)) // max(1, math.isqrt(len(bounds)))
    order: np.ndarray = np.lexsort((west + east, band))
    return order
