"""Mapbox Vector Tiles 2.1: geometries drawn in the units of a tile, and layers of them encoded.

PostGIS does this itself; here it is done for the store that cannot, and for cells.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.tile import BUFFER, EXTENT, Tile, anchors

Commands: TypeAlias = list[int]
Value: TypeAlias = str | int | float | bool | None

_VIEW = (-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
_MOVE_TO, _LINE_TO, _CLOSE_PATH = 1, 2, 15  # 4.3.1: commands; the last with its count of one


@dataclass(frozen=True)
class Shape:
    """A feature of a tile: its id, its geometry as commands (4.3), its properties. None is left out."""

    id: int
    commands: Commands
    properties: Mapping[str, Value]


def drawn(tile: Tile, metres: Sequence[BaseGeometry], dimension: int) -> list[Commands]:
    """Each geometry of a dimension as the tile shows it: clipped to its buffer, on its grid, polygons valid.

    One that vanishes on the grid is drawn two units wide at its anchor. What the tile does not show has
    no commands.
    """
    geometries = np.array(metres, dtype=object)
    if dimension == 0:
        return _points(tile, geometries)
    draw, least = (_lines, _least_line) if dimension == 1 else (_polygons, _least_polygon)
    commands = draw(shapely.transform(geometries, tile.units))
    lost = [number for number, found in enumerate(commands) if not found]
    substitutes = np.array([least(x, y) for x, y in tile.units(anchors(geometries[lost]))], dtype=object)
    for number, found in zip(lost, draw(substitutes), strict=True):
        commands[number] = found
    return commands


def _least_line(x: float, y: float) -> BaseGeometry:
    return shapely.LineString([(x - 1, y), (x + 1, y)])


def _least_polygon(x: float, y: float) -> BaseGeometry:
    return shapely.box(x - 1, y - 1, x + 1, y + 1)


def _points(tile: Tile, geometries: np.ndarray) -> list[Commands]:
    coordinates, owners = shapely.get_coordinates(geometries, return_index=True)
    units = np.rint(tile.units(coordinates))
    inside = np.all((units >= -BUFFER) & (units <= EXTENT + BUFFER), axis=1)
    units, owners = units[inside], owners[inside]
    continued = np.diff(owners, prepend=-1) == 0
    start = np.where(continued[:, None], np.roll(units, 1, axis=0), 0)
    moves: list[Commands] = [[] for _ in geometries]
    for owner, move in zip(owners.tolist(), _zigzag(units - start).tolist(), strict=True):
        moves[owner] += move
    return [[_command(_MOVE_TO, len(found) // 2), *found] if found else [] for found in moves]


def _clipped(units: np.ndarray) -> np.ndarray:
    """Geometries clipped to the tile and its buffer; those within stay as they are, also along the edge."""
    bounds = shapely.bounds(units)
    beyond = np.any((bounds[:, :2] < -BUFFER) | (bounds[:, 2:] > EXTENT + BUFFER), axis=1)
    clipped: np.ndarray = units.copy()
    clipped[beyond] = shapely.clip_by_rect(units[beyond], *_VIEW)
    return clipped


def _lines(units: np.ndarray) -> list[Commands]:
    clipped = _clipped(shapely.transform(units, np.rint))
    return [_paths(filter(_has_length, map(_without_repeats, _parts(one, 1))), ()) for one in clipped]


def _without_repeats(line: BaseGeometry) -> np.ndarray:
    units = np.rint(shapely.get_coordinates(line))
    steps = np.any(np.diff(units, axis=0) != 0, axis=1)
    kept: np.ndarray = units[np.concatenate(([True], steps))]
    return kept


def _has_length(path: np.ndarray) -> bool:
    return len(path) > 1


def _polygons(units: np.ndarray) -> list[Commands]:
    clipped = _clipped(units)
    broken = ~shapely.is_valid(clipped)
    clipped[broken] = shapely.make_valid(clipped[broken])
    # 4.3.4.4: an exterior ring has a positive area where y goes down, an interior one a negative area.
    snapped = shapely.orient_polygons(shapely.set_precision(clipped, 1))
    return [_paths(_rings(one), (_CLOSE_PATH,)) for one in snapped]


def _parts(geometry: BaseGeometry, dimension: int) -> np.ndarray:
    """The simple parts of a dimension that have a size; clipping may leave others beside them."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    found: np.ndarray = parts[(shapely.get_dimensions(parts) == dimension) & ~shapely.is_empty(parts)]
    return found


