"""What there is to draw: the features of every layer, read once for all sheets of a run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import shapely

from gis.feature import Feature, Query
from gis.frozen import FrozenMapping
from gis.layer import Catalog, Layer
from gis.repository import Published

_ALL = 1_000_000


@dataclass(frozen=True)
class Content:
    """The features of each layer by its id, the titles of their sources by id, the day of which the data tell
    (that of the newest plan) and that on which they were compiled (that of the newest source of any kind)."""

    catalog: Catalog
    features: Mapping[str, tuple[Feature, ...]]
    sources: Mapping[str, str]
    as_of: date | None = None
    compiled: date | None = None


def read(
    published: Published,
    catalog: Catalog,
    texts: Callable[[Layer, Query], Iterable[str]],
    *,
    internal: bool = False,
) -> Content:
    """All that a version holds; `texts` gives the features of a layer that satisfy a query, as GeoJSON.

    Raises `StaleTable` for a layer that is not what its declaration says.
    """
    features = {}
    for layer in catalog.values():
        published.summary(layer, internal=internal)
        every = texts(layer, Query(limit=_ALL, internal=internal))
        features[layer.id] = tuple(feature(text) for text in every)
    sources = published.sources.values()
    titles = {source.id: source.title for source in sources}
    compiled = max((source.date for source in sources if source.date), default=published.as_of)
    return Content(catalog, FrozenMapping(features), FrozenMapping(titles), published.as_of, compiled)


def feature(text: str) -> Feature:
    """The feature of a GeoJSON text."""
    body = json.loads(text)
    geometry = None if body["geometry"] is None else shapely.from_geojson(json.dumps(body["geometry"]))
    return Feature(body["id"], geometry, body["properties"])


def chosen(
    content: Content, layers: Iterable[str], equals: Mapping[str, Mapping[str, object]]
) -> list[tuple[Layer, tuple[Feature, ...]]]:
    """The wanted layers with those of their features that satisfy the conditions, in the order of drawing; when none
    are named, those that a map shows from the start."""
    wanted = tuple(layers) or tuple(name for name, layer in content.catalog.items() if layer.shown)
    found = [content.catalog[name] for name in wanted]
    return [
        (
            layer,
            tuple(one for one in content.features.get(layer.id, ()) if _fits(one, equals.get(layer.id, {}))),
        )
        for layer in sorted(found, key=lambda layer: (layer.order, layer.id))
    ]


def _fits(one: Feature, conditions: Mapping[str, object]) -> bool:
    return all(_is(one.properties.get(name), value) for name, value in conditions.items())


def _is(value: object, wanted: object) -> bool:
    return value in wanted if isinstance(wanted, (list, tuple)) else value == wanted
