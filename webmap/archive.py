"""All layers as one PMTiles archive (version 3), which any host of static files serves."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial, reduce
from pathlib import Path
from typing import TypeAlias

from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer
from sqlalchemy import Connection

from gis import repository, tileset
from gis.database import Store
from gis.errors import BadData
from gis.feature import Bbox
from gis.layer import Catalog, Layer
from gis.repository import Summary
from gis.tile import Tile
from webmap import describe, tilesets

LAST_ZOOM = 12  # a unit of its tiles is 2 m in the corridor; clients enlarge them from there
_E7 = 10_000_000  # positions in the header are in ten millionths of a degree

Summaries: TypeAlias = Mapping[Layer, Summary]
Encode: TypeAlias = Callable[[Layer, Tile], bytes]


@dataclass(frozen=True)
class Archive:
    """An archive that has been written: the version it was made from, how many tiles and bytes it has."""

    version: str
    tiles: int
    size: int

    def __str__(self) -> str:
        return f"data version {self.version}: {self.tiles} tiles, {self.size / 1e6:.1f} MB"


def export(
    store: Store,
    catalog: Catalog,
    path: Path,
    *,
    last_zoom: int = LAST_ZOOM,
    internal: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> Archive:
    """Write the published version to a file, whole or not at all. Raises `BadData` when there is nothing to show."""
    building = path.with_name(f"{path.name}.building")
    try:
        with store.read() as connection, building.open("wb") as file:
            published = repository.published(connection)
            summaries = {layer: published.summary(layer, internal=internal) for layer in catalog.values()}
            encode = partial(_encoded, connection, summaries, last_zoom, internal)
            writer = Writer(file)
            for tile, made in _tiles(summaries, encode, last_zoom, progress):
                writer.write_tile(_number(tile), gzip.compress(made, mtime=0))
            if not writer.addressed_tiles:
                raise BadData(str(path), "no layer has a feature to show")
            writer.finalize(_header(summaries), _metadata(summaries, published.version, last_zoom))
        os.replace(building, path)
    finally:
        building.unlink(missing_ok=True)
    return Archive(published.version, writer.addressed_tiles, path.stat().st_size)


def _encoded(
    connection: Connection, summaries: Summaries, last_zoom: int, internal: bool, layer: Layer, tile: Tile
) -> bytes:
    """The tile of a layer. Those of the last zoom have every feature with every field."""
    last = tile.zoom == last_zoom
    cell_zoom = None if last else summaries[layer].cell_zoom
    return tileset.encoded(connection, layer, tile, cell_zoom=cell_zoom, detailed=last, internal=internal)


def _tiles(
    summaries: Summaries, encode: Encode, last_zoom: int, progress: Callable[[str], None]
) -> Iterator[tuple[Tile, bytes]]:
    """Every tile that shows something, in the order of an archive. What a tile does not show, none below it does."""
    level = {Tile(0, 0, 0): tuple(layer for layer, summary in summaries.items() if summary.bbox)}
    for zoom in range(last_zoom + 1):
        below: dict[Tile, tuple[Layer, ...]] = {}
        for tile in sorted(level, key=_number):
            made = {layer: encode(layer, tile) for layer in level[tile]}
            shown = tuple(layer for layer, found in made.items() if found)
            if shown:
                yield tile, b"".join(made.values())
                below |= dict.fromkeys(tile.children, shown)
        progress(f"zoom {zoom}: {len(level)} tiles looked at")
        level = below


def _number(tile: Tile) -> int:
    """Where a tile stands in an archive."""
    return int(zxy_to_tileid(tile.zoom, tile.column, tile.row))


def _header(summaries: Summaries) -> dict[str, object]:
    box = reduce(Bbox.join, (summary.bbox for summary in summaries.values() if summary.bbox))
    return {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_lon_e7": int(box.west * _E7),
        "min_lat_e7": int(box.south * _E7),
        "max_lon_e7": int(box.east * _E7),
        "max_lat_e7": int(box.north * _E7),
        "center_zoom": 7,
        "center_lon_e7": int((box.west + box.east) / 2 * _E7),
        "center_lat_e7": int((box.south + box.north) / 2 * _E7),
    }


def _metadata(summaries: Summaries, version: str, last_zoom: int) -> dict[str, object]:
    """What the archive says of itself, as TileJSON says it."""
    return {
        "name": describe.TITLE,
        "description": f"{describe.DESCRIPTION} ({version})",
        "attribution": describe.ATTRIBUTION,
        "type": "overlay",
        "vector_layers": tilesets.vector_layers(summaries, last_zoom),
    }
