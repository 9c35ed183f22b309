"""One way to write each character: widths, quotes and blanks, with the way back to the raw text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

_MARKS = re.compile(r"\[bookmark: [^\]\n]{0,80}\]")
_WIDE = {",": "，", ":": "：", ";": "；", "(": "（", ")": "）", "?": "？", "!": "！"}
_SAME = {"﹣": "-", "－": "-", "‐": "-", "‑": "-", "–": "—", "―": "—", "•": "·", "‧": "·", "・": "·"}
_KEPT = frozenset("，。、；：？！（）《》〈〉【】“”‘’—…·％＞＜≥≤")


def clean(raw: str, start: int, end: int) -> tuple[str, tuple[int, ...]]:
    """Characters `start` to `end` of a text as they ought to be written, and the raw offset of each.

    Full-width letters and digits become half-width, half-width punctuation beside Chinese becomes
    full-width. Bookmark marks and invisible characters go, and blanks, except between two words or
    figures of Latin script.
    """
    skipped = {at for found in _MARKS.finditer(raw, start, end) for at in range(*found.span())}
    kept = [(at, _half(raw[at])) for at in range(start, end) if at not in skipped]
    kept = [(at, character) for at, character in kept if character and not _invisible(character)]
    return _squeezed(_widened(kept))


def plain(text: str) -> str:
    """A short text as it ought to be written."""
    return clean(text, 0, len(text))[0]


def _half(character: str) -> str:
    if character in _KEPT:
        return character
    folded = unicodedata.normalize("NFKC", _SAME.get(character, character))
    return folded if len(folded) == 1 else character


def _invisible(character: str) -> bool:
    return unicodedata.category(character) in ("Cf", "Cc", "Co", "Cs") and not character.isspace()


def _widened(kept: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """Half-width punctuation beside Chinese made full-width, and what then is beside it, to the end."""
    text = "".join(character for _, character in kept)
    while True:
        wide = {i for i, c in enumerate(text) if c in _WIDE and _beside_chinese(text, i)}
        wide |= {
            i for pair in _brackets(text) for i in pair if any(text[j] in "（）" or j in wide for j in pair)
        }
        if not any(text[i] in _WIDE for i in wide):
            return [(at, c) for (at, _), c in zip(kept, text, strict=True)]
        text = "".join(_WIDE.get(c, c) if i in wide else c for i, c in enumerate(text))


def _beside_chinese(text: str, at: int) -> bool:
    before, after = text[:at].rstrip()[-1:], text[at + 1 :].lstrip()[:1]
    return any(is_chinese(c) or c in _KEPT for c in (before, after) if c)


def _brackets(text: str) -> Iterator[tuple[int, int]]:
    """The brackets that belong together, of whatever width."""
    opened: list[int] = []
    for at, character in enumerate(text):
        if character in "(（":
            opened.append(at)
        elif character in ")）" and opened:
            yield opened.pop(), at


def is_chinese(character: str) -> bool:
    """Whether a character is a Han character."""
    return "㐀" <= character <= "鿿" or character == "〇"


def _squeezed(kept: Sequence[tuple[int, str]]) -> tuple[str, tuple[int, ...]]:
    out: list[tuple[int, str]] = []
    blank: int | None = None
    for at, character in kept:
        if character.isspace():
            blank = at if blank is None else blank
            continue
        if blank is not None and out and _latin(out[-1][1]) and _latin(character):
            out.append((blank, " "))
        blank = None
        out.append((at, character))
    return "".join(c for _, c in out), tuple(at for at, _ in out)


def _latin(character: str) -> bool:
    return character.isascii() and not character.isspace()
