"""What a request can reach: the catalog, the settings, one connection to the published version."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

from flask import Flask, current_app, g
from sqlalchemy import Connection

from gis import repository
from gis.config import Settings
from gis.database import Store
from gis.layer import Catalog, Layer
from gis.repository import Published, Summary


@dataclass(frozen=True)
class Service:
    """What an application is made of."""

    settings: Settings
    catalog: Catalog
    store: Store


def attach(app: Flask, service: Service) -> None:
    """Let the requests of an application reach a service; connections are closed at their end."""
    app.extensions["corridor"] = service
    app.teardown_appcontext(_close)


def _service() -> Service:
    found: Service = current_app.extensions["corridor"]
    return found


def settings() -> Settings:
    """The settings of the service."""
    return _service().settings


def catalog() -> Catalog:
    """The layers of the service."""
    return _service().catalog


def connection() -> Connection:
    """The connection of this request, to the version that was published when it was first asked for."""
    if "connection" not in g:
        g.closing = ExitStack()
        g.connection = g.closing.enter_context(_service().store.read())
    held: Connection = g.connection
    return held


def published() -> Published:
    """What that version holds."""
    if "published" not in g:
        g.published = repository.published(connection())
    held: Published = g.published
    return held


def served_layer(layer_id: str) -> Layer:
    """A layer that can be served now. Raises `NotFound`, or `StaleTable` when its data must be rebuilt."""
    layer = catalog()[layer_id]
    summary(layer)
    return layer


def summary(layer: Layer) -> Summary:
    """What the published version holds of a layer, as far as this service shows it."""
    return published().summary(layer, internal=settings().internal)


def _close(_error: BaseException | None) -> None:
    closing = g.pop("closing", None)
    if closing is not None:
        closing.close()
