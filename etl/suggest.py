"""Declarations proposed for data that somebody has: from a vector file to the TOML of `gis.declare`.

What a column becomes:

- a name that means a field of every feature (名称, 状态, 备注, name, …) → that field, when its values fit:
  those of 状态 and 级别 must be codes of the field, or their titles or words;
- any other → a field of the layer's own, typed as the column, titled as it. Its name is the column's in
  small ASCII letters; `field_3` (the third column) where that says nothing, as for Chinese, which cannot be
  transliterated without a dictionary; `own_type` where the name itself is taken;
- a small set of texts that repeat → a coded field, whose codes are the texts themselves;
- integers of 2^53 and more → text, since JSON readers would round them;
- lists, tables, binary data, the coordinates of a CSV file and mere row numbers → left out, with a comment.

Every column that is read stands in `[columns]`, also under its own name: a column that only happens to be
called `city` is then not taken for the field of that name. As in `etl.departments`, blank texts count as
missing, and spaces around or between words do not count.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyogrio
import shapely
from pyogrio import raw

from etl.importing import formats
from gis.declare import SUFFIXES, UNREADABLE, dump
from gis.errors import BadData
from gis.layer import COMMON, COMMON_NAMES, RESERVED, Field, Geometry, Layer, Type, Value
from gis.symbol import Fill, Marker, Stroke, Symbol

# Short enough that `layer_<id>_<field>`, the name of an index, fits the 63 bytes of PostgreSQL.
LENGTH = 28
MOST_CODES = 12
MOST_IN_POPUP = 6
_CODE_LENGTH = 48
_ROUNDED = 2**53

# How a CSV file may call the columns of a point, as `etl.departments` takes them (options of GDAL's driver).
_X, _Y = ("lon", "lng", "longitude", "x", "经度"), ("lat", "latitude", "y", "纬度")
_CSV_OPTIONS = {"X_POSSIBLE_NAMES": ",".join(_X), "Y_POSSIBLE_NAMES": ",".join(_Y), "AUTODETECT_TYPE": "YES"}

# Columns that every table of PostgreSQL has.
_SYSTEM = frozenset({"cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"})
_TAKEN = RESERVED | COMMON_NAMES | _SYSTEM
_ROW_NUMBERS = frozenset({"id", "fid", "oid", "gid", "objectid", "ogcfid", "rowid", "序号"})

# What a field of every feature is called in data, best first, spelt as `_plain` gives it.
_WORDS: Mapping[str, tuple[str, ...]] = {
    "key": ("key", "标识"),
    "name": (
        "名称",
        "name",
        "地名",
        "单位名称",
        "项目名称",
        "机构名称",
        "中文名称",
        "中文名",
        "namezh",
        "名字",
    ),
    "name_en": ("英文名", "英文名称", "nameen", "englishname"),
    "aliases": ("别名", "aliases", "alias", "简称"),
    "kind": ("类别", "kind"),
    "status": ("状态", "status", "建设状态"),
    "level": ("级别", "level"),
    "host": ("依托单位", "host"),
    "precision": ("precision", "位置精度"),
    "radius_m": ("radiusm",),
    "as_of": ("asof", "资料日期"),
    "visibility": ("visibility", "可见性"),
    "note": ("备注", "note", "说明", "notes", "remark", "remarks"),
}
_PALETTE = ("#2b4c9b", "#b3261e", "#00795c", "#7b2d8b", "#c4621d", "#1b6e8c", "#9a5b2e", "#5b5ea6", "#c2185b")

_OGR_TYPES = {
    "OFTInteger": Type.INTEGER,
    "OFTInteger64": Type.INTEGER,
    "OFTReal": Type.NUMBER,
    "OFTString": Type.TEXT,
    "OFTTime": Type.TEXT,
    "OFTDate": Type.DATE,
    "OFTDateTime": Type.DATETIME,
}
# The geometry types of ISO WKB, and what they become.
_SHAPES: Mapping[int, tuple[str, Geometry | None]] = {
    1: ("Point", Geometry.POINT),
    2: ("LineString", Geometry.LINE),
    3: ("Polygon", Geometry.POLYGON),
    4: ("MultiPoint", Geometry.MULTIPOINT),
    5: ("MultiLineString", Geometry.LINE),
    6: ("MultiPolygon", Geometry.POLYGON),
    7: ("GeometryCollection", None),
    15: ("PolyhedralSurface", None),
    16: ("TIN", None),
    17: ("Triangle", None),
}


@dataclass(frozen=True)
class Suggestion:
    """A layer proposed for one layer of a vector file; `notes` are what a person should look at."""

    layer: Layer
    file: Path
    data_layer: str | None
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the file to be written."""
        return f"{self.layer.id}.toml"

    @property
    def text(self) -> str:
        """The declaration, to be saved in the folder of the data."""
        return self.text_for(self.file.parent)

    def text_for(self, folder: Path) -> str:
        """The declaration, to be saved in a folder; a comment says so when the data are not there yet."""
        data = self.file.name
        comments = [f"{self.name}, proposed by corridor declare from {data}: correct titles and types."]
        if folder.resolve() != self.file.parent.resolve():
            comments.append(f"Put {data} beside this file: its features are read there.")
        lines = (f"# {_visible(comment)}\n" for comment in (*comments, *self.notes))
        return "".join(lines) + dump(self.layer, data=data, data_layer=self.data_layer)


