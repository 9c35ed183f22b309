"""Lines as printed → paragraphs: sections by their headings, lines joined, page numbers out, tables apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from etl.text import tables
from etl.text.characters import clean, plain
from etl.text.model import Paragraph, Role, Table, Text

FOREWORD = "前言"

_NUMERALS = "一二三四五六七八九十百零〇"
_LEVELS = (
    re.compile(rf"第[{_NUMERALS}]+[章篇编]"),
    re.compile(rf"([{_NUMERALS}]+)、"),
    re.compile(rf"（([{_NUMERALS}]+)）"),
    re.compile(r"(\d{1,2})(?:[.．]{1,2}|、)(?!\d)"),
    re.compile(r"（(\d{1,2})）"),
)
_BOX = re.compile(r"(专栏|表|附表)(\d{1,2}(?:-\d{1,2})?)(?![\d.%-]|年)")
_REMARK = re.compile(r"(备注|注)：")
_PAGE_NUMBER = re.compile(r"\s*[—–-]?\s*(\d{1,4})\s*[—–-]?\s*|\s*第\s*\d+\s*页.{0,12}")
_ENDS = "。！？；：…"
_SENTENCE = re.compile(r"[。！？；]")
_TITLE_LIMIT = 60
# A text is printed in lines when more than this part of its longer lines stops in mid-sentence.
_WRAPPED_SHARE = 0.5
_LONG = 16


@dataclass(frozen=True)
class Line:
    """A line of the raw text, its characters from `start` to `end`."""

    number: int
    start: int
    end: int
    raw: str

    @property
    def blank(self) -> bool:
        return not self.raw.strip()

    @property
    def cell(self) -> bool:
        """Whether the line is a cell of a table."""
        return self.raw.startswith("\t")


@dataclass(frozen=True)
class Block:
    """Consecutive lines that make up one paragraph, or a table."""

    lines: tuple[Line, ...]
    table: bool = False


def text_from(document: str, raw: str) -> Text:
    """The paragraphs and tables of a raw text."""
    sections = _Sections()
    paragraphs: list[Paragraph] = []
    found: list[Table] = []
    for block in _blocks(raw):
        if block.table:
            caption = sections.caption or _caption(paragraphs)
            found.append(Table(sections.path, caption, block.lines[0].number, _rows(block)))
            continue
        characters = [clean(raw, line.start, line.end) for line in block.lines]
        text = "".join(part for part, _ in characters)
        offsets = tuple(at for _, part in characters for at in part)
        if text:
            paragraphs.append(sections.place(text, offsets))
    return Text(document, raw, tuple(paragraphs), tuple(found))


def _caption(before: Sequence[Paragraph]) -> str:
    """The paragraph above a table when it is a title."""
    text = before[-1].text if before else ""
    return text if len(text) <= _TITLE_LIMIT and not _SENTENCE.search(text) else ""


def _rows(block: Block) -> tuple[tuple[str, ...], ...]:
    return tables.rows([line.raw for line in block.lines])


# --- sections ---------------------------------------------------------------------------------


@dataclass
class _Sections:
    """Where the reading stands: the headings that are open, the box, the count of its items."""

    _open: dict[int, tuple[str, str]] = field(default_factory=dict)
    _box: tuple[str, str] | None = None
    _items: int = 0
    _count: dict[tuple[str, ...], int] = field(default_factory=dict)

    @property
    def path(self) -> tuple[str, ...]:
        numbers = tuple(number for _, (number, _) in sorted(self._open.items()))
        return (*numbers, self._box[0]) if self._box else numbers or (FOREWORD,)

    @property
    def titles(self) -> tuple[str, ...]:
        words = tuple(title for _, (_, title) in sorted(self._open.items()))
        return (*words, self._box[1]) if self._box else words

    @property
    def caption(self) -> str:
        return self._box[1] if self._box else ""

    def place(self, text: str, offsets: tuple[int, ...]) -> Paragraph:
        """The paragraph in its section, which it may itself open."""
        role = self._role(text)
        number = self._count[self.path] = self._count.get(self.path, 0) + 1
        return Paragraph(self.path, self.titles, number, role, text, offsets)

    def _role(self, text: str) -> Role:
        box = _BOX.match(text)
        if box and not _SENTENCE.search(text):
            self._box, self._items = (box.group(), text[box.end() :].strip()), 0
            return Role.HEADING
        for level, pattern in enumerate(_LEVELS):
            found = pattern.match(text)
            if found:
                return self._numbered(level, found, text)
        return Role.TEXT

    def _numbered(self, level: int, found: re.Match[str], text: str) -> Role:
        number = found.group(1) if found.re.groups and level != 2 and level != 4 else found.group()
        if self._box and level == 3 and int(number) == self._items + 1 and self._box[0].startswith("专栏"):
            self._items += 1
            return Role.ITEM
        title = re.split(r"[。：]", text[found.end() :], maxsplit=1)[0].strip()
        if len(title) > _TITLE_LIMIT:
            return Role.TEXT
        self._open = {depth: head for depth, head in self._open.items() if depth < level}
        self._open[level] = (number, title)
        self._box = None
        return Role.TEXT if _SENTENCE.search(text) else Role.HEADING


def opens(text: str) -> bool:
    """Whether a line opens a section, a box, or a numbered item."""
    return bool(_BOX.match(text) or _REMARK.match(text) or any(level.match(text) for level in _LEVELS))


# --- lines to blocks --------------------------------------------------------------------------


def _blocks(raw: str) -> Iterator[Block]:
    lines = tuple(_lines(raw))
    wrapped = _is_wrapped(lines)
    rest: list[Line] = []
    for block in _without_tables(lines):
        if block.table:
            yield from _joined(rest, wrapped)
            rest = []
            yield block
        else:
            rest += block.lines
    yield from _joined(rest, wrapped)


def _lines(raw: str) -> Iterator[Line]:
    start = 0
    for number, line in enumerate(raw.split("\n"), start=1):
        yield Line(number, start, start + len(line), line)
        start += len(line) + 1


def _is_wrapped(lines: Sequence[Line]) -> bool:
    longer = [text for line in lines if len(text := line.raw.strip()) >= _LONG]
    open_ended = sum(plain(text)[-1:] not in "。！？；：”）》" for text in longer)
    return bool(longer) and open_ended / len(longer) > _WRAPPED_SHARE


def _without_tables(lines: Sequence[Line]) -> Iterator[Block]:
    """The lines in order, those of each table together in a block of its own.

    Rows that a page break has thrown into the text after the table go back to it.
    """
    regions = tables.regions([line.raw for line in lines])
    inside = {at: region for region in regions for at in region}
    for at, line in enumerate(lines):
        region = inside.get(at)
        if region is None:
            yield Block((line,))
        elif at == region[0]:
            yield Block(tuple(lines[i] for i in region), table=True)


def _joined(lines: Sequence[Line], wrapped: bool) -> Iterator[Block]:
    """Each line a block, or, in a wrapped text, the lines of each paragraph."""
    kept = [line for line in lines if not line.blank]
    if not wrapped:
        yield from (Block((line,)) for line in kept)
        return
    kept = [line for at, line in enumerate(kept) if not _is_page_number(kept, at)]
    paragraph: list[Line] = []
    for at, line in enumerate(kept):
        if paragraph and _begins(kept, at):
            yield Block(tuple(paragraph))
            paragraph = []
        paragraph.append(line)
    if paragraph:
        yield Block(tuple(paragraph))


def _is_page_number(lines: Sequence[Line], at: int) -> bool:
    return _PAGE_NUMBER.fullmatch(lines[at].raw) is not None


def _begins(lines: Sequence[Line], at: int) -> bool:
    """Whether a line of a wrapped text begins a paragraph: it opens a section, or the one before it is done."""
    before, line = plain(lines[at - 1].raw), plain(lines[at].raw)
    if opens(line):
        return True
    if _BOX.match(before) or (opens(before) and not _SENTENCE.search(before) and not _full(lines, at - 1)):
        return True
    ended = before[-1:] in _ENDS or before.endswith(("）", "”"))
    return ended and not _full(lines, at - 1)


def _full(lines: Sequence[Line], at: int) -> bool:
    """Whether a line is as long as those around it, so that it may have been broken."""
    around = [_width(line.raw) for line in lines[max(0, at - 3) : at + 4]]
    return _width(lines[at].raw) >= max(around) - 4


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text.strip())
