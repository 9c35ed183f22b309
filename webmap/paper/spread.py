"""Moves symbols that lie on one another apart, each as little as it must; pure and the same each time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import shapely

Points: TypeAlias = npt.NDArray[np.float64]
Numbers: TypeAlias = npt.NDArray[np.float64]
Indices: TypeAlias = npt.NDArray[np.intp]

_ROUNDS = 400
_HOME = 0.02
_SLACK = 1.5  # points that are so much farther apart than they must be need not be looked at in every round


def apart(
    points: Sequence[tuple[float, float]], radii: Sequence[float], gap: float = 0.25, limit: float = 9
) -> list[tuple[float, float]]:
    """The points, moved so that no two symbols overlap; none is moved farther than `limit`. Millimetres."""
    home = np.array(points, dtype=np.float64).reshape(-1, 2)
    reach = np.array(radii, dtype=np.float64)
    at = home + _sunflower(home)
    pairs, known = _pairs(at, reach, gap), at
    for number in range(_ROUNDS):
        if np.abs(at - known).max(initial=0) > _SLACK / 3:
            pairs, known = _pairs(at, reach, gap), at
        push = _pushes(at, *pairs)
        calm = np.abs(push).max(initial=0) < 1e-3
        at = at + push + (home - at) * (_HOME if number < _ROUNDS * 0.7 else 0) * (not calm)
        away = at - home
        distance = np.hypot(away[:, 0], away[:, 1])
        at = home + away * np.minimum(1, limit / np.maximum(distance, 1e-9))[:, None]
        if calm and number > _ROUNDS * 0.7:
            break
    return [(float(x), float(y)) for x, y in at]


def _sunflower(home: Points) -> Points:
    """A little move, a different one for each point, so that points at one place go different ways."""
    number = np.arange(len(home))
    angle, radius = number * np.pi * (3 - np.sqrt(5)), 0.02 * np.sqrt(number + 1)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def _pairs(at: Points, reach: Numbers, gap: float) -> tuple[Indices, Indices, Numbers]:
    """The pairs of points that lie near each other, and how far apart they must be."""
    tree = shapely.STRtree(shapely.points(at))
    far = 2 * float(reach.max(initial=0)) + gap + _SLACK
    one, other = tree.query(tree.geometries, predicate="dwithin", distance=far)
    order = np.lexsort((other, one))
    one, other = one[order][one[order] < other[order]], other[order][one[order] < other[order]]
    return one, other, reach[one] + reach[other] + gap


def _pushes(at: Points, one: Indices, other: Indices, needed: Numbers) -> Points:
    away = at[one] - at[other]
    distance = np.maximum(np.hypot(away[:, 0], away[:, 1]), 1e-6)
    push = away * (np.maximum(needed - distance, 0) / distance * 0.3)[:, None]
    return np.column_stack(
        [
            np.bincount(one, push[:, axis], len(at)) - np.bincount(other, push[:, axis], len(at))
            for axis in (0, 1)
        ]
    )
