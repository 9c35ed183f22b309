"""Odd renderers: a module with a layer's id as its name draws what the words of a symbol cannot say."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from shapely.geometry.base import BaseGeometry

from gis.layer import Layer


def on_paper(layer: Layer, geometry: BaseGeometry, scale: float) -> BaseGeometry:
    """The geometry of a feature as a sheet shows it: page millimetres in and out; `scale` is the denominator."""
    module = _module(layer)
    drawn: BaseGeometry = module.on_paper(geometry, scale) if module else geometry
    return drawn


def is_curved(layer: Layer) -> bool:
    """Whether the lines of a layer bend softly at their vertices, on the screen as on a sheet."""
    return getattr(_module(layer), "CURVED", False)


def _module(layer: Layer) -> ModuleType | None:
    name = f"{__name__}.{layer.id}"
    return import_module(name) if find_spec(name) else None
