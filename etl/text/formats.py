"""The text of a file: plain, DOCX, PDF or HTML. The one place that knows the readers of each.

Every reader gives the same shape: a line for each paragraph or printed line; the cells of a table each
on a line of its own after a tab, its rows parted by an empty line.
"""

from __future__ import annotations

import codecs
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from gis.errors import BadData

_MEGABYTE = 1 << 20
# A plan has a few hundred pages; what is larger is not one, or wants to fill the memory.
FILE_LIMIT = 100 * _MEGABYTE
UNPACKED_LIMIT = 300 * _MEGABYTE
_RATIO_LIMIT = 200
_MEMBER_LIMIT = 5000
_PAGE_LIMIT = 3000
_BLOCKS = frozenset(
    "address article aside blockquote dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 "
    "header hr li main nav ol p pre section table tbody tfoot thead title tr ul".split()
)
_SILENT = frozenset("script style noscript template head svg iframe object".split())
_MARKUP = re.compile(
    rb"\s*(<!--.{0,2000}?-->\s*)*<(!doctype html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)


def text_of(file: Path) -> str:
    """The text of a file, lines ended by newlines. Raises `BadData` when it cannot be read."""
    data = _bytes(file)
    try:
        text = _reader(file, data)(data)
    except BadData:
        raise
    except Exception as error:  # the readers raise whatever a damaged file makes them stumble over
        raise BadData(file.name, f"cannot be read: {type(error).__name__}: {error}") from None
    if not text.strip():
        raise BadData(file.name, "holds no text; a scanned document must be recognised (OCR) first")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")


def _bytes(file: Path) -> bytes:
    try:
        size = file.stat().st_size
        if size > FILE_LIMIT:
            raise BadData(
                file.name, f"{size / _MEGABYTE:.0f} MB: expected at most {FILE_LIMIT // _MEGABYTE} MB"
            )
        return file.read_bytes()
    except OSError as error:
        raise BadData(file.name, f"cannot be opened: {error.strerror}") from None


def _reader(file: Path, data: bytes) -> Callable[[bytes], str]:
    if data.startswith(b"%PDF-"):
        return _pdf
    if data.startswith(b"PK\x03\x04"):
        return lambda packed: _docx(file.name, packed)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadData(file.name, "an old Word document: save it as .docx")
    if file.suffix.lower() in (".html", ".htm", ".xhtml") or _MARKUP.match(data):
        return lambda markup: _html(file.name, markup)
    return lambda encoded: _plain(file.name, encoded)


# --- plain text -------------------------------------------------------------------------------


def _plain(name: str, data: bytes) -> str:
    """Text in UTF-8, UTF-16 with its mark, or GB 18030."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    if b"\0" in data:
        raise BadData(name, "not a text file: expected plain text, DOCX, PDF or HTML")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        first = error
    try:
        return data.decode("gb18030")
    except UnicodeDecodeError:
        line = data[: first.start].count(b"\n") + 1
        raise BadData(f"{name}, line {line}", "neither UTF-8 nor GB 18030: expected one of them") from None


# --- DOCX -------------------------------------------------------------------------------------


def _docx(name: str, data: bytes) -> str:
    _check_archive(name, data)
    import docx

    lines: list[str] = []
    for block in docx.Document(io.BytesIO(data)).iter_inner_content():
        lines += _word_table(block) if hasattr(block, "rows") else [block.text]
    return "\n".join(lines)


def _word_table(table: Any) -> Iterator[str]:
    for row in table.rows:
        seen: set[Any] = set()
        for cell in row.cells:
            merged = cell._tc in seen
            seen.add(cell._tc)
            yield "\t" + ("" if merged else cell.text.strip("\n"))
        yield ""
    yield ""


def _check_archive(name: str, data: bytes) -> None:
    """Refuse an archive that would unpack without end, or whose members name paths outside of it."""
    try:
        members = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except zipfile.BadZipFile as error:
        raise BadData(name, f"a damaged archive: {error}") from None
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[:1]:
            raise BadData(name, f"the archive holds a path that leads out of it: {member.filename!r}")
    unpacked = sum(member.file_size for member in members)
    if len(members) > _MEMBER_LIMIT or unpacked > min(
        UNPACKED_LIMIT, max(_MEGABYTE, _RATIO_LIMIT * len(data))
    ):
        raise BadData(
            name, f"the archive would unpack to {unpacked / _MEGABYTE:.0f} MB in {len(members)} files"
        )
    if "word/document.xml" not in {member.filename for member in members}:
        raise BadData(name, "an archive that is no Word document: expected plain text, DOCX, PDF or HTML")


# --- PDF --------------------------------------------------------------------------------------


def _pdf(data: bytes) -> str:
    import pypdf

    reader = pypdf.PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise ValueError("it is protected by a password")
    if len(reader.pages) > _PAGE_LIMIT:
        raise ValueError(f"it has {len(reader.pages)} pages: expected at most {_PAGE_LIMIT}")
    return "\n".join(page.extract_text() for page in reader.pages)


# --- HTML -------------------------------------------------------------------------------------


def _html(name: str, data: bytes) -> str:
    import lxml.html  # type: ignore[import-untyped]

    declared = re.search(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([a-zA-Z0-9_-]+)", data[:4096], re.IGNORECASE)
    chinese = declared and declared.group(1).lower() in (b"gb2312", b"gbk", b"gb18030")
    text = data.decode("gb18030", "replace") if chinese else _plain(name, data)
    body = re.sub(r"\A﻿?\s*<\?xml[^>]*\?>", "", text)
    parser = lxml.html.HTMLParser(huge_tree=False, no_network=True, remove_comments=True)
    flow = "".join(_flow(lxml.html.document_fromstring(body, parser=parser)))
    return re.sub(r" *[\n ]*\n *", "\n", flow).replace("\v", "\n\n").strip("\n")


def _flow(element: Any) -> Iterator[str]:
    """The text of an element: a newline parts blocks, a tab opens a cell, a vertical tab ends a row."""
    tag = element.tag if isinstance(element.tag, str) else ""
    if tag and tag not in _SILENT:
        yield {"td": "\n\t", "th": "\n\t", "br": "\n"}.get(tag, "\n" if tag in _BLOCKS else "")
        yield _flat(element.text)
        for child in element:
            yield from _flow(child)
        yield "\v" if tag in ("tr", "table") else "\n" if tag in _BLOCKS else ""
    yield _flat(element.tail)


def _flat(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "")
