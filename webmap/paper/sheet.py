"""What is asked of a sheet: read from TOML or from a request, and checked before anything is drawn.

Lengths are in millimetres of the page, positions in degrees (WGS-84).
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

from gis.errors import BadData, BadParameter, NotFound
from gis.feature import Bbox
from gis.frozen import FrozenMapping
from gis.layer import Catalog

SHIPPED = Path(__file__).parent / "sheets"
PAPERS: Mapping[str, tuple[float, float]] = {
    "A0": (841, 1189),
    "A1": (594, 841),
    "A2": (420, 594),
    "A3": (297, 420),
    "A4": (210, 297),
}
ORIENTATIONS = ("landscape", "portrait")
LANGUAGES = ("zh", "en")
SCALES = (1_000, 10_000_000)
CONIC = "conic"

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")
_EPSG = re.compile(r"EPSG:[0-9]{4,6}\Z")
LONGEST = 200
LONGEST_STATE = 20_000


@dataclass(frozen=True)
class Around:
    """The extent of a layer, or of its feature with that key. `margin` is a share of its size; with `only`, what lies
    outside is paled and its facilities are left out."""

    layer: str
    key: str = ""
    margin: float = 0.03
    only: bool = False


Extent: TypeAlias = Bbox | Around | None


@dataclass(frozen=True)
class Inset:
    """A part of the map at a larger scale in the panel; without an extent it is found where names are dense."""

    extent: Extent = None
    times: float = 3
    title: str = ""


@dataclass(frozen=True)
class Figures:
    """An indicator that is drawn on areas, its figures read from the catalog's layer of figures.

    layer       the areas; a figure stands for the area of the same city
    wordings    how the documents call the indicator, the wording that counts first in front
    units       its unit, then other ways in which the documents write the same unit
    kind        the kind of figure, when the layer has kinds
    years       the year of the first figure and that of the aim
    symbols     circles for amounts, fills for shares and rates
    gap         what the third map shows: growth in per cent of the first figure, or the difference
    show        the maps, in this order
    """

    layer: str
    wordings: tuple[str, ...]
    units: tuple[str, ...]
    years: tuple[int, int]
    kind: str = "level"
    symbols: str = "circles"
    gap: str = "growth"
    show: tuple[str, ...] = ("base", "target", "gap")

    @property
    def unit(self) -> str:
        return self.units[0]


@dataclass(frozen=True)
class Marginalia:
    """What stands at the foot of a sheet; `review_no` is the 审图号, "" marks the sheet as not reviewed."""

    unit: str = ""
    date: date | None = None
    review_no: str = ""
    sources: str = ""


@dataclass(frozen=True)
class Sheet:
    """One sheet.

    scale     the denominator; None fits the extent into the frame
    layers    what is drawn; every layer when there are none
    equals    conditions on the fields of a layer
    crowded   whether a map on which names find no room gets an inset although none is asked for
    panel     width of the panel (height on a portrait sheet); 0 leaves it to the extent
    pins      moves of labels from their symbols, by key
    state     a saved state of the web map, whose view, layers and filter the sheet takes over
    sifted    the filter of that state in words
    keyed     whether what finds no room for its name gets a number and a line in the panel; else it is counted
    """

    name: str
    title: str
    subtitle: str = ""
    number: str = ""
    paper: str = "A3"
    orientation: str = "landscape"
    crs: str = "EPSG:4547"
    scale: int | None = None
    extent: Extent = None
    layers: tuple[str, ...] = ()
    equals: Mapping[str, Mapping[str, object]] = FrozenMapping({})
    inset: Inset | None = None
    crowded: bool = True
    figures: Figures | None = None
    panel: float = 0
    language: str = "zh"
    note: str = ""
    marginalia: Marginalia = Marginalia()
    pins: Mapping[str, tuple[float, float]] = FrozenMapping({})
    state: str = ""
    sifted: str = ""
    keyed: bool = True

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the page."""
        short, long = PAPERS[self.paper]
        return (long, short) if self.orientation == "landscape" else (short, long)


