"""The summary of an area in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from gis.layer import COMMON
from webmap import bodies, links

Json: TypeAlias = dict[str, Any]

_GEOMETRY = {
    "type": "object",
    "required": ["type", "coordinates"],
    "properties": {
        "type": {"type": "string", "enum": ["Polygon", "MultiPolygon"]},
        "coordinates": {"type": "array", "items": {}},
    },
}
_CIRCLE = {
    "type": "object",
    "required": ["circle"],
    "properties": {
        "circle": {"type": "array", "minItems": 3, "maxItems": 3, "items": {"type": "number"}},
    },
}
_WITHIN = {
    "type": "object",
    "required": ["within"],
    "properties": {
        "within": {
            "type": "object",
            "required": ["layer", "id"],
            "properties": {"layer": {"type": "string"}, "id": {"type": "integer"}},
        }
    },
}
_FEATURE = {
    "type": "object",
    "required": ["type", "geometry"],
    "properties": {"type": {"type": "string", "enum": ["Feature"]}, "geometry": _GEOMETRY},
}
_COUNTS = {"type": "object", "additionalProperties": {"type": "integer"}}
_SUMMARY = {
    "type": "object",
    "required": ["matched", "returned", "area_km2", "counts", "features", "links"],
    "properties": {
        "matched": {"type": "integer"},
        "returned": {"type": "integer"},
        "area_km2": {"type": "number", "nullable": True},
        "counts": {"type": "object", "additionalProperties": _COUNTS},
        "features": {"type": "array", "items": {"type": "object"}},
        "links": {"type": "array", "items": {"type": "object"}},
    },
}


def paths(names: tuple[str, ...], failures: Mapping[str, Json]) -> Json:
    """The two ways to ask for a summary. `names` are parameters that stand under `components`."""
    shared = [{"$ref": f"#/components/parameters/{name}"} for name in (*names, "lang")]
    layers = bodies.query("layers", "图层标识,以逗号分隔 Layer ids joined by commas", {"type": "string"})
    equals = [bodies.query(field.name, field.title, bodies.value(field)) for field in COMMON]
    body = {"oneOf": [_GEOMETRY, _FEATURE, _CIRCLE, _WITHIN]}
    asked = {"parameters": [layers, *shared, *equals]}
    success = {"200": {"description": "Summary", "content": {links.JSON: {"schema": _SUMMARY}}}}
    too_large = {"413": failures["400"]}
    common = {"tags": ["capabilities"], **asked, "responses": {**success, **failures, **too_large}}
    content = {links.JSON: {"schema": body}, links.GEOJSON: {"schema": body}}
    return {
        "/summary": {
            "get": {"operationId": "summary", "summary": "统计 Numbers of a query", **common},
            "post": {
                "operationId": "summary_of_area",
                "summary": "范围统计 Numbers of an area",
                "requestBody": {"required": True, "content": content},
                **common,
            },
        }
    }