def suggest(file: Path, *, layer: str | None = None, taken: Iterable[str] = ()) -> tuple[Suggestion, ...]:
    """A declaration for each layer of a file that has geometries, or for the one that is named.

    `taken` are ids that other layers have. Raises `BadData` naming the file and what was expected.
    """
    _check_file(file)
    known = _layers(file)
    alone = len(known) == 1
    ids, found = set(taken), []
    for name in _chosen(file, known, layer):
        found.append(_suggestion(_source(file, name), alone, ids))
        ids.add(found[-1].layer.id)
    return tuple(found)


def write(suggestions: Sequence[Suggestion], folder: Path) -> tuple[Path, ...]:
    """Write the declarations into a folder. Nothing is written when one of the files exists."""
    paths = tuple(folder / suggestion.name for suggestion in suggestions)
    if not folder.is_dir():
        raise BadData(str(folder), "expected an existing folder")
    for path in paths:
        if os.path.lexists(path):
            raise BadData(str(path), "exists already; move it away, or write into another folder")
    for path, suggestion in zip(paths, suggestions, strict=True):
        _write(path, suggestion.text_for(folder))
    return paths


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise BadData(str(path), f"cannot be written: {error.strerror}") from None


# --- reading ----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Column:
    """A column of the data: its name, its place from 1, its type (None for one that no field can hold).

    The values of a `loose` one are of several types, and texts only here.
    """

    name: str
    place: int
    type: Type | None
    loose: bool
    values: np.ndarray[Any, Any]

    @cached_property
    def present(self) -> list[Any]:
        """The values that are there; texts with single spaces between their words."""
        if self.values.dtype.kind == "f":
            return list(self.values[~np.isnan(self.values)])
        if self.values.dtype.kind == "M":
            return list(self.values[~np.isnat(self.values)])
        values = (" ".join(value.split()) if isinstance(value, str) else value for value in self.values)
        return [
            value for value in values if value is not None and not (isinstance(value, str) and value == "")
        ]

    @property
    def complete(self) -> bool:
        """Whether every feature has a value."""
        return len(self.present) == len(self.values)

    @property
    def texts(self) -> bool:
        """Whether the values are texts as they stand, not times or large integers that become one."""
        return not self.loose and all(isinstance(value, str) for value in self.present)


@dataclass(frozen=True, eq=False)
class _Source:
    """One layer of a file: its name, kind of geometry and columns, and whether it says its coordinates."""

    file: Path
    name: str
    geometry: Geometry
    columns: tuple[_Column, ...]
    has_crs: bool


