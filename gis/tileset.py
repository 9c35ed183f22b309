"""The vector tiles of a layer, out of either database. PostGIS encodes them; SpatiaLite hands over rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache, partial
from typing import Any

import shapely
from sqlalchemy import BindParameter, ColumnElement, Connection, Double, Select, bindparam, func, select

from gis import cells, filters, mvt
from gis.cells import Count
from gis.database import dialect_of, near, within
from gis.expression import Filter
from gis.layer import Field, Layer, Type
from gis.mvt import Shape, Value
from gis.symbol import ByValue
from gis.tables import CELL, SRID, table
from gis.tile import BUFFER, EXTENT, Tile, anchors

DETAIL_ZOOM = 14  # from here on tiles carry every field


def fields(layer: Layer, detailed: bool) -> tuple[Field, ...]:
    """The fields that features carry in tiles: all in detailed ones, else those by which they are told apart."""
    if detailed:
        return layer.all_fields
    told = {"key", "name", "kind", "precision"}
    if isinstance(layer.symbol, ByValue):
        told.add(layer.symbol.field)
    return tuple(field for field in layer.all_fields if field.name in told)


def encoded(
    connection: Connection,
    layer: Layer,
    tile: Tile,
    *,
    cell_zoom: int | None,
    detailed: bool | None = None,
    internal: bool = False,
    wanted: Filter | None = None,
) -> bytes:
    """The vector tile of a layer, empty when it shows nothing.

    Up to `cell_zoom` it shows cells. From DETAIL_ZOOM on it is detailed unless that is said otherwise. Only
    features that satisfy `wanted`, where that is given, are in it or counted.
    """
    if cell_zoom is not None and tile.zoom <= cell_zoom:
        count = _counts if wanted is None else partial(_counted, wanted=wanted)
        return cells.encoded(layer.id, tile, count(connection, layer, tile, internal))
    if detailed is None:
        detailed = tile.zoom >= DETAIL_ZOOM
    if dialect_of(connection) == "postgresql":
        made = connection.scalar(statement(layer, detailed, internal, wanted), _parameters(tile))
        return bytes(made or b"")
    shapes = _shapes(connection, layer, tile, detailed, internal, wanted)
    return mvt.layer(layer.id, layer.geometry.dimension, shapes)


@lru_cache(maxsize=4096)
def statement(layer: Layer, detailed: bool, internal: bool, wanted: Filter | None = None) -> Select[bytes]:
    """Any tile of a layer as one value that PostGIS makes; `_parameters` say which."""
    t = table(layer)
    shape = _in_tile(func.ST_GeomFromWKB(t.c.mercator), layer.geometry.dimension)
    values = [_text(t.c[field.name], field) for field in fields(layer, detailed)]
    # Ordered: the same tile has the same bytes, and no parallel workers repeat a key (4.1).
    rows = _shown(select(t.c.id, shape.label("shape"), *values), layer, internal, wanted, "postgresql")
    rows = rows.where(t.c.geometry.intersects(func.ST_MakeEnvelope(*map(_number, _BOX), SRID)))
    return select(func.ST_AsMVT(rows.subquery().table_valued(), layer.id, EXTENT, "shape", "id"))


def _shown(
    rows: Select[Any], layer: Layer, internal: bool, wanted: Filter | None, dialect: str
) -> Select[Any]:
    """Only what may be shown in a tile and is wanted, in id order."""
    t = table(layer)
    rows = rows.where(t.c.mercator.is_not(None)).order_by(t.c.id)
    if wanted is not None:
        rows = rows.where(filters.condition(wanted, layer, dialect))
    return rows if internal else rows.where(t.c.visibility == "public")


_BOX = ("box_west", "box_south", "box_east", "box_north")
_BOUNDS = ("west", "south", "east", "north")


def _parameters(tile: Tile) -> dict[str, float]:
    """The box in degrees that the index looks up, the bounds in metres that are drawn, the length of a unit."""
    box = (tile.box.west, tile.box.south, tile.box.east, tile.box.north)
    return dict(zip((*_BOX, *_BOUNDS, "unit"), (*box, *tile.bounds, tile.unit), strict=True))


def _number(name: str) -> BindParameter[float]:
    return bindparam(name, type_=Double())


def _in_tile(metres: ColumnElement[Any], dimension: int) -> ColumnElement[Any]:
    """As `mvt.drawn`: what vanishes on the grid is drawn two units wide at its anchor."""
    west, south, east, north = map(_number, _BOUNDS)
    bounds = func.ST_MakeBox2D(func.ST_MakePoint(west, south), func.ST_MakePoint(east, north))
    shape = func.ST_AsMVTGeom(metres, bounds, EXTENT, BUFFER, True)
    if dimension == 0:
        return shape
    unit = _number("unit")
    first = func.ST_GeometryN(metres, 1)
    if dimension == 1:
        ends = (func.ST_Translate(func.ST_StartPoint(first), step, 0) for step in (-unit, unit))
        least = func.ST_MakeLine(*ends)
    else:
        least = func.ST_Expand(func.ST_StartPoint(func.ST_ExteriorRing(first)), unit)
    return func.coalesce(shape, func.ST_AsMVTGeom(least, bounds, EXTENT, BUFFER, True))


def _text(column: ColumnElement[Any], field: Field) -> ColumnElement[Any]:
    """A value as GeoJSON writes it; a vector tile has no type for times."""
    pattern = _PATTERNS.get(field.type)
    return column if pattern is None else func.to_char(column, pattern).label(field.name)


_PATTERNS = {Type.DATE: "YYYY-MM-DD", Type.DATETIME: 'YYYY-MM-DD"T"HH24:MI:SS'}


def _shapes(
    connection: Connection,
    layer: Layer,
    tile: Tile,
    detailed: bool,
    internal: bool,
    wanted: Filter | None,
) -> Iterator[Shape]:
    t = table(layer)
    names = [field.name for field in fields(layer, detailed)]
    near_by = select(t.c.id, t.c.mercator, *(t.c[name] for name in names)).where(near("sqlite", t, tile.box))
    rows = connection.execute(_shown(near_by, layer, internal, wanted, "sqlite")).all()
    metres = shapely.from_wkb([row.mercator for row in rows])
    for row, commands in zip(rows, mvt.drawn(tile, metres, layer.geometry.dimension), strict=True):
        yield Shape(row.id, commands, dict(zip(names, map(_plain, row[2:]), strict=True)))


def _plain(value: Any) -> Value:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else value


# --- cells --------------------------------------------------------------------------------------


def _counts(connection: Connection, layer: Layer, tile: Tile, internal: bool) -> list[Count]:
    """The cells of a tile and of its buffer that have features to show."""
    wanted = (
        select(CELL.c.row, CELL.c.column, CELL.c.cells)
        .where(CELL.c.layer == layer.id, CELL.c.zoom == tile.zoom)
        .where(CELL.c.row.between(tile.row - 1, tile.row + 1))
        .where(CELL.c.column.between(tile.column - 1, tile.column + 1))
    )
    stored = ((row, column, held) for row, column, held in connection.execute(wanted))
    return cells.stored_near(tile, stored, internal=internal)


def _counted(
    connection: Connection, layer: Layer, tile: Tile, internal: bool, *, wanted: Filter
) -> list[Count]:
    """The same of what satisfies a filter: no count of that is stored."""
    dialect = dialect_of(connection)
    t = table(layer)
    near_by = select(t.c.mercator).where(within(dialect, t, tile.box))
    rows = _shown(near_by, layer, internal, wanted, dialect).order_by(None)
    metres = shapely.from_wkb(connection.scalars(rows).all())
    return cells.of_tile(anchors(metres), tile) if len(metres) else []
