"""The axis as one tapering arrow: a head at the narrow end of its ribbon."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

_WING = 1.9  # half the head's width, in half widths of the ribbon's narrow end
_LENGTH = 3.0
_NEAR = 3.0


def on_paper(geometry: BaseGeometry, _scale: float) -> BaseGeometry:
    """The ribbon with its head, as one area."""
    ribbon = max(shapely.get_parts(geometry).tolist(), key=lambda part: part.area)
    outline = shapely.get_coordinates(ribbon.exterior)
    first, last = _ends(outline)
    tip, half = min(((end, _half_width(outline, end)) for end in (first, last)), key=lambda pair: pair[1])
    return shapely.union_all([geometry, _head(outline, tip, half)])


def _ends(outline: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The two vertices that are farthest from each other."""
    apart = np.hypot(*(outline[:, None, :] - outline[None, :, :]).transpose(2, 0, 1))
    a, b = np.unravel_index(np.argmax(apart), apart.shape)
    return outline[a], outline[b]


def _half_width(outline: npt.NDArray[np.float64], end: npt.NDArray[np.float64]) -> float:
    """Half the width of the ribbon near an end: the least distance of the two flanks a little way in."""
    area = shapely.Polygon(outline)
    reach = np.sqrt(area.area) / 6
    near = area.intersection(shapely.Point(end).buffer(reach))
    return float(near.area / reach / 2)


def _head(outline: npt.NDArray[np.float64], tip: npt.NDArray[np.float64], half: float) -> BaseGeometry:
    area = shapely.Polygon(outline)
    inner = area.intersection(shapely.Point(tip).buffer(half * _NEAR * 2).boundary)
    back = shapely.get_coordinates(shapely.centroid(inner))[0]
    along = (tip - back) / np.hypot(*(tip - back))
    across = np.array([-along[1], along[0]])
    foot = tip - along * half * 0.8
    corners = (foot + across * half * _WING, tip + along * half * _LENGTH * 0.7, foot - across * half * _WING)
    return shapely.Polygon(corners)
