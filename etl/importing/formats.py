"""Files → tables. The formats by their suffixes; every error names the file, and the row where there is one."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from functools import cached_property
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from etl.importing import archive
from etl.importing.options import Options
from etl.importing.table import Table
from gis.apart import apart
from gis.errors import BadData
from gis.frozen import FrozenMapping

_ENCODINGS = ("utf-8-sig", "gb18030")
_SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_MOST_PARQUET_BYTES = 4 * 2**30
_MOST_COLUMNS = 2000
# What GDAL's driver adds to the columns of every KML file.
_OF_KML = (
    "description",
    "timestamp",
    "begin",
    "end",
    "altitudeMode",
    "tessellate",
    "extrude",
    "drawOrder",
    "icon",
)


def read(file: Path, options: Options) -> Table:
    """The table of a file. Raises `BadData` for one that cannot be read."""
    reader = READERS.get(file.suffix.lower())
    if reader is None:
        raise BadData(file.name, f"of no known format: expected a file that ends in {', '.join(READERS)}")
    if not file.is_file():
        raise BadData(file.name, "there is no such file")
    return reader(file, options)


# --- texts --------------------------------------------------------------------------------------


def _csv(file: Path, options: Options) -> Table:
    text = _Text(file, decoded(file, options.encoding))
    heads = text.heads()
    try:
        columns = _quickly(text, heads)
    except pa.ArrowInvalid:
        return _slowly(text, heads)
    rows = len(next(iter(columns.values())))
    return Table(file.name, FrozenMapping(columns), rows, text.where)


def _quickly(text: _Text, heads: Sequence[str]) -> dict[str, Any]:
    """The columns as texts, None where a cell is empty. Raises `ArrowInvalid` for whatever is not regular."""
    table = pacsv.read_csv(
        pa.BufferReader(text.raw),
        parse_options=pacsv.ParseOptions(delimiter=text.delimiter, newlines_in_values=b'"' in text.raw),
        convert_options=pacsv.ConvertOptions(
            column_types=dict.fromkeys(heads, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )
    return {name.strip(): table.column(name).combine_chunks() for name in table.column_names}


def _slowly(text: _Text, heads: Sequence[str]) -> Table:
    """The same row by row, with those rows told that are not as the others."""
    cells: list[list[str | None]] = []
    unread: dict[str, str] = {}
    lines: list[int] = []
    for line, row in text.records():
        if len(row) == len(heads):
            cells.append([cell or None for cell in row])
            lines.append(line)
        else:
            unread[f"{text.file.name}, line {line}"] = (
                f"{len(heads)} cells, one for each column; it has {len(row)}"
            )
    by_column = list(zip(*cells, strict=True)) or [()] * len(heads)
    columns = {name: pa.array(column, pa.string()) for name, column in zip(heads, by_column, strict=True)}
    return Table(
        text.file.name,
        FrozenMapping(columns),
        len(cells),
        lambda i: f"{text.file.name}, line {lines[i]}",
        unread=FrozenMapping(unread),
    )


class _Text:
    """A text of rows and its lines."""

    def __init__(self, file: Path, raw: bytes) -> None:
        self.file, self.raw = file, raw
        first = raw.split(b"\n", 1)[0]
        counts = {sign: first.count(sign.encode()) for sign in ",\t;"}
        self.delimiter = max(counts, key=lambda sign: counts[sign])

    def heads(self) -> list[str]:
        """The names of the columns."""
        heads = [head.strip() for head in next(self._all(), (1, []))[1]]
        _check_heads(f"{self.file.name}, line 1", heads)
        return heads

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """The line on which each record after the heads begins, and its cells."""
        return islice(self._all(), 1, None)

    def _all(self) -> Iterator[tuple[int, list[str]]]:
        text = io.TextIOWrapper(io.BytesIO(self.raw), "utf-8", newline="")
        reader = csv.reader(text, delimiter=self.delimiter, strict=True)
        line = 1
        try:
            for cells in reader:
                if cells:
                    yield line, cells
                line = reader.line_num + 1
        except csv.Error as error:
            raise BadData(f"{self.file.name}, line {reader.line_num}", f"not CSV: {error}") from None

    def where(self, i: int) -> str:
        return f"{self.file.name}, line {self._lines[i]}"

    @cached_property
    def _lines(self) -> list[int]:
        return [line for line, _cells in self.records()]


def _check_heads(where: str, heads: Sequence[str]) -> None:
    if not any(heads):
        raise BadData(where, "no columns: expected their names in the first row")
    twice = sorted({head for head in heads if heads.count(head) > 1})
    if twice:
        raise BadData(where, f"column {twice[0]!r} stands twice: expected each name once")
    if len(heads) > _MOST_COLUMNS:
        raise BadData(where, f"{len(heads)} columns: expected {_MOST_COLUMNS} at most")


def decoded(file: Path, encoding: str) -> bytes:
    """The text of a file in UTF-8. Raises `BadData` naming the line at which it is in no encoding that is tried."""
    raw = file.read_bytes()
    if not encoding and _is_utf8(raw):
        return raw.removeprefix(codecs.BOM_UTF8)
    tried = (encoding,) if encoding else _ENCODINGS
    fault = None
    for name in tried:
        try:
            text = raw.decode(name)
        except (UnicodeDecodeError, UnicodeError) as error:
            fault = fault or error
        else:
            return raw.removeprefix(codecs.BOM_UTF8) if name == "utf-8-sig" else text.encode()
    line = raw.count(b"\n", 0, getattr(fault, "start", 0)) + 1
    raise BadData(
        f"{file.name}, line {line}", f"not {' or '.join(tried)} text: name its encoding by --encoding"
    )


def _is_utf8(raw: bytes) -> bool:
    """Whether bytes are UTF-8, told without making a text of them."""
    ends = pa.py_buffer(np.array([0, len(raw)]))
    try:
        pa.Array.from_buffers(pa.large_string(), 1, [None, ends, pa.py_buffer(raw)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _workbook(file: Path, options: Options) -> Table:
    import openpyxl  # a tenth of a second that other formats need not wait

    archive.opened(file).close()
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    except Exception as error:  # what a damaged file raises there is anything
        raise BadData(file.name, f"cannot be read as a workbook: {error}") from None
    try:
        name = _part(file, options, book.sheetnames) or book.sheetnames[0]
        return _sheet(file, book[name])
    except BadData:
        raise
    except Exception as error:
        raise BadData(file.name, f"cannot be read as a workbook: {error}") from None
    finally:
        book.close()


def _sheet(file: Path, sheet: Any) -> Table:
    sheet.reset_dimensions()
    rows = ([_cell(value) for value in row] for row in sheet.iter_rows(values_only=True))
    heads = [str(head or "").strip() for head in next(rows, [])]
    while heads and not heads[-1]:
        heads.pop()
    _check_heads(f"{file.name}, row 1", heads)
    cells, lines = [], []
    for line, row in enumerate(rows, start=2):
        if any(value is not None for value in row):
            cells.append([*row, *([None] * len(heads))][: len(heads)])
            lines.append(line)
    by_column = list(zip(*cells, strict=True)) or [()] * len(heads)
    columns = {
        name: pa.array(column, pa.string()) for name, column in zip(heads, by_column, strict=True) if name
    }
    return Table(file.name, FrozenMapping(columns), len(cells), lambda i: f"{file.name}, row {lines[i]}")


def _cell(value: Any) -> str | None:
    """A cell as text: numbers without a fraction as whole ones, days without a time as days."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, datetime):
        return (value.date() if value.time() == time() else value).isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