def _check_file(file: Path) -> None:
    name = file.name
    if not os.path.exists(file):
        raise BadData(_visible(str(file)), "no such file")
    if not file.is_file():
        raise BadData(_visible(str(file)), "expected a file, this is a folder or a device")
    if file.suffix.lower() not in SUFFIXES:
        raise BadData(_visible(str(file)), f"expected a file that ends in {', '.join(SUFFIXES)}")
    if any(character in str(file.absolute()) for character in UNREADABLE):
        raise BadData(_visible(str(file)), "expected a path without ! and ;")
    if name != name.encode(errors="ignore").decode():
        raise BadData(_visible(str(file)), "expected a file name in UTF-8")
    if file.stat().st_size == 0:
        raise BadData(_visible(str(file)), "the file is empty")


@contextmanager
def _reading(file: Path) -> Iterator[None]:
    """Says what GDAL could not read in our words; its warnings about single values are none of ours."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except UnicodeDecodeError:  # a Shapefile cuts the names of its columns after ten bytes
        reason = "its texts are not in the encoding that it states: save it as a GeoPackage"
        raise BadData(_visible(str(file)), reason) from None
    except (RuntimeError, ValueError, OSError) as error:  # pyogrio's errors are RuntimeErrors
        reason = f"expected a GeoPackage, GeoJSON or another vector file ({error})"
        raise BadData(_visible(str(file)), _visible(reason)) from None


@contextmanager
def _in_utf8(file: Path) -> Iterator[Path]:
    """The file, or a copy in UTF-8 of a CSV file that is in another encoding: GDAL reads no other."""
    text = _text(file) if _is_csv(file) else None
    if text is None or file.read_bytes().endswith(text):
        yield file
        return
    with TemporaryDirectory(prefix="corridor-") as folder:
        copy = Path(folder) / file.name
        copy.write_bytes(text)
        yield copy


def _text(file: Path) -> bytes:
    """What a CSV file says, in UTF-8 without a mark of its encoding."""
    try:
        return formats.decoded(file, "")
    except BadData as error:
        raise BadData(error.where, "expected text in UTF-8 or GB18030") from None


def _layers(file: Path) -> dict[str, str | None]:
    """The layers of a file and their kinds of geometry, None for a table without any."""
    with _reading(file):
        found = dict(pyogrio.list_layers(file.absolute()))
    return dict.fromkeys(found, "Point") if _is_csv(file) else found  # by its columns, when it is read


def _chosen(file: Path, known: Mapping[str, str | None], layer: str | None) -> tuple[str, ...]:
    """The layer that is asked for, or all that have geometries."""
    if layer is not None and layer not in known:
        raise BadData(_visible(str(file)), f"no layer {layer!r}; it has {_visible(', '.join(known))}")
    found = tuple(name for name, geometry in known.items() if geometry is not None and layer in (None, name))
    if not found:
        raise BadData(_visible(str(file)), "no geometry: expected points, lines or areas")
    return found


def _source(file: Path, name: str) -> _Source:
    with _in_utf8(file) as readable, _reading(file):
        options = _CSV_OPTIONS if _is_csv(file) else {}
        meta, _, shapes, arrays = raw.read(readable.absolute(), layer=name, force_2d=True, **options)
    where = _visible(f"{file}, layer {name}")
    types = zip(meta["fields"], meta["ogr_types"], meta["ogr_subtypes"], arrays, strict=True)
    columns = (_column(str(n), place, t, s, values) for place, (n, t, s, values) in enumerate(types, start=1))
    return _Source(file, name, _geometry(where, shapes), tuple(columns), meta["crs"] is not None)


def _is_csv(file: Path) -> bool:
    return file.suffix.lower() == ".csv"


def _column(name: str, place: int, kind: str, subtype: str, values: np.ndarray[Any, Any]) -> _Column:
    found = Type.BOOLEAN if subtype == "OFSTBoolean" else _OGR_TYPES.get(kind)
    if found is Type.INTEGER and np.any((values >= _ROUNDED) | (values <= -_ROUNDED)):
        found = Type.TEXT
    loose = subtype == "OFSTJSON"
    if loose and any(str(value).lstrip()[:1] in ("{", "[") for value in values if value):
        found = None
    if found is None and name in COMMON_NAMES:  # left out, it would be read as that field
        found, loose = Type.TEXT, True
    return _Column(name, place, found, loose, values)


def _geometry(where: str, shapes: np.ndarray[Any, Any] | None) -> Geometry:
    """The kind of geometry that all shapes can be promoted to."""
    if shapes is None:
        raise BadData(where, "no geometry: expected points, lines or areas")
    if len(shapes) == 0:
        raise BadData(where, "no features: expected one at least, from which to tell geometry and columns")
    empty = shapely.is_empty(shapely.from_wkb(shapes, on_invalid="ignore"))
    found = Counter(_shape(shape) for shape in shapes[~empty] if shape is not None)
    if not found:
        raise BadData(where, "no geometry: none of its features has one")
    kinds = {_SHAPES[code][1] for code in found}
    if kinds == {Geometry.POINT, Geometry.MULTIPOINT}:
        return Geometry.MULTIPOINT
    kind = kinds.pop()
    if kinds or kind is None:
        counts = ", ".join(f"{count} {_SHAPES[code][0]}" for code, count in sorted(found.items()))
        raise BadData(where, f"expected only points, only lines or only areas; it has {counts}")
    return kind


def _shape(wkb: bytes) -> int:
    """The type of a geometry, from the head of its WKB: GEOS would refuse broken rings and surfaces."""
    code = int.from_bytes(wkb[1:5], "little" if wkb[0] else "big") & 0xFFFFFFF
    return code % 1000 if code % 1000 in _SHAPES else 7


# --- proposing --------------------------------------------------------------------------------


def _suggestion(source: _Source, alone: bool, ids: Collection[str]) -> Suggestion:
    """`alone` is a layer whose file has no other: it goes by the name of the file."""
    name = source.file.stem if alone else source.name
    layer_id = _unique(_slug(name, "layer_") or _hashed(name), ids)
    kept, notes = _sorted_out(source)
    common = _common(kept)
    own = _own([column for column in kept if column not in common.values()])
    fields = tuple(_field(name, column) for name, column in own.items())
    if not source.has_crs and not _is_csv(source.file):
        notes.append(
            "The data do not name their coordinate system: they must be WGS-84 longitude and latitude."
        )
    layer = Layer(
        id=layer_id,
        title=_visible(name) or layer_id,
        geometry=source.geometry,
        symbol=_symbol(layer_id, source.geometry),
        kinds=_codes(common["kind"]) if "kind" in common else (),
        fields=fields,
        popup=_popup(common, own),
        columns={name: column.name for name, column in (common | own).items()},
    )
    return Suggestion(layer, source.file, None if alone else source.name, tuple(notes))


def _sorted_out(source: _Source) -> tuple[list[_Column], list[str]]:
    """The columns that become fields, and why the others do not."""
    kept: dict[str, _Column] = {}
    notes = []
    for column in source.columns:
        reason = "stands twice" if column.name in kept else _unfit(source.file, column)
        if reason:
            notes.append(f"Left out: column {_shown(column.name)}, which {reason}.")
        else:
            kept[column.name] = column
    return list(kept.values()), notes


def _unfit(file: Path, column: _Column) -> str:
    if column.type is None:
        return "holds lists, tables or binary data"
    if _is_csv(file) and column.name.casefold() in _X + _Y:
        return "holds the coordinates"
    if column.name == "geometry":
        return "is called as the geometry itself"
    if _plain(column.name) in _ROW_NUMBERS and _counts(column):
        return "only numbers the rows"
    return ""


def _counts(column: _Column) -> bool:
    rows = np.arange(len(column.values))
    return column.type is Type.INTEGER and any(
        np.array_equal(column.values, rows + start) for start in (0, 1)
    )


def _common(columns: Sequence[_Column]) -> dict[str, _Column]:
    """The columns that mean a field of every feature and whose values fit it, by the name of the field."""
    fields = {field.name: field for field in COMMON}
    found = {}
    for name, words in _WORDS.items():
        named = [column for word in words for column in columns if _plain(column.name) == word]
        filled_first = sorted(named, key=lambda column: not column.present)
        fitting = next((column for column in filled_first if _fits(fields[name], column)), None)
        if fitting:
            found[name] = fitting
    return found


def _fits(field: Field, column: _Column) -> bool:
    """Whether a column's values can be those of a common field. A name may be missing: the key serves."""
    if column.type is not field.type or (column.type is Type.TEXT and not column.texts):
        return False
    if field.required and field.name != "name" and not column.complete:
        return False
    if field.name == "kind":
        return bool(_codes(column))
    if field.name == "key":
        return _are_keys(column.present)
    meant = {str(word) for value in field.values for word in _meant_by(value)}
    return not meant or meant.issuperset(column.present)


