"""The data of layers declared in TOML: any vector file that GDAL reads, in any CRS, with any column names.

The one module that imports pyogrio and pandas; it is itself imported only when there is such a layer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas
import pyogrio
import shapely
from pyproj.exceptions import CRSError, ProjError
from shapely.geometry.base import BaseGeometry

from etl.areas import Areas
from etl.records import Row
from gis.adcodes import city_of
from gis.declare import Declared
from gis.errors import BadData
from gis.feature import Precision
from gis.layer import Field, Layer

# How a CSV file may call the columns of a point (options of GDAL's CSV driver).
_CSV_OPTIONS = {
    "X_POSSIBLE_NAMES": "lon,lng,longitude,x,经度",
    "Y_POSSIBLE_NAMES": "lat,latitude,y,纬度",
    "AUTODETECT_TYPE": "YES",
}
_ID_COLUMNS = ("id", "fid")
_MAX_ID = 2**63 - 1
_POLYGONS = ("Polygon", "MultiPolygon")


def rows(declared: Declared, areas: Areas) -> Iterator[Row]:
    """The rows of a declared layer in WGS-84, with the common fields that the file does not bring."""
    layer, file = declared.layer, declared.data
    frame = _in_degrees(_frame(declared), file)
    cells = {name: frame[column].tolist() for name, column in _columns(layer, frame, file).items()}
    ids, digest = _ids(frame), _digest(file)
    geometries = [_repaired(geometry) for geometry in frame.geometry]
    districts = areas.districts_of([_inside(geometry) for geometry, _ in geometries])
    for position, (geometry, repaired) in enumerate(geometries):
        where = f"{file.name}, row {position + 1}"
        given = {name: values[position] for name, values in cells.items()}
        common = {
            **_situated(districts[position]),
            "key": f"{layer.id.replace('_', '-')}-{position + 1}",
            "position_source": f"as given in {file.name}{', geometry repaired' if repaired else ''}",
            "source": f"{where}, sha256 {digest}",
        }
        yield Row(where, {"id": ids[position], **_filled(layer, given, common)}, geometry)


def _situated(district: int | None) -> dict[str, object]:
    return {
        "city": city_of(district) if district else None,
        "district": district,
        "precision": Precision.SITE.value,
        "visibility": "public",
    }


def _filled(layer: Layer, given: Mapping[str, Any], common: Mapping[str, object]) -> dict[str, object]:
    """Every field with its value, else with that of all features; who has no name is called by its key."""
    values = {field.name: _coded(field, _plain(given.get(field.name))) for field in layer.all_fields}
    filled = {name: common.get(name) if value in (None, "") else value for name, value in values.items()}
    return {**filled, "name": filled["name"] or filled["key"]}


def _frame(declared: Declared) -> geopandas.GeoDataFrame:
    file = declared.data
    options = _CSV_OPTIONS if file.suffix.lower() == ".csv" else {}
    try:
        frame = pyogrio.read_dataframe(file, layer=declared.data_layer, fid_as_index=True, **options)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise BadData(file.name, f"cannot be read: {str(error).partition(chr(10))[0]}") from None
    except UnicodeDecodeError:
        raise BadData(file.name, "its texts are not UTF-8: save the file with that encoding") from None
    if not isinstance(frame, geopandas.GeoDataFrame):
        raise BadData(file.name, "no geometry: expected a vector file, or a CSV with columns lon and lat")
    return frame


def _in_degrees(frame: geopandas.GeoDataFrame, file: Path) -> geopandas.GeoDataFrame:
    if frame.crs is None:
        _check_degrees(frame, file)
        return frame
    try:
        return frame.to_crs("EPSG:4326")
    except (CRSError, ProjError) as error:
        raise BadData(file.name, f"its CRS cannot be converted to WGS-84: {error}") from None


def _check_degrees(frame: geopandas.GeoDataFrame, file: Path) -> None:
    if frame.geometry.dropna().empty:
        return
    west, south, east, north = frame.total_bounds
    if min(west, east) < -180 or max(west, east) > 180 or min(south, north) < -90 or max(south, north) > 90:
        raise BadData(
            file.name,
            f"has no CRS and reaches {west:g}, {south:g} to {east:g}, {north:g}: "
            "expected degrees of WGS-84, or a file that names its CRS",
        )


def _columns(layer: Layer, frame: geopandas.GeoDataFrame, file: Path) -> dict[str, str]:
    """Field name → column. What the declaration names must be there; a column that it names for one
    field is not taken for the field that is called like it.
    """
    present = [str(name) for name in frame.columns if name != frame.geometry.name]
    for field, column in layer.columns.items():
        if column not in present:
            known = ", ".join(present) or "no columns"
            raise BadData(file.name, f"no column {column!r} for field {field!r}; it has {known}")
    free = set(present) - set(layer.columns.values())
    namesakes = {field.name: field.name for field in layer.all_fields if field.name in free}
    return {**namesakes, **layer.columns}


def _ids(frame: geopandas.GeoDataFrame) -> list[int]:
    """The file's own whole numbers where they are unique and above 0, else the row numbers."""
    named = [frame[name] for name in frame.columns if str(name).lower() in _ID_COLUMNS]
    for numbers in (*named, frame.index.to_series()):
        fit = pandas.api.types.is_integer_dtype(numbers) and numbers.is_unique and not numbers.hasnans
        if fit and len(numbers) and numbers.min() > 0 and numbers.max() <= _MAX_ID:
            return [int(number) for number in numbers]
    return list(range(1, len(frame) + 1))


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()[:12]


def _repaired(geometry: BaseGeometry | None) -> tuple[BaseGeometry | None, bool]:
    """The geometry, and whether it had to be made valid; only areas are repaired."""
    if geometry is None or geometry.is_valid or geometry.geom_type not in _POLYGONS:
        return geometry, False
    return shapely.make_valid(geometry, method="structure", keep_collapsed=False), True


def _inside(geometry: BaseGeometry | None) -> BaseGeometry | None:
    if geometry is None or geometry.is_empty or not np.isfinite(geometry.bounds).all():
        return None
    return geometry.representative_point()


def _plain(value: Any) -> object:
    """A cell without pandas' and numpy's own types; None where it is empty. Line breaks become spaces."""
    if value is None or (pandas.api.types.is_scalar(value) and pandas.isna(value)):
        return None
    if isinstance(value, pandas.Timestamp):
        return value.to_pydatetime()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, str):
        return " ".join(value.split())
    return value if isinstance(value, (bool, int, float)) or hasattr(value, "isoformat") else str(value)


def _coded(field: Field, value: object) -> object:
    """The code of a value that is given by its title or one of its words; else the value as it came."""
    if not isinstance(value, str) or not field.values:
        return value
    codes: Mapping[str, object] = {
        name: coded.code
        for coded in reversed(field.values)
        for name in (*coded.words, coded.title_en, coded.title, str(coded.code))
    }
    return codes.get(value, value)
