"""Where the rows of a table are: coordinates in any system, as numbers or as texts, in WGS-84."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from pyproj import Transformer
from pyproj.exceptions import CRSError, ProjError
from shapely.geometry.base import BaseGeometry

from etl.importing.options import Options, system
from etl.importing.table import Table
from gis import datum
from gis.errors import BadData
from gis.feature import Bbox

Move: TypeAlias = Callable[[Any, Any], tuple[Any, Any]]

# How the columns of a place may be called, first the ones that say what they are.
_LON = ("lon", "lng", "long", "longitude", "经度", "东经", "easting", "x")
_LAT = ("lat", "latitude", "纬度", "北纬", "northing", "y")
_WKT = ("wkt", "wkt_geom", "geometry", "geom")
_SHIFTS: Mapping[str, Move] = {"gcj02": datum.gcj02_to_wgs84, "bd09": datum.bd09_to_wgs84}
_BEYOND = 3.0  # degrees outside the area of a system in which its coordinates still make sense
_NEAR = 0.5  # degrees around a region that still count as it
_GLOBE = Bbox(-180, -90, 180, 90)


@dataclass(frozen=True, eq=False)
class Places:
    """The places of rows in WGS-84, longitude first: `xy` when all are points (NaN for none), else
    `geometries` (None for none). `faults` are the rows whose place cannot be understood: which column, what
    was expected. `used` are the columns that told the place, `shifted` the datum that they said they have.
    """

    xy: np.ndarray | None
    geometries: np.ndarray | None
    faults: Mapping[int, tuple[str, str]]
    used: frozenset[str]
    crs: str = ""

    def geometry(self, i: int) -> BaseGeometry | None:
        """The place of one row."""
        if self.xy is None:
            assert self.geometries is not None
            found: BaseGeometry | None = self.geometries[i]
            return found
        return None if np.isnan(self.xy[i]).any() else shapely.Point(self.xy[i])

    def shapes(self, start: int, end: int) -> np.ndarray:
        """The places of some rows."""
        if self.xy is None:
            assert self.geometries is not None
            return self.geometries[start:end]
        made: np.ndarray = shapely.points(self.xy[start:end])
        made[np.isnan(self.xy[start:end]).any(axis=1)] = None
        return made


def places(table: Table, options: Options, region: Bbox | None = None) -> Places:
    """Where the rows are. `region` is where they are expected: what would lie there with its axes swapped is
    taken for swapped. Raises `BadData` when the file tells no place, or none that is in a known system.
    """
    if table.geometries is not None:
        return _of_geometries(table, options, region)
    wkt = _column(table, options, "wkt", _WKT)
    if wkt:
        return _of_texts(table, options, wkt, region)
    lon, lat = _column(table, options, "lon", _LON), _column(table, options, "lat", _LAT)
    if lon and lat:
        return _of_numbers(table, options, lon, lat, region)
    if options.geocode:
        return Places(np.full((table.rows, 2), np.nan), None, {}, frozenset())
    known = ", ".join(table.columns)
    raise BadData(
        table.name,
        f"no columns for the place: expected lon and lat, or wkt, or --map COLUMN=lon; it has {known}",
    )


def _column(table: Table, options: Options, what: str, names: Sequence[str]) -> str:
    """The column of a coordinate; that of a shifted datum says so in its name."""
    if what in options.columns:
        return options.columns[what]
    by_name = {name.casefold(): name for name in table.columns}
    found = [name for wanted in names for name in (wanted, *(f"{wanted}_{shift}" for shift in _SHIFTS))]
    return next((by_name[name] for name in found if name in by_name), "")


def _of_numbers(table: Table, options: Options, lon: str, lat: str, region: Bbox | None) -> Places:
    faults: dict[int, tuple[str, str]] = {}
    x, y = (_numbers(table.columns[name], name, faults) for name in (lon, lat))
    for name, missing in ((lon, np.isnan(x) & ~np.isnan(y)), (lat, np.isnan(y) & ~np.isnan(x))):
        for i in np.flatnonzero(missing).tolist():
            faults.setdefault(i, (name, "a number, as the other coordinate has one"))
    crs = options.crs or next((shift for shift in _SHIFTS if lon.casefold().endswith(f"_{shift}")), "")
    known = np.flatnonzero(~np.isnan(x) & ~np.isnan(y))
    xy = np.full((len(x), 2), np.nan)
    given = np.column_stack((x[known], y[known]))
    xy[known] = _moved(table, crs, given)
    for i, expected in _misplaced(table, crs, options, given, xy[known], region):
        faults.setdefault(int(known[i]), (lat if "swapped" in expected else lon, expected))
    if not crs and len(given) and not _all_within(given, _GLOBE):
        for name, values, most in ((lon, x, 180), (lat, y, 90)):
            for i in np.flatnonzero(np.abs(values) > most).tolist():
                faults.setdefault(i, (name, f"degrees from -{most} to {most}"))
    return Places(xy, None, faults, frozenset((lon, lat)), crs)


def _numbers(column: Any, name: str, faults: dict[int, tuple[str, str]]) -> np.ndarray:
    """A column as numbers, NaN where there is none."""
    made = _floats(column)
    if made is None and pa.types.is_string(column.type):
        column = pc.utf8_trim_whitespace(column)
        column = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
        made = _floats(column)
    if made is None:
        made = np.array([_number(value) for value in column.to_pylist()])
    given = column.is_valid().to_numpy(zero_copy_only=False)
    for i in np.flatnonzero(given & ~np.isfinite(made)).tolist():
        faults[i] = (name, "a finite number")
    made[~np.isfinite(made)] = np.nan
    return made


def _floats(column: Any) -> np.ndarray | None:
    """A column as numbers, None when it holds what is not written as one."""
    try:
        made: np.ndarray = column.cast(pa.float64()).to_numpy(zero_copy_only=False).copy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    return made


def _number(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return np.nan


def _of_texts(table: Table, options: Options, column: str, region: Bbox | None) -> Places:
    faults: dict[int, tuple[str, str]] = {}
    texts = table.columns[column].to_numpy(zero_copy_only=False)
    shapes = shapely.from_wkt(texts, on_invalid="ignore")
    for i, (text, shape) in enumerate(zip(texts, shapes, strict=True)):
        if text is not None and shape is None:
            faults[i] = (column, "a geometry as well-known text")
    return _moved_shapes(table, options, shapes, options.crs, faults, frozenset((column,)), region)


def _of_geometries(table: Table, options: Options, region: Bbox | None) -> Places:
    assert table.geometries is not None
    crs = options.crs or table.crs
    return _moved_shapes(table, options, table.geometries, crs, {}, frozenset(), region)


def _moved_shapes(
    table: Table,
    options: Options,
    shapes: np.ndarray,
    crs: str,
    faults: dict[int, tuple[str, str]],
    used: frozenset[str],
    region: Bbox | None,
) -> Places:
    flat = shapely.force_2d(shapes)
    given, owners = shapely.get_coordinates(flat, return_index=True)
    there = _moved(table, crs, given)
    if len(given):
        flat = shapely.set_coordinates(flat.copy(), there)
    firsts = np.unique(owners, return_index=True)[1]
    for i, expected in _misplaced(table, crs, options, given[firsts], there[firsts], region):
        faults.setdefault(int(owners[firsts[i]]), ("geometry", expected))
    kinds = shapely.get_type_id(flat)
    if np.isin(kinds, (shapely.GeometryType.MISSING, shapely.GeometryType.POINT)).all():
        xy = np.full((len(flat), 2), np.nan)
        xy[owners] = there
        return Places(xy, None, faults, used, crs)
    return Places(None, flat, faults, used, crs)


def _moved(table: Table, crs: str, given: np.ndarray) -> np.ndarray:
    """Coordinates, x first, in WGS-84. Raises `BadData` when those of no system are no degrees."""
    if not len(given):
        return given
    if not crs:
        _check_degrees(table, given)
        return given
    return np.column_stack(_mover(table.name, crs)(*given.T))


def _check_degrees(table: Table, given: np.ndarray) -> None:
    if _all_within(given, _GLOBE):
        return
    known = given[np.isfinite(given).all(axis=1)]
    if _mostly_degrees(known):
        return
    (west, south), (east, north) = known.min(axis=0), known.max(axis=0)
    swapped = "; latitude and longitude look swapped" if _mostly_degrees(known[:, ::-1]) else ""
    raise BadData(
        table.name,
        f"has no CRS and reaches {west:g}, {south:g} to {east:g}, {north:g}: expected degrees of WGS-84, "
        f"longitude first, or a file that names its CRS, or --crs{swapped}",
    )


def _mostly_degrees(given: np.ndarray) -> bool:
    """Whether at least half of some positions are longitude and latitude, in this order."""
    outside = np.abs(given) > (180, 90)
    return not len(given) or bool(outside.any(axis=1).mean() <= 0.5)


def _mover(name: str, crs: str) -> Move:
    if crs in _SHIFTS:
        return _SHIFTS[crs]
    try:
        transformer = Transformer.from_crs(system(crs), "OGC:CRS84", always_xy=True)
    except (CRSError, ProjError) as error:
        raise BadData(name, f"its CRS cannot be converted to WGS-84: {error}") from None
    return partial(transformer.transform, errcheck=False)


def _misplaced(
    table: Table, crs: str, options: Options, given: np.ndarray, there: np.ndarray, region: Bbox | None
) -> list[tuple[int, str]]:
    """The positions that cannot be meant, each with what was expected."""
    found = dict.fromkeys(np.flatnonzero(_swapped(table, crs, given, there, region)).tolist(), "swapped")
    box = _area(options.crs)
    if box:
        finite = np.isfinite(there).all(axis=1)
        outside = ~_within(there, box, _BEYOND) | ~finite
        for i in np.flatnonzero(outside).tolist():
            found.setdefault(i, "outside")
    return [(i, _told(kind, given[i], there[i], options.crs, box)) for i, kind in sorted(found.items())]


def _told(kind: str, given: np.ndarray, there: np.ndarray, crs: str, box: Bbox | None) -> str:
    first, second = (f"{value:.8g}" for value in given)
    if kind == "swapped":
        return f"x (longitude, easting) before y; {first}, {second} looks swapped"
    assert box
    area = f"{box.west:g} to {box.east:g}° E, {box.south:g} to {box.north:g}° N"
    return f"a position in the area of {crs}, {area}; {first}, {second} is at {there[0]:.4g}, {there[1]:.4g}"


def _swapped(table: Table, crs: str, given: np.ndarray, there: np.ndarray, region: Bbox | None) -> np.ndarray:
    """Which positions would lie in the region were their axes the other way round, and do not as they are."""
    if region is None or not len(given) or _all_within(there, region, _NEAR):
        return np.zeros(len(given), dtype=bool)
    away = np.flatnonzero(~_within(there, region, _NEAR))
    swapped = np.zeros(len(given), dtype=bool)
    if len(away):
        other = given[away][:, ::-1]
        moved = np.column_stack(_mover(table.name, crs)(*other.T)) if crs else other
        swapped[away] = _within(moved, region, 0)
    return swapped


def _all_within(xy: np.ndarray, box: Bbox, margin: float = 0) -> bool:
    """Whether all positions are known and lie in a box: told by their extremes, without an array as large."""
    sides = ((box.west, box.east), (box.south, box.north))
    return all(
        low - margin <= values.min() and values.max() <= high + margin
        for values, (low, high) in zip(xy.T, sides, strict=True)
    )


def _within(xy: np.ndarray, box: Bbox, margin: float) -> np.ndarray:
    low = np.array((box.west, box.south)) - margin
    high = np.array((box.east, box.north)) + margin
    inside: np.ndarray = np.all((xy >= low) & (xy <= high), axis=1)
    return inside


def _area(crs: str) -> Bbox | None:
    """Where a system that the user names is meant to be used, None where that is everywhere."""
    if not crs or crs in _SHIFTS or system(crs).area_of_use is None:
        return None
    area = system(crs).area_of_use
    return Bbox(area.west, area.south, area.east, area.north) if area and area.west <= area.east else None