def _meant_by(value: Value) -> tuple[str | int, ...]:
    return (value.code, value.title, value.title_en, *value.words)


def _are_keys(texts: Sequence[str]) -> bool:
    return len({*texts}) == len(texts) and all(
        re.fullmatch(r"[a-z0-9][a-z0-9-]{0,79}", text) for text in texts
    )


def _own(columns: Iterable[_Column]) -> dict[str, _Column]:
    """The other columns, each under a legal name of its own."""
    found: dict[str, _Column] = {}
    for column in columns:
        name = _slug(column.name, "field_") or f"field_{column.place}"
        found[_unique(f"own_{name}" if name in _TAKEN else name, found)] = column
    return found


def _field(name: str, column: _Column) -> Field:
    assert column.type is not None  # such columns are sorted out
    return Field(name, column.type, _visible(column.name) or name, values=_codes(column))


def _codes(column: _Column) -> tuple[Value, ...]:
    """The values of a small set of texts that repeat; none when there are many, or one is no code."""
    if column.type is not Type.TEXT or not column.texts:
        return ()
    counts: Counter[str] = Counter()
    for text in column.present:
        counts[text] += 1
        if len(counts) > MOST_CODES:
            return ()
    fine = all(
        count > 1 and len(text) <= _CODE_LENGTH and text.isprintable() for text, count in counts.items()
    )
    return tuple(Value(text, text) for text in counts) if fine and len(counts) > 1 else ()


