"""What the tilesets say of themselves: OGC tileset metadata, TileJSON 3, the tile matrix set.

A tileset holds one layer (under its collection) or all of them (under the root).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeAlias

from gis import dictionary
from gis.expression import CRS84
from gis.feature import Bbox
from gis.layer import Layer
from gis.repository import Summary
from gis.tile import HALF, MAX_LATITUDE, MAX_ZOOM
from webmap import describe, links
from webmap.links import Link

Json: TypeAlias = dict[str, Any]

SET = "WebMercatorQuad"
MVT = "application/vnd.mapbox-vector-tile"
TILEJSON = "application/json"
STYLE = "application/vnd.mapbox.style+json"
_DEFINITIONS = "http://www.opengis.net/def"
_URI = f"{_DEFINITIONS}/tilematrixset/OGC/1.0/{SET}"
_WEB_MERCATOR = f"{_DEFINITIONS}/crs/EPSG/0/3857"
_PIXEL = 0.00028  # metres, of the standardized rendering pixel (2D TMS, 6.2)
_SIDE = 256  # pixels
_MATRICES = 25  # of the registered set; the tilesets go to MAX_ZOOM
_WORLD = Bbox(-180.0, -MAX_LATITUDE, 180.0, MAX_LATITUDE)


@dataclass(frozen=True)
class Tileset:
    """A tileset: its title, its layers with what is published of them, the path of what it tiles."""

    title: str
    layers: Mapping[Layer, Summary]
    path: str = ""

    @property
    def href(self) -> str:
        """The path of the tileset."""
        return f"{self.path}/tiles/{SET}"

    @property
    def box(self) -> Bbox:
        """What of its layers' extent the matrix can show; all of the matrix when there is nothing."""
        boxes = [summary.bbox for summary in self.layers.values() if summary.bbox]
        whole = reduce(Bbox.join, boxes) if boxes else _WORLD
        return Bbox(whole.west, _shown(whole.south), whole.east, _shown(whole.north))


def _shown(latitude: float) -> float:
    return max(-MAX_LATITUDE, min(MAX_LATITUDE, latitude))


def listing(one: Tileset) -> Json:
    """The tilesets of a resource: it has this one."""
    members = ("title", "dataType", "crs", "tileMatrixSetURI", "links")
    described = metadata(one)
    own = list(_both(f"{one.path}/tiles", one.title))
    return {"links": own, "tilesets": [{member: described[member] for member in members}]}


def metadata(one: Tileset) -> Json:
    """The metadata of a tileset (2D TMS and Tileset Metadata 2.0)."""
    corners = {"lowerLeft": [one.box.west, one.box.south], "upperRight": [one.box.east, one.box.north]}
    return {
        "title": one.title,
        "attribution": describe.ATTRIBUTION,
        "dataType": "vector",
        "crs": _WEB_MERCATOR,
        "tileMatrixSetURI": _URI,
        "tileMatrixSetLimits": [_limits(zoom) for zoom in range(MAX_ZOOM + 1)],
        "boundingBox": {**corners, "crs": CRS84},
        "layers": [_layer(layer, summary) for layer, summary in one.layers.items()],
        "links": _links(one),
    }


def _limits(zoom: int) -> Json:
    last = 2**zoom - 1
    return {
        "tileMatrix": str(zoom),
        "minTileRow": 0,
        "maxTileRow": last,
        "minTileCol": 0,
        "maxTileCol": last,
    }


def _layer(layer: Layer, summary: Summary) -> Json:
    properties = {field.name: dictionary.field_schema(field) for field in layer.all_fields}
    return {
        "id": layer.id,
        "title": layer.title,
        "description": _description(layer, summary),
        "dataType": "vector",
        "geometryDimension": layer.geometry.dimension,
        "minTileMatrix": "0",
        "maxTileMatrix": str(MAX_ZOOM),
        "propertiesSchema": {"type": "object", "properties": properties},
    }


