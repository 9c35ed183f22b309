"""Layers and their symbols as a MapLibre style. Lengths are declared in points and given in pixels.

A style needs no sprite and no fonts: markers are circles whatever their shape, hatching is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, assert_never

from gis.layer import Layer
from gis.symbol import ByValue, Fill, Marker, Plain, Stroke, Symbol, plain_symbols
from webmap.leaflet import PIXELS

Json: TypeAlias = dict[str, Any]

SOURCE = "corridor"
_RIM = {"circle-stroke-color": "#ffffff", "circle-stroke-width": 1}
# The radius of a cell in pixels by the square root of its count.
_RADIUS_OF_COUNT = ["interpolate", ["linear"], ["sqrt", ["get", "count"]], 1, 2, 10, 6, 100, 18]


def style(name: str, layers: Sequence[Layer], source: str, cells: Mapping[str, int | None]) -> Json:
    """The style of some layers in the tileset whose TileJSON is at `source`.

    `cells` gives the last zoom at which a layer, by its id, is shown by cells.
    """
    ordered = sorted(layers, key=lambda layer: layer.order)
    drawn = (rule for layer in ordered for rule in _rules(layer, cells.get(layer.id)))
    return {
        "version": 8,
        "name": name,
        "sources": {SOURCE: {"type": "vector", "url": source}},
        "layers": list(drawn),
    }


def _rules(layer: Layer, cell_zoom: int | None) -> Iterator[Json]:
    """The style layers of a layer: what its features look like, and its cells."""
    if cell_zoom is not None:
        yield _rule(layer, "cells", "circle", _cell_paint(layer.symbol), maxzoom=cell_zoom + 1)
    zooms = {} if cell_zoom is None else {"minzoom": cell_zoom + 1}
    for suffix, plain, condition in _cases(layer.symbol):
        for kind, paint in paints(plain):
            name = f"{suffix}-{kind}" if suffix else kind
            yield _rule(layer, name, kind, paint, **zooms, **condition)


def _rule(layer: Layer, suffix: str, kind: str, paint: Json, **more: Any) -> Json:
    hidden = {} if layer.shown else {"layout": {"visibility": "none"}}
    return {
        "id": f"{layer.id}-{suffix}",
        "type": kind,
        "source": SOURCE,
        "source-layer": layer.id,
        **more,
        **hidden,
        "paint": paint,
    }


def _cases(symbol: Symbol) -> Iterator[tuple[str, Plain, Json]]:
    """Each plain symbol with a name and the condition under which it is drawn."""
    if not isinstance(symbol, ByValue):
        yield "", symbol, {}
        return
    value = ["to-string", ["get", symbol.field]]
    for code, plain in symbol.cases.items():
        yield code, plain, {"filter": ["==", value, code]}
    yield "other", symbol.other, {"filter": ["!", ["in", value, ["literal", list(symbol.cases)]]]}


def paints(symbol: Plain) -> Iterable[tuple[str, Json]]:
    """The kinds of style layer that draw a symbol, in drawing order, with their paint."""
    match symbol:
        case Marker(color, size):
            return [("circle", {"circle-color": color, "circle-radius": _pixels(size / 2), **_RIM})]
        case Stroke(color, width, dash):
            # A dash is measured in widths of the line.
            dashes = {"line-dasharray": [round(length / width, 3) for length in dash]} if dash else {}
            return [("line", {"line-color": color, "line-width": _pixels(width), **dashes})]
        case Fill(color, opacity, outline):
            inside: Json = {"fill-color": color, "fill-opacity": opacity}
            return [("fill", inside), *([] if outline is None else paints(outline))]
        case _:
            assert_never(symbol)


def _cell_paint(symbol: Symbol) -> Json:
    color = next(plain_symbols(symbol)).color
    return {"circle-color": color, "circle-opacity": 0.7, "circle-radius": _RADIUS_OF_COUNT, **_RIM}


def _pixels(points: float) -> float:
    return round(points * PIXELS, 3)