def _rings(areas: BaseGeometry) -> Iterator[np.ndarray]:
    """The rings without the position that closes them, each exterior before its interiors."""
    for area in _parts(areas, 2):
        for ring in (area.exterior, *area.interiors):
            yield shapely.get_coordinates(ring)[:-1]


def _paths(paths: Iterable[np.ndarray], end: tuple[int, ...]) -> Commands:
    """Paths, each drawn from where the last one ended."""
    commands: Commands = []
    cursor = (0.0, 0.0)
    for path in paths:
        x, y, *rest = _moves(path, cursor)
        commands += [_command(_MOVE_TO, 1), x, y, _command(_LINE_TO, len(path) - 1), *rest, *end]
        cursor = tuple(path[-1])
    return commands


def _moves(units: np.ndarray, start: tuple[float, ...]) -> list[int]:
    """The steps from a start to each position, x and y in turn."""
    moves: list[int] = _zigzag(np.diff(units, axis=0, prepend=[start])).ravel().tolist()
    return moves


def _zigzag(steps: np.ndarray) -> np.ndarray:
    """Whole numbers as parameter integers (4.3.2)."""
    whole = steps.astype(np.int64)
    return (whole << 1) ^ (whole >> 63)


def _command(command: int, count: int) -> int:
    return command | count << 3


# --- the encoding in protocol buffers -----------------------------------------------------------


def layer(name: str, dimension: int, shapes: Iterable[Shape]) -> bytes:
    """A tile with one layer; nothing at all when the layer shows nothing. Tiles may be joined end to end."""
    keys, values = _Places(), _Places()
    kind = _number(3, dimension + 1)
    features = [_feature(shape, kind, keys, values) for shape in shapes if shape.commands]
    if not features:
        return b""
    body = [_number(15, 2), _bytes(1, name.encode()), *features]
    body += [_bytes(3, str(key).encode()) for _kind, key in keys]
    body += [_bytes(4, _value(value)) for _kind, value in values]
    return _bytes(3, b"".join([*body, _number(5, EXTENT)]))


class _Places(dict[tuple[type, Value], int]):
    """Where each value stands in its list; equal values of other types stand apart (1, 1.0, True)."""

    def __missing__(self, key: tuple[type, Value]) -> int:
        self[key] = place = len(self)
        return place


def _feature(shape: Shape, kind: bytes, keys: _Places, values: _Places) -> bytes:
    tags = [
        place
        for key, value in shape.properties.items()
        if value is not None
        for place in (keys[str, key], values[type(value), value])
    ]
    identity = _number(1, shape.id) if shape.id >= 0 else b""
    return _bytes(2, identity + _bytes(2, _packed(tags)) + kind + _bytes(4, _packed(shape.commands)))


def _value(value: Value) -> bytes:
    match value:
        case bool():
            return _number(7, value)
        case int() if value >= 0:
            return _number(5, value)
        case int():
            return _number(6, value << 1 ^ value >> 63)
        case float():
            return _varint(3 << 3 | 1) + struct.pack("<d", value)
        case _:
            return _bytes(1, str(value).encode())


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _packed(values: Iterable[int]) -> bytes:
    return b"".join([_SHORT[value] if value < len(_SHORT) else _varint(value) for value in values])


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


# Nearly every number in a tile is shorter than two steps across it.
_SHORT = tuple(_varint(value) for value in range(4 * EXTENT))
