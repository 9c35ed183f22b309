"""Layers declared in TOML, with the words of `gis.layer` and `gis.symbol`, for layers outside the package.

A department keeps a folder of declarations, each with its data beside it:

    id = "museums"
    title = "博物馆"
    geometry = "Point"              # or MultiPoint, MultiLineString, MultiPolygon
    popup = ["grade", "opened"]
    data = "museums.gpkg"           # by default the file of the same name, see DEFAULT_SUFFIXES
    data_layer = "museums"          # where the file has several

    [symbol]
    by = "grade"                    # or, without by: marker = {…}, stroke = {…} or fill = {…}

    [symbol.cases.first]
    marker = { color = "#b2182b", size = 8, shape = "star" }

    [symbol.other]
    marker = { color = "#ef8a62" }

    [columns]                       # field = column of the data, where the names differ
    name = "名称"
    opened = "开放年份"

    [recognise]
    endings = ["博物馆"]
    never = ["数字博物馆"]

    [[kinds]]                       # the values of the field kind
    code = "art"
    title = "美术馆"

    [[fields]]                      # what this layer has beyond the fields of every feature
    name = "grade"
    type = "text"                   # or integer, number, boolean, date, datetime
    title = "评定等级"

    [[fields.values]]
    code = "first"
    title = "一级"
    words = ["国家一级"]

    [[fields]]
    name = "opened"
    type = "integer"
    title = "开放年份"

Figures about areas (indicators), which are no places, are told by `figures = true`: their fields are among
others the text `indicator` and the numbers `base_value` and `target_value`.

A line has `stroke = { color = "#444444", width = 2, dash = [4, 2] }`, an area `fill = { color = "#88aa66",
opacity = 0.4, hatched = true, outline = { color = "#446633", width = 1 } }`.

What cannot be understood is a `BadDeclaration` that names file, key and reason.
"""

from __future__ import annotations

import dataclasses
import math
import os
import re
import reprlib
import sys
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any, Generic, NoReturn, TypeVar

from gis.errors import BadDeclaration
from gis.layer import Field, Geometry, Layer, Recognise, Theme, Type, Value
from gis.symbol import ByValue, Fill, Marker, Plain, Shape, Stroke, Symbol

# The files that data may stand in; the first that exist are looked for when a declaration names none.
DEFAULT_SUFFIXES = (".gpkg", ".geojson", ".json", ".fgb", ".csv")
SUFFIXES = (*DEFAULT_SUFFIXES, ".shp", ".kml")
# GDAL's Python readers take what stands around these for an archive or a parameter, not for a name.
UNREADABLE = "!;"

_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")
_POSITION = re.compile(r"(.*) \(at (line \d+, column \d+|end of document)\)\Z", re.DOTALL)
_BOM = b"\xef\xbb\xbf"
_LARGEST = sys.float_info.max  # NaN, infinity and integers beyond all floats are not less
_INTEGERS = range(-(2**63), 2**63)

T = TypeVar("T")


@dataclass(frozen=True)
class Declared:
    """A layer, the file that declares it, and the file (and the layer in that) which holds its features."""

    layer: Layer
    file: Path
    data: Path
    data_layer: str | None


def load(folder: Path) -> tuple[Declared, ...]:
    """The layers declared in a folder, by file name. Two with one id are an error that names both files."""
    found: dict[str, Declared] = {}
    for file in _declarations(folder):
        declared = parse(file)
        other = found.setdefault(declared.layer.id, declared)
        if other is not declared:
            both = f"{declared.layer.id!r} is declared in {_name(other.file)} too"
            raise BadDeclaration(_name(file), "id", both)
    return tuple(found.values())


def _declarations(folder: Path) -> list[Path]:
    """The TOML files of a folder. Hidden ones are left alone: macOS puts `._name.toml` beside every file."""
    try:
        files = [file for file in folder.iterdir() if file.suffix.lower() == ".toml" and not file.is_dir()]
    except OSError as error:
        raise BadDeclaration(_printable(str(folder)), "folder", f"cannot be read: {error.strerror}") from None
    return sorted((file for file in files if not file.name.startswith(".")), key=lambda file: file.name)


def parse(file: Path) -> Declared:
    """The layer that a file declares. Its data must exist, in the folder of the file."""
    root = _Place(_name(file))
    items = _toml(root, _text_of(root, file))
    layer = _layer(root, items)
    given = {name: _text(root.at(name), items[name]) for name in _BESIDE if name in items}
    return Declared(layer, file, _data(root.at("data"), file, given.get("data")), given.get("data_layer"))


