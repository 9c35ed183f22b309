"""Every shipped sheet, made and read back once for all tests, and a second time in a process of its own."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import pytest
import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

import layers
from etl import run
from gis.feature import Feature
from gis.frozen import FrozenMapping
from gis.layer import Geometry, Layer, Theme
from gis.symbol import symbol_for
from tests.conftest import REQUIRE_ALL
from tests.sheet_reader import Read, Sheets, corners, legend_counts, missing, named, projection
from webmap import legend
from webmap.paper import atlas, pdf, press, sheet, svg
from webmap.paper.compose import Composed, compose
from webmap.paper.content import Content
from webmap.paper.phrases import (
    AS_OF,
    DAY,
    LEGEND,
    NORTH,
    NOT_BINDING,
    NOT_REVIEWED,
    OF_LAYER,
    REFERENCE,
    SOURCES,
    UNIT,
)
from webmap.paper.sheet import Around, Atlas, Sheet

NAMES = sorted(path.stem for path in sheet.SHIPPED.glob("*.toml"))
INDICATORS = [name for name in NAMES if name.startswith("indicator-")]
ATLAS = "atlas"
MAPS = [name for name in NAMES if name not in INDICATORS and name != ATLAS]
ENDS = ("2020", "2025", "gap")

VAGUE = ("district", "city")
LEAST_NAMED = 0.95
_IN_GOOD_PART = 0.1  # the share of an area within the area that a sheet is about, from which on it is drawn
_EXACT = 0.001
_TOLD = (UNIT, DAY, SOURCES, AS_OF, REFERENCE, LEGEND, NORTH, NOT_BINDING, NOT_REVIEWED)


@dataclass(frozen=True)
class Printed:
    """A sheet that was composed, written and read back."""

    asked: Sheet
    composed: Composed
    data: bytes
    read: Sheets

    @property
    def page(self) -> Read:
        return self.read.pages[0]


Made = Callable[[str], Printed]
Again = Callable[[str], str]


@pytest.fixture(scope="session")
def shipped_content() -> Content:
    """The shipped data."""
    catalog = layers.catalog()
    gathered = run.gather(catalog)
    titles = {name: document.title for name, document in gathered.documents.items()}
    newest = max(one.date for one in gathered.documents.values())
    return Content(catalog, gathered.features, FrozenMapping(titles), date(2024, 4, 21), newest)


@pytest.fixture(scope="session")
def made(shipped_content: Content) -> Made:
    """Each sheet, once."""
    return cache(lambda name: make(name, shipped_content))


def make(name: str, content: Content) -> Printed:
    """A shipped sheet, or one of the maps of a sheet of figures."""
    asked = sheet.load(name, content.catalog)
    assert isinstance(asked, Sheet)
    composed = compose(asked, content)
    data = pdf.write([composed.page], press.about(asked, content))
    return Printed(asked, composed, data, Sheets(data))


def bound(whole: Atlas, composed: Callable[[str], Composed], content: Content) -> bytes:
    """An atlas of sheets that are composed already."""
    pages = atlas.bound(whole, [composed(one.name) for one in whole.sheets])
    return pdf.write(list(pages), press.about(whole, content))


def shipped_atlas(content: Content) -> Atlas:
    """The atlas of all sheets."""
    whole = sheet.load(ATLAS, content.catalog)
    assert isinstance(whole, Atlas)
    return whole


# --- the same once more ---------------------------------------------------------------------------


@pytest.fixture(scope="session")
def again(shipped_content: Content, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Again]:
    """What another process makes of the sheets of a kind, whose sets are in another order: a digest of each file."""
    stored = tmp_path_factory.mktemp("again") / "content.pickle"
    stored.write_bytes(pickle.dumps(shipped_content))

    @cache
    def digests(kind: str) -> dict[str, str]:
        seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
        told = subprocess.run(
            [sys.executable, "-m", "tests.sheet_maker", str(stored), kind],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parents[1],
            check=True,
            stdout=subprocess.PIPE,
        )
        found: dict[str, str] = json.loads(told.stdout)
        return found

    return lambda kind: lambda name: digests(kind)[name]


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def pictured(name: str) -> str:
    """Under what name the digest of the SVG and the PNG of a sheet is told."""
    return f"{name} pictured"


def pictures(composed: Composed) -> bytes:
    """The SVG and a small PNG of a sheet."""
    return svg.write(composed.page).encode() + pdf.png(composed.page, 60)


PICTURED = "cluster-huanggang"


def _tell(stored: Path, kind: str) -> None:
    content: Content = pickle.loads(stored.read_bytes())
    once = cache(lambda name: make(name, content))
    told = {name: digest(once(name).data) for name in (INDICATORS if kind == "indicators" else MAPS)}
    if kind == "maps":
        told[pictured(PICTURED)] = digest(pictures(once(PICTURED).composed))
        told[ATLAS] = digest(bound(shipped_atlas(content), lambda name: once(name).composed, content))
    print(json.dumps(told))


# --- what is wrong with a sheet -------------------------------------------------------------------


def faults(printed: Printed, content: Content, told: dict[str, object] | None = None) -> list[str]:
    """All that is wrong with a sheet, read from its file; `told` is what GDAL says of it, None to ask no GDAL."""
    found = [*printed.read.faults(), *standing_faults(printed), *legend_faults(printed, content)]
    if printed.asked.figures is None:
        found += name_faults(printed)
    return found if told is None else [*found, *place_faults(printed, told)]


def standing_faults(printed: Printed) -> Iterator[str]:
    """What a sheet does not say of itself: title, number, who made it, from what, and how it stands."""
    asked, lang = printed.asked, printed.asked.language
    told = [getattr(phrase, lang).partition("{")[0].strip() for phrase in _TOLD]
    told += [asked.title, asked.number, "CGCS2000"]
    yield from (f"{text} is not told" for text in missing(printed.page, told))
    if str(printed.read.pdf.docinfo.get("/Title", "")) != asked.title:
        yield "the file has another title"


def name_faults(printed: Printed) -> Iterator[str]:
    """Facilities that have neither name nor number, and too few names on the map."""
    names = [place.name for place in printed.composed.places]
    yield from (f"{name} does not stand on the sheet" for name in _lost(printed.page, names))
    on_map = named(printed.page, names)
    if len(on_map) < LEAST_NAMED * len(names):
        yield f"{len(on_map)} of {len(names)} are named on the map"


def _lost(page: Read, names: Iterable[str]) -> list[str]:
    """The names of which not even the beginning stands on the page: a table breaks them into lines."""
    return [name for name in missing(page, names) if "".join(name.split())[:8] not in page.text]


def legend_faults(printed: Printed, content: Content) -> Iterator[str]:
    """Where the legend and what lies in the map differ: by the place that the file gives the map."""
    expected = Counter(dict(_expected(printed, content)))
    found = legend_counts(printed.page)
    for title in sorted(found.keys() | expected.keys()):
        if found.get(title, 0) != expected[title]:
            yield f"legend: {title} {found.get(title, 0)}, not {expected[title]}"
    yield from (f"legend: no {title}" for title in missing(printed.page, _base(printed, content)))


def _expected(printed: Printed, content: Content) -> Iterator[tuple[str, int]]:
    """How many features of each symbol lie in the map, by the title that the legend gives it."""
    for layer in _drawn(printed.asked, content):
        if layer.theme is Theme.BASE:
            continue
        lang = printed.asked.language
        titles = {entry.symbol: _title(layer, entry, lang) for entry in legend.entries(layer)}
        counts: Counter[str] = Counter()
        for one in _inside(printed, layer, content):
            counts[titles[symbol_for(layer.symbol, one.properties)]] += 1
        yield from counts.items()


def _title(layer: Layer, entry: legend.Entry, lang: str) -> str:
    title = entry.heading(lang)
    if len(legend.entries(layer)) == 1 or len(layer.title) > 3:
        return title
    return OF_LAYER.say(lang, layer=layer.heading(lang), value=title)


def _base(printed: Printed, content: Content) -> list[str]:
    """The titles of the layers of the base of which something lies in the map."""
    found = [layer for layer in _drawn(printed.asked, content) if layer.theme is Theme.BASE]
    plain = [layer for layer in found if len(legend.entries(layer)) == 1]
    lang = printed.asked.language
    return [layer.heading(lang) for layer in plain if next(_inside(printed, layer, content), None)]


def _drawn(asked: Sheet, content: Content) -> list[Layer]:
    every = content.catalog.values()
    return [layer for layer in every if (layer.id in asked.layers if asked.layers else layer.shown)]


def _inside(printed: Printed, layer: Layer, content: Content) -> Iterator[Feature]:
    view = printed.page.viewports[0]
    east, north = corners(view)
    window = shapely.box(min(east), min(north), max(east), max(north))
    into = projection(view)
    kept = _kept(printed.asked, content)
    for one in content.features[layer.id]:
        if one.geometry is None or one.properties["precision"] in VAGUE and layer.geometry is Geometry.POINT:
            continue
        if kept is None or layer.theme is Theme.BASE or _belongs(one.geometry, kept):
            plane = shapely.transform(one.geometry, into.transform, interleaved=False)
            if plane.intersects(window):
                yield one


def _belongs(geometry: BaseGeometry, kept: BaseGeometry) -> bool:
    if geometry.geom_type not in ("Polygon", "MultiPolygon"):
        return bool(kept.intersects(geometry))
    return bool(shapely.intersection(geometry, kept).area > _IN_GOOD_PART * geometry.area)


def _kept(asked: Sheet, content: Content) -> BaseGeometry | None:
    """The area to which a sheet keeps."""
    around = asked.extent
    if not isinstance(around, Around) or not around.only:
        return None
    return next(one.geometry for one in content.features[around.layer] if one.properties["key"] == around.key)


# --- what GDAL says -------------------------------------------------------------------------------


def by_gdal(data: bytes, folder: Path) -> dict[str, object]:
    """What gdalinfo says of a file. Skips the test where there is no GDAL, and fails it where all must be there."""
    if shutil.which("gdalinfo") is None:
        pytest.fail("no gdalinfo") if REQUIRE_ALL else pytest.skip("no gdalinfo")
    path = folder / "sheet.pdf"
    path.write_bytes(data)
    told = subprocess.run(["gdalinfo", "-json", str(path)], check=True, stdout=subprocess.PIPE)
    found: dict[str, object] = json.loads(told.stdout)
    return found


def place_faults(printed: Printed, told: dict[str, object]) -> Iterator[str]:
    """Where GDAL sees another reference system, scale or place than the sheet was asked for."""
    reference = printed.composed.page.references[0]
    system: dict[str, str] = told.get("coordinateSystem", {})  # type: ignore[assignment]
    if not system:
        yield "GDAL: no reference system"
        return
    seen = CRS.from_wkt(system["wkt"])
    wanted = CRS.from_user_input(printed.asked.crs) if printed.asked.crs != sheet.CONIC else None
    method = seen.coordinate_operation.method_name if seen.coordinate_operation else ""
    if wanted is None and "Lambert Conic" not in method or wanted and seen.to_epsg() != wanted.to_epsg():
        yield f"GDAL: {seen.name}"
    neatline = shapely.from_wkt(told["metadata"][""]["NEATLINE"])  # type: ignore[index]
    west, south, east, north = neatline.bounds
    frame, scale = reference.frame, printed.page.scale / 1000
    for way, size, length in (("across", east - west, frame.width), ("down", north - south, frame.height)):
        if abs(size / (length * scale) - 1) > _EXACT:
            yield f"GDAL: {size:.0f} m {way}, not {length * scale:.0f} m"
    known = corners(printed.page.viewports[0])
    if abs(west - min(known[0])) > _EXACT * (east - west) or abs(south - min(known[1])) > _EXACT * (
        north - south
    ):
        yield f"GDAL: the map begins at {west:.0f}, {south:.0f}"


if __name__ == "__main__":
    _tell(Path(sys.argv[1]), sys.argv[2])
