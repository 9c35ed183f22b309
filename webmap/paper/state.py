"""A saved state of the web map on paper: its address, read as what a sheet shows.

The address is `…#zoom/lat/lon&layers=…&city=…`; each part but the first is a name with its text. What
concerns the screen alone (tabs, cards, tours) is passed over; what nobody knows is refused by name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, unquote_plus, urlsplit

import shapely
from shapely.geometry.base import BaseGeometry

from gis import area
from gis.errors import BadParameter
from gis.feature import Bbox, Feature, Precision
from gis.frozen import FrozenMapping
from gis.layer import COMMON, Catalog, Geometry, Layer, Theme
from gis.symbol import ByValue, Fill, Marker, Plain, Stroke, Symbol
from webmap.paper.content import Content
from webmap.paper.shades import shaded
from webmap.paper.sheet import Extent, Sheet

_CODED = ("kind", "city", "district", "level", "status", "precision")
_DOCUMENT = "document"
_OF_SCREEN = frozenset({"tab", "open", "story", "coords", "basemap", "compare"})
_OF_PAPER = frozenset({"layers", "opacity", "top", "indicator", "area"})
_VIEW = re.compile(r"(\d{1,2}(?:\.\d+)?)/(-?\d{1,2}(?:\.\d+)?)/(-?\d{1,3}(?:\.\d+)?)\Z")
_WINDOW = (1180, 800)  # pixels of a map on a desk: an address tells the middle only
_TILE = 256
_FARTHEST = 85.0  # the latitude at which the map of the web ends
_MOST_RADIUS_M = 500_000
_VAGUE = frozenset({Precision.DISTRICT, Precision.CITY})

SELECTION = Layer(
    id="selected_area",
    title="所选区域",
    title_en="Selected area",
    geometry=Geometry.POLYGON,
    symbol=Fill("#a93226", 0.05, Stroke("#8a1c12", 1.5, (4.5, 3))),
    order=99,
)


@dataclass(frozen=True)
class State:
    """What an address says of a map. `view` is zoom, latitude, longitude; without `layers` those are shown that
    are by their declaration; `top` are drawn above the others, the last one uppermost; `chosen` holds the codes by
    which features are sifted."""

    view: tuple[float, float, float] | None = None
    layers: tuple[str, ...] | None = None
    opacity: Mapping[str, float] = FrozenMapping({})
    top: tuple[str, ...] = ()
    chosen: Mapping[str, tuple[str, ...]] = FrozenMapping({})
    area: str = ""
    indicator: str = ""
    language: str = ""


def applied(sheet: Sheet, content: Content) -> tuple[Sheet, Content]:
    """A sheet and what there is to draw, as the saved state of the sheet has it; without one, both as they are.

    What the sheet itself says (extent, layers, scale) goes before the state. Raises `BadParameter` naming the
    part of the state that means nothing.
    """
    if not sheet.state:
        return sheet, content
    state = read(sheet.state, content.catalog)
    sift = _Sift(state.chosen, content)
    features = {
        layer.id: tuple(one for one in content.features.get(layer.id, ()) if sift.passes(layer, one))
        for layer in content.catalog.values()
    }
    stacked = _stacked(content.catalog, state.top)
    layers = [_faded(layer, state.opacity.get(layer.id, 1)) for layer in stacked]
    shown = sheet.layers or _shown(state, content.catalog)
    if state.area:
        layers.append(SELECTION)
        shown = (*shown, SELECTION.id)
        features[SELECTION.id] = (_selection(state.area, content),)
    language = state.language or sheet.language
    if state.indicator:
        shades = shaded(state.indicator, content, language)
        layers.append(shades.layer)
        shown = (*shown, shades.layer.id)
        features |= {shades.layer.id: shades.features, **shades.named}
        note = "；".join(filter(None, (sheet.note, shades.remark)))
        sheet = replace(sheet, subtitle=sheet.subtitle or shades.title, note=note)
    asked = replace(
        sheet,
        state="",
        layers=shown,
        extent=_extent(sheet, state),
        language=language,
        sifted=sift.words(language),
    )
    return asked, replace(content, catalog=Catalog(layers), features=FrozenMapping(features))


def read(text: str, catalog: Catalog) -> State:
    """The state that an address, or its part after `#`, says. Raises `BadParameter`."""
    head, hash_, fragment = text.strip().partition("#")
    if not hash_ and not _is_address(head):
        head, fragment = "", head
    view, parts = _parts(fragment)
    facets = {*_CODED, _DOCUMENT, *(layer.id for layer in _plan(catalog))}
    for name, value in parts.items():
        if name not in facets | _OF_PAPER | _OF_SCREEN:
            raise BadParameter("state", f"{name}={value}", "parts that the map knows")
    language = parse_qs(urlsplit(head).query).get("lang", [""])[0] if _is_address(head) else ""
    return State(
        _view(view),
        _layers(parts["layers"], catalog) if "layers" in parts else None,
        FrozenMapping(dict(_opacity(parts.get("opacity", ""), catalog))),
        _known("top", parts.get("top", ""), catalog),
        FrozenMapping({name: _codes(value) for name, value in parts.items() if name in facets}),
        parts.get("area", ""),
        parts.get("indicator", ""),
        language if language == "en" else "",
    )


def _is_address(text: str) -> bool:
    return "://" in text or text.startswith(("/", "?"))


def _parts(fragment: str) -> tuple[str, dict[str, str]]:
    """The view, and the other parts by their names."""
    first, *rest = fragment.split("&")
    if "=" in first:
        first, rest = "", [first, *rest]
    pairs = (part.partition("=") for part in rest if part)
    return unquote_plus(first), {unquote_plus(name): unquote_plus(value) for name, _is, value in pairs}


def _codes(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, text.split(","))))


def _view(text: str) -> tuple[float, float, float] | None:
    if not text:
        return None
    found = _VIEW.match(text)
    zoom, lat, lon = map(float, found.groups()) if found else (0.0, 99.0, 0.0)
    if abs(lat) > _FARTHEST or abs(lon) > 180 or zoom > 24:
        raise BadParameter("state", text, "a view zoom/latitude/longitude")
    return zoom, lat, lon


def _layers(text: str, catalog: Catalog) -> tuple[str, ...]:
    names = () if text == "none" else _known("layers", text, catalog)
    if not names:
        raise BadParameter("state", f"layers={text}", "a layer that is shown")
    return names


def _known(part: str, text: str, catalog: Catalog) -> tuple[str, ...]:
    names = _codes(text)
    for name in names:
        if name not in catalog:
            raise BadParameter("state", f"{part}={name}", f"layers among {', '.join(catalog)}")
    return names


def _opacity(text: str, catalog: Catalog) -> Iterator[tuple[str, float]]:
    for pair in _codes(text):
        name, _colon, value = pair.partition(":")
        if name not in catalog or not re.match(r"(0\.\d{1,3}|1|1\.0)\Z", value):
            raise BadParameter("state", f"opacity={pair}", "a layer with an opacity from 0.1 to 1")
        yield name, max(0.1, float(value))


def _shown(state: State, catalog: Catalog) -> tuple[str, ...]:
    if state.layers is not None:
        return state.layers
    return tuple(layer.id for layer in catalog.values() if layer.shown)


def _plan(catalog: Catalog) -> list[Layer]:
    """The layers whose areas things can be sifted by."""
    every = catalog.values()
    return [layer for layer in every if layer.theme is Theme.STRUCTURE and layer.geometry is Geometry.POLYGON]


# --- the extent -----------------------------------------------------------------------------------


def _extent(sheet: Sheet, state: State) -> Extent:
    """The sheet's own extent, or the view: all of it, or at a fixed scale what lies around its middle."""
    if sheet.extent is not None or state.view is None:
        return sheet.extent
    zoom, lat, lon = state.view
    whole = _TILE * 2**zoom
    share = 1e-3 if sheet.scale else 1.0
    wide, high = (side / whole / 2 * share for side in _WINDOW)
    x, y = lon / 360, math.asinh(math.tan(math.radians(lat))) / (2 * math.pi)
    south, north = (_latitude(max(-0.49, min(0.49, at))) for at in (y - high, y + high))
    return Bbox(max(-180.0, (x - wide) * 360), south, min(180.0, (x + wide) * 360), north)


