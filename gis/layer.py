"""What a layer is: the words in which it is declared, and the checks that a declaration passes.

A declaration is data: it can be hashed, printed, compared and translated. One that contradicts
itself fails when it is made (`gis.errors.BadDeclaration`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import NoReturn

from gis.adcodes import CITIES, DISTRICTS
from gis.errors import BadDeclaration, NotFound
from gis.frozen import FrozenMapping
from gis.symbol import ByValue, Fill, Marker, Stroke, Symbol, plain_symbols

_ID = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}\Z")

# Names that a request, a feature or PostgreSQL uses for something else.
RESERVED = frozenset(
    "id geometry feature bbox bbox_crs crs datetime f filter filter_crs filter_lang lang limit offset "
    "properties skipgeometry sortby startindex token coords rowid oid ogc_fid type links "
    "xmin xmax cmin cmax ctid tableoid mercator".split()
)


class Geometry(StrEnum):
    """The kinds of geometry that a layer holds; lines and areas may have several parts."""

    POINT = "Point"
    LINE = "MultiLineString"
    POLYGON = "MultiPolygon"
    MULTIPOINT = "MultiPoint"

    @property
    def dimension(self) -> int:
        """0 of points, 1 of lines, 2 of areas."""
        return {Geometry.LINE: 1, Geometry.POLYGON: 2}.get(self, 0)


class Type(StrEnum):
    """The types of a field."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"


class Theme(StrEnum):
    """The groups of the layer tree, in its order."""

    STRUCTURE = "structure"
    RESEARCH = "research"
    INNOVATION = "innovation"
    CARRIERS = "carriers"
    SERVICES = "services"
    OTHER = "other"
    BASE = "base"


THEME_TITLES: Mapping[Theme, tuple[str, str]] = {
    Theme.STRUCTURE: ("一核一轴三带多组团", "Core, axis, belts, clusters"),
    Theme.RESEARCH: ("科研力量", "Research"),
    Theme.INNOVATION: ("创新平台", "Innovation platforms"),
    Theme.CARRIERS: ("产业载体", "Industry"),
    Theme.SERVICES: ("公共服务与交通", "Services and transport"),
    Theme.OTHER: ("专题图层", "Further layers"),
    Theme.BASE: ("城市与底图", "Cities and base map"),
}


@dataclass(frozen=True)
class Value:
    """One value of a coded field: its code, its titles, the words in documents that mean it."""

    code: str | int
    title: str
    title_en: str = ""
    words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", tuple(self.words))


@dataclass(frozen=True)
class Field:
    """An attribute of a feature. `unit` is a UCUM-like symbol ("m", "km2", "%") where it has one."""

    name: str
    type: Type
    title: str
    title_en: str = ""
    values: tuple[Value, ...] = ()
    unit: str = ""
    required: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "type", Type(self.type))
        object.__setattr__(self, "values", tuple(self.values))

    def value_title(self, code: object, lang: str = "zh") -> str:
        """The title of a code in a language; the code itself as text when it has none."""
        found = next((v for v in self.values if v.code == code), None)
        if found is None:
            return "" if code is None else str(code)
        return found.title_en or found.title if lang == "en" else found.title


@dataclass(frozen=True)
class Recognise:
    """How the names of a layer's features end in documents, and what looks like one and is none."""

    endings: tuple[str, ...] = ()
    never: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "endings", tuple(self.endings))
        object.__setattr__(self, "never", tuple(self.never))

    def fits(self, name: str) -> bool:
        """Whether a name is one that this layer would claim."""
        return name.endswith(self.endings) and not any(word in name for word in self.never)


STATUSES = (
    Value("built", "已建", "built", ("已建成", "建成", "投入使用", "运行")),
    Value("under_construction", "在建", "under construction", ("在建", "开工建设", "加快建设", "推进建设")),
    Value("planned", "规划", "planned", ("规划建设", "规划", "拟建", "筹建", "新建", "谋划")),
    Value("proposed", "争取", "proposed", ("争取", "争创", "申报", "创建", "预研", "论证")),
)
LEVELS = (
    Value("national", "国家级", "national", ("国家级", "国家")),
    Value("provincial", "省级", "provincial", ("省级", "湖北省")),
    Value("municipal", "市级", "municipal", ("市级", "武汉市", "鄂州市", "黄石市")),
)
PRECISIONS = (
    Value("site", "点位", "site"),
    Value("campus", "园区/校区", "campus"),
    Value("street", "道路/街区", "street"),
    Value("town", "乡镇/街道", "town"),
    Value("district", "区县", "district"),
    Value("city", "城市", "city"),
    Value("schematic", "示意", "schematic"),
)
VISIBILITIES = (Value("public", "公开", "public"), Value("internal", "内部", "internal"))

