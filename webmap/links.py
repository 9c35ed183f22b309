"""Absolute links between the resources, each with its relation, media type and title."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias
from urllib.parse import urlencode

from flask import request

from gis.feature import Page, Query
from gis.layer import Layer
from webmap import alias, context, params
from webmap.params import Format

Link: TypeAlias = dict[str, str]

JSON = "application/json"
GEOJSON = "application/geo+json"
HTML = "text/html"
SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
# The further formats of features, with their names.
FILES = {
    Format.CSV: "CSV",
    Format.GPKG: "GeoPackage",
    Format.FGB: "FlatGeobuf",
    Format.JSONFG: "JSON-FG",
}
_OGC = "http://www.opengis.net/def/rel/ogc/1.0"


def root() -> str:
    """The public URL of the service root, without a slash at its end."""
    public = context.settings().base_url
    return f"{public}{alias.used()}" if public else request.url_root.rstrip("/")


def url(path: str, **parameters: str) -> str:
    """The absolute URL of a path of the service."""
    return f"{root()}{path}{f'?{urlencode(parameters)}' if parameters else ''}"


def link(rel: str, href: str, media_type: str, title: str) -> Link:
    """One link object."""
    return {"rel": rel, "href": href, "type": media_type, "title": title}


def path_of(layer: Layer) -> str:
    """The path of a layer's collection."""
    return f"/collections/{layer.id}"


def here(media_type: str, title: str) -> Iterator[Link]:
    """Self and alternate of the resource that is being answered, its parameters kept."""
    path = request.path.rstrip("/") or "/"
    for fmt, kind, rel in ((Format.JSON, media_type, "self"), (Format.HTML, HTML, "alternate")):
        parameters = [*((k, v) for k, v in request.args.items(multi=True) if k != "f"), ("f", fmt.value)]
        yield link(rel, f"{root()}{path}?{urlencode(parameters)}", kind, f"{title} ({fmt.upper()})")


def again(changes: dict[str, str | None], without: Sequence[str] = ()) -> str:
    """The address of this page with other parameters; None takes one away."""
    kept = {name: value for name, value in request.args.items() if name not in without}
    asked = {name: value for name, value in {**kept, **changes}.items() if value is not None}
    return f"{root()}{request.path}?{urlencode(asked)}"


def landing(title: str) -> list[Link]:
    """The links of the landing page."""
    return [
        *here(JSON, title),
        link("service-desc", url("/api"), OPENAPI, "OpenAPI 3.0"),
        link("service-doc", url("/api", f="html"), HTML, "接口说明 API documentation"),
        link("conformance", url("/conformance"), JSON, "符合性 Conformance"),
        link("data", url("/collections"), JSON, "数据集 Collections"),
        link("version-history", url("/changes", f="json"), JSON, "变更 Changes between versions"),
        link(f"{_OGC}/tilesets-vector", url("/tiles"), JSON, "矢量切片 Vector tiles"),
        link(f"{_OGC}/tiling-schemes", url("/tileMatrixSets"), JSON, "切片矩阵集 Tile matrix sets"),
    ]


def collection(layer: Layer) -> list[Link]:
    """The links of a collection, wherever it is described. Items as GeoJSON stand first."""
    path = path_of(layer)
    return [
        link("self", url(path, f="json"), JSON, layer.title),
        link("alternate", url(path, f="html"), HTML, layer.title),
        link("items", url(f"{path}/items", f="json"), GEOJSON, f"{layer.title} (GeoJSON)"),
        link("items", url(f"{path}/items", f="html"), HTML, f"{layer.title} (HTML)"),
        *_files("items", layer, {}),
        link(f"{_OGC}/queryables", url(f"{path}/queryables"), SCHEMA, "可查询字段 Queryables"),
        link(f"{_OGC}/schema", url(f"{path}/schema"), SCHEMA, "数据结构 Schema"),
        link("describedby", url(f"{path}/feature-schema"), SCHEMA, "GeoJSON 结构 Schema of the GeoJSON"),
        link(f"{_OGC}/tilesets-vector", url(f"{path}/tiles"), JSON, "矢量切片 Vector tiles"),
        link("describedby", url(f"{path}/metadata", f="json"), JSON, "元数据 Metadata (ISO 19115)"),
        link("describedby", url(f"{path}/metadata", f="html"), HTML, "元数据 Metadata"),
        link("version-history", url(f"{path}/changes", f="json"), JSON, "变更 Changes between versions"),
        link("version-history", url(f"{path}/changes", f="html"), HTML, "变更 Changes between versions"),
    ]


def _files(rel: str, layer: Layer, asked: Mapping[str, str]) -> Iterator[Link]:
    """The same features in the further formats."""
    for fmt, name in FILES.items():
        address = url(f"{path_of(layer)}/items", **{**asked, "f": fmt.value})
        yield link(rel, address, params.media_type(fmt), f"{layer.title} ({name})")


def page(layer: Layer, query: Query, answer: Page) -> list[Link]:
    """The links of a page of items: self, alternate, collection, and its neighbours."""
    found = [
        *here(GEOJSON, layer.title),
        *_files("alternate", layer, request.args),
        link("collection", url(path_of(layer)), JSON, layer.title),
    ]
    if query.offset + len(answer.features) < answer.matched and answer.features:
        found.append(_neighbour("next", layer, query.offset + query.limit, query))
    if query.offset > 0:
        found.append(_neighbour("prev", layer, max(0, query.offset - query.limit), query))
    return found


def _neighbour(rel: str, layer: Layer, offset: int, query: Query) -> Link:
    name = "startindex" if "startindex" in request.args else "offset"
    kept = {k: v for k, v in request.args.items() if k not in (name, "limit")}
    parameters = {**kept, "limit": str(query.limit), name: str(offset)}
    return link(rel, url(f"{path_of(layer)}/items", **parameters), GEOJSON, f"{layer.title} ({rel})")


def item(layer: Layer, feature_id: str) -> list[Link]:
    """The links of one item."""
    return [
        *here(GEOJSON, f"{layer.title} {feature_id}"),
        link("collection", url(path_of(layer)), JSON, layer.title),
    ]