def _description(layer: Layer, summary: Summary) -> str:
    """What the layer is, and up to which zoom its tiles show cells."""
    said = layer.description or layer.heading("en")
    if summary.cell_zoom is None:
        return said
    return f"{said} (zoom 0–{summary.cell_zoom}: 网格内要素数 count of features in each cell)"


def _links(one: Tileset) -> list[Json]:
    tile = f"{links.url(one.href)}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}?f=mvt"
    definition = links.url(f"/tileMatrixSets/{SET}", f="json")
    found: list[Link] = [
        *_both(one.href, one.title),
        links.link(f"{_DEFINITIONS}/rel/ogc/1.0/tiling-scheme", definition, links.JSON, SET),
        links.link("describedby", links.url(f"{one.href}/tilejson"), TILEJSON, f"{one.title} (TileJSON)"),
        links.link("stylesheet", links.url(f"{one.href}/style"), STYLE, f"{one.title} (MapLibre)"),
    ]
    return [*found, {**links.link("item", tile, MVT, f"{one.title} (MVT)"), "templated": True}]


def _both(path: str, title: str) -> Iterator[Link]:
    """A resource as JSON, which this is, and as a page."""
    yield links.link("self", links.url(path, f="json"), links.JSON, title)
    yield links.link("alternate", links.url(path, f="html"), links.HTML, title)


def tilejson(one: Tileset) -> Json:
    """The tileset as TileJSON 3.0.0, whose template has the column before the row."""
    box = one.box
    return {
        "tilejson": "3.0.0",
        "name": one.title,
        "description": one.title,
        "version": "1.0.0",
        "attribution": describe.ATTRIBUTION,
        "scheme": "xyz",
        "tiles": [f"{links.url(one.href)}/{{z}}/{{y}}/{{x}}?f=mvt"],
        "minzoom": 0,
        "maxzoom": MAX_ZOOM,
        "bounds": [box.west, box.south, box.east, box.north],
        "vector_layers": vector_layers(one.layers, MAX_ZOOM),
    }


def vector_layers(layers: Mapping[Layer, Summary], last: int) -> list[Json]:
    """The layers as TileJSON has them (3.3), for zooms up to the last."""
    return [
        {
            "id": layer.id,
            "description": _description(layer, summary),
            "minzoom": 0,
            "maxzoom": last,
            "fields": {field.name: field.title for field in layer.all_fields} | _of_cells(summary),
        }
        for layer, summary in layers.items()
    ]


def _of_cells(summary: Summary) -> dict[str, str]:
    return {} if summary.cell_zoom is None else {"count": "网格内要素数 Features in the cell"}


def matrix_sets() -> Json:
    """The tile matrix sets that are known here."""
    href = links.url(f"/tileMatrixSets/{SET}", f="json")
    one = {"id": SET, "title": SET, "uri": _URI, "crs": _WEB_MERCATOR}
    own = list(_both("/tileMatrixSets", "Tile matrix sets"))
    return {"links": own, "tileMatrixSets": [one | {"links": [links.link("self", href, links.JSON, SET)]}]}


def matrix_set() -> Json:
    """The definition of WebMercatorQuad as it is registered (2D TMS 2.0, annex D)."""
    return {
        "id": SET,
        "title": "Google Maps Compatible for the World",
        "uri": _URI,
        "crs": _WEB_MERCATOR,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": f"{_DEFINITIONS}/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": [_matrix(zoom) for zoom in range(_MATRICES)],
    }


def _matrix(zoom: int) -> Json:
    size = 2 * HALF / _SIDE / 2**zoom
    return {
        "id": str(zoom),
        "scaleDenominator": size / _PIXEL,
        "cellSize": size,
        "cornerOfOrigin": "topLeft",
        "pointOfOrigin": [-HALF, HALF],
        "tileWidth": _SIDE,
        "tileHeight": _SIDE,
        "matrixWidth": 2**zoom,
        "matrixHeight": 2**zoom,
    }