# What every feature of every layer has; `kind` takes its values from the layer.
COMMON: tuple[Field, ...] = (
    Field("key", Type.TEXT, "标识", "Key", required=True),
    Field("name", Type.TEXT, "名称", "Name", required=True),
    Field("name_en", Type.TEXT, "英文名称", "Name in English"),
    Field("aliases", Type.TEXT, "别名", "Aliases"),
    Field("kind", Type.TEXT, "类别", "Kind"),
    Field(
        "city",
        Type.INTEGER,
        "城市",
        "City",
        values=tuple(Value(code, zh, en) for code, (zh, en) in CITIES.items()),
    ),
    Field(
        "district",
        Type.INTEGER,
        "区县",
        "District",
        values=tuple(Value(code, zh, en) for code, (zh, en) in DISTRICTS.items()),
    ),
    Field("status", Type.TEXT, "状态", "Status", values=STATUSES),
    Field("level", Type.TEXT, "级别", "Level", values=LEVELS),
    Field("host", Type.TEXT, "依托单位", "Host"),
    Field("precision", Type.TEXT, "位置精度", "Positional precision", values=PRECISIONS, required=True),
    Field("radius_m", Type.NUMBER, "位置误差半径", "Radius of positional uncertainty", unit="m"),
    Field("position_source", Type.TEXT, "位置依据", "Evidence of the position"),
    Field("source", Type.TEXT, "资料来源", "Source", required=True),
    Field("as_of", Type.DATE, "资料日期", "As of"),
    Field("visibility", Type.TEXT, "可见性", "Visibility", values=VISIBILITIES, required=True),
    Field("note", Type.TEXT, "说明", "Note"),
)
COMMON_NAMES = frozenset(field.name for field in COMMON)

_SYMBOL_OF = {
    Geometry.POINT: Marker,
    Geometry.MULTIPOINT: Marker,
    Geometry.LINE: Stroke,
    Geometry.POLYGON: Fill,
}


@dataclass(frozen=True)
class Layer:
    """A set of features of one sort. Everything that serves or draws it is read off this.

    `kinds` are the values of the common field `kind`. `popup` names the fields shown first in a popup
    (after name and kind). `label_zoom` is the web zoom from which names stand on the map, None for
    never. `order` says what is drawn above what: the higher, the later. `columns` tells how a source
    calls a field, where that differs from the field's own name. `figures` says that the features are
    figures about areas, which stand on a point of their area and are no places: they are shown as a map
    of classes, and not counted among what lies somewhere.
    """

    id: str
    title: str
    geometry: Geometry
    symbol: Symbol
    title_en: str = ""
    description: str = ""
    theme: Theme = Theme.OTHER
    kinds: tuple[Value, ...] = ()
    recognise: Recognise = Recognise()
    fields: tuple[Field, ...] = ()
    popup: tuple[str, ...] = ()
    label_zoom: int | None = None
    order: int = 50
    shown: bool = True
    figures: bool = False
    columns: Mapping[str, str] = FrozenMapping({})

    def __post_init__(self) -> None:
        for name in ("kinds", "fields", "popup"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "columns", FrozenMapping(self.columns))
        for name, enum in (("geometry", Geometry), ("theme", Theme)):
            object.__setattr__(self, name, _member(self, name, enum))
        for check in _CHECKS:
            check(self)

    @cached_property
    def all_fields(self) -> tuple[Field, ...]:
        """The fields that every feature has, then the layer's own, in the order of the table."""
        common = (replace(f, values=self.kinds) if f.name == "kind" else f for f in COMMON)
        return (*common, *self.fields)

    def field(self, name: str) -> Field:
        """The field of this name, common or own. Raises `NotFound`."""
        found = next((field for field in self.all_fields if field.name == name), None)
        if found is None:
            raise NotFound("field", name, f"{self.id} has {', '.join(f.name for f in self.all_fields)}")
        return found

    def heading(self, lang: str = "zh") -> str:
        """The title in a language."""
        return self.title_en or self.title if lang == "en" else self.title

    @cached_property
    def fingerprint(self) -> str:
        """Differs whenever the stored form of the features differs: 16 hexadecimal digits."""
        stored = (self.id, self.geometry, [(f.name, f.type) for f in self.all_fields])
        return hashlib.sha256(repr(stored).encode()).hexdigest()[:16]


