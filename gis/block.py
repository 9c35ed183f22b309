"""Features of one layer as columns: what a million of them pass through without an object for each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from gis.feature import Feature, plain_json
from gis.frozen import FrozenMapping
from gis.layer import Layer, Type

ARROW: Mapping[Type, Any] = {
    Type.TEXT: pa.string(),
    Type.INTEGER: pa.int64(),
    Type.NUMBER: pa.float64(),
    Type.BOOLEAN: pa.bool_(),
    Type.DATE: pa.date32(),
    Type.DATETIME: pa.timestamp("us"),
}
_ESCAPED = r'[\x00-\x1f"\\]'  # what JSON does not write as it is


@dataclass(frozen=True, eq=False)
class Block:
    """Features of a layer: their ids, their geometries (WGS-84 on the grid of the store, None for no place),
    and a column for each field of the layer, of the type in ARROW."""

    layer: Layer
    ids: np.ndarray
    geometries: np.ndarray
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
        return cls(layer, ids, geometries, FrozenMapping(columns))

    def __len__(self) -> int:
        return len(self.ids)

    def features(self) -> Iterator[Feature]:
        """The same features one by one."""
        values = zip(*(column.to_pylist() for column in self.columns.values()), strict=True)
        for number, geometry, row in zip(self.ids.tolist(), self.geometries, values, strict=True):
            yield Feature(number, geometry, dict(zip(self.columns, row, strict=True)))

    def taken(self, places: np.ndarray) -> Block:
        """Some of the features, in the order of their places."""
        columns = {name: column.take(places) for name, column in self.columns.items()}
        return Block(self.layer, self.ids[places], self.geometries[places], FrozenMapping(columns))

    def geojson(self) -> Any:
        """The column of their texts: GeoJSON Features as `gis.feature.geojson_text` has them, byte for byte."""
        return joined(self._pieces())

    def _pieces(self) -> Iterator[Any]:
        yield '{"type":"Feature","id":'
        yield pa.array(self.ids).cast(pa.string())
        yield ',"geometry":'
        yield pc.fill_null(pa.array(shapely.to_geojson(self.geometries), pa.string()), "null")
        yield ',"properties":{'
        for number, (name, column) in enumerate(self.columns.items()):
            yield f"{',' if number else ''}{json.dumps(name)}:"
            yield from _json(column)
        yield "}}"


def joined(pieces: Iterable[Any]) -> Any:
    """The column whose rows are the pieces one after the other: texts of all rows, and columns of texts."""
    arguments: list[Any] = []
    constant = ""
    for piece in pieces:
        if isinstance(piece, str):
            constant += piece
            continue
        arguments += [constant, piece] if constant else [piece]
        constant = ""
    return pc.binary_join_element_wise(*arguments, constant, "")


def _json(column: Any) -> Iterator[Any]:
    """A column as JSON has it. Each value is written once, unless there are too many different ones."""
    coded = column.dictionary_encode()
    if column.null_count == len(column):
        yield "null"
    elif len(coded.dictionary) == 1 and not column.null_count:
        yield plain_json(coded.dictionary[0].as_py())
    elif pa.types.is_int64(column.type):
        yield pc.fill_null(column.cast(pa.string()), "null")
    elif pa.types.is_string(column.type) and 2 * len(coded.dictionary) > len(column) and _is_plain(column):
        yield from (
            (pc.fill_null(joined(['"', column, '"']), "null"),) if column.null_count else ('"', column, '"')
        )
    else:
        written = pa.array([plain_json(value) for value in coded.dictionary.to_pylist()], pa.string())
        yield pc.fill_null(written.take(coded.indices), "null")


def _is_plain(column: Any) -> bool:
    return not pc.any(pc.match_substring_regex(column, _ESCAPED)).as_py()
