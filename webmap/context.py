"""What a request can reach: the catalog, the settings, one connection to the published version."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from threading import BoundedSemaphore

from flask import Flask, current_app, g
from sqlalchemy import Connection

from gis import counts, repository
from gis.config import Settings
from gis.database import Current, Store, current_of
from gis.errors import TooMuch
from gis.export import Reading
from gis.feature import Page, Query
from gis.layer import Catalog, Layer
from gis.repository import Published, Summary
from webmap.kept import Kept

KEPT_BYTES = 48 * 2**20
KEPT_COUNTS = 10_000
AT_ONCE = 1000  # a page of more features is not held as a whole
MOST_EXPORTS = 2  # large files that a worker writes at a time; half of its threads stay free for others


class Service:
    """What an application is made of, and what it remembers of the versions that it has served.

    `started` is when the service began; all its workers are given the same moment.
    """

    def __init__(self, settings: Settings, catalog: Catalog, store: Store, started: datetime) -> None:
        self.settings, self.catalog, self.store, self.started = settings, catalog, store, started
        self.kept = Kept(KEPT_BYTES)
        self.exports = BoundedSemaphore(MOST_EXPORTS)
        self._described: tuple[Current, Published] | None = None
        self._counted: OrderedDict[Hashable, int] = OrderedDict()
        self._by_value: tuple[Current, dict[Hashable, Mapping[object, int]]] | None = None

    def published(self, connection: Connection) -> Published:
        """What the version that a connection sees holds; asked once a version."""
        current, described = current_of(connection), self._described
        if described is None or described[0] != current:
            described = self._described = (current, repository.published(connection))
        return described[1]

    def find(self, connection: Connection, layer: Layer, query: Query) -> Page:
        """A page of a layer. A large one is read while it is sent."""
        query = self._eased(connection, layer, query)
        if query.limit > AT_ONCE:
            matched = self._matched(connection, layer, query)
            count = max(0, min(query.limit, matched - query.offset))
            return Page(Reading(connection, layer, query, count), matched)
        known = self._known(connection, layer, query)
        if known is not None:
            return Page(repository.texts(connection, layer, query), known)
        page = repository.find(connection, layer, query)
        self._keep_count(connection, layer, query, page.matched)
        return page

    def _eased(self, connection: Connection, layer: Layer, query: Query) -> Query:
        """The same query without asking every feature whether it may be shown, where all may."""
        published = self.published(connection)
        counts = {published.summary(layer, internal=internal).count for internal in (False, True)}
        return replace(query, internal=True) if len(counts) == 1 else query

    def _matched(self, connection: Connection, layer: Layer, query: Query) -> int:
        """How many features satisfy a query."""
        known = self._known(connection, layer, query)
        if known is not None:
            return known
        return self._keep_count(connection, layer, query, repository.matched(connection, layer, query))

    def _known(self, connection: Connection, layer: Layer, query: Query) -> int | None:
        """How many features satisfy a query, when no counting is needed to tell."""
        if query.unconditional:
            return self.published(connection).summary(layer, internal=query.internal).count
        return self._counted.get(_count_key(connection, layer, query))

    def _keep_count(self, connection: Connection, layer: Layer, query: Query, matched: int) -> int:
        self._counted[_count_key(connection, layer, query)] = matched
        while len(self._counted) > KEPT_COUNTS:
            self._counted.popitem(last=False)
        return matched

    def by_value(self, connection: Connection, layer: Layer, field: str) -> Mapping[object, int]:
        """How many features of a layer have each value of a field; counted once a version."""
        current, known = current_of(connection), self._by_value
        if known is None or known[0] != current:
            known = self._by_value = (current, {})
        held = known[1]
        if (layer.id, field) not in held:
            query = Query(internal=self.settings.internal)
            held[layer.id, field] = counts.by_value(connection, layer, field, query)
        return held[layer.id, field]


def _count_key(connection: Connection, layer: Layer, query: Query) -> Hashable:
    return current_of(connection), layer.id, replace(query, limit=0, offset=0, sort=())


def attach(app: Flask, service: Service) -> None:
    """Let the requests of an application reach a service; connections are closed at their end."""
    app.extensions["corridor"] = service
    app.teardown_appcontext(_close)


def _service() -> Service:
    found: Service = current_app.extensions["corridor"]
    return found


def settings_of(app: Flask) -> Settings:
    """The settings of an application that is being made."""
    service: Service = app.extensions["corridor"]
    return service.settings


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


def hand_over() -> ExitStack:
    """What closes the connection of this request, for an answer that still reads when the request is over."""
    connection()
    closing: ExitStack = g.pop("closing")
    return closing


def published() -> Published:
    """What that version holds."""
    return _service().published(connection())


def find(layer: Layer, query: Query) -> Page:
    """A page of a layer; how many match is counted once a version, however many pages are asked for."""
    return _service().find(connection(), layer, query)


def by_value(layer: Layer, field: str) -> Mapping[object, int]:
    """How many features of a layer have each value of a field, as far as this service shows them."""
    return _service().by_value(connection(), layer, field)


def current() -> Current:
    """The version that this request is answered from; told without a connection as long as none is needed."""
    if "connection" in g:
        return current_of(g.connection)
    if "current" not in g:
        g.current = _service().store.current()
    told: Current = g.current
    return told


def generated() -> datetime:
    """From when the answers are: the version was published, or the service began, whichever is later."""
    return max(current().at, _service().started)


def kept() -> Kept:
    """The answers that this worker keeps."""
    return _service().kept


def reserve_export() -> Callable[[], None]:
    """A place among the large files that are written now; the caller gives it back by what is returned.

    Raises `TooMuch` when there is none.
    """
    places = _service().exports
    if not places.acquire(blocking=False):
        raise TooMuch(f"{MOST_EXPORTS} large files are being written; try again in a few seconds.")
    return places.release


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
