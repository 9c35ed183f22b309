"""The layers that the service is shipped with: one file each, found by being there."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from gis.layer import Catalog, Layer


def shipped() -> tuple[Layer, ...]:
    """The layers declared in this package, in the order of their names."""
    return tuple(import_module(f"{__name__}.{module.name}").LAYER for module in iter_modules(__path__))


def catalog(*more: Layer) -> Catalog:
    """The shipped layers and those declared elsewhere."""
    return Catalog((*shipped(), *more))
