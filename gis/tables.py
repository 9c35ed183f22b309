"""Layer → table. One table a layer, and two that say what is stored."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

from geoalchemy2 import Geometry as GeometryType
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Unicode,
)
from sqlalchemy.types import TypeEngine

from gis.layer import Layer, Type

SRID = 4326

_COLUMN_TYPES: dict[Type, TypeEngine[Any]] = {
    Type.TEXT: Unicode(),
    Type.INTEGER: BigInteger(),
    Type.NUMBER: Double(),
    Type.BOOLEAN: Boolean(),
    Type.DATE: Date(),
    Type.DATETIME: DateTime(),
}

# What a published version is, what it was made from, and what it holds.
_META = MetaData()
VERSION = Table(
    "corridor_version",
    _META,
    Column("version", Text, primary_key=True),
    Column("as_of", Date),
)
DOCUMENT = Table(
    "corridor_document",
    _META,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("issuer", Text),
    Column("date", Date),
)
SUMMARY = Table(
    "corridor_layer",
    _META,
    Column("layer", Text, primary_key=True),
    Column("internal", Boolean, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("count", Integer, nullable=False),
    *(Column(name, Double) for name in ("west", "south", "east", "north")),
    Column("earliest", Date),
    Column("latest", Date),
    Column("cell_zoom", Integer),
)
MARK = Table(
    "corridor_mark",
    _META,
    Column("layer", Text, primary_key=True),
    Column("internal", Boolean, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("id", BigInteger, nullable=False),
)
CELL = Table(
    "corridor_cell",
    _META,
    Column("layer", Text, primary_key=True),
    *(Column(name, Integer, primary_key=True, autoincrement=False) for name in ("zoom", "row", "column")),
    *(Column(name, Integer, nullable=False) for name in ("total", "shown")),
)


@lru_cache(maxsize=4096)
def table(layer: Layer) -> Table:
    """The table of a layer: id, geometry, one column for each field, and the feature as GeoJSON text.

    `mercator` is what of the geometry lies in the tile matrix, in its metres, as WKB.
    The text is what the endpoints send: made once when a version is published, the same on every
    database, read without building an object per feature.
    """
    name = f"layer_{layer.id}"
    indexed = [field.name for field in layer.all_fields if field.values or field.name == "key"]
    return Table(
        name,
        MetaData(),
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
        Column("geometry", GeometryType(layer.geometry.upper(), srid=SRID, spatial_index=False)),
        Column("mercator", LargeBinary),
        *(
            Column(field.name, _COLUMN_TYPES[field.type], nullable=not field.required)
            for field in layer.all_fields
        ),
        Column("feature", Text, nullable=False),
        *(Index(_index_name(name, column), column) for column in indexed),
    )


def _index_name(table_name: str, column: str) -> str:
    """A name that PostgreSQL does not cut off: it keeps 63 bytes."""
    return f"ix_{hashlib.sha256(f'{table_name}.{column}'.encode()).hexdigest()[:16]}"