def layer_of(text: str, where: str) -> Layer:
    """The layer that a TOML text declares, wherever its data are; `where` names the text in errors."""
    root = _Place(where)
    return _layer(root, _toml(root, text))


# --- where in a declaration -------------------------------------------------------------------


@dataclass(frozen=True)
class _Place:
    """A place in a declaration: the file and the dotted key."""

    file: str
    key: str = ""

    def at(self, name: str) -> _Place:
        """The place of a key in this table."""
        return _Place(self.file, f"{self.key}.{_bare(name)}" if self.key else _bare(name))

    def item(self, number: int, value: Any) -> _Place:
        """The place of an item of this list: by its name or code where it has one, else its number from 1."""
        items = value if isinstance(value, dict) else {}
        label = items.get("name", items.get("code"))
        if isinstance(label, str) or (isinstance(label, int) and not isinstance(label, bool)):
            return self.at(str(label))
        return _Place(self.file, f"{self.key}[{number}]")

    def fail(self, reason: str) -> NoReturn:
        raise BadDeclaration(self.file, _printable(self.key), _printable(reason)) from None

    def expected(self, value: Any, what: str) -> NoReturn:
        self.fail(f"{reprlib.repr(value)}: expected {what}")


def _name(file: Path) -> str:
    return _printable(file.name)


