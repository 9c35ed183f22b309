"""OGC API – Features: name the layer, parse, ask, answer."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gis import dictionary, repository
from webmap import (
    changes,
    context,
    describe,
    download,
    geojson,
    jsonfg,
    links,
    metadata,
    openapi,
    pages,
    params,
)
from webmap.params import Format

bp = Blueprint("api", __name__)


def _html() -> bool:
    return params.output(request.args, request.accept_mimetypes) is Format.HTML


@bp.get("/")
def landing() -> Response:
    """What the service is; for a browser, the map, which itself says what of its address it did not understand."""
    if _html():
        return pages.map_page()
    params.only(request.args)
    return geojson.document(describe.landing())


@bp.get("/conformance")
def conformance() -> Response:
    """The classes of the standard that hold."""
    params.only(request.args)
    body = describe.conformance()
    return pages.conformance(body) if _html() else geojson.document(body)


@bp.get("/api")
def api() -> Response:
    """The OpenAPI document."""
    params.only(request.args)
    body = openapi.document(context.catalog())
    return pages.api(body) if _html() else geojson.document(body, links.OPENAPI)


@bp.get("/collections")
def collections() -> Response:
    """Every layer."""
    params.only(request.args)
    layers = [context.served_layer(layer_id) for layer_id in context.catalog()]
    body = {
        "links": list(links.here(links.JSON, "Collections")),
        "collections": [describe.collection(layer, context.summary(layer)) for layer in layers],
    }
    return pages.collections(layers) if _html() else geojson.document(body)


@bp.get("/collections/<layer_id>")
def collection(layer_id: str) -> Response:
    """One layer."""
    params.only(request.args)
    layer = context.served_layer(layer_id)
    if _html():
        return pages.collection(layer)
    return geojson.document(describe.collection(layer, context.summary(layer)))


@bp.get("/collections/<layer_id>/items")
def items(layer_id: str) -> Response:
    """The features of one layer, filtered, ordered and paged."""
    layer = context.served_layer(layer_id)
    query = params.query(layer, request.args, internal=context.settings().internal)
    form = params.form(layer, request.args)
    fmt = params.output(request.args, request.accept_mimetypes, tuple(params.Format))
    if fmt in params.FILES:
        return download.response(layer, query, form, fmt)
    page = context.find(layer, query)
    found = links.page(layer, query, page)
    if fmt is Format.HTML:
        return pages.items(layer, page, found)
    if fmt is Format.JSONFG:
        return jsonfg.response(layer, page, found, form)
    return geojson.page_response(page, found, form)


@bp.get("/collections/<layer_id>/items/<feature_id>")
def item(layer_id: str, feature_id: str) -> Response:
    """One feature."""
    params.known(request.args, params.OF_FORM)
    layer = context.served_layer(layer_id)
    form = params.form(layer, request.args)
    html = _html()
    internal = context.settings().internal
    feature = repository.get(context.connection(), layer, feature_id, internal=internal)
    if html:
        return pages.item(layer, feature)
    return geojson.response(geojson.item(feature, links.item(layer, feature_id), form), form)


@bp.get("/collections/<layer_id>/metadata")
def layer_metadata(layer_id: str) -> Response:
    """What is known of one layer as a whole: lineage, constraints, dates, precision."""
    params.only(request.args)
    layer = context.served_layer(layer_id)
    if _html():
        return pages.metadata_page(layer)
    return geojson.document(metadata.document(metadata.facts(layer), params.language(request.args)))


@bp.get("/changes")
def all_changes() -> Response:
    """What is different from an earlier version of the data, counted."""
    params.known(request.args, changes.OF_ALL)
    lang, compared = params.language(request.args), changes.comparison()
    return pages.changes_page(compared) if _html() else geojson.document(changes.overview(compared, lang))


@bp.get("/collections/<layer_id>/changes")
def layer_changes(layer_id: str) -> Response:
    """What is different from an earlier version in one layer, feature by feature."""
    params.known(request.args, changes.OF_LAYER)
    layer = context.served_layer(layer_id)
    lang, compared = params.language(request.args), changes.comparison()
    if _html():
        return pages.layer_changes(layer, compared)
    return geojson.document(changes.document(layer, compared, lang))


@bp.get("/collections/<layer_id>/schema")
def schema(layer_id: str) -> Response:
    """The structure of one layer's features."""
    params.only(request.args)
    layer = context.served_layer(layer_id)
    body = _schema(dictionary.feature_schema(layer, params.language(request.args)))
    return pages.schema(layer) if _html() else geojson.document(body, links.SCHEMA)


@bp.get("/collections/<layer_id>/feature-schema")
def feature_schema(layer_id: str) -> Response:
    """The form of one layer's features in GeoJSON, from which GDAL takes the types of fields."""
    params.only(request.args)
    layer = context.served_layer(layer_id)
    body = _schema(dictionary.geojson_schema(layer, params.language(request.args)))
    return pages.schema(layer) if _html() else geojson.document(body, links.SCHEMA)


@bp.get("/collections/<layer_id>/queryables")
def queryables(layer_id: str) -> Response:
    """The fields by which one layer can be filtered, as `name=value`."""
    params.only(request.args)
    layer = context.served_layer(layer_id)
    body = _schema(dictionary.queryables(layer, params.language(request.args)))
    return pages.schema(layer) if _html() else geojson.document(body, links.SCHEMA)


def _schema(body: dict[str, object]) -> dict[str, object]:
    here = f"{links.root()}{request.path.rstrip('/')}"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": here, **body}
