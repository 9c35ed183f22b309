"""What a document is once it is read: paragraphs in sections, tables, and where each stands in the file."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What a paragraph is for: a heading alone, an item of a box or list, running text."""

    HEADING = "heading"
    ITEM = "item"
    TEXT = "text"


@dataclass(frozen=True)
class Locator:
    """Where something stands: the section, the paragraph in it (from 1), characters of its text, the line.

    `start` and `end` count characters of the normalised paragraph; `raw_start` and `raw_end` those of the
    document's text as extracted, and `line` is its line (from 1) there.
    """

    document: str
    section: str
    paragraph: int
    start: int
    end: int
    line: int
    raw_start: int
    raw_end: int

    def __str__(self) -> str:
        return f"{self.document}#{self.section}@{self.line}"


@dataclass(frozen=True)
class Paragraph:
    """A paragraph without its line breaks: `text` is normalised, `offsets` has the raw offset of each character.

    `section` is the path of heading numbers, `titles` are the headings' words, outermost first.
    """

    section: tuple[str, ...]
    titles: tuple[str, ...]
    number: int
    role: Role
    text: str
    offsets: tuple[int, ...] = field(repr=False)

    @property
    def path(self) -> str:
        """The section as locators write it."""
        return "/".join(self.section)


@dataclass(frozen=True)
class Table:
    """A table, its rows as cells of normalised text; a cell that the layout merged away is ""."""

    section: tuple[str, ...]
    caption: str
    line: int
    rows: tuple[tuple[str, ...], ...]

    @property
    def path(self) -> str:
        """The section as locators write it."""
        return "/".join(self.section)


@dataclass(frozen=True)
class Text:
    """A document as read. `raw` is its text as extracted from the file."""

    id: str
    raw: str = field(repr=False)
    paragraphs: tuple[Paragraph, ...] = field(repr=False)
    tables: tuple[Table, ...] = field(repr=False)
    _starts: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        starts = [0]
        starts.extend(at + 1 for at, character in enumerate(self.raw) if character == "\n")
        object.__setattr__(self, "_starts", tuple(starts))

    def line(self, offset: int) -> int:
        """The line (from 1) of a raw offset."""
        return bisect_right(self._starts, offset)

    def locate(self, paragraph: Paragraph, start: int, end: int) -> Locator:
        """The locator of characters `start` to `end` (exclusive, at least one) of a paragraph."""
        first, last = paragraph.offsets[start], paragraph.offsets[end - 1]
        return Locator(
            self.id, paragraph.path, paragraph.number, start, end, self.line(first), first, last + 1
        )
