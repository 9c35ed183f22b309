"""OGC API – Tiles: the tilesets of every layer and of all together, their tiles, TileJSON and style.

`webmap.answers` sends them with validators and keeps them until the next version.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request

from gis import cells, tileset
from gis.errors import BadParameter, NotFound
from gis.expression import Filter
from gis.layer import Layer
from gis.tile import MAX_ZOOM, Tile
from webmap import context, geojson, links, pages, params, style, tilesets
from webmap.params import Format
from webmap.tilesets import Tileset

bp = Blueprint("tiles", __name__)

_WHOLE = re.compile(r"[0-9]{1,9}\Z")
_ALL = "全部图层 All layers"
_OF_LAYER = "/collections/<layer_id>"
_SET = "/tiles/<set_id>"
_TILE = f"{_SET}/<zoom>/<row>/<column>"
OF_FILTER = ("filter", "filter-lang", "filter-crs")


@bp.get("/tileMatrixSets")
def matrix_sets() -> Response:
    """The tile matrix sets: one."""
    return _described("切片矩阵集", "Tile matrix sets", tilesets.matrix_sets())


@bp.get("/tileMatrixSets/<set_id>")
def matrix_set(set_id: str) -> Response:
    """The definition of a tile matrix set."""
    _known(set_id)
    return _described("切片矩阵集", "Tile matrix set", tilesets.matrix_set())


@bp.get("/tiles", defaults={"layer_id": None})
@bp.get(f"{_OF_LAYER}/tiles")
def listing(layer_id: str | None) -> Response:
    """The tilesets of one layer or of all."""
    return _described("矢量切片", "Vector tiles", tilesets.listing(_tileset(layer_id)))


@bp.get(_SET, defaults={"layer_id": None})
@bp.get(f"{_OF_LAYER}{_SET}")
def metadata(layer_id: str | None, set_id: str) -> Response:
    """A tileset: its metadata, or the same as TileJSON."""
    _known(set_id)
    found = _tileset(layer_id)
    if request.args.get("f") == "tilejson":
        params.only(request.args)
        return geojson.document(tilesets.tilejson(found))
    return _described("矢量切片集", "Tileset", tilesets.metadata(found))


@bp.get(f"{_SET}/tilejson", defaults={"layer_id": None})
@bp.get(f"{_OF_LAYER}{_SET}/tilejson")
def tilejson(layer_id: str | None, set_id: str) -> Response:
    """A tileset as TileJSON."""
    _format("json", "tilejson")
    _known(set_id)
    return geojson.document(tilesets.tilejson(_tileset(layer_id)), tilesets.TILEJSON)


@bp.get(f"{_SET}/style", defaults={"layer_id": None})
@bp.get(f"{_OF_LAYER}{_SET}/style")
def stylesheet(layer_id: str | None, set_id: str) -> Response:
    """How a tileset looks, for MapLibre."""
    _format("json")
    _known(set_id)
    found = _tileset(layer_id)
    cells = {layer.id: summary.cell_zoom for layer, summary in found.layers.items()}
    source = links.url(f"{found.href}/tilejson")
    return geojson.document(style.style(found.title, tuple(found.layers), source, cells), tilesets.STYLE)


@bp.get(_TILE, defaults={"layer_id": None})
@bp.get(f"{_OF_LAYER}{_TILE}")
def tile(layer_id: str | None, set_id: str, zoom: str, row: str, column: str) -> Response:
    """One tile, of length zero when it shows nothing (Part 1, /req/core/tc-error B).

    Of one layer only what satisfies `filter` (CQL2, as of its items) is in it.
    """
    _format("mvt", also=OF_FILTER if layer_id else ())
    _known(set_id)
    asked = _asked(zoom, row, column)
    if layer_id:
        layer = context.served_layer(layer_id)
        parts = [_encoded(layer, asked, *_sifted(layer))]
    else:
        parts = [_encoded(layer, asked, context.summary(layer).cell_zoom) for layer in _served()]
    return Response(b"".join(parts), content_type=tilesets.MVT)


def _sifted(layer: Layer) -> tuple[int | None, Filter | None]:
    """The last zoom of cells and what is wanted. A filter that leaves few features needs no cells."""
    cell_zoom = context.summary(layer).cell_zoom
    query = params.query(layer, request.args, internal=context.settings().internal)
    if query.filter is None or cell_zoom is None:
        return cell_zoom, query.filter
    left = context.find(layer, replace(query, limit=1)).matched
    return (cell_zoom if left > cells.MOST else None), query.filter


def _encoded(layer: Layer, asked: Tile, cell_zoom: int | None, wanted: Filter | None = None) -> bytes:
    box, internal = context.summary(layer).bbox, context.settings().internal
    if box is None or not asked.may_show(box):
        return b""
    return tileset.encoded(
        context.connection(), layer, asked, cell_zoom=cell_zoom, internal=internal, wanted=wanted
    )


def _asked(zoom: str, row: str, column: str) -> Tile:
    """The tile of a path. Raises `BadParameter` for what is no number, `NotFound` outside of the matrix."""
    if not _WHOLE.match(zoom):
        raise NotFound("tile matrix", zoom, f"known are 0 to {MAX_ZOOM}")
    for name, value in (("tileRow", row), ("tileCol", column)):
        if not (value.isascii() and value.isdecimal()):
            raise BadParameter(name, value, "a whole number")
        if not _WHOLE.match(value):
            raise NotFound("tile", f"{zoom}/{row}/{column}", "outside of the matrix")
    return Tile(int(zoom), int(row), int(column))


def _described(title: str, title_en: str, body: Mapping[str, Any]) -> Response:
    """What a resource says of itself, as JSON or as a page."""
    params.only(request.args)
    if params.output(request.args, request.accept_mimetypes) is Format.HTML:
        return pages.described(title, title_en, body)
    return geojson.document(body)


def _format(*offered: str, also: tuple[str, ...] = ()) -> str:
    """The form that is wanted, the first unless another is asked for. Refuses parameters but those in `also`."""
    params.known(request.args, also)
    params.language(request.args)
    wanted = request.args.get("f", offered[0])
    if wanted not in offered:
        raise BadParameter("f", wanted, f"one of {', '.join(offered)}")
    return wanted


def _known(set_id: str) -> None:
    if set_id != tilesets.SET:
        raise NotFound("tile matrix set", set_id, f"known is {tilesets.SET}")


def _tileset(layer_id: str | None) -> Tileset:
    if layer_id is None:
        return Tileset(_ALL, {layer: context.summary(layer) for layer in _served()})
    layer = context.served_layer(layer_id)
    return Tileset(layer.title, {layer: context.summary(layer)}, links.path_of(layer))


def _served() -> list[Layer]:
    return [context.served_layer(layer_id) for layer_id in context.catalog()]
