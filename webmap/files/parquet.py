"""GeoParquet 1.1: columns with their types, the geometry as WKB with its bounds and system."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyproj import CRS

from gis.expression import CRS84
from gis.layer import Type
from webmap.files import content
from webmap.files.content import File

_TYPES = {
    Type.TEXT: pa.string(),
    Type.INTEGER: pa.int64(),
    Type.NUMBER: pa.float64(),
    Type.BOOLEAN: pa.bool_(),
    Type.DATE: pa.date32(),
    Type.DATETIME: pa.timestamp("ms"),
}


def geoparquet(files: Sequence[File], path: Path) -> None:
    """One layer as GeoParquet, batch by batch."""
    (file,) = files
    fields = [pa.field("id", pa.int64(), nullable=False)]
    fields += [pa.field(field.name, _TYPES[field.type]) for field in file.fields]
    if not file.form.skip_geometry:
        fields.append(pa.field("geometry", pa.binary()))
    schema = pa.schema(fields, metadata={} if file.form.skip_geometry else {"geo": json.dumps(_geo(file))})
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in file.batches():
            writer.write_table(pa.table(_columns(file, batch), schema=schema))


def _columns(file: File, batch: list[dict[str, Any]]) -> dict[str, pa.Array]:
    columns = {"id": pa.array([one["id"] for one in batch], pa.int64())}
    for field in file.fields:
        data, missing = content.column(field, [one["properties"][field.name] for one in batch])
        missing = None if data.dtype.kind in "OM" else missing
        if field.type is Type.NUMBER:
            missing = data != data
        columns[field.name] = pa.array(data, mask=missing).cast(_TYPES[field.type])
    if not file.form.skip_geometry:
        columns["geometry"] = pa.array(content.wkb(file, batch), pa.binary())
    return columns


def _geo(file: File) -> dict[str, object]:
    """The metadata of the standard. Without `crs` the system is CRS84; null says that it is not known."""
    column: dict[str, object] = {"encoding": "WKB", "geometry_types": [file.layer.geometry.value]}
    if file.form.coords:
        column["crs"] = None
    elif file.form.crs != CRS84:
        column["crs"] = CRS(file.crs).to_json_dict()
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
