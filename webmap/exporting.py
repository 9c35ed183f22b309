"""`corridor export`: layers of the published version, or what a filter leaves of them, written to a file."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection
from werkzeug.datastructures import MultiDict

from gis import export, repository
from gis.database import Store, current_of
from gis.errors import BadParameter, BadSettings
from gis.feature import Query
from gis.geometry import CRS_CODES
from gis.layer import Layer
from webmap import params
from webmap.files import parquet, text, vector, workbook
from webmap.files.content import File
from webmap.files.text import Parts
from webmap.shapes import DATUMS, Form

Writer = Callable[[Sequence[File], Path], None]
Advance = Callable[[int], None]


@dataclass(frozen=True)
class Format:
    """A format of files: who writes it, and whether one file holds several layers."""

    write: Writer
    several: bool = False


def _by_parts(parts: Callable[[File], Parts]) -> Writer:
    def write(files: Sequence[File], path: Path) -> None:
        (file,) = files
        with path.open("wb") as opened:
            opened.writelines(parts(file))

    return write


FORMATS: Mapping[str, Format] = {
    ".geojson": Format(_by_parts(text.geojson_parts)),
    ".json": Format(_by_parts(text.geojson_parts)),
    ".gpkg": Format(vector.geopackage, several=True),
    ".zip": Format(vector.shapefile, several=True),
    ".fgb": Format(vector.flatgeobuf),
    ".parquet": Format(parquet.geoparquet),
    ".kml": Format(vector.kml, several=True),
    ".csv": Format(_by_parts(text.csv_parts)),
    ".xlsx": Format(workbook.workbook, several=True),
}


@dataclass(frozen=True)
class Asked:
    """What of a layer is wanted: a filter (CQL2 text), a box in degrees as W,S,E,N, fields by name; "" for all."""

    where: str = ""
    bbox: str = ""
    fields: str = ""
    crs: str = ""
    internal: bool = False

    def query(self, layer: Layer) -> Query:
        """The query of it. Raises `BadParameter`."""
        given = {"filter": self.where, "bbox": self.bbox}
        args = MultiDict({name: value for name, value in given.items() if value})
        return params.query(layer, args, internal=self.internal)

    def form(self, layer: Layer) -> Form:
        """The form of it: a system by its code, or a shifted datum by its name. Raises `BadParameter`."""
        form = params.form(layer, MultiDict({"properties": self.fields} if self.fields else {}))
        if self.crs.lower() in DATUMS:
            return replace(form, coords=self.crs.lower())
        return replace(form, crs=_system(self.crs)) if self.crs else form


def _system(code: str) -> str:
    known = {name.upper(): uri for uri, name in CRS_CODES.items()} | {"CRS84": next(iter(CRS_CODES))}
    if code.upper() not in known:
        raise BadParameter("crs", code, f"one of {', '.join([*known, *DATUMS])}")
    return known[code.upper()]


def export_file(
    store: Store, layers: Sequence[Layer], asked: Asked, path: Path, advance: Advance = lambda _: None
) -> int:
    """Write what is asked of the layers, whole or not at all. Returns how many features the file has.

    Raises `BadSettings` when the file cannot be such, `BadParameter` for what is asked, `BadData` for what
    the format has no room for.
    """
    wanted = _format(path, layers)
    counter = _Counter(advance)
    building = path.with_name(f".{path.stem}.building")
    try:
        building.mkdir(parents=False)
    except OSError as error:
        raise BadSettings("output", path, f"a place to write to ({error.strerror})") from None
    try:
        made = building / path.name
        with store.read() as connection:
            wanted.write([_file(connection, layer, asked, counter) for layer in layers], made)
        os.replace(made, path)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return counter.count


def _format(path: Path, layers: Sequence[Layer]) -> Format:
    found = FORMATS.get(path.suffix.lower())
    if found is None:
        raise BadSettings("output", path.name, f"a file that ends in {', '.join(FORMATS)}")
    if len(layers) > 1 and not found.several:
        several = [suffix for suffix, known in FORMATS.items() if known.several]
        raise BadSettings("output", path.name, f"one layer, or a file that ends in {', '.join(several)}")
    return found


class _Counter:
    """Counts the features that go by, and tells of them."""

    def __init__(self, advance: Advance) -> None:
        self.count, self._advance = 0, advance

    def counted(self, batches: Iterator[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
        for batch in batches:
            yield batch
            self.count += len(batch)
            self._advance(len(batch))


def _file(connection: Connection, layer: Layer, asked: Asked, counter: _Counter) -> File:
    repository.published(connection).summary(layer, internal=asked.internal)
    source = export.batches(connection, layer, asked.query(layer), None)
    return File(layer, asked.form(layer), counter.counted(source), current_of(connection).at)
