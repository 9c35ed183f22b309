"""From sheets to files: the one door that the command line and the service use."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile

from gis.errors import BadParameter
from webmap.paper import atlas, pdf, sheet, svg
from webmap.paper.compose import compose
from webmap.paper.content import Content
from webmap.paper.display import Page
from webmap.paper.sheet import Atlas, Sheet

FORMATS = ("pdf", "svg", "png")
DPI = 200

Progress = Callable[[str], None]


def _silent(_text: str) -> None:
    pass


def run(
    sheets: Sequence[str | Sheet],
    output: Path,
    content: Content,
    *,
    dpi: int = DPI,
    folder: Path = sheet.SHIPPED,
    progress: Progress = _silent,
) -> None:
    """`corridor print`: the sheets (or the sheets and atlases of these names) as one file, whose ending tells its
    format.

    Raises `NotFound` for an unknown sheet, `BadData` or `BadParameter` for one that cannot be drawn; then
    there is no file, or the one that was there before.
    """
    form = output.suffix.removeprefix(".").lower()
    if form not in FORMATS:
        raise BadParameter(
            "output", output.name, f"a name that ends in {', '.join('.' + name for name in FORMATS)}"
        )
    asked = [one if isinstance(one, Sheet) else sheet.load(one, content.catalog, folder) for one in sheets]
    if form != "pdf" and (len(asked) != 1 or isinstance(asked[0], Atlas)):
        raise BadParameter(
            "sheets", " ".join(one.name for one in asked), f"one sheet for {form}; several make a pdf"
        )
    if form == "png" and isinstance(asked[0], Sheet):
        pdf.check_dpi(*asked[0].size, dpi)
    _save(output, produce(asked, form, content, dpi=dpi, progress=progress))
    progress(f"wrote {output}")


def produce(
    asked: Sequence[Sheet | Atlas],
    form: str,
    content: Content,
    *,
    dpi: int = DPI,
    progress: Progress = _silent,
) -> bytes:
    """The bytes of a file of one format: all the sheets in a pdf, the first one in a svg or png."""
    made: list[Page] = []
    for one in asked:
        progress(f"composing {one.title}")
        made += atlas.pages(one, content) if isinstance(one, Atlas) else [compose(one, content).page]
    progress(f"setting {asked[0].title}")
    if form == "svg":
        return svg.write(made[0]).encode()
    if form == "png":
        return pdf.png(made[0], dpi)
    return pdf.write(made, about(asked[0], content))


def about(asked: Sheet | Atlas, content: Content) -> pdf.About:
    """What the file says of itself."""
    first = asked.sheets[0] if isinstance(asked, Atlas) else asked
    day = first.marginalia.date or content.compiled
    return pdf.About(asked.title, first.marginalia.unit, asked.subtitle, day)


def _save(output: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    try:
        with NamedTemporaryFile(dir=output.parent, prefix=".corridor-", delete=False) as temporary:
            temporary.write(data)
        os.chmod(temporary.name, 0o644)
        os.replace(temporary.name, output)
    except OSError as error:
        raise BadParameter("output", output, f"a file that can be written ({error.strerror})") from None
