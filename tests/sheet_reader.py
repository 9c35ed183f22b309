"""Reads a printed sheet back from its PDF, knowing nothing of how it was made, and tells its faults."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any

import pikepdf
import pypdfium2
import pypdfium2.raw as raw
import pytest
from pyproj import CRS, Transformer

from tests.conftest import REQUIRE_ALL
from webmap.paper import glyphs as fonts

HAS_FONTS = (fonts.FOLDER / "manifest.json").is_file()
needs_fonts = pytest.mark.skipif(not HAS_FONTS and not REQUIRE_ALL, reason="no fonts: run `make assets`")

POINTS = 72 / 25.4
_TOUCH = 0.06  # millimetres by which boxes of ink may overlap
_SCALE = re.compile(r"1:([0-9][0-9 ]*)\Z")
_DISTANCE = re.compile(r"[0-9.]+")
_LEAST_TEXT = 6.0


@dataclass(frozen=True)
class Run:
    """Characters that follow each other on one baseline: their text, their box of ink in millimetres from the upper
    left corner, their size in points."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    size: float

    def overlaps(self, other: Run) -> bool:
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > _TOUCH and down > _TOUCH


@dataclass(frozen=True)
class Read:
    """One page as it was read: sizes in millimetres."""

    width: float
    height: float
    runs: tuple[Run, ...]
    paths: tuple[tuple[float, float, float, float], ...]
    viewports: tuple[Any, ...]
    images: int

    @cached_property
    def text(self) -> str:
        """All text without spaces, run after run."""
        return "".join(run.text.replace(" ", "") for run in self.runs)

    @property
    def scale(self) -> float:
        """The scale that the page states in figures."""
        found = [match for run in self.runs if (match := _SCALE.match(run.text.strip()))]
        return float(found[-1][1].replace(" ", "")) if found else float("nan")


class Sheets:
    """A PDF of sheets."""

    def __init__(self, data: bytes) -> None:
        self.pdf = pikepdf.Pdf.open(BytesIO(data))
        document = pypdfium2.PdfDocument(data)
        self.pages = [_read(document[number], page.obj) for number, page in enumerate(self.pdf.pages)]

    def faults(self) -> list[str]:
        """All that is wrong with the file whatever it shows."""
        found = [*self._font_faults(), *self._root_faults()]
        for number, page in enumerate(self.pages, start=1):
            found += [f"page {number}: {fault}" for fault in page_faults(page)]
        return found

    def _font_faults(self) -> Iterator[str]:
        for font in self.pdf.objects:
            if not isinstance(font, pikepdf.Dictionary) or font.get("/Type") != "/Font":
                continue
            if font.get("/Subtype") == "/Type3":
                yield "a Type 3 font"
            elif font.get("/Subtype") not in ("/CIDFontType0", "/CIDFontType2"):
                yield from _faults_of_font(font)

    def _root_faults(self) -> Iterator[str]:
        if not str(self.pdf.Root.get("/Lang", "")):
            yield "no language"
        if not str(self.pdf.docinfo.get("/Title", "")):
            yield "no title"
        with self.pdf.open_outline() as outline:
            if len(outline.root) != len(self.pdf.pages):
                yield f"{len(outline.root)} bookmarks for {len(self.pdf.pages)} pages"


def _faults_of_font(font: Any) -> Iterator[str]:
    name = str(font.get("/BaseFont"))
    holder = font.DescendantFonts[0] if font.get("/Subtype") == "/Type0" else font
    if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(
        holder.get("/FontDescriptor", pikepdf.Dictionary())
    ):
        yield f"{name} is not embedded"
    if not re.match(r"/[A-Z]{6}\+", name):
        yield f"{name} is not a subset"
    if "/ToUnicode" not in font:
        yield f"{name} has no ToUnicode"


def _read(page: pypdfium2.PdfPage, source: Any) -> Read:
    width, height = page.get_size()
    texts = page.get_textpage()
    glyphs = list(page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT], max_depth=6, textpage=texts))
    paths = page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=6)
    images = len(list(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=6)))
    view = source.get("/VP")
    return Read(
        width / POINTS,
        height / POINTS,
        tuple(_runs(glyphs, height)),
        tuple(_box(path.get_bounds(), height) for path in paths),
        tuple(view or ()),
        images,
    )


