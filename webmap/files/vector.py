"""Files that GDAL writes: GeoPackage, FlatGeobuf, Shapefile, KML. The door to pyogrio."""

from __future__ import annotations

import csv
import os
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio

from gis.errors import BadData, BadParameter
from gis.expression import CRS84
from gis.layer import Field, Geometry, Layer, Type
from webmap.files import content
from webmap.files.content import File

_NAME_BYTES, _TEXT_BYTES = 10, 254  # what dBase has for the name of a column, and for a text in it


def geopackage(files: Sequence[File], path: Path) -> None:
    """A GeoPackage, a layer for each. The same data give the same bytes: no clock is in it."""
    for number, file in enumerate(files):
        stamp = file.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": stamp})
        begun = False
        for batch in file.batches():
            _append(file, batch, path, appending=begun, more=bool(number))
            begun = True
        if not begun:
            _append(file, [], path, appending=False, more=bool(number))


def flatgeobuf(files: Sequence[File], path: Path) -> None:
    """A FlatGeobuf, made from a GeoPackage: its writer wants all features at once, and takes them as a stream."""
    (file,) = files
    source = path.with_suffix(".source.gpkg")
    geopackage([file], source)
    info = pyogrio.read_info(source)
    # The index has no place for what has none.
    indexed = info["features"] > 0 and not file.form.skip_geometry and not _placeless(source)
    with pyogrio.raw.open_arrow(source, use_pyarrow=False) as (meta, stream):
        pyogrio.write_arrow(
            stream,
            path,
            layer=file.name,
            driver="FlatGeobuf",
            geometry_name=meta["geometry_name"] or None,
            geometry_type=info["geometry_type"],
            crs=meta["crs"],
            SPATIAL_INDEX="YES" if indexed else "NO",
        )
    source.unlink()


def _placeless(path: Path) -> bool:
    found = pyogrio.raw.read(path, columns=[], where="geometry IS NULL", max_features=1)
    return bool(len(found[2]))


def _append(file: File, batch: list[dict[str, Any]], path: Path, *, appending: bool, more: bool) -> None:
    geometryless = file.form.skip_geometry
    columns = [content.column(field, _values(field, batch)) for field in file.fields]
    pyogrio.raw.write(
        path,
        geometry=None if geometryless else content.wkb(file, batch),
        field_data=[_ids(batch), *(data for data, _mask in columns)],
        fields=["id", *(field.name for field in file.fields)],
        field_mask=[None, *(mask for _data, mask in columns)],
        layer=file.name,
        driver="GPKG",
        geometry_type=None if geometryless else file.layer.geometry.value,
        crs=file.crs,
        promote_to_multi=file.layer.geometry is not Geometry.POINT,
        append=appending or more,
        layer_options=None if appending else _options(file.layer),
    )


def _values(field: Field, batch: list[dict[str, Any]]) -> list[Any]:
    return [one["properties"][field.name] for one in batch]


def _ids(batch: list[dict[str, Any]]) -> Any:
    return np.array([one["id"] for one in batch], dtype="int64")


def _options(layer: Layer) -> dict[str, str]:
    # Names that no field can have.
    names = {"FID": "ogc_fid", "GEOMETRY_NAME": "geometry"}
    return {**names, "IDENTIFIER": layer.title, "DESCRIPTION": layer.description}


# --- KML ----------------------------------------------------------------------------------------


def kml(files: Sequence[File], path: Path) -> None:
    """KML, a folder for each layer, every field as a datum. Raises `BadParameter`: it knows WGS-84 alone."""
    for number, file in enumerate(files):
        if file.form.coords or file.form.crs != CRS84:
            raise BadParameter(
                "crs", file.form.coords or file.crs, "no other than WGS-84: KML has that alone"
            )
        for place, batch in enumerate([*file.batches()] or [[]]):
            _append_kml(file, batch, path, appending=bool(number or place))


def _append_kml(file: File, batch: list[dict[str, Any]], path: Path, *, appending: bool) -> None:
    # Else the driver takes our `visibility` for its own, which says whether a placemark is drawn.
    pyogrio.set_gdal_config_options({"LIBKML_VISIBILITY_FIELD": "kml_visibility"})
    columns = [
        np.array([_text(value) for value in _values(field, batch)], dtype=object) for field in file.fields
    ]
    pyogrio.raw.write(
        path,
        geometry=content.wkb(file, batch),
        field_data=[np.array([str(one["id"]) for one in batch], dtype=object), *columns],
        fields=["id", *(field.name for field in file.fields)],
        layer=file.name,
        driver="LIBKML",
        geometry_type=file.layer.geometry.value,
        crs="EPSG:4326",
        append=appending,
    )


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


