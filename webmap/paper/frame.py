"""The map frame: from degrees to millimetres of the page, exactly to scale; the graticule; where north is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import LambertConformalConic2SPConversion
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from gis.errors import BadParameter
from gis.feature import Bbox
from webmap.paper import phrases
from webmap.paper.display import Box, Reference
from webmap.paper.sheet import CONIC, SCALES, Sheet

# Degrees between lines of the graticule, and the millimetres that should lie between them.
_STEPS = tuple(minutes / 60 for minutes in (1, 2, 5, 10, 15, 20, 30, 60, 120, 300))
_APART = 45
_NOT_FAR = 6.0  # degrees beside its area of use at which a projection still serves
_TENTHS = (
    10,
    11,
    12,
    13,
    14,
    15,
    16,
    18,
    20,
    22,
    25,
    28,
    30,
    35,
    40,
    45,
    50,
    55,
    60,
    65,
    70,
    75,
    80,
    90,
    100,
)


@dataclass(frozen=True)
class Frame:
    """A rectangle of the page in which the plane of a CRS lies to scale; its centre is at (`easting`, `northing`)."""

    box: Box
    crs: str
    easting: float
    northing: float
    scale: float

    def to_page(self, geometry: BaseGeometry) -> BaseGeometry:
        """A geometry in degrees in millimetres of the page."""
        forward = transformer(self.crs)
        x0, y0 = self.box.centre
        factor = 1000 / self.scale

        def move(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            east, north = forward.transform(lon, lat)
            return x0 + (east - self.easting) * factor, y0 - (north - self.northing) * factor

        return shapely.transform(geometry, move, interleaved=False)

    def to_degrees(self, x: float, y: float) -> tuple[float, float]:
        """The longitude and latitude of a place on the page."""
        x0, y0 = self.box.centre
        east = self.easting + (x - x0) * self.scale / 1000
        north = self.northing - (y - y0) * self.scale / 1000
        lon, lat = transformer(self.crs).transform(east, north, direction="INVERSE")
        return float(lon), float(lat)

    @cached_property
    def bbox(self) -> Bbox:
        """The box in degrees around the frame."""
        edge = shapely.segmentize(
            shapely.box(self.box.left, self.box.top, self.box.right, self.box.bottom), 10
        )
        lon, lat = zip(*(self.to_degrees(x, y) for x, y in shapely.get_coordinates(edge)), strict=True)
        return Bbox(min(lon), min(lat), max(lon), max(lat))

    @property
    def convergence(self) -> float:
        """The angle at the frame's centre from the page's up to true north, degrees clockwise."""
        lon, lat = self.to_degrees(*self.box.centre)
        here, there = (
            shapely.get_coordinates(self.to_page(shapely.Point(lon, at)))[0] for at in (lat, lat + 1e-3)
        )
        return math.degrees(math.atan2(there[0] - here[0], here[1] - there[1]))

    @property
    def reference(self) -> Reference:
        """What a GIS needs to put the page in its place."""
        b = self.box
        corners = ((b.left, b.bottom), (b.left, b.top), (b.right, b.top), (b.right, b.bottom))
        definition = _crs(self.crs)
        epsg = definition.to_epsg() if self.crs != CONIC else None
        return Reference(
            b, definition.to_wkt("WKT1_GDAL"), epsg, tuple(self.to_degrees(x, y) for x, y in corners)
        )

    def graticule(self) -> Iterator[tuple[str, float, BaseGeometry]]:
        """The meridians ("lon") and parallels ("lat") of round degrees, as lines on the page within the frame."""
        box, extent = self.bbox, shapely.box(self.box.left, self.box.top, self.box.right, self.box.bottom)
        step = self._step()
        for kind, low, high in (("lon", box.west, box.east), ("lat", box.south, box.north)):
            for number in range(math.ceil(low / step), math.floor(high / step) + 1):
                along = self.to_page(_line(kind, number * step, box)).intersection(extent)
                if along.length > 1:
                    yield kind, number * step, along

    def _step(self) -> float:
        degree = 111_000 * 1000 / self.scale
        return min(_STEPS, key=lambda step: abs(math.log(step * degree / _APART)))


def _line(kind: str, at: float, box: Bbox) -> BaseGeometry:
    along = np.linspace(box.south, box.north, 24) if kind == "lon" else np.linspace(box.west, box.east, 24)
    fixed = np.full(24, at)
    return shapely.linestrings(*((fixed, along) if kind == "lon" else (along, fixed)))


def fit(extent: BaseGeometry, box: Box, crs: str, scale: float | None) -> Frame:
    """The frame of an extent (degrees) in a box of the page: centred, at the scale or at a round one that shows it all.

    Raises `BadParameter` when the extent does not fit at the scale.
    """
    west, south, east, north = plane_bounds(extent, crs)
    needed = max((east - west) / box.width, (north - south) / box.height) * 1000
    if scale is not None and needed > scale * 1.001:
        raise BadParameter(
            "scale", f"{scale:g}", f"{needed:.0f} or more, so that the extent fits on the paper"
        )
    chosen = scale or rounded(needed)
    if not SCALES[0] <= chosen <= SCALES[1]:
        limits = f"an extent that needs a scale of 1:{SCALES[0]} to 1:{SCALES[1]}"
        raise BadParameter("extent", f"1:{chosen:.0f}", limits)
    return Frame(box, crs, (west + east) / 2, (south + north) / 2, chosen)


def overview(extent: BaseGeometry, box: Box, crs: str) -> Frame:
    """The frame that shows an extent as large as it can be in a box, at whatever scale."""
    west, south, east, north = plane_bounds(extent, crs)
    needed = max((east - west) / box.width, (north - south) / box.height) * 1000
    return Frame(box, crs, (west + east) / 2, (south + north) / 2, needed)


def plane_bounds(extent: BaseGeometry, crs: str) -> tuple[float, float, float, float]:
    """West, south, east and north in metres. Raises `BadParameter` for a projection that does not reach there."""
    if not _reaches(crs, extent):
        raise _out_of_reach(crs, extent)
    forward = transformer(crs)
    plane = shapely.transform(shapely.segmentize(extent, 0.05), forward.transform, interleaved=False)
    west, south, east, north = plane.bounds
    if not all(map(math.isfinite, plane.bounds)) or north <= south or east <= west:
        raise BadParameter("crs", crs, "a projection of the region of the sheet")
    return west, south, east, north


def _out_of_reach(crs: str, extent: BaseGeometry) -> BadParameter:
    if crs != Sheet.crs:
        return BadParameter("crs", crs, "a projection of the region of the sheet")
    sides = ", ".join(f"{side:.4g}" for side in extent.bounds)
    return BadParameter("extent", sides, f"an extent where {crs} is used, or another crs")


def _reaches(crs: str, extent: BaseGeometry) -> bool:
    """Whether the middle of an extent lies where a CRS is used, or not far from there."""
    area = None if crs == CONIC else _crs(crs).area_of_use
    if area is None or area.west > area.east:
        return True
    used = shapely.box(area.west, area.south, area.east, area.north)
    return bool(used.distance(shapely.centroid(extent)) <= _NOT_FAR)


def rounded(needed: float) -> float:
    """The smallest round scale denominator that is at least the one needed."""
    power = 10.0 ** math.floor(math.log10(max(needed, 1)))
    return next(tenths * power / 10 for tenths in _TENTHS if tenths * power / 10 >= needed * (1 - 1e-9))


@cache
def transformer(crs: str) -> Transformer:
    """From degrees (CGCS2000, which agrees with WGS-84 to centimetres) to metres of the plane."""
    definition = _crs(crs)
    if not definition.is_projected or abs(definition.axis_info[0].unit_conversion_factor - 1) > 1e-9:
        raise BadParameter("crs", crs, "a projected CRS in metres")
    return Transformer.from_crs("EPSG:4490", definition, always_xy=True)


@cache
def _crs(crs: str) -> CRS:
    if crs == CONIC:
        return _conic()
    try:
        return CRS.from_user_input(crs)
    except CRSError:
        raise BadParameter("crs", crs, "a CRS that PROJ knows") from None


def _conic() -> CRS:
    """The conic of sheets that show the whole region: two parallels an eighth from the region's edges hold true."""
    conversion = LambertConformalConic2SPConversion(
        latitude_false_origin=30.25,
        longitude_false_origin=114.75,
        latitude_first_parallel=29.5,
        latitude_second_parallel=31,
    )
    return ProjectedCRS(conversion, name="CGCS2000 / Lambert conic 29.5 31 114.75", geodetic_crs="EPSG:4490")


def description(crs: str, lang: str = "zh") -> str:
    """The CRS in words, as a sheet states it."""
    if crs == CONIC:
        return phrases.CONIC.say(lang, datum=phrases.DATUM.say(lang))
    definition = _crs(crs)
    operation = definition.coordinate_operation
    central = [p.value for p in operation.params if "longitude" in p.name.lower()] if operation else []
    datum = phrases.DATUM.say(lang) if "CGCS2000" in definition.name else definition.name
    if operation and "Transverse Mercator" in operation.method_name and central:
        return phrases.TRANSVERSE.say(lang, datum=datum, central=central[0], crs=crs)
    return phrases.OTHER_CRS.say(lang, datum=datum, crs=crs)


def degrees(value: float, kind: str) -> str:
    """A round longitude or latitude as the frame states it."""
    minutes = round(abs(value) * 60)
    side = ("E" if value >= 0 else "W") if kind == "lon" else ("N" if value >= 0 else "S")
    return f"{minutes // 60}°{minutes % 60:02d}′{side}"
