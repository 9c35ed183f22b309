"""Features of one layer as columns: what a million of them pass through without an object for each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gis import copying, numerals
from gis.columns import is_varied, joined, shared
from gis.feature import Feature, plain_json
from gis.frozen import FrozenMapping
from gis.layer import Layer, Type
from gis.shapes import Shapes

ARROW: Mapping[Type, Any] = {
    Type.TEXT: pa.string(),
    Type.INTEGER: pa.int64(),
    Type.NUMBER: pa.float64(),
    Type.BOOLEAN: pa.bool_(),
    Type.DATE: pa.date32(),
    Type.DATETIME: pa.timestamp("us"),
}


@dataclass(frozen=True, eq=False)
class Block:
    """Features of a layer: their ids, their geometries (WGS-84 on the grid of the store), and a column for each
    field of the layer, of the type in ARROW."""

    layer: Layer
    ids: np.ndarray
    shapes: Shapes
    columns: Mapping[str, Any]

    @classmethod
    def of(cls, layer: Layer, features: Sequence[Feature]) -> Block:
        """The same features as columns."""
        columns = {
            field.name: pa.array([one.properties[field.name] for one in features], ARROW[field.type])
            for field in layer.all_fields
        }
        ids = np.array([one.id for one in features], dtype=np.int64)
        geometries = np.array([one.geometry for one in features], dtype=object)
        return cls(layer, ids, Shapes.of(geometries), FrozenMapping(columns))

    def __len__(self) -> int:
        return len(self.ids)

    def features(self) -> Iterator[Feature]:
        """The same features one by one."""
        values = zip(*(column.to_pylist() for column in self.columns.values()), strict=True)
        for number, geometry, row in zip(self.ids.tolist(), self.shapes.objects(), values, strict=True):
            yield Feature(number, geometry, dict(zip(self.columns, row, strict=True)))

    def taken(self, places: np.ndarray) -> Block:
        """Some of the features, in the order of their places."""
        columns = {name: column.take(places) for name, column in self.columns.items()}
        return Block(self.layer, self.ids[places], self.shapes.taken(places), FrozenMapping(columns))

    def geojson(self) -> Any:
        """The column of their texts: GeoJSON Features as `gis.feature.geojson_text` has them, byte for byte."""
        return joined(self._pieces())

    def _pieces(self) -> Iterator[Any]:
        yield '{"type":"Feature","id":'
        yield pa.array(self.ids).cast(pa.string())
        yield ',"geometry":'
        yield self.shapes.geojson()
        yield ',"properties":{'
        for number, (name, column) in enumerate(self.columns.items()):
            yield f"{',' if number else ''}{json.dumps(name)}:"
            yield from _json(column)
        yield "}}"


def _json(column: Any) -> Iterator[Any]:
    """A column as JSON has it."""
    same = shared(column)
    if same is not None:
        yield plain_json(same.as_py())
    elif pa.types.is_int64(column.type):
        yield pc.fill_null(column.cast(pa.string()), "null")
    elif pa.types.is_floating(column.type):
        known = numerals.texts(column.fill_null(0).to_numpy())
        yield pc.if_else(column.is_valid(), known, "null") if column.null_count else known
    elif pa.types.is_string(column.type) and is_varied(column) and _is_plain(column):
        yield from (
            (pc.fill_null(joined(['"', column, '"']), "null"),) if column.null_count else ('"', column, '"')
        )
    else:
        coded = column.dictionary_encode()
        written = pa.array([plain_json(value) for value in coded.dictionary.to_pylist()], pa.string())
        yield pc.fill_null(written.take(coded.indices), "null")


def _is_plain(column: Any) -> bool:
    """Whether JSON writes all texts as they are: it has other forms for quotes, backslashes and control codes."""
    ends, data = copying.parts(column)
    used = np.frombuffer(data[ends[0] : ends[-1]], np.uint8)
    return not ((used < 0x20) | (used == 0x22) | (used == 0x5C)).any()