def _box(bounds: tuple[float, float, float, float], height: float) -> tuple[float, float, float, float]:
    left, bottom, right, top = bounds
    return left / POINTS, (height - top) / POINTS, right / POINTS, (height - bottom) / POINTS


def _runs(glyphs: Sequence[Any], height: float) -> Iterator[Run]:
    """Characters drawn one after the other are a run when they stand on one line at the distance of a text."""
    current: list[tuple[str, tuple[float, float, float, float], float, Any]] = []
    for glyph in glyphs:
        text, matrix = glyph.extract(), glyph.get_matrix()
        if not text.strip("\r\n\x00"):
            continue
        size = glyph.get_font_size() * (matrix.a**2 + matrix.b**2) ** 0.5
        here = (text, _box(glyph.get_bounds(), height), size, matrix)
        if current and not _follows(current[-1], here):
            yield _run(current)
            current = []
        current.append(here)
    if current:
        yield _run(current)


def _follows(before: Any, here: Any) -> bool:
    size, one, two = here[2], before[3], here[3]
    if min(abs(two.a), abs(two.b)) > 1e-3:  # along a river: its box would be larger than its letters
        return False
    turned = abs(one.a * two.b - one.b * two.a) > 1e-3 or abs(before[2] - size) > 0.01
    length = (two.a**2 + two.b**2) ** 0.5
    along = ((two.e - one.e) * two.a + (two.f - one.f) * two.b) / length
    across = ((two.f - one.f) * two.a - (two.e - one.e) * two.b) / length
    return not turned and abs(across) < 0.05 * size and 0 < along < 1.7 * size


def _run(parts: Sequence[Any]) -> Run:
    boxes = [part[1] for part in parts if part[0].strip()] or [part[1] for part in parts]
    left, top, right, bottom = zip(*boxes, strict=True)
    return Run("".join(part[0] for part in parts), min(left), min(top), max(right), max(bottom), parts[0][2])


def page_faults(page: Read) -> Iterator[str]:
    """What is wrong with a page whatever it shows: characters, sizes, overlaps, scale, pictures."""
    if page.images:
        yield f"{page.images} pictures"
    if not page.runs:
        yield "no text"
    for character in sorted(set(page.text)):
        code = ord(character)
        if 0x2E80 <= code < 0x2FE0 or 0xE000 <= code < 0xF900 or code in (0xFFFD, 0xFFFF, 0):
            yield f"character U+{code:04X}"
    for run in page.runs:
        if run.size < _LEAST_TEXT:
            yield f"{run.text!r} is {run.size:.1f} points"
        if run.left < 0 or run.top < 0 or run.right > page.width or run.bottom > page.height:
            yield f"{run.text!r} leaves the page"
    yield from overlaps(page.runs)
    yield from frame_faults(page)
    if page.viewports:
        yield from scale_faults(page)


def overlaps(runs: Sequence[Run]) -> Iterator[str]:
    """The pairs of texts that lie on each other."""
    ordered = sorted((run for run in runs if run.text.strip()), key=lambda run: run.left)
    for number, run in enumerate(ordered):
        for other in ordered[number + 1 :]:
            if other.left > run.right:
                break
            if run.overlaps(other):
                yield f"{run.text!r} overlaps {other.text!r}"


def frame_faults(page: Read) -> Iterator[str]:
    """The texts that lie across the frame of a map or of an inset."""
    boxes = [*frames(page), *filter(None, [inset(page)])]
    for run in (run for run in page.runs if run.text.strip()):
        for left, top, right, bottom in boxes:
            whole = Run("", left, top, right, bottom, 0)
            inner = Run("", left + _TOUCH, top + _TOUCH, right - _TOUCH, bottom - _TOUCH, 0)
            held = inner.left <= run.left and run.right <= inner.right
            if run.overlaps(whole) and not (held and inner.top <= run.top and run.bottom <= inner.bottom):
                yield f"{run.text!r} lies across a frame"


def scale_faults(page: Read) -> Iterator[str]:
    """The bar, and the map by its place on the earth, against the scale in figures: within a thousandth."""
    stated = page.scale
    maps = [("georeference", measured_scale(view)) for view in page.viewports]
    for name, found in (("scale bar", bar_scale(page)), *maps):
        if found is None or not abs(found / stated - 1) < 0.001:
            yield f"{name}: 1:{found} where 1:{stated:.0f} is stated"


