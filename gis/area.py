"""Areas and distances on the ellipsoid of WGS-84. Edges are straight in longitude and latitude, as in GeoJSON."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Transformer
from shapely.geometry.base import BaseGeometry

_GEOD = Geod(ellps="WGS84")
_STEP = 0.02  # degrees between the points by which an edge is followed
_CORNERS = 512  # of a circle: its sides lie at most 2e-5 of the radius inside it


def square_km(geometry: BaseGeometry) -> float:
    """The area of a geometry, holes left out."""
    followed = shapely.orient_polygons(_followed(geometry))
    return sum(_square_m(part) for part in shapely.get_parts(followed)) / 1e6


def _square_m(part: BaseGeometry) -> float:
    return abs(_GEOD.geometry_area_perimeter(part)[0])


def _followed(geometry: BaseGeometry) -> BaseGeometry:
    """The geometry with points along its edges, at most a few thousand on each ring."""
    west, south, east, north = geometry.bounds
    return shapely.segmentize(geometry, max(_STEP, (east - west) / 500, (north - south) / 500))


def circle(lon: float, lat: float, radius_m: float) -> BaseGeometry:
    """The area within a distance of a place, as a polygon. It must not reach a pole or the antimeridian."""
    bearings = np.linspace(0.0, -360.0, _CORNERS, endpoint=False)
    size = len(bearings)
    x, y, _back = _GEOD.fwd(np.full(size, lon), np.full(size, lat), bearings, np.full(size, radius_m))
    return shapely.Polygon(np.column_stack((x, y)))


class Ruler:
    """Measures from some places to the nearest of many things.

    The nearest points are found in a conformal projection about the places and measured on the
    ellipsoid between them: within some hundred kilometres that is right to a metre.
    """

    def __init__(self, places: Sequence[BaseGeometry]) -> None:
        shapes = np.array(places, dtype=object)
        west, south, east, north = shapely.total_bounds(shapes).tolist()
        self._plane = _plane(round((south + north) / 2), round((west + east) / 2))
        self._places = self._moved(shapes)

    def nearest_km(self, targets: Sequence[BaseGeometry]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """For each place the number of the target nearest to it, and the distance, 0 where they meet."""
        tree = shapely.STRtree(self._moved(np.array(targets, dtype=object)))
        chosen: NDArray[np.intp] = tree.nearest(self._places)
        ends = shapely.get_coordinates(shapely.shortest_line(self._places, tree.geometries.take(chosen)))
        lon, lat = self._plane.transform(ends[:, 0], ends[:, 1], direction="INVERSE")
        _there, _back, metres = _GEOD.inv(lon[::2], lat[::2], lon[1::2], lat[1::2])
        return chosen, np.asarray(metres) / 1000

    def _moved(self, shapes: NDArray[np.object_]) -> NDArray[np.object_]:
        moved: NDArray[np.object_] = shapely.transform(
            shapely.segmentize(shapes, _STEP),
            lambda xy: np.column_stack(self._plane.transform(xy[:, 0], xy[:, 1])),
        )
        return moved


@lru_cache(maxsize=64)
def _plane(lat: int, lon: int) -> Transformer:
    stereographic = f"+proj=stere +lat_0={lat} +lon_0={lon} +ellps=WGS84"
    return Transformer.from_crs("OGC:CRS84", stereographic, always_xy=True)
