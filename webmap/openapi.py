"""The OpenAPI 3.0 document: the paths of every collection spelled out, as QGIS and GDAL want them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from gis import filters
from gis.filters import MAX_LENGTH
from gis.geometry import CRS_CODES
from gis.layer import Catalog, Field, Layer
from webmap import areapaths, bodies, describe, links, mappaths, params, printpaths, tilepaths
from webmap.paper import job, press
from webmap.params import Format
from webmap.shapes import DATUMS

Json: TypeAlias = dict[str, Any]

_ERRORS = {
    "400": "BadRequest",
    "404": "NotFound",
    "405": "NoSuchMethod",
    "500": "ServerError",
    "503": "Unavailable",
}
_OF_SUMMARY = ("limit", "bbox", "bbox-crs", "datetime", "filter", "filter-lang", "filter-crs")
_BYTES: Json = {"schema": {"type": "string", "format": "binary"}}
_CONTENT: Mapping[Format, Json] = {
    Format.HTML: {"schema": {"type": "string"}},
    Format.JSONFG: {"schema": bodies.named("FeaturesAndGeometry")},
    Format.CSV: {"schema": {"type": "string"}},
    Format.FGB: _BYTES,
    Format.GPKG: _BYTES,
}
_HEADERS: Json = {
    "ETag": {
        "description": "随数据版本而变 Differs with the version of the data",
        "schema": {"type": "string"},
    },
    "Content-Crs": {"description": "坐标参照系 System of the coordinates", "schema": {"type": "string"}},
}
_MOMENT = r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2}))?"
_DATETIME = rf"^({_MOMENT}|({_MOMENT}|\.\.)?/({_MOMENT}|\.\.)?)$"


_SINCE: Json = {
    "name": "since",
    "in": "query",
    "description": "较早的数据版本 An earlier version of the data",
    "required": False,
    "schema": {"type": "string"},
}


def document(catalog: Catalog) -> Json:
    """The description of the service with these layers."""
    return {
        "openapi": "3.0.3",
        "info": {
            "title": describe.TITLE,
            "description": describe.DESCRIPTION,
            "version": "1.0.0",
            "license": {"name": "MIT"},
        },
        "servers": [{"url": links.root()}],
        "tags": [{"name": name} for name in ("capabilities", "map", "print", *catalog)],
        "paths": _paths(catalog),
        "components": {
            "parameters": _parameters(),
            "responses": {
                **{name: _failure(name) for name in _ERRORS.values()},
                "NotModified": {"description": "与 If-None-Match 相同 Not changed"},
            },
            "schemas": dict(bodies.SCHEMAS),
        },
    }


def _paths(catalog: Catalog) -> Json:
    paths = {
        "/": _get("landing", "入口 Landing page", "LandingPage"),
        "/conformance": _get("conformance", "符合性 Conformance", "Conformance"),
        "/api": _get("api", "接口说明 This document", None, media_type=links.OPENAPI),
        "/collections": _get("collections", "数据集 Collections", "Collections"),
        "/changes": _get("changes", "变更 Changes between versions", "Changes", [_SINCE]),
    }
    for layer in catalog.values():
        paths |= _paths_of(layer)
    failures = _failures()
    return {
        **paths,
        **areapaths.paths(_OF_SUMMARY, failures),
        **tilepaths.paths(catalog, failures),
        **mappaths.paths(failures),
        **printpaths.paths(tuple(job.MEDIA_TYPES.values()), press.FORMATS, failures),
    }


def _paths_of(layer: Layer) -> Json:
    path, tag = links.path_of(layer), layer.id
    filters = [_filter(field) for field in params.queryables(layer)]
    names = [field.name for field in layer.all_fields]
    chosen = bodies.query("properties", "要返回的字段 Fields to return", _several(names))
    order = [name for field in names for name in (field, f"-{field}", f"+{field}")]
    ordered = bodies.query(
        "sortby", "排序字段,- 为降序 Fields to sort by, - for descending", _several(order, 1)
    )
    of_form = [*(_reference(name) for name in sorted(params.OF_FORM - {"properties"})), chosen]
    of_items = [
        *(_reference(name) for name in sorted(params.OF_ITEMS - {"properties", "sortby"})),
        *(chosen, ordered),
    ]
    feature = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}
    of_changes = [_SINCE, _reference("limit"), _reference("offset")]
    return {
        path: _get(f"describe_{tag}", layer.title, "Collection", tag=tag),
        f"{path}/items": _get(
            f"items_{tag}",
            layer.title,
            "FeatureCollection",
            [*of_items, *filters],
            tag=tag,
            media_type=links.GEOJSON,
            formats=tuple(params.Format),
        ),
        f"{path}/items/{{featureId}}": _get(
            f"item_{tag}", layer.title, "Feature", [feature, *of_form], tag=tag, media_type=links.GEOJSON
        ),
        f"{path}/schema": _schema(f"schema_{tag}", layer),
        f"{path}/feature-schema": _schema(f"feature_schema_{tag}", layer),
        f"{path}/queryables": _schema(f"queryables_{tag}", layer),
        f"{path}/metadata": _get(f"metadata_{tag}", layer.title, "Metadata", tag=tag),
        f"{path}/changes": _get(f"changes_{tag}", layer.title, "LayerChanges", of_changes, tag=tag),
    }


def _schema(operation: str, layer: Layer) -> Json:
    return _get(operation, layer.title, "Schema", tag=layer.id, media_type=links.SCHEMA)


def _several(names: Sequence[str], least: int = 0) -> Json:
    return {"type": "array", "minItems": least, "items": {"type": "string", "enum": list(names)}}


def _get(
    operation: str,
    summary: str,
    schema: str | None,
    parameters: Sequence[Json] = (),
    *,
    tag: str = "capabilities",
    media_type: str = links.JSON,
    formats: Sequence[Format] = params.RESOURCE,
) -> Json:
    success = {
        "description": summary,
        "headers": _HEADERS,
        "content": {
            media_type: {"schema": bodies.named(schema) if schema else {"type": "object"}},
            **{params.media_type(fmt): _CONTENT[fmt] for fmt in formats if fmt is not Format.JSON},
        },
    }
    of_format = "f" if formats == params.RESOURCE else "f-items"
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "tags": [tag],
            "parameters": [*parameters, _reference(of_format), _reference("lang")],
            "responses": {"200": success, **_failures()},
        }
    }


def _failures() -> Json:
    named = {"304": "NotModified", **_ERRORS}
    return {status: {"$ref": f"#/components/responses/{name}"} for status, name in named.items()}


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/parameters/{name}"}


def _filter(field: Field) -> Json:
    return bodies.query(field.name, f"{field.title} {field.title_en}".strip(), bodies.value(field))


def _parameters() -> Json:
    limit = {
        "type": "integer",
        "minimum": 1,
        "maximum": params.MAXIMUM_LIMIT,
        "default": params.DEFAULT_LIMIT,
    }
    box = {
        "type": "array",
        "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
        "items": {"type": "number"},
    }
    predicate = {"type": "string", "minLength": 1, "maxLength": MAX_LENGTH}
    codes = {
        "f": ["geojson", *params.RESOURCE],
        "f-items": ["geojson", *params.Format],
        "lang": ["zh", "en"],
        "coords": list(DATUMS),
        "filter-lang": list(filters.LANGUAGES),
        **{name: list(CRS_CODES) for name in ("crs", "bbox-crs", "filter-crs")},
    }
    return {
        "limit": bodies.query("limit", "每页要素数 Features on a page", limit),
        "offset": bodies.query(
            "offset", "起始序号 Features to pass over", {"type": "integer", "minimum": 0, "default": 0}
        ),
        "startindex": bodies.query(
            "startindex", "同 offset The same as offset", {"type": "integer", "minimum": 0}
        ),
        "bbox": bodies.query("bbox", "范围,轴序随 bbox-crs Lower and upper corner", box),
        "datetime": bodies.query(
            "datetime", "时刻或时段 RFC 3339, on as_of", {"type": "string", "pattern": _DATETIME}
        ),
        "filter": bodies.query("filter", "CQL2 条件 Predicate", predicate),
        "skipGeometry": bodies.query(
            "skipGeometry", "不返回几何 Without geometry", {"type": "boolean", "default": False}
        ),
        **{
            name: bodies.query(name.removesuffix("-items"), name, {"type": "string", "enum": values})
            for name, values in codes.items()
        },
    }


def _failure(name: str) -> Json:
    reference = {"$ref": "#/components/schemas/Problem"}
    return {"description": name, "content": {"application/problem+json": {"schema": reference}}}
