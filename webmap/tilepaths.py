"""The tile resources in the OpenAPI document; operation ids end as OGC API – Tiles wants them (/req/oas30)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from gis.layer import Catalog
from gis.tile import MAX_ZOOM
from webmap import links, tilesets

Json: TypeAlias = dict[str, Any]

# What of a layer is in its tiles can be said as of its items.
_OF_FILTER = tuple(
    {"$ref": f"#/components/parameters/{name}"} for name in ("filter", "filter-lang", "filter-crs")
)
_BOTH = ("geojson", "json", "html")
_OF_TILE = (
    ("tileMatrix", {"type": "integer", "minimum": 0, "maximum": MAX_ZOOM}),
    ("tileRow", {"type": "integer", "minimum": 0}),
    ("tileCol", {"type": "integer", "minimum": 0}),
)


def paths(catalog: Catalog, failures: Mapping[str, Json]) -> Json:
    """The paths of the tilesets of all layers and of each one. `failures` are the answers to errors, by status."""
    sets = "/tileMatrixSets"
    found = {
        sets: _json("getTileMatrixSetsList", "切片矩阵集 Tile matrix sets"),
        f"{sets}/{tilesets.SET}": _json(f"{tilesets.SET}.getTileMatrixSet", tilesets.SET),
        **_of_tileset("", "dataset", "全部图层 All layers", "capabilities"),
    }
    for layer in catalog.values():
        found |= _of_tileset(links.path_of(layer), f"{layer.id}.collection", layer.title, layer.id)
    return {
        path: {"get": {**operation, "responses": {**operation["responses"], **failures}}}
        for path, operation in found.items()
    }


def _of_tileset(path: str, prefix: str, title: str, tag: str) -> Json:
    href = f"{path}/tiles/{tilesets.SET}"
    name = f"{prefix}.vector"
    tile = [{"name": name, "in": "path", "required": True, "schema": schema} for name, schema in _OF_TILE]
    return {
        f"{path}/tiles": _json(f"{name}.getTileSetsList", title, tag),
        href: _operation(f"{name}.getTileSet", title, links.JSON, (*_BOTH, "tilejson"), tag),
        f"{href}/tilejson": _operation(f"{name}.getTileJSON", title, links.JSON, ("json", "tilejson"), tag),
        f"{href}/style": _operation(f"{name}.getStyle", title, tilesets.STYLE, ("json",), tag),
        f"{href}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}": {
            **(operation := _operation(f"{name}.getTile", title, tilesets.MVT, ("mvt",), tag)),
            "parameters": [*tile, *operation["parameters"], *(_OF_FILTER if path else ())],
        },
    }


def _json(operation: str, title: str, tag: str = "capabilities") -> Json:
    return _operation(operation, title, links.JSON, _BOTH, tag)


def _operation(operation: str, title: str, media_type: str, formats: tuple[str, ...], tag: str) -> Json:
    schema = {"type": "string", "format": "binary"} if media_type == tilesets.MVT else {"type": "object"}
    page: Json = {links.HTML: {"schema": {"type": "string"}}} if "html" in formats else {}
    form = {
        "name": "f",
        "in": "query",
        "required": False,
        "schema": {"type": "string", "enum": list(formats)},
    }
    return {
        "operationId": operation,
        "summary": title,
        "tags": [tag],
        "parameters": [form, {"$ref": "#/components/parameters/lang"}],
        "responses": {"200": {"description": title, "content": {media_type: {"schema": schema}, **page}}},
    }
