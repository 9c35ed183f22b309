"""Sheets in one file: a page of contents before them, an index of places with grid references after them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from webmap.paper import phrases
from webmap.paper.compose import Composed, compose
from webmap.paper.content import Content
from webmap.paper.display import Box, Group, Item, Page, Paint, Text
from webmap.paper.furniture import GREY, INK, RED, line, numeric_scale, rectangle
from webmap.paper.sheet import PAPERS, Atlas, Sheet
from webmap.paper.typeset import points, shortened

_HEIGHT, _WIDTH = PAPERS["A3"]
_INNER = Box(24, 22, _WIDTH - 24, _HEIGHT - 18)
_HEAD = 20.0
_SIZE = points(6.6)
_ROW = 1.34 * _SIZE
_COLUMNS = 4


def pages(atlas: Atlas, content: Content) -> Iterator[Page]:
    """Contents, sheets, index. Raises what `compose` raises."""
    yield from bound(atlas, [compose(sheet, content) for sheet in atlas.sheets])


def bound(atlas: Atlas, composed: Sequence[Composed]) -> Iterator[Page]:
    """The pages of an atlas whose sheets are composed."""
    yield _contents(atlas, composed)
    yield from (one.page for one in composed)
    yield from _index(atlas, composed)


def _contents(atlas: Atlas, composed: Sequence[Composed]) -> Page:
    middle, lang = _INNER.centre[0], atlas.sheets[0].language
    contents = phrases.CONTENTS.say(lang)
    items: list[Item] = [
        Text(middle, 48, atlas.title, 15, bold=True, anchor="middle", spacing=1),
        Text(middle, 60, atlas.subtitle, 5, color="#555555", anchor="middle"),
        line(middle - 60, 68, middle + 60, 68, Paint(stroke=RED, width=0.5)),
        Text(middle, 84, "  ".join(contents) if lang == "zh" else contents, 6.4, bold=True, anchor="middle"),
    ]
    if any(not sheet.marginalia.review_no for sheet in atlas.sheets):
        items.append(
            Text(
                middle,
                _INNER.bottom,
                phrases.NOT_REVIEWED.say(lang),
                3.6,
                bold=True,
                color=RED,
                anchor="middle",
            )
        )
    left, right = middle - 105, middle + 105
    high = min(9.0, (_INNER.bottom - 104) / max(len(composed) + 1, 1))
    pairs = zip(atlas.sheets, composed, strict=True)
    rows = [(sheet.number, sheet.title, numeric_scale(one.scale)) for sheet, one in pairs]
    rows.append(("", phrases.INDEX.say(lang), ""))
    for number, (figure, title, scale) in enumerate(rows):
        y, size = 98 + number * high, min(4.0, high * 0.52)
        items += [
            Text(left, y, figure, size, color=GREY),
            Text(left + 18, y, title, size),
            Text(right - 20, y, scale, size, color=GREY, anchor="end"),
            Text(right, y, str(number + 2), size, bold=True, anchor="end"),
            line(left, y + 0.3 * high, right, y + 0.3 * high, Paint(stroke="#cccccc", width=0.12)),
        ]
    return Page(_WIDTH, _HEIGHT, contents, (_border(), Group("contents", items)), lang)


def _border() -> Group:
    outer, inner = Box(10, 10, _WIDTH - 10, _HEIGHT - 10), Box(12, 12, _WIDTH - 12, _HEIGHT - 12)
    return Group(
        "border",
        [rectangle(outer, Paint(stroke=INK, width=0.7)), rectangle(inner, Paint(stroke=INK, width=0.18))],
    )


def entries(sheets: Iterable[Sheet], composed: Iterable[Composed]) -> list[tuple[str, str]]:
    """Every place with the sheets and cells in which it stands, in the order of GB 18030: mostly by sound."""
    found: dict[str, list[str]] = {}
    for sheet, one in zip(sheets, composed, strict=True):
        for place in one.places:
            reference = f"{sheet.number.removeprefix('图') or sheet.name} {place.cell}"
            if reference not in found.setdefault(place.name, []):
                found[place.name].append(reference)
    ordered = sorted(found, key=lambda name: name.encode("gb18030", "replace"))
    return [(name, "、".join(found[name])) for name in ordered]


def _index(atlas: Atlas, composed: Sequence[Composed]) -> Iterator[Page]:
    rows, lang = entries(atlas.sheets, composed), atlas.sheets[0].language
    deep = int((_INNER.height - _HEAD) / _ROW)
    for number, start in enumerate(range(0, len(rows), deep * _COLUMNS)):
        some = rows[start : start + deep * _COLUMNS]
        head = Text(
            _INNER.centre[0], _INNER.top + 8, phrases.INDEX.say(lang), 6.4, bold=True, anchor="middle"
        )
        note = Text(_INNER.right, _INNER.top + 8, phrases.REFERENCES.say(lang), 3.4, color=GREY, anchor="end")
        items = [head, note, *_index_rows(some, -(-len(some) // _COLUMNS))]
        several = len(rows) > deep * _COLUMNS
        title = phrases.INDEX_PART.say(lang, number=number + 1) if several else phrases.INDEX.say(lang)
        yield Page(_WIDTH, _HEIGHT, title, (_border(), Group("index", items)), lang)


def _index_rows(rows: Sequence[tuple[str, str]], deep: int) -> Iterator[Text]:
    wide = _INNER.width / _COLUMNS
    for number, (name, references) in enumerate(rows):
        column, row = divmod(number, deep)
        x, y = _INNER.left + column * wide, _INNER.top + _HEAD + row * _ROW
        right = x + wide - 5
        note = Text(right, y, shortened(references, wide * 0.55, _SIZE), _SIZE, color=GREY, anchor="end")
        yield Text(x, y, shortened(name, right - x - note.width - 1.5, _SIZE), _SIZE)
        yield note