def shipped() -> tuple[Sheet | Atlas, ...]:
    """The sheets that the package brings, in the order of their names; what they say of layers is not checked."""
    return tuple(_read(path, None) for path in sorted(SHIPPED.glob("*.toml")))


@dataclass(frozen=True)
class Atlas:
    """Sheets in one file, after a page of contents and before an index of places."""

    name: str
    title: str
    subtitle: str
    sheets: tuple[Sheet, ...]


def with_standing(asked: Sheet, review_no: str) -> Sheet:
    """The sheet as a service may give it out: under the service's 审图号 or none, whatever was asked.

    A number cannot be claimed by who orders a sheet.
    """
    return replace(asked, marginalia=replace(asked.marginalia, review_no=review_no))


def load(name: str, catalog: Catalog, folder: Path = SHIPPED) -> Sheet | Atlas:
    """A sheet or an atlas by its name in a folder, or by the path of a TOML file of one's own.

    Raises `NotFound`, or `BadData` naming the file, the key and what was expected.
    """
    path = Path(name) if name.endswith(".toml") else folder / f"{name}.toml"
    if not name.endswith(".toml") and not _NAME.match(name):
        raise NotFound("sheet", name, _known(folder))
    if path.is_file():
        return _read(path, catalog)
    stem, _dash, part = path.stem.rpartition("-")
    if not (folder / f"{stem}.toml").is_file() or name.endswith(".toml"):
        raise NotFound("sheet", name, _known(folder))
    whole = _read(folder / f"{stem}.toml", catalog)
    found = maps_of(whole) if isinstance(whole, Sheet) else {}
    if part not in found:
        raise NotFound("sheet", name, _known(folder))
    return found[part]


def maps_of(sheet: Sheet) -> Mapping[str, Sheet]:
    """The maps of a sheet of figures as sheets of their own, by what their names end in: its two years and "gap"."""
    asked = sheet.figures
    if asked is None:
        return {}
    first, second = asked.years
    ends = {
        "base": (str(first), f"{first}年现状"),
        "target": (str(second), f"{second}年目标"),
        "gap": ("gap", "差距"),
    }
    return {
        end: replace(
            sheet,
            name=f"{sheet.name}-{end}",
            title=f"{sheet.title}：{words}",
            subtitle="",
            paper="A4",
            orientation="portrait",
            number=f"{sheet.number}-{number}",
            figures=replace(asked, show=(show,)),
        )
        for number, (show, (end, words)) in enumerate(ends.items(), start=1)
    }


def _known(folder: Path) -> str:
    names = ", ".join(path.stem for path in sorted(folder.glob("*.toml")))
    return (
        f"known are {names}, the single maps of indicators (-2020, -2025, -gap), or a path that ends in .toml"
    )


def _read(path: Path, catalog: Catalog | None) -> Sheet | Atlas:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        if "sheets" in table:
            return _atlas(path, table, catalog)
        return parse(path.stem, table, catalog)
    except (OSError, ValueError) as error:
        raise BadData(path.name, str(error)) from None
    except BadParameter as error:
        raise BadData(path.name, str(error)) from None


def _atlas(path: Path, table: Mapping[str, Any], catalog: Catalog | None) -> Atlas:
    _only(table, ("title", "subtitle", "sheets"), "")
    names = table["sheets"]
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise BadParameter("sheets", names, "names of sheets in the same folder")
    found = []
    for name in names:
        if not _NAME.match(name) or not (path.parent / f"{name}.toml").is_file():
            raise BadParameter("sheets", name, "the name of a sheet in the same folder")
        one = _read(path.parent / f"{name}.toml", catalog)
        if isinstance(one, Atlas):
            raise BadParameter("sheets", name, "a sheet, not an atlas")
        found.append(one)
    return Atlas(path.stem, _text(table, "title"), _text(table, "subtitle"), tuple(found))


