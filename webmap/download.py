"""Features as files: CSV as it flows, GeoPackage and FlatGeobuf from a temporary file. The door to pyogrio.

A file without a `limit` holds everything that matches. In a file, coordinates stand x first, as these
formats have it, whatever the order of the authority; in CSV the heads of the columns name the axes.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, TypeAlias

import numpy as np
import pyogrio
import shapely
from flask import Response, request

from gis import export
from gis.expression import CRS84
from gis.feature import Query
from gis.geometry import axes, code_of
from gis.layer import Field, Geometry, Layer, Type
from webmap import context, params
from webmap.params import Format
from webmap.shapes import DATUMS, Form, shaped

Parts: TypeAlias = Generator[bytes, None, None]
_CHUNK = 64 * 1024
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_POINTS = (Geometry.POINT,)


def response(layer: Layer, query: Query, form: Form, fmt: Format) -> Response:
    """The file of a query. `form` says in which system, and which fields."""
    most = params.limit(request.args) if "limit" in request.args else None
    source = export.batches(context.connection(), layer, query, most)
    wanted = File(layer, form, source, context.generated())
    body = _in_its_place(_MAKERS[fmt](wanted), context.reserve_export() if _large(layer, most) else None)
    # What can fail has failed when the first part is there, while there is still another answer to give.
    first = next(body)
    answer = Response(chain([first], body), content_type=_content_type(fmt))
    answer.call_on_close(body.close)
    answer.call_on_close(context.hand_over().close)
    answer.headers["Content-Disposition"] = f'attachment; filename="{wanted.name}.{fmt}"'
    if not form.coords:
        answer.headers["Content-Crs"] = f"<{form.crs}>"
    return answer


def _large(layer: Layer, most: int | None) -> bool:
    """Whether a file may be so large that only a few of them are written at a time."""
    count = context.summary(layer).count
    return min(count, most or count) > context.AT_ONCE


def _in_its_place(parts: Parts, leave: Callable[[], None] | None) -> Parts:
    """The parts of a file; the place that it takes is left when the last is sent, or nobody wants more."""
    with ExitStack() as closing:
        if leave:
            closing.callback(leave)
        closing.callback(parts.close)
        yield from parts


def _content_type(fmt: Format) -> str:
    media_type = params.media_type(fmt)
    return f"{media_type}; charset=utf-8; header=present" if fmt is Format.CSV else media_type


@dataclass(frozen=True)
class File:
    """What a file holds: the features of a layer in a form, as texts in batches, as they were at a moment."""

    layer: Layer
    form: Form
    source: Iterator[tuple[str, ...]]
    at: datetime

    @property
    def name(self) -> str:
        """The name of the file and of the layer in it; a shifted datum is part of it."""
        return f"{self.layer.id}_{self.form.coords}" if self.form.coords else self.layer.id

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields that it has."""
        chosen = self.form.properties
        return tuple(f for f in self.layer.all_fields if chosen is None or f.name in chosen)

    @property
    def axes(self) -> tuple[str, str]:
        """The names of the two coordinates in the order in which the form gives them."""
        if not self.form.coords:
            return axes(self.form.crs)
        first, second = axes(CRS84)
        return f"{first}_{self.form.coords}", f"{second}_{self.form.coords}"

    def batches(self) -> Iterator[list[dict[str, Any]]]:
        """Its features, batch by batch."""
        for texts in self.source:
            yield [json.loads(text) for text in shaped(texts, self.form)]


# --- CSV ----------------------------------------------------------------------------------------


def _csv(file: File) -> Parts:
    """UTF-8 with a byte order mark, without which Excel takes Chinese for something else."""
    begun = b"\xef\xbb\xbf" + _lines([["id", *(field.name for field in file.fields), *_heads(file)]])
    for batch in file.batches():
        yield begun + _lines(_cells(file, feature) for feature in batch)
        begun = b""
    if begun:
        yield begun


