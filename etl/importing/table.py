"""What a file holds, whatever its format: columns, a place for each row, where each row stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gis.frozen import FrozenMapping


@dataclass(frozen=True, eq=False)
class Table:
    """The rows of a file. `columns` are Arrow arrays, texts where the format knows no types. `geometries` are
    shapely objects with x first, None for a row without one; None altogether in a table of texts, whose
    columns tell the place. `crs` is what the file says of its system, "" when it says nothing. `where(i)`
    names row `i` as a person finds it. `numbers` are the file's own row numbers where it has some.
    `unread` are the rows that could not be read, by where they stand, with what was expected.
    """

    name: str
    columns: Mapping[str, Any]
    rows: int
    where: Callable[[int], str]
    geometries: np.ndarray | None = None
    crs: str = ""
    numbers: np.ndarray | None = None
    unread: Mapping[str, str] = FrozenMapping({})
