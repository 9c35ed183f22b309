"""The map as one file: opened from a disk it draws as it does from the service, without any network."""

from __future__ import annotations

from functools import reduce
from pathlib import Path

from gis import export, repository
from gis.config import Settings
from gis.database import Store
from gis.errors import BadSettings
from gis.feature import Bbox, Query
from gis.layer import Catalog, Layer
from webmap import leaflet, stories


def save(settings: Settings, catalog: Catalog, store: Store, path: Path) -> int:
    """Write the map of the published version to a file. Returns its size in bytes.

    What is internal is in it only where the settings serve it. Raises `BadSettings` when the file
    cannot be written.
    """
    text = page(settings, catalog, store)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadSettings("output", path, f"a file that can be written ({error.strerror})") from None
    return len(text.encode())


def page(settings: Settings, catalog: Catalog, store: Store) -> str:
    """The map of the published version, with all that it draws in it."""
    with store.read() as connection:
        published = repository.published(connection)
        summaries = {
            layer.id: published.summary(layer, internal=settings.internal) for layer in catalog.values()
        }
        boxes = [summary.bbox for summary in summaries.values() if summary.bbox]

        def features(layer: Layer) -> str:
            batches = export.batches(connection, layer, Query(internal=settings.internal), None)
            return f'{{"type":"FeatureCollection","features":[{",".join(",".join(b) for b in batches)}]}}'

        drawn = leaflet.build(
            catalog,
            about=leaflet.About(published.version, published.as_of, settings.map_approval),
            extent=reduce(Bbox.join, boxes) if boxes else None,
            counts={layer_id: summary.count for layer_id, summary in summaries.items()},
            documents={source.id: source.title for source in published.sources.values()},
            features=features,
            stories=stories.told(published.sources),
        )
        text: str = drawn.get_root().render()
        return text