def _latitude(y: float) -> float:
    return math.degrees(math.atan(math.sinh(2 * math.pi * y)))


# --- what features are sifted by ------------------------------------------------------------------


class _Sift:
    """The features that a map shows under a choice of codes: of each facet one of the codes must fit. The plan and
    the base stay as the ground on which the rest is read."""

    def __init__(self, chosen: Mapping[str, Collection[str]], content: Content) -> None:
        self._chosen, self._content = chosen, content
        self._plan = {layer.id: layer for layer in _plan(content.catalog)}
        self._areas = {name: self._named(name) for name in chosen if name in self._plan}
        for name, codes in chosen.items():
            for code in codes:
                if self._title(name, code) is None:
                    raise BadParameter("state", f"{name}={code}", "a code that occurs")

    def passes(self, layer: Layer, feature: Feature) -> bool:
        """Whether a feature of a layer is shown."""
        if layer.theme in (Theme.BASE, Theme.STRUCTURE):
            return True
        return all(self._fits(feature, name, codes) for name, codes in self._chosen.items())

    def words(self, lang: str) -> str:
        """The choice in words; nothing for none."""
        told = [self._told(name, codes, lang) for name, codes in self._chosen.items() if codes]
        return ("; " if lang == "en" else "；").join(told)

    def _told(self, name: str, codes: Collection[str], lang: str) -> str:
        titles = [self._title(name, code, lang) or code for code in codes]
        if lang == "en":
            return f"{self._heading(name, lang)}: {', '.join(titles)}"
        return f"{self._heading(name, lang)}为{'、'.join(titles)}"

    def _heading(self, name: str, lang: str) -> str:
        if name in self._plan:
            return self._plan[name].heading(lang)
        if name == _DOCUMENT:
            return "Document" if lang == "en" else "文件"
        field = next(field for field in COMMON if field.name == name)
        return field.title_en if lang == "en" else field.title

    def _title(self, name: str, code: str, lang: str = "zh") -> str | None:
        """What a code means; None when it means nothing."""
        if name in self._plan:
            return next(
                (_name(one, lang) for one in self._named(name) if one.properties["key"] == code), None
            )
        if name == _DOCUMENT:
            return self._content.sources.get(code)
        fields = (layer.field(name) for layer in self._content.catalog.values())
        titles = {str(value.code): value for field in fields for value in field.values}
        found = titles.get(code)
        return None if found is None else found.title_en or found.title if lang == "en" else found.title

    def _named(self, name: str) -> list[Feature]:
        return list(self._content.features.get(name, ()))

    def _fits(self, feature: Feature, name: str, codes: Collection[str]) -> bool:
        if not codes:
            return True
        if name in self._plan:
            return self._lies_in(feature, name, codes)
        if name == _DOCUMENT:
            return bool(_documents(feature) & set(codes))
        return str(feature.properties.get(name)) in codes

    def _lies_in(self, feature: Feature, name: str, codes: Collection[str]) -> bool:
        """Whether a place lies in one of the areas. What is known only to its district lies in none."""
        if feature.geometry is None or feature.properties.get("precision") in _VAGUE:
            return False
        areas = [one.geometry for one in self._areas[name] if one.properties["key"] in codes and one.geometry]
        return bool(areas) and bool(shapely.intersects(areas, feature.geometry).any())