def _lines(rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _heads(file: File) -> tuple[str, ...]:
    if file.form.skip_geometry:
        return ()
    return file.axes if file.layer.geometry in _POINTS else ("wkt",)


def _cells(file: File, feature: dict[str, Any]) -> Iterator[object]:
    yield feature["id"]
    for field in file.fields:
        yield _cell(feature["properties"][field.name])
    yield from _place(file, feature["geometry"])


def _cell(value: object) -> object:
    """A value that no spreadsheet takes for a formula."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _place(file: File, geometry: dict[str, Any] | None) -> Iterator[object]:
    if file.form.skip_geometry:
        return
    if file.layer.geometry in _POINTS:
        yield from geometry["coordinates"] if geometry else (None, None)
    else:
        yield shapely.to_wkt(_shape(geometry), rounding_precision=8) if geometry else None


def _shape(geometry: dict[str, Any] | None) -> Any:
    return None if geometry is None else shapely.from_geojson(json.dumps(geometry))


# --- GeoPackage and FlatGeobuf ---------------------------------------------------------------------


def _geopackage(file: File) -> Parts:
    with TemporaryDirectory(prefix="corridor-") as folder:
        yield from _sent(_written(file, folder))


def _flatgeobuf(file: File) -> Parts:
    """Made from a GeoPackage: its writer wants all features at once, and takes them as a stream."""
    with TemporaryDirectory(prefix="corridor-") as folder:
        source, target = _written(file, folder), os.path.join(folder, "out.fgb")
        info = pyogrio.read_info(source)
        # The index has no place for what has none.
        indexed = info["features"] > 0 and not file.form.skip_geometry and not _placeless(source)
        with pyogrio.raw.open_arrow(source, use_pyarrow=False) as (meta, stream):
            pyogrio.write_arrow(
                stream,
                target,
                layer=file.name,
                driver="FlatGeobuf",
                geometry_name=meta["geometry_name"] or None,
                geometry_type=info["geometry_type"],
                crs=meta["crs"],
                SPATIAL_INDEX="YES" if indexed else "NO",
            )
        yield from _sent(target)


def _placeless(path: str) -> bool:
    found = pyogrio.raw.read(path, columns=[], where="geometry IS NULL", max_features=1)
    return bool(len(found[2]))


def _sent(path: str) -> Iterator[bytes]:
    """The bytes of a file, which is gone from the disk as soon as it is open."""
    with open(path, "rb") as opened:
        os.remove(path)
        yield from iter(lambda: _read(opened), b"")


def _read(opened: BinaryIO) -> bytes:
    return opened.read(_CHUNK)


def _written(file: File, folder: str) -> str:
    """The path of a GeoPackage with the features. The same data give the same bytes: no clock is in it."""
    path = os.path.join(folder, "out.gpkg")
    stamp = file.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": stamp})
    appending = False
    for batch in file.batches():
        _append(file, batch, path, appending)
        appending = True
    if not appending:
        _append(file, [], path, False)
    return path


def _append(file: File, batch: list[dict[str, Any]], path: str, appending: bool) -> None:
    geometryless = file.form.skip_geometry
    columns = [_column(field, [one["properties"][field.name] for one in batch]) for field in file.fields]
    pyogrio.raw.write(
        path,
        geometry=None if geometryless else _wkb(file, batch),
        field_data=[
            np.array([one["id"] for one in batch], dtype="int64"),
            *(data for data, _mask in columns),
        ],
        fields=["id", *(field.name for field in file.fields)],
        field_mask=[None, *(mask for _data, mask in columns)],
        layer=file.name,
        driver="GPKG",
        geometry_type=None if geometryless else file.layer.geometry.value,
        crs=_crs(file.form),
        promote_to_multi=file.layer.geometry is not Geometry.POINT,
        append=appending,
        layer_options=None if appending else _options(file.layer),
    )


def _options(layer: Layer) -> dict[str, str]:
    # Names that no field can have.
    names = {"FID": "ogc_fid", "GEOMETRY_NAME": "geometry"}
    return {**names, "IDENTIFIER": layer.title, "DESCRIPTION": layer.description}


def _crs(form: Form) -> str:
    """The system of a file. A shifted datum has no code: it is named, as one that leads nowhere else."""
    if form.coords:
        return f'LOCAL_CS["{DATUMS[form.coords]}",UNIT["degree",0.0174532925199433]]'
    return "EPSG:4326" if form.crs == CRS84 else code_of(form.crs)


def _wkb(file: File, batch: list[dict[str, Any]]) -> Any:
    shapes = np.array([_shape(one["geometry"]) for one in batch], dtype=object)
    if file.axes[0].startswith(("lat", "northing")):
        shapes = shapely.transform(shapes, lambda xy: xy[:, ::-1])
    return shapely.to_wkb(shapes)


def _column(field: Field, values: list[Any]) -> tuple[Any, Any]:
    """The values of a field as an array, and which of them are missing where the array cannot tell."""
    missing = np.array([value is None for value in values], dtype=bool)
    match field.type:
        case Type.INTEGER:
            return np.array([value or 0 for value in values], dtype="int64"), missing
        case Type.BOOLEAN:
            return np.array([bool(value) for value in values], dtype=bool), missing
        case Type.NUMBER:
            return np.array([np.nan if value is None else value for value in values], dtype="float64"), None
        case Type.DATE:
            return np.array([value or "NaT" for value in values], dtype="datetime64[D]"), None
        case Type.DATETIME:
            return np.array([value or "NaT" for value in values], dtype="datetime64[ms]"), None
        case _:
            return np.array(values, dtype=object), None


_MAKERS: dict[Format, Callable[[File], Parts]] = {
    Format.CSV: _csv,
    Format.GPKG: _geopackage,
    Format.FGB: _flatgeobuf,
}
