"""Layer → tables. Two a layer, one of its fields and one of its texts, and a few that say what is stored."""

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
FORM = 5  # of the tables that are not read off a declaration; counted up when they change

# Texts are ordered by code points, as SQLite does: that takes PostgreSQL a fraction of the time of any language's.
_TEXT: TypeEngine[str] = Unicode().with_variant(Unicode(collation="C"), "postgresql")
_COLUMN_TYPES: dict[Type, TypeEngine[Any]] = {
    Type.TEXT: _TEXT,
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
    Column("form", Integer, nullable=False),
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
# The cells of a tile, see `gis.cells`.
CELL = Table(
    "corridor_cell",
    _META,
    Column("layer", Text, primary_key=True),
    *(Column(name, Integer, primary_key=True, autoincrement=False) for name in ("zoom", "row", "column")),
    Column("cells", LargeBinary, nullable=False),
)
DIGEST = Table(
    "corridor_digest",
    _META,
    Column("layer", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", BigInteger, nullable=False),
)
# What is different from earlier versions: a step leads from one version to the next, the newest is number 1.
STEP = Table(
    "corridor_step",
    _META,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("version", Text, nullable=False),
    Column("published", Text, nullable=False),
    Column("as_of", Date),
)
CHANGED = Table(
    "corridor_step_layer",
    _META,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("layer", Text, primary_key=True),
    Column("internal", Boolean, primary_key=True),
    *(Column(name, Integer, nullable=False) for name in ("added", "removed", "changed")),
)
CHANGE = Table(
    "corridor_change",
    _META,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("layer", Text, primary_key=True),
    Column("seen", Integer, primary_key=True, autoincrement=False),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
)


@lru_cache(maxsize=4096)
def table(layer: Layer) -> Table:
    """The table of a layer by which features are found: id, geometry, one column for each field.

    `mercator` is what of the geometry lies in the tile matrix, in its metres, as WKB. Rows that are near
    each other in space are near each other in the table.
    """
    name = f"layer_{layer.id}"
    indexed = [field.name for field in layer.all_fields if field.values or field.name == "key"]
    return Table(
        name,
        MetaData(),
        Column("id", _id_type(), primary_key=True, autoincrement=False),
        Column("geometry", GeometryType(layer.geometry.upper(), srid=SRID, spatial_index=False)),
        Column("mercator", LargeBinary),
        *(
            Column(field.name, _COLUMN_TYPES[field.type], nullable=not field.required)
            for field in layer.all_fields
        ),
        *(Index(index_name(name, column), column) for column in indexed),
    )


@lru_cache(maxsize=4096)
def texts(layer: Layer) -> Table:
    """The features of a layer as GeoJSON text, in the order of their ids.

    The text is what the endpoints send: made once when a version is published, the same on every
    database, read without building an object per feature. It has a table of its own, so that looking for
    features passes over no texts, and a page of texts is read from pages that lie side by side.
    """
    return Table(
        f"text_{layer.id}",
        MetaData(),
        Column("id", _id_type(), primary_key=True, autoincrement=False),
        Column("feature", Text, nullable=False),
    )


def _id_type() -> TypeEngine[int]:
    return BigInteger().with_variant(Integer, "sqlite")


def index_name(table_name: str, column: str) -> str:
    """A name that PostgreSQL does not cut off: it keeps 63 bytes."""
    return f"ix_{hashlib.sha256(f'{table_name}.{column}'.encode()).hexdigest()[:16]}"
