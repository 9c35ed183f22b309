"""Files that are texts and can be sent as they flow: CSV and GeoJSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Generator, Iterable
from typing import Any, TypeAlias

import numpy as np
import shapely

from gis.expression import CRS84
from webmap.files.content import File, heads, is_formula, row
from webmap.shapes import DATUMS, split

Parts: TypeAlias = Generator[bytes, None, None]


def csv_parts(file: File) -> Parts:
    """UTF-8 with a byte order mark, without which Excel takes Chinese for something else."""
    begun = b"\xef\xbb\xbf" + _lines([heads(file)])
    for batch in file.batches():
        yield begun + _lines([_cell(value) for value in row(file, feature)] for feature in batch)
        begun = b""
    if begun:
        yield begun


def _lines(rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    """A value that no spreadsheet takes for a formula."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}" if is_formula(value) else value


def geojson_parts(file: File) -> Parts:
    """RFC 7946 in WGS-84; in another system x first, with the member `crs` that GDAL and QGIS understand."""
    begun = f'{{"type":"FeatureCollection","name":{json.dumps(file.name)},{_system(file)}"features":[\n'
    for batch in file.texts():
        turned = (_x_first(text) for text in batch) if file.y_first else batch
        yield (begun + ",\n".join(turned)).encode()
        begun = ",\n"
    yield f"{'' if begun.startswith(',') else begun}\n]}}\n".encode()


def _system(file: File) -> str:
    if file.form.coords:
        return f'"coordinate_system":"{DATUMS[file.form.coords]}",'
    if file.form.crs == CRS84:
        return ""
    name = f"urn:ogc:def:crs:{file.crs.replace(':', '::')}"
    return f'"crs":{{"type":"name","properties":{{"name":"{name}"}}}},'


def _x_first(feature: str) -> str:
    head, geometry, properties = split(feature)
    if geometry == "null":
        return feature
    turned: Any = shapely.transform(
        shapely.from_geojson(geometry), lambda xy: np.ascontiguousarray(xy[:, ::-1])
    )
    return f'{head}"geometry":{shapely.to_geojson(turned)},"properties":{properties}}}'
