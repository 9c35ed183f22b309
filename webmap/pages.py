"""The same resources for people: HTML pages made from templates, where every text is escaped."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import Any
from urllib.parse import quote, urlencode

import shapely
from flask import Blueprint, Response, redirect, render_template, request, url_for
from markupsafe import Markup

from gis.feature import Bbox, Page
from gis.layer import THEME_TITLES, Geometry, Layer, Theme
from webmap import (
    basemap,
    changes,
    context,
    describe,
    headers,
    leaflet,
    links,
    listing,
    metadata,
    params,
    tilesets,
    words,
)
from webmap.changes import Comparison
from webmap.links import Link
from webmap.listing import Feature
from webmap.params import Format
from webmap.shapes import DATUMS, Form, moved

bp = Blueprint("pages", __name__)

_NEAREST = 14
_NARROWEST = 1e-6
# The 3° zones of Gauss–Krüger here: the central meridian, where it ends in the east, and the system.
_ZONES = (
    (114, 115.5, "http://www.opengis.net/def/crs/EPSG/0/4547"),
    (117, 180.0, "http://www.opengis.net/def/crs/EPSG/0/4548"),
)


@bp.get("/map")
def map_view() -> Response:
    """The web map, under a name of its own beside the landing page; with `embed=1` as a part of another page.

    It refuses no parameter: the map opens and says what of its address it did not understand.
    """
    return map_page()


def map_page() -> Response:
    """The web map."""
    published = context.published()
    summaries = {layer.id: context.summary(layer) for layer in context.catalog().values()}
    boxes = [summary.bbox for summary in summaries.values() if summary.bbox]
    drawn = leaflet.build(
        context.catalog(),
        items_url=_items_url,
        about=leaflet.About(published.version, published.as_of, context.settings().map_approval),
        extent=reduce(Bbox.join, boxes) if boxes else None,
        counts={layer_id: summary.count for layer_id, summary in summaries.items()},
        documents={source.id: source.title for source in published.sources.values()},
        addresses=leaflet.Addresses(
            service=f"{request.script_root}/",
            page=url_for("pages.map_view"),
            stories=url_for("stories.stories"),
            prints=url_for("prints.order"),
        ),
        basemaps=basemap.described(),
        tiles_url=_tiles_url,
        boxes={layer_id: summary.bbox for layer_id, summary in summaries.items() if summary.bbox},
    )
    return _html(leaflet.render(drawn, static_url=_static_url, nonce=headers.nonce()))


def _items_url(layer: Layer) -> str:
    return f"{request.script_root}{links.path_of(layer)}/items"


def _tiles_url(layer: Layer) -> str:
    return f"{request.script_root}{links.path_of(layer)}/tiles/{tilesets.SET}/{{z}}/{{y}}/{{x}}?f=mvt"


def _static_url(path: str) -> str:
    return url_for("static", filename=path)


def _html(text: str) -> Response:
    return Response(text, content_type="text/html; charset=utf-8")


def _page(template: str, **values: Any) -> Response:
    """A page in the wanted language; `t` chooses between a Chinese and an English text, `to` makes a link."""
    lang = params.language(request.args)

    def t(zh: str, en: str) -> str:
        return en if lang == "en" else zh

    def to(path: str, **parameters: object) -> str:
        asked = {"f": "html", **({"lang": "en"} if lang == "en" else {}), **parameters}
        return f"{links.root()}{path}?{urlencode(asked)}"

    common = {
        "lang": lang,
        "t": t,
        "to": to,
        "number": words.number,
        "title": lambda field: t(field.title, field.title_en or field.title),
        "root": links.root(),
        "other_language": links.again({"f": "html", "lang": t("en", "zh")}),
        "attribution": describe.ATTRIBUTION,
        "approval": context.settings().map_approval,
        "service": t(describe.TITLE, describe.TITLE_EN),
    }
    return _html(render_template(template, **common, **values))


def conformance(body: dict[str, Any]) -> Response:
    """The classes that hold."""
    return _page("conformance.html", classes=body["conformsTo"])


def api(body: dict[str, Any]) -> Response:
    """The OpenAPI document as a list of paths with their parameters."""
    return _page("api.html", document=body)


def described(title: str, title_en: str, body: Mapping[str, Any]) -> Response:
    """A resource that is for programs in the first place: its links, and all that it says."""
    text = json.dumps(body, ensure_ascii=False, indent=1)
    return _page("described.html", title_of=(title, title_en), ways=body.get("links", ()), text=text)


def collections(layers: Sequence[Layer]) -> Response:
    """Every layer, under its theme."""
    lang = params.language(request.args)
    themes = [
        (THEME_TITLES[theme][lang == "en"], [(layer, context.summary(layer)) for layer in members])
        for theme, members in context.catalog().by_theme()
    ]
    return _page("collections.html", themes=themes, count=len(layers))


def collection(layer: Layer) -> Response:
    """One layer: what it is, how much of it there is, how to get it."""
    facts = metadata.facts(layer)
    shown = [one.id for one in context.catalog().values() if one.theme is Theme.BASE or one is layer]
    return _page(
        "collection.html",
        layer=layer,
        facts=facts,
        ways=links.collection(layer),
        map=_map(layer),
        on_map=None if layer.figures else f"{_map_address()}#&layers={','.join(shown)}",
    )


def metadata_page(layer: Layer) -> Response:
    """The metadata of one layer."""
    lang = params.language(request.args)
    facts = metadata.facts(layer)
    values = {"document": metadata.document(facts, lang), "constraints": metadata.CONSTRAINTS[lang == "en"]}
    return _page("metadata.html", layer=layer, facts=facts, **values)


def changes_page(compared: Comparison) -> Response:
    """What is different from an earlier version, layer by layer."""
    found = changes.of_all(compared)
    layers = [(layer_id, changes.served(layer_id), told) for layer_id, told in found.items()]
    return _page("changes.html", compared=compared, layers=layers, published=context.published())


def layer_changes(layer: Layer, compared: Comparison) -> Response:
    """What is different in one layer, feature by feature."""
    lang = params.language(request.args)
    found = changes.of_layer(layer, compared)
    document = changes.document(layer, compared, lang)
    rows = [(one, list(changes.in_words(layer, one, lang))) for one in changes.page(found)]
    ways = {one["rel"]: one["href"] for one in document["links"] if one["rel"] in ("next", "prev")}
    values = {"found": found, "rows": rows, "ways": ways, "published": context.published()}
    return _page("layer_changes.html", layer=layer, compared=compared, **values)


def schema(layer: Layer) -> Response:
    """The data dictionary of one layer."""
    return _page("schema.html", layer=layer)


# --- items ------------------------------------------------------------------------------------


def items(layer: Layer, page: Page, found: Sequence[Link]) -> Response:
    """A page of features on a map and in a table, with the filters and the way to the next."""
    features = [json.loads(text) for text in page.features]
    ways = {link["rel"]: _as_html(link["href"]) for link in found if link["rel"] in ("next", "prev")}
    return _page(
        "items.html",
        layer=layer,
        page=page,
        first=listing.first(),
        rows=[listing.row(layer, feature) for feature in features],
        columns=listing.columns(layer, features),
        ways=ways,
        files=list(_files()),
        filters=list(listing.filters(layer)),
        hidden=list(listing.hidden(layer)),
        conditions=list(listing.conditions(layer)),
        unfiltered=listing.unfiltered(),
        sorted_by=listing.sorted_by,
        map=_map(layer, _same("json")),
    )


@bp.get("/collections/<layer_id>/filter")
def filtered(layer_id: str) -> Response:
    """The page of items that a form asks for: the same parameters, without those left empty."""
    layer = context.served_layer(layer_id)
    asked = {"f": "html", **{name: value for name, value in request.args.items() if value}}
    params.known(request.args, params.OF_ITEMS | {field.name for field in params.queryables(layer)})
    address = links.url(f"{links.path_of(layer)}/items", **asked)
    return redirect(address, 303, Response)  # type: ignore[return-value]


def _files() -> Iterator[tuple[str, str]]:
    """The formats of a download, each with its address: all that match, not this page alone."""
    without = ("offset", "startindex", "limit", "lang")
    yield "GeoJSON", links.again({"f": Format.JSON.value, "limit": str(params.MAXIMUM_LIMIT)}, without)
    for fmt, name in links.FILES.items():
        yield name, links.again({"f": fmt.value}, without)


def _same(fmt: str) -> str:
    """The address of these features in another format, as they are stored, on the host that the browser knows."""
    asked = {**{k: v for k, v in request.args.items() if k not in params.OF_FORM}, "f": fmt}
    return f"{request.script_root}{request.path}?{urlencode(asked)}"


def _as_html(href: str) -> str:
    """The same address for a person: a browser asks for HTML by itself, so `f=json` only is dropped."""
    return href.replace("f=json&", "").replace("&f=json", "")


# --- one item -----------------------------------------------------------------------------------


def item(layer: Layer, feature: str) -> Response:
    """One feature, every field of it, on a map."""
    found = json.loads(feature)
    properties = found["properties"]
    return _page(
        "item.html",
        layer=layer,
        row=listing.row(layer, found),
        citations=words.citations(properties.get("source"), context.published().sources),
        coordinates=list(_coordinates(found)),
        fields=[f for f in layer.all_fields if f.name not in ("name", "source", "precision", "radius_m")],
        on_map=None if layer.figures else _on_map(layer, found),
        map=_map(layer, _same("json")),
    )


def _on_map(layer: Layer, feature: Feature) -> str:
    """The address of the web map with the feature in view and its card open."""
    card = quote(f"{layer.id}/{feature['properties']['key']}", safe="/")
    return f"{_map_address()}#{_view(feature)}&open={card}"


def _map_address() -> str:
    return url_for("pages.map_view") + ("?lang=en" if params.language(request.args) == "en" else "")


def _view(feature: Feature) -> str:
    """The view `zoom/latitude/longitude` that shows all of a feature; nothing for one without a place."""
    if not feature["geometry"]:
        return ""
    west, south, east, north = shapely.from_geojson(json.dumps(feature["geometry"])).bounds
    # A map on a desk is some 900 pixels wide; at zoom 0 the world is 256 pixels wide.
    widest = max(east - west, 1.5 * (north - south), _NARROWEST)
    zoom = min(_NEAREST, math.floor(10 * math.log2(900 / 256 * 360 / widest)) / 10)
    return f"{zoom:g}/{(south + north) / 2:.5f}/{(west + east) / 2:.5f}"


def _coordinates(feature: Feature) -> Iterator[tuple[str, str]]:
    """A point in the systems that are asked for here, each with its name."""
    if not feature["geometry"] or feature["geometry"]["type"] != Geometry.POINT:
        return
    place = shapely.from_geojson(json.dumps(feature["geometry"]))
    yield "WGS-84", f"{place.x:.6f}, {place.y:.6f}"
    meridian, _, crs = next(zone for zone in _ZONES if place.x <= zone[1])
    projected = moved(place, Form(crs=crs))
    yield f"CGCS2000 / 3° GK {meridian}E (X, Y)", f"{projected.x:.1f}, {projected.y:.1f}"
    for code, name in DATUMS.items():
        shifted = moved(place, Form(coords=code))
        yield name, f"{shifted.x:.6f}, {shifted.y:.6f}"


# --- the small map -------------------------------------------------------------------------------


def _map(layer: Layer, items_url: str | None = None) -> Markup:
    """What `static/items.js` reads: where the features are, how they look, what lies below them."""
    lang = params.language(request.args)
    base = [one for one in context.catalog().values() if one.theme is Theme.BASE and one is not layer]
    config = {
        "items": items_url
        or f"{_items_url(layer)}?{urlencode({'f': 'json', 'limit': params.MAXIMUM_LIMIT})}",
        "pages": _items_url(layer),
        "suffix": "?f=html" + ("&lang=en" if lang == "en" else ""),
        "lang": lang,
        "layer": leaflet.looks(layer.symbol),
        "base": [
            {"items": _items_url(one), "symbol": leaflet.looks(one.symbol), "label_zoom": one.label_zoom}
            for one in base
        ],
        "extent": _extent(layer),
        "approval": context.settings().map_approval,
    }
    return Markup(leaflet.safe(config))


def _extent(layer: Layer) -> list[float] | None:
    box = context.summary(layer).bbox
    return None if box is None else [box.west, box.south, box.east, box.north]
