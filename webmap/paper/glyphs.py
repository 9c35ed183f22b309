"""Characters: which font draws each, how wide it is, and what is drawn for one that no font has."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

from gis.errors import MissingAsset

FOLDER = Path(__file__).parent / "fonts"
FAMILY = "Noto Sans SC"

# The em box around a baseline, in ems.
ASCENT = 0.88
DESCENT = 0.12

_LETTER = re.compile(r"(LATIN (?:CAPITAL|SMALL)|REGIONAL INDICATOR SYMBOL) LETTER ([A-Z])(?: WITH |$)")
_MISSING = "〓"  # the typesetter's mark for a character that he does not have


@dataclass(frozen=True)
class Font:
    """A font file: its family and weight as CSS has them."""

    file: str
    family: str
    weight: int

    @property
    def path(self) -> Path:
        """Where the file is. Raises `MissingAsset` when the build has not brought it."""
        path = FOLDER / self.file
        if not path.is_file():
            raise MissingAsset(f"webmap/paper/fonts/{self.file} is not there; run `make assets`.")
        return path


REGULAR = Font("NotoSansSC-Regular.ttf", FAMILY, 400)
BOLD = Font("NotoSansSC-Bold.ttf", FAMILY, 700)
REST = Font("NotoSansSCRest-Regular.ttf", "Noto Sans SC Rest", 400)
SIGNS = Font("NotoEmoji-Regular.ttf", "Noto Emoji", 400)
RARE = Font("RareIdeographs-Regular.ttf", "Rare Ideographs", 400)  # a build may have done without it
FONTS = (REGULAR, BOLD, REST, SIGNS, RARE)


def has_rare() -> bool:
    """Whether the build has brought the font of rare ideographs."""
    return (FOLDER / RARE.file).is_file()


def clean(text: str) -> str:
    """One line of text as it is drawn: no control characters, no radicals, a letter without its accent where no font
    has it with it, a mark for what no font has at all."""
    return "".join(
        _drawn(character) for character in unicodedata.normalize("NFC", text) if _visible(character)
    )


def width(text: str, *, bold: bool = False) -> float:
    """How wide a cleaned text is, in ems."""
    return sum(_advance(font_of(character, bold=bold), character) for character in text)


def runs(text: str, *, bold: bool = False) -> Iterator[tuple[Font, str]]:
    """A cleaned text in pieces of one font each."""
    piece, font = "", None
    for character in text:
        found = font_of(character, bold=bold)
        if font is not None and found is not font:
            yield font, piece
            piece = ""
        piece, font = piece + character, found
    if font is not None:
        yield font, piece


@lru_cache(maxsize=1 << 16)  # asked for every character of every label that is measured
def font_of(character: str, *, bold: bool = False) -> Font:
    """The font of a character: the wanted weight when that has it."""
    fonts = (BOLD if bold else REGULAR, REST, SIGNS)
    return next((font for font in fonts if ord(character) in _advances(font)), RARE)


def cut(font: Font, characters: str) -> bytes:
    """The font with these characters alone."""
    options = subset.Options(
        layout_features=[], hinting=False, glyph_names=False, name_IDs=[1, 2, 4, 6, 13, 14]
    )
    loaded = subset.load_font(str(font.path), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=characters)
    subsetter.subset(loaded)
    loaded.recalcTimestamp = False
    written = BytesIO()
    loaded.save(written)
    return written.getvalue()


def _visible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) not in ("Cc", "Cf", "Cs")


def _drawn(character: str) -> str:
    if character.isspace():
        return " "
    code = ord(character)
    if 0x2E80 <= code < 0x2FE0 or 0xF900 <= code < 0xFB00:
        return unicodedata.normalize("NFKC", character)
    return character if _is_held(character) else _plain(character)


def _is_held(character: str) -> bool:
    font = font_of(character)
    return font is not RARE or (has_rare() and ord(character) in _advances(RARE))


def _plain(character: str) -> str:
    """What stands for a character that no font has: a Latin letter by its name, nothing for what only changes the
    character before it, as an accent, a selector of forms and a colour of skin do."""
    if unicodedata.category(character) in ("Mn", "Me", "Sk"):
        return ""
    letter = _LETTER.match(unicodedata.name(character, ""))
    if letter is None:
        return _MISSING
    return letter[2].lower() if letter[1].endswith("SMALL") else letter[2]


def _advance(font: Font, character: str) -> float:
    return _advances(font)[ord(character)]


@cache
def _advances(font: Font) -> dict[int, float]:
    """The advances of a font's characters, in ems."""
    with TTFont(font.path, lazy=True) as opened:
        em, metrics = opened["head"].unitsPerEm, opened["hmtx"].metrics
        return {code: metrics[name][0] / em for code, name in opened.getBestCmap().items()}
