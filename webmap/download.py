"""Features as files: CSV as it flows, GeoPackage and FlatGeobuf from a temporary file.

A file without a `limit` holds everything that matches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Response, request

from gis import export
from gis.feature import Query
from gis.layer import Layer
from webmap import context, params
from webmap.files import vector
from webmap.files.content import File
from webmap.files.text import Parts, csv_parts
from webmap.params import Format
from webmap.shapes import Form

_CHUNK = 64 * 1024


def response(layer: Layer, query: Query, form: Form, fmt: Format) -> Response:
    """The file of a query. `form` says in which system, and which fields."""
    most = params.limit(request.args) if "limit" in request.args else None
    source = export.batches(context.connection(), layer, query, most)
    wanted = File(layer, form, source, context.generated())
    body = _in_its_place(_MAKERS[fmt](wanted), context.reserve_export() if _large(layer, most) else None)
    # What can fail has failed when the first part is there, while there is still another answer to give.
    first = next(body)
    answer = Response(chain([first], body), content_type=_content_type(fmt))
    answer.call_on_close(body.close)
    answer.call_on_close(context.hand_over().close)
    answer.headers["Content-Disposition"] = f'attachment; filename="{wanted.name}.{fmt}"'
    if not form.coords:
        answer.headers["Content-Crs"] = f"<{form.crs}>"
    return answer


def _large(layer: Layer, most: int | None) -> bool:
    """Whether a file may be so large that only a few of them are written at a time."""
    count = context.summary(layer).count
    return min(count, most or count) > context.AT_ONCE


def _in_its_place(parts: Parts, leave: Callable[[], None] | None) -> Parts:
    """The parts of a file; the place that it takes is left when the last is sent, or nobody wants more."""
    with ExitStack() as closing:
        if leave:
            closing.callback(leave)
        closing.callback(parts.close)
        yield from parts


def _content_type(fmt: Format) -> str:
    media_type = params.media_type(fmt)
    return f"{media_type}; charset=utf-8; header=present" if fmt is Format.CSV else media_type


def _geopackage(file: File) -> Parts:
    return _by_file(vector.geopackage, file, Format.GPKG)


def _flatgeobuf(file: File) -> Parts:
    return _by_file(vector.flatgeobuf, file, Format.FGB)


def _by_file(write: Callable[[Sequence[File], Path], None], file: File, fmt: Format) -> Parts:
    """The bytes of a file that is written whole before it is sent."""
    with TemporaryDirectory(prefix="corridor-") as folder:
        path = Path(folder) / f"out.{fmt}"
        write([file], path)
        yield from vector.sent(path, _CHUNK)


_MAKERS: dict[Format, Callable[[File], Parts]] = {
    Format.CSV: csv_parts,
    Format.GPKG: _geopackage,
    Format.FGB: _flatgeobuf,
}
