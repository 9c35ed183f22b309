"""Basemaps of other services: what a TOML file says of them, checked before anything is asked of anyone."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gis.errors import BadSettings

_ID = re.compile(r"[a-z][a-z0-9_-]{0,39}\Z")
_PLACE = re.compile(r"\{([^{}]*)\}")
_ZOOM, _COLUMN, _ROW = ("z", "TileMatrix"), ("x", "TileCol"), ("y", "-y", "TileRow")
_KNOWN = {*_ZOOM, *_COLUMN, *_ROW, "s", "tk"}
_MAX_ZOOM = 22
_TYPES = {
    "overlay": "true or false",
    "hosts": "a list of texts",
    **dict.fromkeys(("min_zoom", "max_zoom", "zoom_offset", "per_second"), "a whole number"),
}


class Datum(StrEnum):
    """The datum of a basemap. CGCS2000 and WGS-84 agree within decimetres."""

    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    GCJ02 = "gcj02"


@dataclass(frozen=True)
class Basemap:
    """Tiles of another service, in the Web Mercator grid.

    url          template of its tiles: {z} {x} {y}, {-y} where rows count from the south, or {TileMatrix}
                 {TileCol} {TileRow} of a WMTS; {s} one of `hosts`, {tk} the key
    key          what stands for {tk}; from the environment variable that the file names, never shown
    zoom_offset  what is added to the zoom for the other service
    overlay      whether it is drawn above another basemap (labels)
    per_second   how many tiles at most are fetched in a second, by each worker
    """

    id: str
    title: str
    url: str
    attribution: str
    title_en: str = ""
    map_approval: str = ""
    datum: Datum = Datum.WGS84
    min_zoom: int = 1
    max_zoom: int = 18
    zoom_offset: int = 0
    hosts: tuple[str, ...] = ()
    overlay: bool = False
    per_second: int = 20
    key: str = field(default="", repr=False)

    def address(self, z: int, x: int, y: int) -> str:
        """The URL of a tile, its key in it."""
        zoom, south = str(z + self.zoom_offset), str(2**z - 1 - y)
        values = {"z": zoom, "TileMatrix": zoom, "x": x, "TileCol": x, "y": y, "TileRow": y, "-y": south}
        host = self.hosts[(x + y) % len(self.hosts)] if self.hosts else ""
        return _PLACE.sub(lambda found: str({**values, "s": host, "tk": self.key}[found[1]]), self.url)


def load(path: Path, environ: Mapping[str, str]) -> tuple[Basemap, ...]:
    """The basemaps of a file. Raises `BadSettings` naming the basemap and the entry that cannot work."""
    try:
        listed = tomllib.loads(path.read_text(encoding="utf-8")).get("basemap", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSettings(
            "CORRIDOR_BASEMAPS", path, f"a TOML file with [[basemap]] entries ({error})"
        ) from None
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        raise BadSettings("CORRIDOR_BASEMAPS", path, "[[basemap]] entries")
    found = tuple(_basemap(entry, environ) for entry in listed)
    for basemap in found:
        if [one.id for one in found].count(basemap.id) > 1:
            raise BadSettings("basemap id", basemap.id, "an id of its own")
    return found


def _basemap(entry: Mapping[str, Any], environ: Mapping[str, str]) -> Basemap:
    name = str(entry.get("id", ""))
    given = {key: value for key, value in entry.items() if key != "key_variable"}
    known = {one.name: one for one in fields(Basemap) if one.name != "key"}
    for key, value in given.items():
        if key not in known:
            raise BadSettings(f"basemap {name}", key, f"one of {', '.join([*known, 'key_variable'])}")
        _check_type(name, key, value)
    for key in ("id", "title", "url", "attribution"):
        if not given.get(key):
            raise BadSettings(f"basemap {name}", key, "a text")
    made = Basemap(
        **{
            **given,
            "hosts": tuple(given.get("hosts", ())),
            "datum": _datum(name, given.get("datum", "wgs84")),
        },
        key=environ.get(str(entry.get("key_variable", "")), ""),
    )
    _check(made, str(entry.get("key_variable", "")))
    return made


def _check_type(name: str, key: str, value: object) -> None:
    fits = {
        "true or false": isinstance(value, bool),
        "a whole number": type(value) is int,
        "a list of texts": isinstance(value, list) and all(isinstance(one, str) for one in value),
        "a text": isinstance(value, str),
    }
    expected = _TYPES.get(key, "a text")
    if not fits[expected]:
        raise BadSettings(f"basemap {name}, {key}", value, expected)


def _datum(name: str, value: str) -> Datum:
    if value not in tuple(Datum):
        raise BadSettings(f"basemap {name}, datum", value, f"one of {', '.join(Datum)}")
    if value == Datum.GCJ02:
        raise BadSettings(
            f"basemap {name}, datum",
            value,
            "wgs84 or cgcs2000: the data of the map are in WGS-84, and a GCJ-02 basemap would lie about 600 m "
            "beside them; its tiles cannot be moved, and converting the data back and forth is not allowed "
            "everywhere",
        )
    return Datum(value)


def _check(basemap: Basemap, key_variable: str) -> None:
    name = f"basemap {basemap.id}"
    parts, places = urlsplit(basemap.url), set(_PLACE.findall(basemap.url))
    if not _ID.match(basemap.id):
        raise BadSettings(
            "basemap id", basemap.id, "small letters, digits, - and _, 40 at most, a letter first"
        )
    if parts.scheme not in ("http", "https") or not parts.netloc or set(_PLACE.findall(parts.netloc)) - {"s"}:
        raise BadSettings(f"{name}, url", basemap.url, "http:// or https:// and a host")
    if places - _KNOWN or not all(places & set(one) for one in (_ZOOM, _COLUMN, _ROW)):
        raise BadSettings(f"{name}, url", basemap.url, "{z} {x} {y}, or {TileMatrix} {TileCol} {TileRow}")
    if ("s" in places) != bool(basemap.hosts):
        raise BadSettings(
            f"{name}, hosts", ", ".join(basemap.hosts), "what stands for {s}, where the url has it"
        )
    if "tk" in places and not basemap.key:
        raise BadSettings(f"{name}, key_variable", key_variable, "an environment variable that holds the key")
    if not 0 <= basemap.min_zoom <= basemap.max_zoom <= _MAX_ZOOM or basemap.per_second < 1:
        raise BadSettings(
            name, basemap.max_zoom, f"0 <= min_zoom <= max_zoom <= {_MAX_ZOOM}, per_second >= 1"
        )