# --- Shapefile ----------------------------------------------------------------------------------


def shapefile(files: Sequence[File], path: Path) -> None:
    """A zip with a Shapefile for each layer, its texts in UTF-8. dBase has ten bytes for the name of a column
    and 254 for a text: longer texts go on in further columns, and a table in the zip tells which are which.
    Raises `BadData` for a number that has no room.
    """
    folder = path.with_suffix(".parts")
    folder.mkdir()
    for file in files:
        _write_shapefile(file, folder)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for made in sorted(folder.iterdir()):
            archive.write(made, made.name)
            made.unlink()
    folder.rmdir()


def _write_shapefile(file: File, folder: Path) -> None:
    batches = [*file.batches()] or [[]]
    columns = list(_dbf_columns(file, batches))
    target = folder / f"{file.name}.shp"
    for place, batch in enumerate(batches):
        data = [_dbf_values(field, part, batch) for _name, field, part in columns]
        with _nothing_lost(file):
            pyogrio.raw.write(
                target,
                geometry=content.wkb(file, batch),
                field_data=[_ids(batch), *(values for values, _mask in data)],
                fields=["id", *(name for name, _field, _part in columns)],
                field_mask=[None, *(mask for _values, mask in data)],
                driver="ESRI Shapefile",
                geometry_type=file.layer.geometry.value,
                crs=None if file.form.coords else file.crs,
                encoding="UTF-8",
                append=bool(place),
            )
    if file.form.coords:
        target.with_suffix(".prj").write_text(file.crs, "utf-8")
    _write_names(folder / f"{file.name}_fields.csv", columns)


def _dbf_columns(file: File, batches: list[list[dict[str, Any]]]) -> Iterator[tuple[str, Field, int]]:
    """The columns: name, field, and which part of its text; a text that has room has one part."""
    taken = {"id"}
    for field in file.fields:
        parts = 1
        if field.type is Type.TEXT:
            texts = (value for batch in batches for value in _values(field, batch) if value)
            parts = max((len(_parts(text)) for text in texts), default=1)
        for part in range(parts):
            name = _dbf_name(field.name, part, taken)
            taken.add(name)
            yield name, field, part


def _dbf_name(name: str, part: int, taken: set[str]) -> str:
    """The name where it fits and is free, else as much of it as leaves room for a number."""
    tail = f"_{part + 1}" if part else ""
    wanted = name[: _NAME_BYTES - len(tail)] + tail
    number = 1
    while wanted in taken:
        tail = f"_{part + 1}_{number}" if part else f"_{number}"
        wanted, number = name[: _NAME_BYTES - len(tail)] + tail, number + 1
    return wanted


def _parts(text: str) -> list[str]:
    """A text in parts of as many bytes as dBase has, no character cut."""
    raw, parts = text.encode(), []
    while len(raw) > _TEXT_BYTES:
        end = _TEXT_BYTES
        while raw[end] & 0xC0 == 0x80:
            end -= 1
        parts.append(raw[:end].decode())
        raw = raw[end:]
    return [*parts, raw.decode()]


def _dbf_values(field: Field, part: int, batch: list[dict[str, Any]]) -> tuple[Any, Any]:
    values = _values(field, batch)
    if field.type is Type.TEXT:
        cut = (_parts(value) if value else [] for value in values)
        return np.array([parts[part] if part < len(parts) else None for parts in cut], dtype=object), None
    if field.type is Type.DATETIME:  # dBase has days alone
        return np.array(values, dtype=object), None
    return content.column(field, values)


@contextmanager
def _nothing_lost(file: File) -> Iterator[None]:
    """GDAL warns of what it cuts off: here that is an error."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        yield
    for warning in told:
        if issubclass(warning.category, RuntimeWarning):
            raise BadData(file.layer.id, f"has no form as a Shapefile: {warning.message}; choose .gpkg")


def _write_names(path: Path, columns: Sequence[tuple[str, Field, int]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as opened:
        rows = csv.writer(opened)
        rows.writerow(["column", "field", "part", "title", "title_en", "unit"])
        for name, field, part in columns:
            rows.writerow([name, field.name, part + 1, field.title, field.title_en, field.unit])


def sent(path: Path, chunk: int) -> Iterator[bytes]:
    """The bytes of a file, which is gone from the disk as soon as it is open."""
    with path.open("rb") as opened:
        os.remove(path)
        while part := opened.read(chunk):
            yield part
