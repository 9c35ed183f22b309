"""Moves symbols that lie on one another apart, each as little as it must; pure and the same each time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_ROUNDS = 400
_HOME = 0.02


def apart(
    points: Sequence[tuple[float, float]], radii: Sequence[float], gap: float = 0.25, limit: float = 9
) -> list[tuple[float, float]]:
    """The points, moved so that no two symbols overlap; none is moved farther than `limit`. Millimetres."""
    home = np.array(points, dtype=np.float64).reshape(-1, 2)
    reach = np.array(radii, dtype=np.float64)
    at = home + _sunflower(home)
    needed = reach[:, None] + reach[None, :] + gap
    np.fill_diagonal(needed, 0)
    for number in range(_ROUNDS):
        push = _pushes(at, needed)
        calm = np.abs(push).max(initial=0) < 1e-3
        at = at + push + (home - at) * (_HOME if number < _ROUNDS * 0.7 else 0) * (not calm)
        away = at - home
        distance = np.hypot(away[:, 0], away[:, 1])
        at = home + away * np.minimum(1, limit / np.maximum(distance, 1e-9))[:, None]
        if calm and number > _ROUNDS * 0.7:
            break
    return [(float(x), float(y)) for x, y in at]


def _sunflower(home: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """A little move, a different one for each point, so that points at one place go different ways."""
    number = np.arange(len(home))
    angle, radius = number * np.pi * (3 - np.sqrt(5)), 0.02 * np.sqrt(number + 1)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def _pushes(at: npt.NDArray[np.float64], needed: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    away = at[:, None, :] - at[None, :, :]
    distance = np.maximum(np.hypot(away[..., 0], away[..., 1]), 1e-6)
    short = np.maximum(needed - distance, 0)
    return np.asarray((away / distance[..., None] * (short / 2)[..., None]).sum(axis=1) * 0.6)
