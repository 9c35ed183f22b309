"""What a file of features holds: a layer in a form, its fields, its columns as values or as arrays.

In a file, coordinates stand x first, as these formats have it, whatever the order of the authority; in CSV
and XLSX the heads of the columns name the axes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely

from gis.expression import CRS84
from gis.geometry import axes, code_of
from gis.layer import Field, Geometry, Layer, Type
from webmap.shapes import DATUMS, Form, shaped

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_POINTS = (Geometry.POINT,)


@dataclass(frozen=True)
class File:
    """What a file holds: the features of a layer in a form, as texts in batches, as they were at a moment."""

    layer: Layer
    form: Form
    source: Iterable[tuple[str, ...]]
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

    @property
    def y_first(self) -> bool:
        """Whether the form gives the northing or the latitude first."""
        return self.axes[0].startswith(("lat", "northing"))

    @property
    def crs(self) -> str:
        """The system of the file. A shifted datum has no code: it is named, as one that leads nowhere else."""
        if self.form.coords:
            return f'LOCAL_CS["{DATUMS[self.form.coords]}",UNIT["degree",0.0174532925199433]]'
        return "EPSG:4326" if self.form.crs == CRS84 else code_of(self.form.crs)

    def texts(self) -> Iterator[list[str]]:
        """Its features as GeoJSON texts in the form, batch by batch."""
        for texts in self.source:
            yield list(shaped(texts, self.form))

    def batches(self) -> Iterator[list[dict[str, Any]]]:
        """Its features, batch by batch."""
        for texts in self.texts():
            yield [json.loads(text) for text in texts]


# --- rows of texts ------------------------------------------------------------------------------


def heads(file: File) -> list[str]:
    """The names of the columns: id, the fields, the axes of a point or the text of another geometry."""
    return ["id", *(field.name for field in file.fields), *_place_heads(file)]


def _place_heads(file: File) -> tuple[str, ...]:
    if file.form.skip_geometry:
        return ()
    return file.axes if file.layer.geometry in _POINTS else ("wkt",)


def row(file: File, feature: dict[str, Any]) -> Iterator[object]:
    """What stands in the columns."""
    yield feature["id"]
    yield from (feature["properties"][field.name] for field in file.fields)
    yield from _place(file, feature["geometry"])


def is_formula(value: object) -> bool:
    """Whether a spreadsheet would compute something instead of showing the text."""
    return isinstance(value, str) and value.startswith(_FORMULA)


def _place(file: File, geometry: dict[str, Any] | None) -> Iterator[object]:
    if file.form.skip_geometry:
        return
    if file.layer.geometry in _POINTS:
        yield from geometry["coordinates"] if geometry else (None, None)
    else:
        yield shapely.to_wkt(shape(geometry), rounding_precision=8) if geometry else None


def shape(geometry: dict[str, Any] | None) -> Any:
    """The geometry of a GeoJSON object."""
    return None if geometry is None else shapely.from_geojson(json.dumps(geometry))


# --- columns of arrays --------------------------------------------------------------------------


def wkb(file: File, batch: list[dict[str, Any]]) -> Any:
    """The geometries of a batch as WKB, x first, None where there is none."""
    shapes = np.array([shape(one["geometry"]) for one in batch], dtype=object)
    if file.y_first:
        shapes = shapely.transform(shapes, lambda xy: xy[:, ::-1])
    return shapely.to_wkb(shapes)


def column(field: Field, values: list[Any]) -> tuple[Any, Any]:
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
