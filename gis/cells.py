"""Cells: how many features stand where, counted when a version is published.

A layer that would put more than MOST features into one tile is shown by cells up to the last zoom where
that happens: each of its tiles is divided into cells, and each cell says how many features have their
anchor in it. The counts of all cells of a zoom add up to all features.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from gis.mvt import Shape, layer
from gis.tile import BUFFER, EXTENT, HALF, Tile

MOST = 5_000
LAST_ZOOM = 14  # of cells: from the next on a tile shows its features however many they are
DIVISION = 6  # zooms from a tile to its cells: 64 of them a side
SIDE = EXTENT // 2**DIVISION  # units
REACH = BUFFER // SIDE  # cells beyond each side of a tile that its buffer holds

_GRID = LAST_ZOOM + DIVISION
_STORED = np.dtype([("place", "<u2"), ("total", "<u4"), ("shown", "<u4")])  # a cell of a tile

Count: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of a zoom that have features: their places in Z-order, ascending, how many features each has, how
    many of these are public."""

    zoom: int
    places: np.ndarray
    totals: np.ndarray
    shown: np.ndarray

    def by_tile(self) -> Iterator[tuple[int, int, bytes]]:
        """Row and column of each tile that has features, and its cells as they are stored."""
        held = np.empty(len(self.places), _STORED)
        held["place"] = self.places & (1 << 2 * DIVISION) - 1
        held["total"], held["shown"] = self.totals, self.shown
        tiles, firsts = np.unique(self.places >> 2 * DIVISION, return_index=True)
        rows, columns = _apart(tiles)
        for row, column, cells in zip(
            rows.tolist(), columns.tolist(), np.split(held, firsts[1:]), strict=True
        ):
            yield row, column, cells.tobytes()


def zoom_of(anchors: np.ndarray) -> int | None:
    """The last zoom at which features with these anchors (metres) are shown by cells, None when they never are."""
    places = np.sort(_interleaved(_grid(anchors)))
    for zoom in range(LAST_ZOOM, -1, -1):
        tiles = places >> 2 * (_GRID - zoom)
        if (tiles[MOST:] == tiles[:-MOST]).any():
            return zoom
    return None


def counted(anchors: np.ndarray, shown: np.ndarray, last: int) -> list[Cells]:
    """The cells of every zoom up to the last. `shown` says of each anchor whether it is public."""
    found = []
    places = _interleaved(_grid(anchors) >> _GRID - last - DIVISION)
    order = np.argsort(places)
    places, totals, public = (
        places[order],
        np.ones(len(places), dtype=np.int64),
        shown[order].astype(np.int64),
    )
    for zoom in range(last, -1, -1):
        firsts = np.flatnonzero(np.diff(places, prepend=-1))
        places, totals, public = (
            places[firsts],
            np.add.reduceat(totals, firsts),
            np.add.reduceat(public, firsts),
        )
        found.append(Cells(zoom, places, totals, public))
        places = places >> 2  # four cells of one zoom are one of the zoom before
    return found[::-1]


def of_tile(anchors: np.ndarray, tile: Tile) -> list[Count]:
    """Row, column and count of the cells of a tile and of its buffer, from the anchors (metres) of features."""
    places, counts = np.unique(
        _interleaved(_grid(anchors) >> _GRID - tile.zoom - DIVISION), return_counts=True
    )
    return _near(tile, *_apart(places), counts)


def stored_near(tile: Tile, stored: Iterable[tuple[int, int, bytes]], *, internal: bool) -> list[Count]:
    """The same of the features that are public, or of all, from what is stored of a tile and of those around it:
    row and column of each, and its cells."""
    found = [np.empty((3, 0), dtype=np.int64)]
    for row, column, cells in stored:
        held = np.frombuffer(cells, _STORED)
        rows, columns = _apart(held["place"].astype(np.int64))
        counts = held["total" if internal else "shown"]
        found.append(np.stack(((row << DIVISION) + rows, (column << DIVISION) + columns, counts)))
    return _near(tile, *np.concatenate(found, axis=1))


def _near(tile: Tile, rows: np.ndarray, columns: np.ndarray, counts: np.ndarray) -> list[Count]:
    """Of some cells those of a tile and of its buffer that have features, row by row."""
    near = np.flatnonzero(_spanned(rows, tile.row) & _spanned(columns, tile.column) & (counts > 0))
    order = near[np.lexsort((columns[near], rows[near]))]
    return list(zip(*(found[order].tolist() for found in (rows, columns, counts)), strict=True))


def _spanned(cells: np.ndarray, place: int) -> np.ndarray:
    """Which rows (or columns) of cells lie in a tile's row (or column), or in its buffer."""
    first = place << DIVISION
    inside: np.ndarray = (cells >= first - REACH) & (cells < first + (1 << DIVISION) + REACH)
    return inside


def _grid(anchors: np.ndarray) -> np.ndarray:
    """Row and column of each anchor among the smallest cells."""
    side = 2 * HALF / 2**_GRID
    columns_rows = np.floor((anchors * (1, -1) + HALF) / side).astype(np.int64)
    rows_columns: np.ndarray = np.clip(columns_rows, 0, 2**_GRID - 1)[:, ::-1]
    return rows_columns


# Bits of a number, and between which of them room is made in each step: 0b11 becomes 0b0101.
_SPREAD = (
    (16, 0x0000FFFF0000FFFF),
    (8, 0x00FF00FF00FF00FF),
    (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333),
    (1, 0x5555555555555555),
)


def _interleaved(grid: np.ndarray) -> np.ndarray:
    """Rows and columns as one number each whose bits take turns (a Z-order): two bits less are the place on a
    grid twice as coarse, and in its order all that lies in one cell of any of these grids stands together."""
    for bits, mask in _SPREAD:
        grid = (grid | grid << bits) & mask
    rows, columns = grid.T
    places: np.ndarray = rows << 1 | columns
    return places


def _apart(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of places in Z-order."""
    return _every_other(places >> 1), _every_other(places)


def _every_other(places: np.ndarray) -> np.ndarray:
    """The numbers that every other bit makes, from the last on."""
    grid = places & _SPREAD[-1][1]
    for (bits, _), (_, mask) in zip(_SPREAD[::-1], (*_SPREAD[-2::-1], (0, 0x00000000FFFFFFFF)), strict=True):
        grid = (grid | grid >> bits) & mask
    return grid


def encoded(name: str, tile: Tile, counts: Iterable[Count]) -> bytes:
    """A vector tile of cells from their rows, columns and counts: a point in the middle of each.

    A cell that lies in the buffer belongs to the neighbour; its point lies outside the tile's own square.
    """
    return layer(name, 0, (_shape(tile, *cell) for cell in counts))


def _shape(tile: Tile, row: int, column: int, count: int) -> Shape:
    x = (column - (tile.column << DIVISION)) * SIDE + SIDE // 2
    y = (row - (tile.row << DIVISION)) * SIDE + SIDE // 2
    place = (row << tile.zoom + DIVISION) + column
    return Shape(place, [1 << 3 | 1, x << 1 ^ x >> 63, y << 1 ^ y >> 63], {"count": count})
