"""What the web map asks for besides features and tiles, in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from webmap import bodies, links

Json: TypeAlias = dict[str, Any]

_TAG = ["map"]
_PICTURES = ("image/png", "image/jpeg", "image/webp", "image/gif")


def paths(failures: Mapping[str, Json]) -> Json:
    """The map itself, its stories, and the basemaps of other services."""
    common = [_parameter("f", {"type": "string"}), {"$ref": "#/components/parameters/lang"}]
    embed = _parameter("embed", {"type": "string"})
    page = {"description": "网页地图 Web map", "content": {links.HTML: {"schema": {"type": "string"}}}}
    story = _in_path("story", {"type": "string"})
    place = [_in_path("basemap", {"type": "string"})]
    place += [_in_path(name, {"type": "integer", "minimum": 0}) for name in ("z", "x", "y")]
    picture = {
        "description": "底图瓦片 A tile",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _PICTURES},
    }
    upstream = {"403": failures["400"], "502": failures["500"]}
    return {
        "/map": _get("map", "网页地图 Web map", [embed, *common], {"200": page, **failures}),
        "/stories": _get("stories", "故事 Stories", common, {"200": _answer("Stories"), **failures}),
        "/stories/{story}": _get(
            "story", "一个故事 One story", [story, *common], {"200": _answer("Story"), **failures}
        ),
        "/basemaps": _get("basemaps", "底图 Basemaps", common, {"200": _answer("Basemaps"), **failures}),
        "/basemaps/{basemap}/{z}/{x}/{y}": _get(
            "basemapTile", "底图瓦片 A tile", [*place, *common], {"200": picture, **failures, **upstream}
        ),
    }


def _get(name: str, title: str, parameters: Sequence[Json], responses: Json) -> Json:
    return {
        "get": {
            "operationId": name,
            "summary": title,
            "tags": _TAG,
            "parameters": list(parameters),
            "responses": responses,
        }
    }


def _parameter(name: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _in_path(name: str, schema: Json) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _answer(schema: str) -> Json:
    return {"description": schema, "content": {links.JSON: {"schema": bodies.named(schema)}}}