def _printable(text: str) -> str:
    """A text in one line, what cannot be seen escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


# --- text → tables ----------------------------------------------------------------------------


def _text_of(place: _Place, file: Path) -> str:
    try:
        raw = file.read_bytes().removeprefix(_BOM)
    except OSError as error:
        place.at("file").fail(f"cannot be read: {error.strerror}")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        before = raw[: error.start].split(b"\n")
        where = f"line {len(before)}, column {len(before[-1].decode()) + 1}"
        _Place(place.file, where).fail("not UTF-8 text: save the file with the encoding UTF-8")


def _toml(place: _Place, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        place.at("file").fail("not TOML: nested too deeply")
    except ValueError as error:  # tomllib's own error, and int() for a number of thousands of digits
        found = _POSITION.match(str(error))
        reason, where = found.groups() if found else (str(error), "file")
        _Place(place.file, where).fail(f"not TOML: {reason}")


# --- tables → words ---------------------------------------------------------------------------

Reader = Callable[[_Place, Any], Any]


def _text(place: _Place, value: Any) -> str:
    return value if isinstance(value, str) else place.expected(value, "a text in quotes")


def _flag(place: _Place, value: Any) -> bool:
    return value if isinstance(value, bool) else place.expected(value, "true or false")


def _integer(place: _Place, value: Any) -> int:
    fits = isinstance(value, int) and not isinstance(value, bool) and value in _INTEGERS
    return int(value) if fits else place.expected(value, "a whole number without quotes")


def _number(place: _Place, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= _LARGEST:
        place.expected(value, "a number without quotes")
    return value


def _code(place: _Place, value: Any) -> str | int:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        place.expected(value, "a text in quotes, or a whole number for an integer field")
    return value if isinstance(value, str) else _integer(place, value)


def _table(place: _Place, value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else place.expected(value, "a table of keys and values")


def _one_of(enum: type[StrEnum]) -> Reader:
    def read(place: _Place, value: Any) -> StrEnum:
        return enum(value) if value in list(enum) else place.expected(value, f"one of {', '.join(enum)}")

    return read


def _list(reader: Reader) -> Reader:
    def read(place: _Place, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            place.expected(value, "a list")
        return tuple(reader(place.item(number, item), item) for number, item in enumerate(value, start=1))

    return read


def _by_name(reader: Reader) -> Reader:
    def read(place: _Place, value: Any) -> dict[str, Any]:
        return {name: reader(place.at(name), item) for name, item in _table(place, value).items()}

    return read


class _Record(Generic[T]):
    """Reads a table as the arguments of a dataclass, which keeps its own defaults and its own checks.

    `also` names keys of the table that are read elsewhere.
    """

    def __init__(self, kind: type[T], readers: Mapping[str, Reader], also: Iterable[str] = ()) -> None:
        self.kind, self.readers, self.also = kind, readers, tuple(also)
        fields = dataclasses.fields(kind)  # type: ignore[arg-type]
        self.required = [f.name for f in fields if f.default is f.default_factory is MISSING]

    def __call__(self, place: _Place, value: Any) -> T:
        items = _table(place, value)
        _only(place, items, (*self.readers, *self.also))
        for name in self.required:
            if name not in items:
                place.at(name).fail(f"missing; required are {', '.join(self.required)}")
        readers = ((name, read) for name, read in self.readers.items() if name in items)
        return self._made(place, {name: read(place.at(name), items[name]) for name, read in readers})

    def _made(self, place: _Place, given: Mapping[str, Any]) -> T:
        try:
            return self.kind(**given)
        except BadDeclaration as error:
            _Place(place.file, _KEYS.get(error.key, error.key)).fail(error.reason)
        except ValueError as error:  # those of gis.symbol begin with the attribute
            name, _, reason = str(error).partition(" ")
            (place.at(name) if name in self.readers else place).fail(reason)


# What `Layer` calls otherwise than TOML does.
_KEYS = {"symbol.field": "symbol.by"}


def _only(place: _Place, items: Mapping[str, Any], known: Iterable[str]) -> None:
    for name in items:
        if name not in known:
            place.at(name).fail(f"unknown key; known are {', '.join(known)}")


_STROKE = _Record(Stroke, {"color": _text, "width": _number, "dash": _list(_number)})
_MARKER = _Record(Marker, {"color": _text, "size": _number, "shape": _one_of(Shape)})
_FILL = _Record(Fill, {"color": _text, "opacity": _number, "outline": _STROKE, "hatched": _flag})
_PLAIN: Mapping[str, _Record[Any]] = {"marker": _MARKER, "stroke": _STROKE, "fill": _FILL}


def _plain(place: _Place, value: Any) -> Plain:
    items = _table(place, value)
    _only(place, items, _PLAIN)
    if len(items) != 1:
        place.expected(value, f"exactly one of {', '.join(_PLAIN)}")
    ((name, item),) = items.items()
    symbol: Plain = _PLAIN[name](place.at(name), item)
    return symbol


_CASES: Mapping[str, Reader] = {"by": _text, "cases": _by_name(_plain), "other": _plain}


def _symbol(place: _Place, value: Any) -> Symbol:
    items = _table(place, value)
    if not items.keys() & _CASES.keys():
        return _plain(place, items)
    _only(place, items, _CASES)
    for name in _CASES:
        if name not in items:
            place.at(name).fail(f"missing; required are {', '.join(_CASES)}")
    field, cases, other = (read(place.at(name), items[name]) for name, read in _CASES.items())
    return ByValue(field, cases, other)


_VALUE = _Record(Value, {"code": _code, "title": _text, "title_en": _text, "words": _list(_text)})
_FIELD = _Record(
    Field,
    {
        "name": _text,
        "type": _one_of(Type),
        "title": _text,
        "title_en": _text,
        "values": _list(_VALUE),
        "unit": _text,
        "required": _flag,
    },
)
_RECOGNISE = _Record(Recognise, {"endings": _list(_text), "never": _list(_text)})
_BESIDE = ("data", "data_layer")
_layer = _Record(
    Layer,
    {
        "id": _text,
        "title": _text,
        "title_en": _text,
        "description": _text,
        "geometry": _one_of(Geometry),
        "theme": _one_of(Theme),
        "order": _integer,
        "shown": _flag,
        "figures": _flag,
        "label_zoom": _integer,
        "popup": _list(_text),
        "symbol": _symbol,
        "columns": _by_name(_text),
        "recognise": _RECOGNISE,
        "kinds": _list(_VALUE),
        "fields": _list(_FIELD),
    },
    also=_BESIDE,
)
RECORDS: tuple[_Record[Any], ...] = (_layer, _FIELD, _VALUE, _RECOGNISE, _MARKER, _STROKE, _FILL)


# --- the data beside it -----------------------------------------------------------------------


def _data(place: _Place, file: Path, given: str | None) -> Path:
    """The file that holds the features, which must be one in the folder of the declaration."""
    path = file.parent / (_default(place, file) if given is None else _relative(place, given))
    try:
        inside = path.resolve().is_relative_to(file.parent.resolve())
    except (OSError, RuntimeError, ValueError):  # a name too long, a loop of links, a NUL
        inside = False
    if os.path.lexists(path) and not inside:
        place.expected(path.name, "a file in the folder of the declaration, not a link that leads out of it")
    if not os.path.isfile(path):
        place.expected(given, "a file in the folder of the declaration; there is none of this name")
    return path


def _relative(place: _Place, given: str) -> str:
    path = PurePosixPath(given)
    if path.is_absolute() or ".." in path.parts or any(c in given for c in "\\" + UNREADABLE):
        place.expected(given, "the name of a file in the folder of the declaration, without .. \\ ! ;")
    if path.suffix.lower() not in SUFFIXES:
        place.expected(given, f"a file that ends in {', '.join(SUFFIXES)}")
    return given


def _default(place: _Place, file: Path) -> str:
    names = [file.stem + suffix for suffix in DEFAULT_SUFFIXES]
    found = [name for name in names if os.path.isfile(file.parent / name)]
    if not found:
        place.fail(f"missing, and none of {', '.join(names)} stands beside the declaration")
    if len(found) > 1:
        place.fail(f"missing, and {' and '.join(found)} stand beside the declaration: name one of them")
    return found[0]


# --- words → text -----------------------------------------------------------------------------


def dump(layer: Layer, *, data: str | None = None, data_layer: str | None = None) -> str:
    """The declaration of a layer as TOML: what `parse` and `layer_of` make the same layer of."""
    try:
        text = "\n".join(_blocks(layer, {"data": data, "data_layer": data_layer}))
        text.encode()
    except ValueError as error:
        raise BadDeclaration(_printable(layer.id), "declaration", f"has no form in TOML: {error}") from None
    return text


def _blocks(layer: Layer, beside: Mapping[str, str | None]) -> Iterable[str]:
    given = _given(layer) | {name: value for name, value in beside.items() if value is not None}
    nested = {name: given.pop(name, None) for name in ("symbol", "columns", "recognise", "kinds", "fields")}
    yield _lines("", given)
    yield from _symbol_blocks(layer.symbol)
    for name in ("columns", "recognise"):
        if nested[name]:
            yield _lines(f"[{name}]", _items(nested[name]))
    for value in layer.kinds:
        yield _lines("[[kinds]]", _given(value))
    for field in layer.fields:
        yield _lines("[[fields]]", {k: v for k, v in _given(field).items() if k != "values"})
        yield from (_lines("[[fields.values]]", _given(value)) for value in field.values)


def _symbol_blocks(symbol: Symbol) -> Iterable[str]:
    if not isinstance(symbol, ByValue):
        yield _lines("[symbol]", _plain_items(symbol))
        return
    yield _lines("[symbol]", {"by": symbol.field} | ({} if symbol.cases else {"cases": {}}))
    for case, plain in symbol.cases.items():
        yield _lines(f"[symbol.cases.{_bare(case)}]", _plain_items(plain))
    yield _lines("[symbol.other]", _plain_items(symbol.other))


def _plain_items(symbol: Plain) -> dict[str, Any]:
    return {next(name for name, record in _PLAIN.items() if record.kind is type(symbol)): symbol}


def _given(record: Any) -> dict[str, Any]:
    """What a record says beyond its defaults."""
    pairs = ((field, getattr(record, field.name)) for field in dataclasses.fields(record))
    return {field.name: value for field, value in pairs if field.default is MISSING or value != field.default}


def _items(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else _given(value)


def _lines(header: str, items: Mapping[str, Any]) -> str:
    lines = [header] if header else []
    return "".join(f"{line}\n" for line in (*lines, *(f"{_bare(k)} = {_value(v)}" for k, v in items.items())))


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _quoted(value)
        case int() | float():
            if not math.isfinite(value):
                raise ValueError(f"{value!r} is not a number")
            return repr(value)
        case tuple():
            return f"[{', '.join(map(_value, value))}]"
    pairs = ", ".join(f"{_bare(name)} = {_value(item)}" for name, item in _items(value).items())
    return f"{{ {pairs} }}" if pairs else "{}"


def _bare(key: str) -> str:
    """A key, in quotes where TOML wants them."""
    return key if _BARE.match(key) else _quoted(key)


def _quoted(text: str) -> str:
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    """A character of a TOML string. What cannot be seen is escaped, so that it is seen in the file."""
    if character in '"\\':
        return f"\\{character}"
    category = unicodedata.category(character)
    if category in ("Cc", "Cf", "Cn", "Co", "Zl", "Zp"):
        return f"\\u{ord(character):04X}" if ord(character) < 0x10000 else f"\\U{ord(character):08X}"
    return character
