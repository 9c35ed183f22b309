"""The districts and cities with their boundaries: their points within, and what lies in which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from etl.measure import distances_m, to_degrees, to_metres
from etl.records import Row
from gis.adcodes import city_of
from gis.errors import BadData

_TOLERANCE_M = 50
_DECIMALS = 5
_MANY = 5000  # positions for which it pays to make a grid
_CELLS = 128  # of the grid, along each side
_SEVERAL = -1  # in a cell that more than one district, or the outside, meets


@dataclass(frozen=True)
class Spot:
    """A point in degrees that stands for an area, and how far the area reaches from it."""

    lon: float
    lat: float
    radius_m: float


class Areas:
    """Areas by adcode, and where their boundaries are from; each has a point that stands for it."""

    def __init__(self, districts: Mapping[int, BaseGeometry], source: str) -> None:
        self.source = source
        self._areas = {**_cities(districts), **districts}
        self._districts = tuple(districts)
        self._spots: dict[int, Spot] = {}
        shapely.prepare(list(self._areas.values()))

    @classmethod
    def from_rows(cls, rows: Iterable[Row]) -> Areas:
        """The areas of the rows of a boundary file. Raises `BadData` for one without adcode or area."""
        known = tuple(rows)
        sources = sorted({str(row.values.get("position_source")) for row in known})
        return cls(dict(_district(row) for row in known), "；".join(sources))

    def __contains__(self, code: object) -> bool:
        return code in self._areas

    @property
    def codes(self) -> tuple[int, ...]:
        """The adcodes of the districts."""
        return self._districts

    @cached_property
    def corridor(self) -> BaseGeometry:
        """All districts as one area."""
        whole = shapely.union_all([self._areas[code] for code in self._districts])
        shapely.prepare(whole)
        return whole

    @property
    def corridor_bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north of all districts, degrees."""
        west, south, east, north = shapely.total_bounds(
            [self._areas[code] for code in self._districts]
        ).tolist()
        return west, south, east, north

    def area(self, code: int) -> BaseGeometry:
        """The area of a code, in degrees."""
        return self._areas[code]

    def covers(self, code: int, geometry: BaseGeometry) -> bool:
        """Whether a geometry lies in the area of a code."""
        return bool(shapely.covers(self._areas[code], geometry))

    def spot(self, code: int) -> Spot:
        """The point of an area that is farthest from its boundary, and the reach of the area from there."""
        if code not in self._spots:
            self._spots[code] = _spot(self._areas[code])
        return self._spots[code]

    def districts_of(self, points: Sequence[BaseGeometry | None]) -> list[int | None]:
        """The district in which each point lies, None for one that lies in none."""
        found: list[int | None] = [None] * len(points)
        if not points:
            return found
        # Of two districts on whose common boundary a point lies, it is in the later one.
        for point, area in sorted(self._tree.query(points, predicate="intersects").T.tolist()):
            found[point] = self._districts[area]
        return found

    def districts_at(self, xy: np.ndarray) -> np.ndarray:
        """The district in which each position (degrees, longitude first) lies, 0 for one that lies in none."""
        if len(xy) < _MANY:
            codes = self.districts_of(list(shapely.points(xy)))
            return np.array([code or 0 for code in codes], dtype=np.int64)
        return self._grid.districts(xy)

    @cached_property
    def _grid(self) -> _Grid:
        return _Grid({code: self._areas[code] for code in self._districts})

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree([self._areas[code] for code in self._districts])


class _Grid:
    """Districts by the cells of a grid: in most cells there is one and no other, and nothing to compute."""

    def __init__(self, districts: Mapping[int, BaseGeometry]) -> None:
        self._districts = districts
        west, south, east, north = shapely.total_bounds(list(districts.values()))
        self._corner = np.array((west, south))
        self._step = np.array((east - west, north - south)) / _CELLS
        self._cells = np.full((_CELLS, _CELLS), _SEVERAL, dtype=np.int64)
        columns, rows = np.meshgrid(np.arange(_CELLS), np.arange(_CELLS), indexing="ij")
        lows = self._corner + np.stack((columns, rows), axis=-1) * self._step
        boxes = shapely.box(*np.moveaxis(lows, -1, 0), *np.moveaxis(lows + self._step, -1, 0))
        met = np.zeros((_CELLS, _CELLS), dtype=bool)
        for code, area in districts.items():
            shapely.prepare(area)
            self._cells[shapely.contains_properly(area, boxes)] = code
            met |= shapely.intersects(area, boxes)
        self._cells[~met] = 0

    def districts(self, xy: np.ndarray) -> np.ndarray:
        places = np.floor((xy - self._corner) / self._step)
        inside = np.all((places >= 0) & (places <= _CELLS), axis=1)
        columns, rows = np.minimum(places[inside].astype(np.int64), _CELLS - 1).T
        found = np.zeros(len(xy), dtype=np.int64)
        found[inside] = self._cells[columns, rows]
        unclear = np.flatnonzero(found == _SEVERAL)
        found[unclear] = self._computed(xy[unclear])
        return found

    def _computed(self, xy: np.ndarray) -> np.ndarray:
        found = np.zeros(len(xy), dtype=np.int64)
        for code, area in self._districts.items():
            found[shapely.intersects_xy(area, *xy.T)] = code
        return found


def _district(row: Row) -> tuple[int, BaseGeometry]:
    code = row.values.get("adcode")
    if not isinstance(code, int) or row.geometry is None or not row.geometry.area:
        raise BadData(row.where, f"adcode={code!r}: expected a number, and an area")
    return code, row.geometry


def _cities(districts: Mapping[int, BaseGeometry]) -> dict[int, BaseGeometry]:
    parts: dict[int, list[BaseGeometry]] = {}
    for code, area in districts.items():
        parts.setdefault(city_of(code), []).append(area)
    return {code: shapely.union_all(areas) for code, areas in parts.items()}


def _spot(area: BaseGeometry) -> Spot:
    parts = shapely.get_parts(to_metres(area))
    largest = parts[np.argmax(shapely.area(parts))]
    inside = shapely.get_point(shapely.maximum_inscribed_circle(largest, _TOLERANCE_M), 0)
    lon, lat = np.round(shapely.get_coordinates(to_degrees(inside))[0], _DECIMALS).tolist()
    reach = distances_m(lon, lat, shapely.get_coordinates(area)).max()
    return Spot(lon, lat, float(np.ceil(reach / 100) * 100))