def bar_scale(page: Read) -> float | None:
    """The scale by which the bar below the figures is drawn."""
    stated = [run for run in page.runs if _SCALE.match(run.text.strip())]
    if not stated:
        return None
    figures = stated[-1]
    parts = sorted(
        box for box in page.paths
        if 0 < box[1] - figures.bottom < 6 and 1 < box[3] - box[1] < 4 and 2 < box[2] - box[0] < 60
    )  # fmt: skip
    if len(parts) != 4:
        return None
    length = (parts[3][0] - parts[0][0]) * 4 / 3
    left, right, below = parts[0][0] - 9, parts[3][2] + 12, parts[0][3]
    labels = [run for run in page.runs if below <= run.top < below + 6 and left < run.left < right]
    words = "".join(run.text for run in labels)
    numbers = [float(match[0]) for run in labels if (match := _DISTANCE.match(run.text.strip()))]
    metres = max(numbers) * (1000 if "千米" in words or "km" in words else 1)
    return metres * 1000 / length


def measured_scale(view: Any) -> float | None:
    """The scale at which the corners of a map lie, in its own projection."""
    east, north = corners(view)
    left, bottom, right, top = (float(number) / POINTS for number in view.BBox)
    across = (east[3] - east[0]) / (right - left) * 1000
    down = (north[1] - north[0]) / (top - bottom) * 1000
    return across if abs(across / down - 1) < 0.0005 else None


def projection(view: Any) -> Transformer:
    """From degrees to the plane in which a map lies."""
    return Transformer.from_crs("EPSG:4490", CRS.from_wkt(str(view.Measure.GCS.WKT)), always_xy=True)


def corners(view: Any) -> tuple[list[float], list[float]]:
    """The eastings and northings of the corners of a map, from the lower left one clockwise."""
    places = [float(number) for number in view.Measure.GPTS]
    east, north = projection(view).transform(places[1::2], places[0::2])
    return list(east), list(north)


def frames(page: Read) -> list[tuple[float, float, float, float]]:
    """The frames of the maps in millimetres from the upper left corner."""
    found = [[float(number) / POINTS for number in view.BBox] for view in page.viewports]
    return [(left, page.height - top, right, page.height - bottom) for left, bottom, right, top in found]


def inset(page: Read) -> tuple[float, float, float, float] | None:
    """The frame of the inset: the rectangle in whose upper left corner its title stands."""
    for run in page.runs:
        if run.text.startswith(("附图", "Inset")) and _SCALE.search(run.text):
            at = (box for box in page.paths if 0 < run.left - box[0] < 3 and 0 < run.top - box[1] < 4)
            return max(at, key=lambda box: (box[2] - box[0]) * (box[3] - box[1]), default=None)
    return None


def named(page: Read, names: Iterable[str], least: float = _LEAST_TEXT) -> list[str]:
    """The names that stand on the map or its inset, not in a table, at a size of so many points at least."""
    boxes = [*frames(page), *filter(None, [inset(page)])]
    runs = [run for run in page.runs if run.size >= least and any(_within(run, box) for box in boxes)]
    text = "".join(run.text.replace(" ", "") for run in runs)
    return [name for name in names if _plain(name) in text]


def _within(run: Run, box: tuple[float, float, float, float]) -> bool:
    x, y = (run.left + run.right) / 2, (run.top + run.bottom) / 2
    return box[0] < x < box[2] and box[1] < y < box[3]


def missing(page: Read, names: Iterable[str]) -> list[str]:
    """The names that do not stand on the page, in one line or several."""
    return [name for name in names if _plain(name) not in page.text]


def _plain(name: str) -> str:
    return "".join(name.split())


def legend_counts(page: Read) -> dict[str, int]:
    """The lines of the legend that state a count."""
    found = (re.fullmatch(r"(.+?) ?[（(](\d+)[）)]", run.text.strip()) for run in page.runs)
    return {match[1]: int(match[2]) for match in found if match}


def lightness(color: str) -> float:
    """CIE L* of a colour."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    y = sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y
