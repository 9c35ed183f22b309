"""Coordinates that look as if they were given in another datum, or with their axes swapped.

GCJ-02 and BD-09 move every point of a region by nearly the same vector (some 590 m and 1 200 m here), so a
layer betrays itself when its things lie that far, in that direction, from the same things where they are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from etl.areas import Areas
from etl.measure import to_metres
from gis import datum

_LEAST_PAIRS = 3
_LONGEST_M = 3000.0  # namesakes farther apart are two things
_FLOOR_M = 40.0  # no set of known places is better than this
_ERRORS = 2.0  # how many standard errors a shift must be more likely than none
_BESIDE_DEGREES = 0.5

Metres = npt.NDArray[np.float64]

DATUMS: Mapping[str, Callable[..., datum.Pair]] = {
    "GCJ-02": datum.wgs84_to_gcj02,
    "BD-09": datum.wgs84_to_bd09,
}


@dataclass(frozen=True)
class Shift:
    """What coordinates look like: the datum, how far it moves them (metres), how many known things tell it."""

    datum: str
    metres: float
    count: int

    def __str__(self) -> str:
        return (
            f"looks like {self.datum} that was not converted: {self.count} things lie about {self.metres:.0f} m "
            "from where they are known, in its direction"
        )


def shift(pairs: Iterable[tuple[BaseGeometry, BaseGeometry]]) -> Shift | None:
    """The datum of which things (first) look beside the same things where they are known (second).

    None when there are too few pairs, or when no shift explains their distances better than chance.
    Both are points in WGS-84 degrees.
    """
    given, known = _points(pairs)
    away = _coordinates_m(given) - _coordinates_m(known)
    near = np.hypot(*away.T) <= _LONGEST_M
    if np.count_nonzero(near) < _LEAST_PAIRS:
        return None
    away, known = away[near], known[near]
    middle = np.median(away, axis=0)
    deviation = 1.4826 * np.median(np.abs(away - middle), axis=0)
    error = max(_FLOOR_M, float(np.hypot(*deviation))) / np.sqrt(len(away))
    expected = {name: np.median(_moved_m(known, move), axis=0) for name, move in DATUMS.items()}
    name = min(expected, key=lambda one: float(np.hypot(*(middle - expected[one]))))
    gain = np.hypot(*middle) - np.hypot(*(middle - expected[name]))
    if gain <= _ERRORS * error:
        return None
    return Shift(name, float(np.hypot(*expected[name])), len(away))


def shift_by_district(places: Iterable[tuple[BaseGeometry, int]], areas: Areas) -> Shift | None:
    """The same, told by points that lie outside the district that they claim (second) and inside once moved back."""
    claimed = [(point, code) for point, code in places if code in areas]
    outside = [(point, code) for point, code in claimed if not areas.covers(code, point)]
    if len(outside) < _LEAST_PAIRS:
        return None
    for name, back in (("GCJ-02", datum.gcj02_to_wgs84), ("BD-09", datum.bd09_to_wgs84)):
        still = [code for point, code in claimed if not areas.covers(code, _moved(point, back))]
        if len(still) * 4 <= len(outside):
            middle = np.array([[point.x, point.y] for point, _ in outside])
            metres = float(np.median(np.hypot(*_moved_m(middle, DATUMS[name]).T)))
            return Shift(name, metres, len(outside))
    return None


def swapped(lon: float, lat: float, areas: Areas) -> bool:
    """Whether a position lies in the corridor, or near it, only when its two numbers change places."""
    west, south, east, north = areas.corridor.bounds
    around = shapely.box(west, south, east, north).buffer(_BESIDE_DEGREES, join_style="mitre")
    return bool(shapely.contains_xy(around, lat, lon)) and not shapely.contains_xy(around, lon, lat)


def _points(pairs: Iterable[tuple[BaseGeometry, BaseGeometry]]) -> tuple[Metres, Metres]:
    both = list(pairs)
    given = np.array([(one.x, one.y) for one, _ in both], dtype=float).reshape(-1, 2)
    known = np.array([(one.x, one.y) for _, one in both], dtype=float).reshape(-1, 2)
    return given, known


def _coordinates_m(degrees: Metres) -> Metres:
    return np.asarray(shapely.get_coordinates(to_metres(shapely.points(degrees))))


def _moved_m(degrees: Metres, move: Callable[..., datum.Pair]) -> Metres:
    moved = np.column_stack(move(degrees[:, 0], degrees[:, 1]))
    return _coordinates_m(moved) - _coordinates_m(degrees)


def _moved(point: BaseGeometry, move: Callable[..., datum.Pair]) -> BaseGeometry:
    return shapely.transform(point, lambda xy: np.column_stack(move(xy[:, 0], xy[:, 1])))