def parse(name: str, table: Mapping[str, Any], catalog: Catalog | None = None) -> Sheet:
    """The sheet that a table describes. Raises `BadParameter` naming the key and what was expected.

    `catalog` holds the layers that it may name; without it that is not checked.
    """
    _only(table, {field.name for field in fields(Sheet)} - {"name", "crowded", "sifted", "keyed"}, "")
    if not table.get("title"):
        raise BadParameter("title", table.get("title", ""), "a text")
    made = Sheet(
        name=name,
        title=_text(table, "title"),
        subtitle=_text(table, "subtitle"),
        number=_text(table, "number"),
        paper=_one_of(table, "paper", tuple(PAPERS), Sheet.paper),
        orientation=_one_of(table, "orientation", ORIENTATIONS, Sheet.orientation),
        crs=_crs(table.get("crs", Sheet.crs)),
        scale=_scale(table.get("scale")),
        extent=_extent(table.get("extent"), "extent"),
        layers=_layers(table.get("layers", [])),
        equals=_equals(table.get("equals", {})),
        inset=_inset(table.get("inset")),
        crowded=table.get("inset") is not False,
        figures=_figures(table.get("figures")),
        panel=_number(table.get("panel", 0), "panel", 0, 400),
        language=_one_of(table, "language", LANGUAGES, Sheet.language),
        note=_text(table, "note"),
        marginalia=_marginalia(table.get("marginalia", {})),
        pins=_pins(table.get("pins", {})),
        state=_text(table, "state", most=LONGEST_STATE),
    )
    if catalog is not None:
        _check_layers(made, catalog)
    return made


def _check_layers(sheet: Sheet, catalog: Catalog) -> None:
    places = [
        (sheet.extent, "extent.layer"),
        (sheet.inset.extent if sheet.inset else None, "inset.extent.layer"),
    ]
    named = [("layers", layer) for layer in sheet.layers]
    named += [(key, extent.layer) for extent, key in places if isinstance(extent, Around)]
    named += [("figures.layer", sheet.figures.layer)] if sheet.figures else []
    named += [("equals", layer) for layer in sheet.equals]
    for key, layer in named:
        if layer not in catalog:
            raise BadParameter(key, layer, f"one of {', '.join(catalog)}")
    if sheet.figures and not any(layer.figures for layer in catalog.values()):
        raise BadParameter("figures", sheet.figures.layer, "a catalog with a layer of figures")
    for layer, conditions in sheet.equals.items():
        known = {field.name for field in catalog[layer].all_fields}
        for field in conditions:
            if field not in known:
                raise BadParameter(f"equals.{layer}", field, f"one of {', '.join(sorted(known))}")


def _only(table: Mapping[str, Any], known: Iterable[str], key: str) -> None:
    names = sorted(known)
    for name in table:
        if name not in names:
            raise BadParameter(f"{key}{name}", table[name], f"no such key; known are {', '.join(names)}")


def _text(table: Mapping[str, Any], key: str, within: str = "", most: int = LONGEST) -> str:
    value = table.get(key, "")
    if not isinstance(value, str) or len(value) > most:
        raise BadParameter(f"{within}{key}", value, f"a text of at most {most} characters")
    return value


def _one_of(
    table: Mapping[str, Any], key: str, known: tuple[str, ...], otherwise: str, within: str = ""
) -> str:
    value = table.get(key, otherwise)
    if value not in known:
        raise BadParameter(f"{within}{key}", value, f"one of {', '.join(known)}")
    return str(value)


