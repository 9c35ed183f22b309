"""The same resources for people: HTML pages made from templates, where every text is escaped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import reduce
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from gis.feature import Bbox, Page
from gis.layer import THEME_TITLES, Field, Layer
from webmap import context, describe, headers, leaflet, links, params
from webmap.links import Link

bp = Blueprint("pages", __name__)


@bp.get("/map")
def map_view() -> Response:
    """The web map, under a name of its own beside the landing page."""
    params.only(request.args)
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
    )
    return _html(leaflet.render(drawn, static_url=_static_url, nonce=headers.nonce()))


def _items_url(layer: Layer) -> str:
    return f"{request.script_root}{links.path_of(layer)}/items"


def _static_url(path: str) -> str:
    return url_for("static", filename=path)


def _html(text: str) -> Response:
    return Response(text, content_type="text/html; charset=utf-8")


def _page(template: str, **values: Any) -> Response:
    """A page in the wanted language; `t` chooses between a Chinese and an English text."""
    lang = params.language(request.args)

    def t(zh: str, en: str) -> str:
        return en if lang == "en" else zh

    common = {
        "lang": lang,
        "t": t,
        "root": links.root(),
        "here": f"{links.root()}{request.path}",
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
    return _page(
        "collection.html", layer=layer, summary=context.summary(layer), links=links.collection(layer)
    )


def schema(layer: Layer) -> Response:
    """The data dictionary of one layer."""
    return _page("schema.html", layer=layer)


def items(layer: Layer, page: Page, found: Sequence[Link]) -> Response:
    """A page of features as a table, with the way to the next."""
    rows = [_row(layer, json.loads(text)) for text in page.features]
    columns = [field for field in layer.all_fields if any(row["values"][field.name] for row in rows)]
    ways = {link["rel"]: _as_html(link["href"]) for link in found if link["rel"] in ("next", "prev")}
    return _page("items.html", layer=layer, page=page, rows=rows, columns=columns, ways=ways)


def _as_html(href: str) -> str:
    """The same address for a person: a browser asks for HTML by itself, so `f=json` only is dropped."""
    return href.replace("f=json&", "").replace("&f=json", "")


def item(layer: Layer, feature: str) -> Response:
    """One feature, every field of it."""
    return _page("item.html", layer=layer, row=_row(layer, json.loads(feature)))


def _row(layer: Layer, feature: dict[str, Any]) -> dict[str, Any]:
    lang = params.language(request.args)
    properties = feature["properties"]
    values = {field.name: _text(field, properties.get(field.name), lang) for field in layer.all_fields}
    return {
        "id": feature["id"],
        "name": properties["name"],
        "values": values,
        "geometry": feature["geometry"],
    }


def _text(field: Field, value: object, lang: str) -> str:
    text = field.value_title(value, lang)
    return f"{text} {field.unit}" if text and field.unit else text
