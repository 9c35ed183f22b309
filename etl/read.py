"""Reading the text files of `etl/sources`: CSV, GeoJSON, TOML. Errors name file, row and expectation."""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import shapely

from etl.records import Document, DocumentKind, Row
from gis.adcodes import city_of
from gis.errors import BadData
from gis.layer import Layer

SOURCES = Path(__file__).with_name("sources")

_TOWN_COLUMNS = ("name_zh", "district", "lon", "lat")
_SHA256 = re.compile(r"([0-9a-f]{64})?")
_DOCUMENT_ID = re.compile(r"[a-z0-9][a-z0-9.-]*")


def columns(layer: Layer) -> tuple[str, ...]:
    """The columns of a layer's CSV file: id, then its fields, with the point before its precision."""
    names = ["id", *(field.name for field in layer.all_fields)]
    place = names.index("precision")
    return (*names[:place], "lon", "lat", *names[place:])


def table(file: Path, expected: Sequence[str], *, more: bool = False) -> Iterator[Row]:
    """The rows of a CSV file as texts. Raises `BadData` unless it has the columns expected (or `more`)."""
    lines = csv.reader(io.StringIO(_text(file), newline=""), strict=True)
    try:
        header = next(lines, [])
        _check_header(file, header, expected, more)
        for cells in lines:
            where = f"{_name(file)}, line {lines.line_num}"
            if len(cells) != len(header):
                raise BadData(where, f"{len(cells)} cells: expected {len(header)}, one for each column")
            yield Row(where, dict(zip(header, cells, strict=True)), sited="lon" in header)
    except csv.Error as error:
        raise BadData(f"{_name(file)}, line {lines.line_num}", f"not CSV: {error}") from None


def _check_header(file: Path, header: Sequence[str], expected: Sequence[str], more: bool) -> None:
    faults = [f"no column {name!r}" for name in expected if name not in header]
    faults += [f"unknown column {name!r}" for name in header if not more and name not in expected]
    faults += [f"column {name!r} stands twice" for name in sorted({n for n in header if header.count(n) > 1})]
    if faults:
        raise BadData(f"{_name(file)}, line 1", f"{'; '.join(faults)}; expected {', '.join(expected)}")


def boundaries(file: Path) -> Iterator[Row]:
    """The features of a GeoJSON file of the base map: their adcode gives id, city and district.

    `boundaries.toml` beside its folder says of all of them what the file does not.
    """
    common = toml(file.parent.with_name("boundaries.toml")).get(file.stem, {})
    members = _json(file).get("features")
    if not isinstance(members, list):
        raise BadData(_name(file), "expected a GeoJSON FeatureCollection")
    for number, member in enumerate(members, start=1):
        where = f"{_name(file)}, feature {number}"
        try:
            properties = dict(member["properties"])
            geometry = shapely.from_geojson(json.dumps(member["geometry"]))
        except (KeyError, TypeError, shapely.errors.GEOSException) as error:
            raise BadData(where, f"not a GeoJSON Feature: {error}") from None
        yield Row(where, {**properties, **_named(number, properties), **common}, geometry)


def _named(number: int, properties: Mapping[str, Any]) -> dict[str, object]:
    name_en = str(properties.get("name_en", ""))
    code = properties.get("adcode")
    is_district = code is not None and int(code) % 100 != 0
    return {
        "id": properties.get("id", code or number),
        "key": properties.get("key") or slug(name_en),
        "name": properties.get("name_zh"),
        "city": city_of(int(code)) if code is not None else None,
        "district": code if is_district else None,
    }


def slug(name: str) -> str:
    """An English name as a key: small letters and digits, words joined by hyphens."""
    return "-".join(re.findall(r"[a-z0-9]+", name.lower().replace("'", "").replace("’", "")))


def toml(file: Path) -> dict[str, Any]:
    """A TOML file. Raises `BadData` naming line and column."""
    try:
        return tomllib.loads(_text(file))
    except tomllib.TOMLDecodeError as error:
        raise BadData(_name(file), f"not TOML: {error}") from None


def towns(*files: Path) -> dict[str, tuple[float, float]]:
    """The towns of the gazetteer as `NAME@ADCODE` → lon, lat. Of two with one name the first counts."""
    found: dict[str, tuple[float, float]] = {}
    for row in (row for file in files for row in table(file, _TOWN_COLUMNS, more=True)):
        try:
            place = float(str(row.values["lon"])), float(str(row.values["lat"]))
        except ValueError:
            raise BadData(row.where, "lon and lat: expected degrees") from None
        found.setdefault(f"{row.values['name_zh']}@{row.values['district']}", place)
    return found


def documents(file: Path) -> dict[str, Document]:
    """The registry of sources, by id."""
    found: dict[str, Document] = {}
    for number, entry in enumerate(toml(file).get("document", ()), start=1):
        where = f"{_name(file)}, document {number} ({entry.get('id', 'no id')})"
        document = _document(where, entry)
        if document.id in found:
            raise BadData(where, "another document has this id")
        found[document.id] = document
    return found


def _document(where: str, entry: Mapping[str, Any]) -> Document:
    try:
        document = Document(**{**entry, "kind": DocumentKind(entry.get("kind", ""))})
    except (TypeError, ValueError) as error:
        raise BadData(where, str(error)) from None
    for name, fine, expected in (
        ("id", _DOCUMENT_ID.fullmatch(document.id), "small letters, digits, hyphens and dots"),
        ("date", type(document.date) is date, "a date such as 2021-02-04"),
        ("date_precision", document.date_precision in ("day", "year"), "day or year"),
        ("sha256", _SHA256.fullmatch(document.sha256), "64 hexadecimal digits"),
    ):
        if not fine:
            raise BadData(where, f"{name}={getattr(document, name)!r}: expected {expected}")
    return document


def _json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(_text(file))
    except json.JSONDecodeError as error:
        raise BadData(f"{_name(file)}, line {error.lineno}", f"not JSON: {error.msg}") from None
    return found if isinstance(found, dict) else {}


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise BadData(_name(file), f"no such file in {file.parent}") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BadData(f"{_name(file)}, line {line}", "not UTF-8: save the file with that encoding") from None


def _name(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"