def _number(value: object, key: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise BadParameter(key, value, f"a number {low:g} to {high:g}")
    return float(value)


def _crs(value: object) -> str:
    if not isinstance(value, str) or (value != CONIC and not _EPSG.match(value)):
        raise BadParameter("crs", value, "an EPSG code such as EPSG:4547, or conic")
    return value


def _scale(value: object) -> int | None:
    if value is None:
        return None
    low, high = SCALES
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadParameter("scale", value, f"the denominator, a whole number {low} to {high}")
    return value


def _extent(value: object, key: str) -> Extent:
    if value is None:
        return None
    if isinstance(value, list):
        return _bbox(value, key)
    if isinstance(value, dict):
        _only(value, ("layer", "key", "margin", "only"), f"{key}.")
        margin = _number(value.get("margin", Around.margin), f"{key}.margin", 0, 10)
        only = value.get("only", False)
        if not isinstance(only, bool):
            raise BadParameter(f"{key}.only", only, "true or false")
        return Around(_text(value, "layer", f"{key}."), _text(value, "key", f"{key}."), margin, only)
    raise BadParameter(
        key, value, "[west, south, east, north] in degrees, or a table with layer, key and margin"
    )


def _bbox(value: list[object], key: str) -> Bbox:
    numbers = [float(one) for one in value if isinstance(one, (int, float)) and not isinstance(one, bool)]
    if len(numbers) != 4 or len(value) != 4 or not all(map(math.isfinite, numbers)):
        raise BadParameter(key, value, "west, south, east, north in degrees")
    west, south, east, north = numbers
    if not (-180 <= west < east <= 180 and -90 < south < north < 90):
        raise BadParameter(key, value, "west < east and south < north in degrees")
    return Bbox(west, south, east, north)


def _layers(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadParameter("layers", value, "a list of layers")
    return tuple(dict.fromkeys(value))


def _equals(value: object) -> Mapping[str, Mapping[str, object]]:
    if not isinstance(value, dict) or not all(isinstance(one, dict) for one in value.values()):
        raise BadParameter("equals", value, "a table of layers, each with fields and their values")
    return FrozenMapping({layer: FrozenMapping(conditions) for layer, conditions in value.items()})


def _inset(value: object) -> Inset | None:
    if value is None or value is False:
        return None
    if value is True:
        return Inset()
    if not isinstance(value, dict):
        raise BadParameter("inset", value, "true, or a table with extent, times and title")
    _only(value, ("extent", "times", "title"), "inset.")
    times = _number(value.get("times", Inset.times), "inset.times", 1.2, 20)
    return Inset(_extent(value.get("extent"), "inset.extent"), times, _text(value, "title", "inset."))


def _figures(value: object) -> Figures | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise BadParameter("figures", value, "a table with layer, wordings, units and years")
    _only(value, {field.name for field in fields(Figures)}, "figures.")
    years = value.get("years")
    if not isinstance(years, list) or [type(year) for year in years] != [int, int]:
        raise BadParameter("figures.years", years, "two years")
    layer, kind = (_text(value, key, "figures.") for key in ("layer", "kind"))
    return Figures(
        layer,
        _words(value, "wordings"),
        _words(value, "units"),
        (years[0], years[1]),
        kind or Figures.kind,
        _one_of(value, "symbols", ("circles", "fills"), Figures.symbols, "figures."),
        _one_of(value, "gap", ("growth", "difference"), Figures.gap, "figures."),
        _shown(value.get("show", list(Figures.show))),
    )


def _words(table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    found = table.get(key)
    if not isinstance(found, list) or not found or not all(one and isinstance(one, str) for one in found):
        raise BadParameter(f"figures.{key}", found, "a list of names")
    return tuple(found)


def _shown(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not set(value) <= set(Figures.show):
        raise BadParameter("figures.show", value, f"some of {', '.join(Figures.show)}")
    return tuple(dict.fromkeys(value))


def _marginalia(value: object) -> Marginalia:
    if not isinstance(value, dict):
        raise BadParameter("marginalia", value, "a table")
    _only(value, {field.name for field in fields(Marginalia)}, "marginalia.")
    day = value.get("date")
    if day is not None and type(day) is not date:
        raise BadParameter("marginalia.date", day, "a date such as 2026-11-22")
    unit, number, sources = (_text(value, key, "marginalia.") for key in ("unit", "review_no", "sources"))
    return Marginalia(unit, day, number, sources)


def _pins(value: object) -> Mapping[str, tuple[float, float]]:
    if not isinstance(value, dict):
        raise BadParameter("pins", value, "a table of keys, each with [right, down] in millimetres")
    return FrozenMapping(dict(_each_pin(value, lambda at, key: _number(at, key, -200, 200))))


def _each_pin(
    table: Mapping[str, Any], number: Callable[[object, str], float]
) -> Iterator[tuple[str, tuple[float, float]]]:
    for key, value in table.items():
        if not isinstance(value, list) or len(value) != 2:
            raise BadParameter(f"pins.{key}", value, "[right, down] in millimetres")
        yield key, (number(value[0], f"pins.{key}"), number(value[1], f"pins.{key}"))
