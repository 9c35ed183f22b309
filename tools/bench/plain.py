"""Plain folium, as its documentation uses it: the pages beside which the map of this service is measured."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import folium
from folium.plugins import FastMarkerCluster

MIDDLE = (30.5, 114.0)
ZOOM = 8


@dataclass(frozen=True)
class Point:
    """A point with what a popup says of it."""

    name: str
    kind: str
    longitude: float
    latitude: float


@dataclass(frozen=True)
class Made:
    """A page that was made: its file, the name of its map in the page's script, how many seconds it took."""

    file: Path
    map_name: str
    seconds: float


def _markers(points: Sequence[Point], fmap: folium.Map) -> None:
    for point in points:
        folium.Marker([point.latitude, point.longitude], popup=point.name, tooltip=point.kind).add_to(fmap)


def _clustered(points: Sequence[Point], fmap: folium.Map) -> None:
    FastMarkerCluster([[point.latitude, point.longitude] for point in points]).add_to(fmap)


def _geojson(points: Sequence[Point], fmap: folium.Map) -> None:
    features: list[dict[str, Any]] = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [point.longitude, point.latitude]},
            "properties": {"name": point.name, "kind": point.kind},
        }
        for point in points
    ]
    folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        marker=folium.CircleMarker(radius=3, weight=1, fill=True),
        popup=folium.GeoJsonPopup(["name", "kind"]),
    ).add_to(fmap)


# How a page is made, and of how many points at most: plain markers of more take longer than anyone waits.
KINDS: Mapping[str, tuple[Callable[[Sequence[Point], folium.Map], None], int]] = {
    "folium, Marker": (_markers, 5_000),
    "folium, FastMarkerCluster": (_clustered, 1_000_000),
    "folium, GeoJson on canvas": (_geojson, 100_000),
}


def make(kind: str, points: Sequence[Point], folder: Path) -> Made:
    """A page of a kind in a folder."""
    draw, _most = KINDS[kind]
    started = time.perf_counter()
    fmap = folium.Map(MIDDLE, zoom_start=ZOOM, tiles=None, prefer_canvas=True)
    draw(points, fmap)
    file = folder / f"{re.sub('[^a-z]+', '-', kind.lower())}-{len(points)}.html"
    fmap.save(str(file))
    return Made(file, fmap.get_name(), time.perf_counter() - started)


# What its pages load from elsewhere → a file of an npm package; a style that no package has is left out.
_FILES = (
    (r"/leaflet@[\d.]+/(dist/.*)", "leaflet/{}"),
    (r"/jquery-[\d.]+\.min\.js", "jquery/dist/jquery.min.js"),
    (r"/bootstrap@[\d.]+/(dist/.*)", "bootstrap/{}"),
    (r"/Leaflet\.awesome-markers/[\d.]+/(.*)", "leaflet.awesome-markers/dist/{}"),
    (r"/@fortawesome/fontawesome-free@[\d.]+/(.*)", "@fortawesome/fontawesome-free/{}"),
    (r"/leaflet\.markercluster/[\d.]+/(.*)", "leaflet.markercluster/dist/{}"),
)


def asset(url: str, packages: Path) -> Path | None:
    """The file that stands for an address, None when there is none."""
    for pattern, form in _FILES:
        found = re.search(pattern, url)
        if found:
            file = packages / form.format(*found.groups())
            return file if file.is_file() else None
    return None
