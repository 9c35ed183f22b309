"""Cells: how many features stand where, counted when a version is published.

A layer that would put more than MOST features into one tile is shown by cells up to the last zoom where
that happens: each of its tiles is divided into cells, and each cell says how many features have their
anchor in it. The counts of all cells of a zoom add up to all features.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gis.mvt import Shape, layer
from gis.tile import BUFFER, EXTENT, HALF, Tile

MOST = 5_000
LAST_ZOOM = 14  # of cells: from the next on a tile shows its features however many they are
DIVISION = 6  # zooms from a tile to its cells: 64 of them a side
SIDE = EXTENT // 2**DIVISION  # units
REACH = BUFFER // SIDE  # cells beyond each side of a tile that its buffer holds

_GRID = LAST_ZOOM + DIVISION


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of a zoom that have features: their rows and columns among all cells of it, how many features
    each has, how many of these are public."""

    zoom: int
    rows: np.ndarray
    columns: np.ndarray
    totals: np.ndarray
    shown: np.ndarray


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
        rows, columns = _every_other(places >> 1), _every_other(places)
        order = np.argsort(rows << 32 | columns)  # that of the key of their table
        found.append(Cells(zoom, rows[order], columns[order], totals[order], public[order]))
        places >>= 2  # four cells of one zoom are one of the zoom before
    return found[::-1]


def of_tile(anchors: np.ndarray, tile: Tile) -> list[tuple[int, int, int]]:
    """Row, column and count of the cells of a tile and of its buffer, from the anchors (metres) of features."""
    keys, counts = np.unique(_keys(_grid(anchors), _GRID - tile.zoom - DIVISION), return_counts=True)
    rows, columns = keys >> 32, keys & 0xFFFFFFFF
    near = _spanned(rows, tile.row) & _spanned(columns, tile.column)
    return list(zip(*(found[near].tolist() for found in (rows, columns, counts)), strict=True))


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


def _keys(grid: np.ndarray, shift: int) -> np.ndarray:
    """Rows and columns on a grid that is 2**shift times as coarse, each pair as one number."""
    rows, columns = (grid >> shift).T
    keys: np.ndarray = rows << 32 | columns
    return keys


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


def _every_other(places: np.ndarray) -> np.ndarray:
    """The numbers that every other bit makes, from the last on."""
    grid = places & _SPREAD[-1][1]
    for (bits, _), (_, mask) in zip(_SPREAD[::-1], (*_SPREAD[-2::-1], (0, 0x00000000FFFFFFFF)), strict=True):
        grid = (grid | grid >> bits) & mask
    return grid


def encoded(name: str, tile: Tile, counts: Iterable[tuple[int, int, int]]) -> bytes:
    """A vector tile of cells from their rows, columns and counts: a point in the middle of each.

    A cell that lies in the buffer belongs to the neighbour; its point lies outside the tile's own square.
    """
    return layer(name, 0, (_shape(tile, *cell) for cell in counts))


def _shape(tile: Tile, row: int, column: int, count: int) -> Shape:
    x = (column - (tile.column << DIVISION)) * SIDE + SIDE // 2
    y = (row - (tile.row << DIVISION)) * SIDE + SIDE // 2
    place = (row << tile.zoom + DIVISION) + column
    return Shape(place, [1 << 3 | 1, x << 1 ^ x >> 63, y << 1 ^ y >> 63], {"count": count})
