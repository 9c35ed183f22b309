"""Pages as PDF and PNG: Typst sets the SVG of each page, pikepdf adds what a reader and a GIS ask of the file.

The same pages give the same bytes: nothing in a file is taken from the clock.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Literal

import pikepdf
import typst
from pikepdf import Array, Dictionary, Name, OutlineItem, Pdf, String

from gis.errors import BadParameter
from webmap.paper import glyphs, svg
from webmap.paper.display import Page, Reference

POINTS = 72 / 25.4
DPI = (50, 600)
MOST_PIXELS = 40_000_000  # about 30 bytes of memory each: A0 at 150 dpi, A3 at 400

# What Typst writes: a matrix for each item, then its paths or its text, with eight decimals.
_MATRIX = re.compile(rb"(q (?:[-0-9.]+ ){6}cm)")
_LONG = re.compile(rb"(\.[0-9]{3})[0-9]+")

_LANGUAGES = {"zh": "zh-CN", "en": "en"}


@dataclass(frozen=True)
class About:
    """What a file says of itself: title, who made it, from what, and the day of its data."""

    title: str
    author: str = ""
    subject: str = ""
    day: date | None = None


def write(pages: Sequence[Page], about: About) -> bytes:
    """The pages as one PDF with bookmarks, each map with its place on the earth."""
    with Pdf.open(BytesIO(_compiled(pages, "pdf"))) as pdf:
        for page, source in zip(pdf.pages, pages, strict=True):
            page.contents_coalesce()
            page.Contents.write(_rounded(page.Contents.read_bytes()))
            if source.references:
                views = [_viewport(pdf, source, one) for one in source.references]
                page.obj.VP = pdf.make_indirect(Array(views))
        with pdf.open_outline() as outline:
            outline.root[:] = [OutlineItem(page.title, number) for number, page in enumerate(pages)]
        pdf.Root.Lang = String(_LANGUAGES[pages[0].language])
        pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
        _tell(pdf, about)
        written = BytesIO()
        pdf.save(
            written,
            deterministic_id=True,
            compress_streams=True,
            recompress_flate=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
        )
    return written.getvalue()


def png(page: Page, dpi: int = 200) -> bytes:
    """The page as a picture. Raises `BadParameter` for a resolution that would need too much memory."""
    check_dpi(page.width, page.height, dpi)
    return _compiled([page], "png", dpi)


def check_dpi(width: float, height: float, dpi: int) -> None:
    """Raise `BadParameter` when a page of that size (mm) would have too many pixels."""
    low, high = DPI
    if not low <= dpi <= high:
        raise BadParameter("dpi", dpi, f"{low} to {high}")
    pixels = width * height * (dpi / 25.4) ** 2
    if pixels > MOST_PIXELS:
        most = int((MOST_PIXELS / (width * height)) ** 0.5 * 25.4)
        raise BadParameter("dpi", dpi, f"{most} at most on paper of {width:g} × {height:g} mm")


def _compiled(pages: Sequence[Page], form: Literal["pdf", "png"], dpi: int | None = None) -> bytes:
    with tempfile.TemporaryDirectory(prefix="corridor-print-") as name:
        folder = Path(name)
        for number, page in enumerate(pages):
            (folder / f"{number}.svg").write_text(svg.write(page, portable=False), encoding="utf-8")
        source = folder / "pages.typ"
        source.write_text(_source(pages), encoding="utf-8")
        return typst.compile(source, root=folder, font_paths=_fonts(), format=form, ppi=dpi)


def _source(pages: Sequence[Page]) -> str:
    """The Typst document: a page for each SVG. What it says in words is a literal, never markup."""
    parts = [f"#set document(title: {_literal(pages[0].title)}, date: none)\n#set page(margin: 0mm)\n"]
    for number, page in enumerate(pages):
        size = f"width: {page.width:g}mm, height: {page.height:g}mm"
        image = f'#image("{number}.svg", {size}, alt: {_literal(page.title)})'
        parts.append(f"#page({size})[{image}]\n")
    return "".join(parts)


def _literal(text: str) -> str:
    """A Typst string; JSON escapes the same characters, and a control character is none of a title."""
    return json.dumps(glyphs.clean(text), ensure_ascii=False)


@cache
def _fonts() -> typst.Fonts:
    folder = str(glyphs.REGULAR.path.parent)
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])


def _rounded(content: bytes) -> bytes:
    """The content of a page with the coordinates of its paths to a thousandth of a millimetre: nearly half as large.
    Matrices, and what sets text, stay as they are."""
    parts = _MATRIX.split(content)
    return b"".join(
        part if number % 2 or b"BT" in part else _LONG.sub(lambda found: found[1], part)
        for number, part in enumerate(parts)
    )


def _viewport(pdf: Pdf, page: Page, reference: Reference) -> Dictionary:
    """The place of a map on the earth, as ISO 32000-2, 12.10, has it: what GDAL and Acrobat read."""
    frame = reference.frame
    box = [frame.left, page.height - frame.bottom, frame.right, page.height - frame.top]
    unit_square = [0, 0, 0, 1, 1, 1, 1, 0]
    places = [round(number, 9) for lon, lat in reference.corners for number in (lat, lon)]
    system = Dictionary(Type=Name.PROJCS, WKT=String(reference.wkt))
    if reference.epsg is not None:
        system.EPSG = reference.epsg
    measure = Dictionary(
        Type=Name.Measure,
        Subtype=Name.GEO,
        Bounds=Array([*unit_square]),
        GPTS=Array(places),
        LPTS=Array([*unit_square]),
        GCS=system,
    )
    return Dictionary(
        Type=Name.Viewport,
        Name=String(glyphs.clean(page.title)),
        BBox=Array([round(number * POINTS, 4) for number in box]),
        Measure=pdf.make_indirect(measure),
    )


def _tell(pdf: Pdf, about: About) -> None:
    """Title, author, subject and day, in the metadata stream and in the older dictionary alike."""
    if "/Info" in pdf.trailer:
        del pdf.trailer["/Info"]
    with pdf.open_metadata(set_pikepdf_as_editor=False) as found:
        for key in list(found):
            del found[key]
        found["dc:title"] = about.title
        if about.author:
            found["dc:creator"] = [about.author]
        if about.subject:
            found["dc:description"] = about.subject
        found["dc:language"] = [str(pdf.Root.Lang)]
        found["pdf:Producer"] = f"Typst {version('typst')}, pikepdf {pikepdf.__version__}"
        if about.day:
            found["xmp:CreateDate"] = f"{about.day.isoformat()}T00:00:00+00:00"
            found["xmp:ModifyDate"] = f"{about.day.isoformat()}T00:00:00+00:00"
    pdf.docinfo[Name.Title] = about.title
    if about.author:
        pdf.docinfo[Name.Author] = about.author
    if about.subject:
        pdf.docinfo[Name.Subject] = about.subject
    if about.day:
        pdf.docinfo[Name.CreationDate] = f"D:{about.day:%Y%m%d}000000Z"