def _name(feature: Feature, lang: str) -> str:
    return str((lang == "en" and feature.properties.get("name_en")) or feature.properties["name"])


def _documents(feature: Feature) -> set[str]:
    return {part.partition("#")[0] for part in str(feature.properties.get("source") or "").split("|")} - {""}


# --- the selected area ----------------------------------------------------------------------------


def _selection(text: str, content: Content) -> Feature:
    """The drawn or picked area as a feature."""
    kind, _colon, numbers = text.partition(":")
    outline: BaseGeometry | None = None
    if kind in ("circle", "polygon"):
        outline = _drawn(kind, numbers)
    else:
        layer, _slash, key = text.partition("/")
        held = content.features.get(layer, ())
        outline = next((one.geometry for one in held if one.properties["key"] == key), None)
    if outline is None or outline.geom_type not in ("Polygon", "MultiPolygon"):
        raise BadParameter("state", f"area={text}", "a circle, a polygon, or layer/key of an area")
    properties = dict.fromkeys(field.name for field in COMMON) | {"key": "1", "name": SELECTION.title}
    return Feature(1, outline, properties)


def _drawn(kind: str, text: str) -> BaseGeometry | None:
    try:
        numbers = [float(one) for one in text.split(",")]
    except ValueError:
        return None
    places = list(zip(numbers[::2], numbers[1::2], strict=False))
    if kind == "circle" and len(numbers) == 3 and 0 < numbers[2] <= _MOST_RADIUS_M and _on_map(places[0]):
        return area.circle(*places[0], numbers[2])
    if kind == "polygon" and len(numbers) % 2 == 0 and len(places) >= 3 and all(map(_on_map, places)):
        found: BaseGeometry = shapely.make_valid(shapely.Polygon(places))
        return found
    return None


def _on_map(place: tuple[float, float]) -> bool:
    lon, lat = place
    return abs(lon) <= 180 and abs(lat) <= 80


# --- order and opacity ----------------------------------------------------------------------------


def _stacked(catalog: Catalog, top: Sequence[str]) -> Iterator[Layer]:
    """The layers with those of `top` above the others: areas and lines above such, points above points."""
    for layer in catalog.values():
        if layer.id in top:
            is_point = layer.geometry.dimension == 0
            plane = (one.order for one in catalog.values() if (one.geometry.dimension == 0) == is_point)
            layer = replace(layer, order=max(plane) + 1 + top.index(layer.id))
        yield layer


def _faded(layer: Layer, opacity: float) -> Layer:
    return layer if opacity == 1 else replace(layer, symbol=_paler(layer.symbol, opacity))


def _paler(symbol: Symbol, opacity: float) -> Symbol:
    if isinstance(symbol, ByValue):
        cases = {code: _pale(plain, opacity) for code, plain in symbol.cases.items()}
        return replace(symbol, cases=cases, other=_pale(symbol.other, opacity))
    return _pale(symbol, opacity)


def _pale(symbol: Plain, opacity: float) -> Plain:
    """A symbol as it looks through on white paper."""
    match symbol:
        case Marker(color) | Stroke(color):
            return replace(symbol, color=_mixed(color, opacity))
        case Fill(_color, filled, outline):
            through = None if outline is None else replace(outline, color=_mixed(outline.color, opacity))
            return replace(symbol, opacity=filled * opacity, outline=through)


def _mixed(color: str, opacity: float) -> str:
    parts = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(255 - (255 - part) * opacity):02x}" for part in parts)