# --- typed columns ------------------------------------------------------------------------------


def _vector(file: Path, options: Options) -> Table:
    if file.suffix.lower() == ".zip":
        return _zipped(file, options)
    return _opened(file, file.name, options, ())


def _zipped(file: Path, options: Options) -> Table:
    """A Shapefile in a zip; its texts in what their bytes tell, where no .cpg does."""
    with TemporaryDirectory(prefix="corridor-") as folder:
        found = archive.unpack(file, Path(folder), _SHAPEFILE)
        shapes = [path for path in found if path.suffix.lower() == ".shp"]
        name = _part(file, options, [path.stem for path in shapes])
        if not shapes:
            raise BadData(file.name, "holds no .shp: expected a zipped Shapefile")
        path = next((shape for shape in shapes if shape.stem == name), shapes[0])
        for suffix in (".shx", ".dbf"):
            if not any(other.stem == path.stem and other.suffix.lower() == suffix for other in found):
                raise BadData(
                    file.name, f"{path.name} is there without its {suffix}: expected both in the zip"
                )
        encoding = options.encoding or _dbf_encoding(path, found)
        return _opened(path, file.name, options, (("ENCODING", encoding),) if encoding else ())


def _dbf_encoding(shape: Path, found: Sequence[Path]) -> str:
    if any(path.stem == shape.stem and path.suffix.lower() == ".cpg" for path in found):
        return ""
    table = next(path for path in found if path.stem == shape.stem and path.suffix.lower() == ".dbf")
    raw = table.read_bytes()
    records = raw[int.from_bytes(raw[8:10], "little") :]
    for name in ("utf-8", "gb18030"):
        try:
            records.decode(name)
        except UnicodeDecodeError:
            continue
        return name.upper()
    return ""