class Catalog(Mapping[str, Layer]):
    """The layers that a service has, by id, in the order of the tree: theme, then order, then id."""

    def __init__(self, layers: Iterable[Layer]) -> None:
        themes = list(Theme)
        ordered = sorted(layers, key=lambda layer: (themes.index(layer.theme), -layer.order, layer.id))
        self._layers: dict[str, Layer] = {}
        for layer in ordered:
            if layer.id in self._layers:
                raise BadDeclaration(layer.id, "id", "another layer has this id")
            self._layers[layer.id] = layer

    def __getitem__(self, layer_id: str) -> Layer:
        try:
            return self._layers[layer_id]
        except KeyError:
            raise NotFound("collection", layer_id, f"known are {', '.join(self._layers)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._layers)

    def __len__(self) -> int:
        return len(self._layers)

    def __contains__(self, layer_id: object) -> bool:
        return layer_id in self._layers

    def by_theme(self) -> Iterator[tuple[Theme, tuple[Layer, ...]]]:
        """The themes that have layers, each with its layers."""
        for theme in Theme:
            layers = tuple(layer for layer in self.values() if layer.theme is theme)
            if layers:
                yield theme, layers


def _contradiction(layer: Layer, key: str, reason: str) -> NoReturn:
    raise BadDeclaration(str(layer.id), key, reason)


def _member(layer: Layer, key: str, enum: type[StrEnum]) -> StrEnum:
    try:
        return enum(getattr(layer, key))
    except ValueError:
        allowed = ", ".join(enum)
        _contradiction(layer, key, f"{getattr(layer, key)!r}: expected one of {allowed}")


def _check_id(layer: Layer) -> None:
    if not isinstance(layer.id, str) or not _ID.match(layer.id):
        _contradiction(layer, "id", "expected small letters, digits and _, 40 at most, a letter first")
    if not layer.title:
        _contradiction(layer, "title", "expected a text")


def _check_fields(layer: Layer) -> None:
    seen: set[str] = set()
    for field in layer.fields:
        key = f"fields.{field.name}"
        if not _NAME.match(field.name):
            _contradiction(layer, key, "expected small letters, digits and _, 48 at most, a letter first")
        if field.name in COMMON_NAMES:
            _contradiction(layer, key, "every feature has a field of this name already")
        if field.name in RESERVED:
            _contradiction(layer, key, "this name is reserved for requests")
        if field.name in seen:
            _contradiction(layer, key, "declared twice")
        seen.add(field.name)


def _check_values(layer: Layer) -> None:
    coded: list[tuple[str, tuple[Value, ...], type]] = [("kinds", layer.kinds, str)]
    for field in layer.fields:
        if field.values and field.type not in (Type.TEXT, Type.INTEGER):
            _contradiction(layer, f"fields.{field.name}.values", f"a {field.type} field has no codes")
        wanted: type = int if field.type is Type.INTEGER else str
        coded.append((f"fields.{field.name}.values", field.values, wanted))
    for key, values, kind in coded:
        codes = [value.code for value in values]
        wrong = [code for code in codes if not isinstance(code, kind)]
        if wrong:
            _contradiction(layer, key, f"code {wrong[0]!r}: expected {kind.__name__}")
        if len(set(codes)) < len(codes):
            _contradiction(layer, key, "a code stands twice")


def _check_names(layer: Layer) -> None:
    known = {field.name for field in layer.all_fields}
    for name in layer.popup:
        if name not in known:
            _contradiction(layer, "popup", f"no field {name!r}")
    for name in layer.columns:
        if name not in known:
            _contradiction(layer, "columns", f"no field {name!r}")


# What a layer of figures says of each: which indicator, what it was, what it is to be.
_OF_FIGURES = {"indicator": Type.TEXT, "base_value": Type.NUMBER, "target_value": Type.NUMBER}


def _check_figures(layer: Layer) -> None:
    if not layer.figures:
        return
    if layer.geometry is not Geometry.POINT:
        _contradiction(layer, "figures", f"figures stand on points, not on a {layer.geometry}")
    types = {field.name: field.type for field in layer.fields}
    for name, wanted in _OF_FIGURES.items():
        if types.get(name) is not wanted:
            _contradiction(layer, "figures", f"a layer of figures has a field {name} of type {wanted}")


def _check_symbol(layer: Layer) -> None:
    wanted = _SYMBOL_OF[layer.geometry]
    for symbol in plain_symbols(layer.symbol):
        if not isinstance(symbol, wanted):
            _contradiction(
                layer,
                "symbol",
                f"{type(symbol).__name__} does not draw a {layer.geometry}: expected {wanted.__name__}",
            )
    if isinstance(layer.symbol, ByValue):
        _check_cases(layer, layer.symbol)


def _check_cases(layer: Layer, symbol: ByValue) -> None:
    field = next((f for f in layer.all_fields if f.name == symbol.field), None)
    if field is None:
        _contradiction(layer, "symbol.field", f"no field {symbol.field!r}")
    codes = {str(value.code) for value in field.values}
    for case in symbol.cases:
        if codes and case not in codes:
            _contradiction(layer, "symbol.cases", f"{field.name} has no value {case!r}")


_CHECKS = (_check_id, _check_fields, _check_values, _check_names, _check_figures, _check_symbol)
