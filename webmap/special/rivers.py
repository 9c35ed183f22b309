"""Rivers as curves: a line whose vertices are far apart on the page bends at them softly instead of at angles.

The curve passes through every vertex and strays from the line between two of them by a small part of its length.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

CURVED = True  # on the screen too: webmap/static/app/curves.js

_STEP = 0.8  # millimetres of the page between the points of a curve


def on_paper(geometry: BaseGeometry, _scale: float) -> BaseGeometry:
    """The line with a curve between each two vertices."""
    lines = shapely.get_parts(geometry).tolist()
    return shapely.multilinestrings(
        [shapely.linestrings(_curve(shapely.get_coordinates(one))) for one in lines]
    )


def _curve(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Centripetal Catmull–Rom splines, which have no loops and hardly overshoot."""
    points = points[np.r_[True, np.hypot(*np.diff(points, axis=0).T) > 1e-9]]
    if len(points) < 3:
        return points
    ends = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    pieces = [_between(*ends[at : at + 4]) for at in range(len(points) - 1)]
    return np.vstack([*pieces, points[-1:]])


def _between(
    a: npt.NDArray[np.float64],
    b: npt.NDArray[np.float64],
    c: npt.NDArray[np.float64],
    d: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """The points of the curve from b on, without c."""
    ab, bc, cd = (float(np.hypot(*(q - p))) ** 0.5 for p, q in ((a, b), (b, c), (c, d)))
    leave = (b - a) / ab - (c - a) / (ab + bc) + (c - b) / bc
    arrive = (c - b) / bc - (d - b) / (bc + cd) + (d - c) / cd
    t = np.arange(0, 1, 1 / max(1, round(bc**2 / _STEP)))[:, None]
    return np.asarray(
        (2 * t**3 - 3 * t**2 + 1) * b
        + (t**3 - 2 * t**2 + t) * leave * bc
        + (3 * t**2 - 2 * t**3) * c
        + (t**3 - t**2) * arrive * bc
    )