def _opened(path: Path, name: str, options: Options, driver_options: tuple[tuple[str, str], ...]) -> Table:
    part = "" if path.suffix.lower() == ".shp" else options.part
    table, crs, geometry_name, numbers = apart(_by_gdal, path, name, part, driver_options)
    if geometry_name not in table.column_names:
        raise BadData(name, "no geometry: expected a vector file")
    shapes = shapely.from_wkb(table.column(geometry_name).to_numpy(zero_copy_only=False), on_invalid="ignore")
    columns = {
        column: table.column(column).combine_chunks()
        for column in table.column_names
        if column != geometry_name
    }
    if path.suffix.lower() == ".kml":
        columns = {column: values for column, values in columns.items() if column not in _OF_KML}
        numbers = None
    return Table(
        name,
        FrozenMapping({column: _simple(values) for column, values in columns.items()}),
        table.num_rows,
        lambda i: f"{name}, row {i + 1}",
        np.asarray(shapes, dtype=object),
        crs or "",
        numbers,
    )


def _by_gdal(path: Path, name: str, part: str, driver_options: tuple[tuple[str, str], ...]) -> Any:
    from etl.importing import gdal

    return gdal.read(path, name, part, driver_options)


_SIMPLE = (
    pa.types.is_string,
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_date,
    pa.types.is_timestamp,
)


def _simple(values: Any) -> Any:
    """A column of a type that a field can have; of any other as texts."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_large_string(values.type) or pa.types.is_null(values.type):
        return values.cast(pa.string())
    if any(fits(values.type) for fits in _SIMPLE):
        return values
    texts = (None if value is None else str(value) for value in values.to_pylist())
    return pa.array(texts, pa.string())


def _parquet(file: Path, options: Options) -> Table:
    import pyarrow.parquet as pq  # as long

    try:
        source = pq.ParquetFile(file)
        size = sum(
            source.metadata.row_group(n).total_byte_size for n in range(source.metadata.num_row_groups)
        )
        if size > _MOST_PARQUET_BYTES:
            raise BadData(
                file.name, f"would unpack to {size:,} bytes: expected {_MOST_PARQUET_BYTES:,} at most"
            )
        told = json.loads((source.schema_arrow.metadata or {})[b"geo"])
        primary = told["primary_column"]
        about = told["columns"][primary]
        if about["encoding"] != "WKB":
            raise BadData(file.name, f"its geometry is encoded as {about['encoding']}: expected WKB")
        table = source.read()
        shapes = shapely.from_wkb(table.column(primary).to_numpy(zero_copy_only=False), on_invalid="ignore")
        crs = _parquet_crs(about)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadData(file.name, f"not GeoParquet: no usable metadata ({type(error).__name__})") from None
    except (pa.ArrowException, OSError, CRSError, shapely.errors.GEOSException) as error:
        raise BadData(file.name, f"cannot be read: {str(error).partition(chr(10))[0]}") from None
    columns = {
        name: _simple(table.column(name).combine_chunks()) for name in table.column_names if name != primary
    }
    return Table(
        file.name,
        FrozenMapping(columns),
        table.num_rows,
        lambda i: f"{file.name}, row {i + 1}",
        np.asarray(shapes, dtype=object),
        crs,
    )


def _parquet_crs(about: Mapping[str, Any]) -> str:
    """Without the key the system is CRS84; null says that it is not known."""
    told = about.get("crs", "OGC:CRS84")
    return "" if told is None else told if isinstance(told, str) else CRS.from_json_dict(told).to_wkt()


def _part(file: Path, options: Options, names: Sequence[str]) -> str:
    if options.part and options.part not in names:
        raise BadData(file.name, f"no part {options.part!r}: it has {', '.join(names) or 'none'}")
    if len(names) > 1 and not options.part:
        raise BadData(file.name, f"several parts, {', '.join(names)}: name one by --part")
    return options.part


READERS: Mapping[str, Callable[[Path, Options], Table]] = {
    ".geojson": _vector,
    ".json": _vector,
    ".gpkg": _vector,
    ".zip": _vector,
    ".shp": _vector,
    ".kml": _vector,
    ".fgb": _vector,
    ".parquet": _parquet,
    ".csv": _csv,
    ".xlsx": _workbook,
}
