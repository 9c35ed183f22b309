"""The files of departments and of users, opened: what is wrong with a whole file is told before a row is taken."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from etl import departments
from etl.areas import Areas
from etl.geocoders.base import Placed
from etl.importing import formats
from etl.importing.kept import Kept
from etl.importing.places import Places, places
from etl.importing.source import Source
from etl.taken import Stream
from gis.declare import Declared
from gis.errors import BadData
from gis.feature import Bbox
from gis.layer import Catalog, Layer

# What is known of a place that was looked up, besides where it is.
_LOOKED_UP = {"precision": pa.string(), "radius_m": pa.float64(), "position_source": pa.string()}

Find: TypeAlias = Callable[[str], Placed | None]
Advance: TypeAlias = Callable[[int], None]


def of_department(declared: Declared, areas: Areas) -> Stream:
    """The data of a declared layer. Raises `BadData`."""
    return Stream(departments.source(declared, areas), declared.data.name)


def of_import(kept: Kept, catalog: Catalog, areas: Areas) -> Stream:
    """The rows of an import. Raises `BadData` for a file that cannot be read, and when its layer is gone."""
    layer = _layer(kept, catalog)
    table = formats.read(kept.path, kept.options)
    if not table.rows and not table.unread:
        raise BadData(table.name, "holds no rows: expected one at least")
    found = places(table, kept.options, Bbox(*areas.corridor_bounds))
    found, given = looked_up(kept, found)
    crs = f", {found.crs.upper()}" if kept.options.crs or found.used and found.crs else ""
    source = Source(
        layer,
        table,
        found,
        areas,
        kept.sha256[:12],
        f"as given in {table.name}{crs}",
        kept.options,
        kept.slot,
        by_title=True,
        given=given,
        placeless=False,
    )
    if "name" not in source.columns:
        known = ", ".join(table.columns)
        raise BadData(
            table.name, f"no column for the name: expected name or 名称, or --map COLUMN=name; it has {known}"
        )
    return Stream(source, kept.name, kept.options.skip_bad)


def _layer(kept: Kept, catalog: Catalog) -> Layer:
    if kept.layer not in catalog:
        raise BadData(
            kept.name, f"was imported into {kept.layer!r}, which is no layer any more: remove the import"
        )
    return catalog[kept.layer]


def looked_up(kept: Kept, found: Places) -> tuple[Places, Mapping[str, Any]]:
    """The places with those that a geocoder has found where the file has none, and what is known of these."""
    if kept.places is None or found.xy is None:
        return found, {}
    told: Mapping[str, Sequence[Any]] = json.loads(kept.places.read_text("utf-8"))
    xy = found.xy.copy()
    for i, place in told.items():
        xy[int(i)] = place[:2]
    columns: dict[str, list[Any]] = {name: [None] * len(xy) for name in _LOOKED_UP}
    for i, place in told.items():
        for name, value in zip(columns, place[2:], strict=True):
            columns[name][int(i)] = value
    given = {name: pa.array(column, _LOOKED_UP[name]) for name, column in columns.items()}
    return Places(xy, None, found.faults, found.used, found.crs), given


def geocoded(
    kept: Kept, areas: Areas, find: Find, advance: Advance = lambda _: None
) -> dict[int, list[object]] | None:
    """What is found for the rows without a place, by the names or addresses in a column: longitude, latitude,
    precision, radius in metres, evidence. None when no column is named. Raises `BadData` for one that is not there.
    """
    if not kept.options.geocode:
        return None
    table = formats.read(kept.path, kept.options)
    if kept.options.geocode not in table.columns:
        known = ", ".join(table.columns)
        raise BadData(table.name, f"no column {kept.options.geocode!r} for --geocode; it has {known}")
    found = places(table, kept.options, Bbox(*areas.corridor_bounds))
    if found.xy is None:
        raise BadData(table.name, "has lines or areas: expected points for --geocode")
    told: dict[int, list[object]] = {}
    for i, text in enumerate(table.columns[kept.options.geocode].to_pylist()):
        advance(1)
        placed = find(str(text)) if text and np.isnan(found.xy[i]).any() and i not in found.faults else None
        if placed is not None:
            point, evidence = placed.geometry, f"geocoded from {text!r} by {placed.by}: {placed.source}"
            told[i] = [point.x, point.y, placed.precision.value, placed.radius_m, evidence]
    return told