def _popup(common: Mapping[str, _Column], own: Mapping[str, _Column]) -> tuple[str, ...]:
    """The first fields that have values."""
    names = [*(name for name in ("status", "level", "host") if name in common), *own]
    filled = (name for name in names if {**common, **own}[name].present)
    return tuple(islice(filled, MOST_IN_POPUP))


def _symbol(layer_id: str, geometry: Geometry) -> Symbol:
    """A symbol in a colour of the palette, always the same for an id."""
    color = _PALETTE[int(_digest(layer_id), 16) % len(_PALETTE)]
    symbols: dict[Geometry, Callable[[], Symbol]] = {
        Geometry.POINT: lambda: Marker(color, size=7),
        Geometry.MULTIPOINT: lambda: Marker(color, size=7),
        Geometry.LINE: lambda: Stroke(color, width=1.6),
        Geometry.POLYGON: lambda: Fill(color, opacity=0.3, outline=Stroke(color, width=0.8)),
    }
    return symbols[geometry]()


# --- names ------------------------------------------------------------------------------------


def _plain(name: str) -> str:
    """A column's name for comparison: without case, width, spaces and punctuation."""
    return "".join(c for c in unicodedata.normalize("NFKC", name).casefold() if c.isalnum())


def _slug(name: str, prefix: str) -> str:
    """A name in small ASCII letters, digits and _; "" for one whose letters are not Latin."""
    folded = unicodedata.normalize("NFKD", name).casefold()
    letters = "".join(c for c in folded if not unicodedata.combining(c))
    if not all(c.isascii() for c in letters if c.isalnum()):
        return ""
    slug = re.sub(r"[^a-z0-9]+", "_", letters).strip("_")
    return (prefix if slug[:1].isdigit() else "") + slug


def _hashed(name: str) -> str:
    return f"layer_{_digest(name)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()[:8]


def _unique(name: str, taken: Collection[str]) -> str:
    """The name, cut to length, with a number where another has it."""
    found, number = name[:LENGTH].rstrip("_"), 1
    while found in taken:
        number += 1
        found = f"{name[: LENGTH - 1 - len(str(number))].rstrip('_')}_{number}"
    return found


def _visible(text: str) -> str:
    """A text in one line without what cannot be seen."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _shown(name: str) -> str:
    return f'"{_visible(name)}"'
