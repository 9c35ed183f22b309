"""The OpenAPI 3.0 document: the paths of every collection spelled out, as QGIS and GDAL want them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gis import dictionary, filters
from gis.geometry import CRS_CODES
from gis.layer import Catalog, Field, Layer
from webmap import areapaths, describe, links, params, tilepaths
from webmap.params import Format
from webmap.shapes import DATUMS

_ERRORS = {"400": "BadRequest", "404": "NotFound", "500": "ServerError", "503": "Unavailable"}
_OF_SUMMARY = ("limit", "bbox", "bbox-crs", "datetime", "filter", "filter-lang", "filter-crs")
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}

_BYTES = {"schema": {"type": "string", "format": "binary"}}
_CONTENT = {
    Format.HTML: {"schema": {"type": "string"}},
    Format.JSONFG: {"schema": {"type": "object"}},
    Format.CSV: {"schema": {"type": "string"}},
    Format.FGB: _BYTES,
    Format.GPKG: _BYTES,
}


def document(catalog: Catalog) -> dict[str, Any]:
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
        "tags": [{"name": "capabilities"}, *({"name": layer.id} for layer in catalog.values())],
        "paths": _paths(catalog),
        "components": {
            "parameters": _parameters(),
            "responses": {name: _failure(name) for name in _ERRORS.values()},
            "schemas": {"Problem": _PROBLEM},
        },
    }


def _paths(catalog: Catalog) -> dict[str, Any]:
    paths = {
        "/": _get("landing", "入口 Landing page", links.JSON),
        "/conformance": _get("conformance", "符合性 Conformance", links.JSON),
        "/api": _get("api", "接口说明 This document", links.OPENAPI),
        "/collections": _get("collections", "数据集 Collections", links.JSON),
    }
    for layer in catalog.values():
        paths |= _paths_of(layer)
    return paths | areapaths.paths(_OF_SUMMARY, _failures()) | tilepaths.paths(catalog, _failures())


def _paths_of(layer: Layer) -> dict[str, Any]:
    path, tag = links.path_of(layer), layer.id
    filters = [_filter(field) for field in params.queryables(layer)]
    of_form = [_reference(name) for name in sorted(params.OF_FORM)]
    of_items = [_reference(name) for name in sorted(params.OF_ITEMS)]
    one: list[dict[str, Any]] = [
        {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}},
        *of_form,
    ]
    return {
        path: _get(f"describe_{tag}", layer.title, links.JSON, tag=tag),
        f"{path}/items": _get(
            f"items_{tag}", layer.title, links.GEOJSON, [*of_items, *filters], tag, tuple(params.Format)
        ),
        f"{path}/items/{{featureId}}": _get(f"item_{tag}", layer.title, links.GEOJSON, one, tag),
        f"{path}/schema": _get(f"schema_{tag}", layer.title, links.SCHEMA, tag=tag),
        f"{path}/feature-schema": _get(f"feature_schema_{tag}", layer.title, links.SCHEMA, tag=tag),
        f"{path}/queryables": _get(f"queryables_{tag}", layer.title, links.SCHEMA, tag=tag),
        f"{path}/metadata": _get(f"metadata_{tag}", layer.title, links.JSON, tag=tag),
    }


def _get(
    operation: str,
    summary: str,
    media_type: str,
    parameters: list[dict[str, Any]] | None = None,
    tag: str = "capabilities",
    formats: Sequence[Format] = params.RESOURCE,
) -> dict[str, Any]:
    success = {
        "description": summary,
        "content": {
            media_type: {"schema": {"type": "object"}},
            **{params.media_type(fmt): _CONTENT[fmt] for fmt in formats if fmt is not Format.JSON},
        },
    }
    of_format = "f" if formats == params.RESOURCE else "f-items"
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "tags": [tag],
            "parameters": [*(parameters or []), _reference(of_format), _reference("lang")],
            "responses": {"200": success, **_failures()},
        }
    }


def _failures() -> dict[str, Any]:
    return {status: {"$ref": f"#/components/responses/{name}"} for status, name in _ERRORS.items()}


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/parameters/{name}"}


def _filter(field: Field) -> dict[str, Any]:
    schema = {k: v for k, v in dictionary.field_schema(field).items() if k in ("type", "format", "enum")}
    return _query(field.name, f"{field.title} {field.title_en}".strip(), schema)


def _query(name: str, description: str, schema: dict[str, Any], *, explode: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "description": description,
        "required": False,
        "schema": schema,
        "style": "form",
        "explode": explode,
    }


def _parameters() -> dict[str, Any]:
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
    names = {"type": "array", "items": {"type": "string"}}
    text: dict[str, Any] = {"type": "string"}
    codes = {
        "f": ["geojson", *params.RESOURCE],
        "f-items": ["geojson", *params.Format],
        "lang": ["zh", "en"],
        "coords": list(DATUMS),
        "filter-lang": list(filters.LANGUAGES),
        **{name: list(CRS_CODES) for name in ("crs", "bbox-crs", "filter-crs")},
    }
    return {
        "limit": _query("limit", "每页要素数 Features on a page", limit),
        "offset": _query(
            "offset", "起始序号 Features to pass over", {"type": "integer", "minimum": 0, "default": 0}
        ),
        "startindex": _query("startindex", "同 offset The same as offset", {"type": "integer", "minimum": 0}),
        "bbox": _query("bbox", "范围,轴序随 bbox-crs Lower and upper corner", box),
        "datetime": _query("datetime", "时刻或时段 RFC 3339, on as_of", text),
        "filter": _query("filter", "CQL2 条件 Predicate", text),
        "properties": _query("properties", "要返回的字段 Fields to return", names),
        "sortby": _query("sortby", "排序字段,- 为降序 Fields to sort by, - for descending", names),
        "skipGeometry": _query(
            "skipGeometry", "不返回几何 Without geometry", {"type": "boolean", "default": False}
        ),
        **{
            name: _query(name.removesuffix("-items"), name, {"type": "string", "enum": values})
            for name, values in codes.items()
        },
    }


def _failure(name: str) -> dict[str, Any]:
    reference = {"$ref": "#/components/schemas/Problem"}
    return {"description": name, "content": {"application/problem+json": {"schema": reference}}}
