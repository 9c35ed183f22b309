"""The names on a map: which there are, how each may be set, and the texts and leaders once they are placed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.layer import Geometry, Theme
from gis.symbol import Fill, Stroke
from webmap.paper import display, glyphs, words
from webmap.paper.display import Box, Group, Item, Paint, Text
from webmap.paper.furniture import INK, RED
from webmap.paper.labels import Item as Wanted
from webmap.paper.labels import Placed, Variant, place
from webmap.paper.plot import Drawn, Facility, Plot
from webmap.paper.typeset import points

_PAD = 0.12
_LINE = 1.1
_CITY_RANK = 90
_NEAR = 10.0  # the name of an area that is so near to its middle needs no leader
_YIELDING = 2.0  # how much dearer a spot the name of a city may be given for others' sake
_LONG, _LONGER = 12, 32  # names so long may be set in three lines, in four
_BIG_ZOOM = 7  # layers whose names stand on the web map from this zoom on have large names


@dataclass(frozen=True)
class Style:
    """How the names of one sort are set."""

    size: float
    color: str = INK
    bold: bool = False
    spacing: float = 0
    halo: float = 0.3


@dataclass(frozen=True)
class Names:
    """The names of a map as items; `numbered` have a number on the map, `unnamed` have not even that."""

    groups: tuple[Group, ...]
    numbered: tuple[tuple[int, Drawn], ...]
    labelled: int
    unnamed: tuple[str, ...]


def names(
    plotted: Plot,
    unit: float,
    small: float,
    *,
    blocks: Sequence[Box] = (),
    hidden: Box | None = None,
    pins: Mapping[str, tuple[float, float]] | None = None,
    first_number: int = 1,
    keyed: bool = True,
    lang: str = "zh",
    focus: BaseGeometry | None = None,
) -> Names:
    """All names of a map: the structure and the large areas first, then rivers, facilities, small areas.

    `hidden` is the part that an inset shows: names may stand in it, but not across its edge. What finds no room
    for its name gets a number when it is `keyed`, else nothing.
    """
    discs = [(one.x, one.y, one.radius) for one in plotted.facilities]
    taken = [*blocks, *_edges(hidden)]
    box = plotted.frame.box.grown(-1.2)
    areas = list(_areas(plotted, unit, small, lang, focus, hidden))
    large = [one for one in areas if one.wanted.rank >= 80]
    settled = _settle(large, box, taken, discs)
    rivers = list(_along(plotted, unit, [*taken, *(one.box for one in settled.values())], discs, lang))
    taken += [_turned_box(text) for text in rivers]
    points_ = [_facility(one, small, pins or {}, lang, keyed=keyed) for one in plotted.facilities]
    fine = [one for one in areas if one.wanted.rank < 80]
    placed = _together(large, settled, [*points_, *fine], box, taken, discs)
    drawn = [one for one in points_ if one.wanted.key in placed]
    numbers = _numbering(drawn, placed, first_number)
    texts = (
        Group("names", _texts(large, placed)),
        Group("river-names", rivers),
        Group("labels", _texts([*fine, *drawn], placed, numbers)),
    )
    found = {one.drawn.key: one.drawn for one in plotted.facilities}
    numbered = tuple(
        (number, found[key]) for key, number in sorted(numbers.items(), key=lambda pair: pair[1])
    )
    unnamed = tuple(one.wanted.key for one in points_ if one.wanted.key not in placed)
    return Names(texts, numbered, len(drawn) - len(numbers), unnamed)


@dataclass(frozen=True)
class _Name:
    """A name with the ways to set it: each variant's lines, and what is asked of the placement."""

    wanted: Wanted
    lines: tuple[tuple[str, ...], ...]
    style: Style


def _name(drawn: Drawn, lang: str) -> str:
    """The name that is drawn: of a part of a structure, without the remark in brackets that tells the part."""
    name = drawn.called(lang)
    return name.partition("（")[0].partition(" (")[0] if drawn.layer.theme is Theme.STRUCTURE else name


def _set(
    text: str, style: Style, most: int, endings: tuple[str, ...] = ()
) -> tuple[list[tuple[str, ...]], list[Variant]]:
    """A name in one line and in more, and the size of each; breaking costs, and so does a long line."""
    found, sizes = [], []
    for count in range(1, most + 1):
        lines = words.lines(text, count, endings)
        if lines is None:
            continue
        wide = max(_width(line, style) for line in lines)
        cost = 0.7 * (count - 1) + 0.25 * max(0.0, wide / style.size - 9)
        found.append(lines)
        sizes.append(Variant(wide + 2 * _PAD, len(lines) * _LINE * style.size + 2 * _PAD, cost))
    return found, sizes


def _width(line: str, style: Style) -> float:
    cleaned = glyphs.clean(line)
    return glyphs.width(cleaned, bold=style.bold) * style.size + style.spacing * max(len(cleaned) - 1, 0)


def _areas(
    plotted: Plot, unit: float, small: float, lang: str, focus: BaseGeometry | None, hidden: Box | None
) -> Iterator[_Name]:
    """The names of areas that show enough of themselves; beside a focus only those of its large neighbours, and not
    those of little ones that an inset shows, too."""
    box = plotted.frame.box
    window = shapely.box(box.left, box.top, box.right, box.bottom)
    within = window if focus is None else shapely.intersection(window, plotted.frame.to_page(focus))
    seen: set[str] = set()
    inner: dict[str, list[BaseGeometry]] = {}
    for one in sorted(plotted.shapes, key=lambda one: (-one.layer.order, one.geometry.area)):
        if one.layer.geometry is not Geometry.POLYGON or one.layer.label_zoom is None:
            continue
        text, visible = _name(one, lang), shapely.intersection(one.geometry, window)
        style, rank, most = _area_style(one, unit, small)
        if text in seen or visible.area < (style.size * (4 if rank == _CITY_RANK else 1.2)) ** 2:
            continue
        if hidden is not None and rank > _CITY_RANK and _is_little(visible, hidden, 5 * style.size):
            continue
        if rank != _CITY_RANK and visible.intersection(within).area < 0.3 * visible.area:
            continue
        seen.add(text)
        ring = shapely.difference(visible, shapely.union_all(inner.get(one.layer.id, [])))
        visible = ring if ring.area > 0.2 * visible.area else visible
        inner.setdefault(one.layer.id, []).append(one.geometry)
        lines, sizes = _set(text, style, most)
        spots = _spots(visible, box.height / 40)
        x, y, _cost = spots[0]
        reach = 19.5 if one.layer.theme is Theme.STRUCTURE else 6.5
        wanted = Wanted(one.key, x, y, 0.0, tuple(sizes), rank, spots=tuple(spots), reach=reach)
        yield _Name(wanted, tuple(lines), style)


def _is_little(area: BaseGeometry, hidden: Box, size: float) -> bool:
    """Whether an area within a box is smaller than a square of that size."""
    left, top, right, bottom = area.bounds
    return area.area < size**2 and hidden.holds(Box(left, top, right, bottom))


def _area_style(one: Drawn, unit: float, small: float) -> tuple[Style, float, int]:
    if one.layer.theme is Theme.STRUCTURE:
        assert isinstance(one.symbol, Fill)
        color = one.symbol.outline.color if one.symbol.outline else one.symbol.color
        return Style(points(7.6) * unit, color, bold=True, halo=0.36), 100 + one.layer.order, 3
    if (one.layer.label_zoom or 0) <= _BIG_ZOOM:
        size = points(12.5) * unit
        return Style(size, "#54475c", bold=True, spacing=0.35 * size), _CITY_RANK, 1
    return Style(small, "#857a80", spacing=0.12 * small, halo=0.24), 30, 1


def _spots(area: BaseGeometry, apart: float) -> list[tuple[float, float, float]]:
    """Places within an area for the middle of its name: the best is farthest from its edge."""
    parts = shapely.get_parts(area)
    largest = parts[int(np.argmax(shapely.area(parts)))]
    centre = shapely.get_point(shapely.maximum_inscribed_circle(largest, apart / 4), 0)
    left, top, right, bottom = largest.bounds
    xs, ys = np.arange(left, right, apart), np.arange(top, bottom, apart)
    grid = shapely.points(np.array([(x, y) for x in xs for y in ys]).reshape(-1, 2))
    inside = grid[shapely.contains(largest, grid)]
    reach = max(largest.area**0.5, 1)
    spots = [(float(centre.x), float(centre.y), 0.0)]
    for point in inside.tolist():
        spots.append((point.x, point.y, 0.5 + 9 * point.distance(centre) / reach))
    return spots


def _settle(
    wanted: Sequence[_Name], box: Box, blocks: Sequence[Box], discs: Sequence[tuple[float, float, float]]
) -> Mapping[str, Placed]:
    """Places for names that must stand: off the symbols, or where there is no such place, over them."""
    placed = dict(place([one.wanted for one in wanted], box, blocks=blocks, symbols=discs))
    rest = [one.wanted for one in wanted if one.wanted.key not in placed]
    taken = [*blocks, *(one.box for one in placed.values())]
    return {**placed, **place(rest, box, blocks=taken)}


def _together(
    large: Sequence[_Name],
    settled: Mapping[str, Placed],
    rest: Sequence[_Name],
    box: Box,
    blocks: Sequence[Box],
    discs: Sequence[tuple[float, float, float]],
) -> Mapping[str, Placed]:
    """Places for all names; one that is settled within its area may give way to others there, every other one stays."""
    loose = [
        _loosened(one.wanted, found)
        for one in large
        if (found := settled.get(one.wanted.key)) and _may_move(one.wanted, found, discs)
    ]
    moving = {one.key for one in loose}
    others = [one.wanted for one in rest]
    fixed = [one.box for key, one in settled.items() if key not in moving]
    placed = place([*loose, *others], box, blocks=[*blocks, *fixed], symbols=discs)
    if moving <= placed.keys():
        return {**settled, **placed}
    every = [one.box for one in settled.values()]
    return {**settled, **place(others, box, blocks=[*blocks, *every], symbols=discs)}


def _may_move(wanted: Wanted, placed: Placed, discs: Sequence[tuple[float, float, float]]) -> bool:
    covers = any(placed.box.overlaps(Box(x - r, y - r, x + r, y + r)) for x, y, r in discs)
    return placed.leader is None and not covers


def _loosened(wanted: Wanted, placed: Placed) -> Wanted:
    """The same name with the spots at which it may stand instead: that of a city is moved a little only."""
    if wanted.rank != _CITY_RANK:
        return replace(wanted, reach=0.0)
    x, y = placed.box.centre
    least = min(cost for at, down, cost in wanted.spots if np.hypot(at - x, down - y) < 0.01)
    spots = tuple(spot for spot in wanted.spots if spot[2] <= least + _YIELDING)
    return replace(wanted, spots=spots, reach=0.0)


def _facility(
    one: Facility, small: float, pins: Mapping[str, tuple[float, float]], lang: str, *, keyed: bool
) -> _Name:
    style = Style(small)
    layer = one.drawn.layer
    text = _name(one.drawn, lang)
    most = 1 if len(text) < 5 else 2 if len(text) < _LONG else 3 if len(text) < _LONGER else 4
    lines, sizes = _set(text, style, most, layer.recognise.endings)
    pin = pins.get(str(one.drawn.feature.properties["key"]))
    number = Variant(glyphs.width("88") * small + 2 * _PAD, _LINE * small)
    wanted = Wanted(
        one.drawn.key,
        one.x,
        one.y,
        one.radius,
        tuple(sizes),
        rank=40 + layer.order / 10,
        number=number if keyed else None,
        pinned=None if pin is None else (one.x + pin[0], one.y + pin[1]),
    )
    return _Name(wanted, tuple(lines), style)


def _numbering(wanted: Sequence[_Name], placed: Mapping[str, Placed], first: int) -> dict[str, int]:
    """The numbers of the facilities without a name, in reading order."""
    without = [placed[one.wanted.key] for one in wanted if placed[one.wanted.key].variant < 0]
    ordered = sorted(without, key=lambda one: (round(one.box.top / 8), one.box.left, one.key))
    return {one.key: number for number, one in enumerate(ordered, start=first)}


def _texts(
    wanted: Sequence[_Name], placed: Mapping[str, Placed], numbers: Mapping[str, int] | None = None
) -> Iterator[Item]:
    leader = Paint(stroke="#444444", width=0.12)
    known = [(one, placed[one.wanted.key]) for one in wanted if one.wanted.key in placed]
    for one, found in known:
        if found.leader is not None and not (one.wanted.spots and _length(found.leader) < _NEAR):
            x1, y1, x2, y2 = found.leader
            yield display.Shape(shapely.LineString([(x1, y1), (x2, y2)]), leader)
    for one, found in known:
        if found.variant < 0:
            number = str((numbers or {})[one.wanted.key])
            style = replace(one.style, color=RED, bold=True)
            yield from _lines((number,), found, style, one)
        else:
            yield from _lines(one.lines[found.variant], found, one.style, one)


def _length(leader: tuple[float, float, float, float]) -> float:
    x1, y1, x2, y2 = leader
    return float(np.hypot(x2 - x1, y2 - y1))


def _lines(lines: Sequence[str], placed: Placed, style: Style, one: _Name) -> Iterator[Text]:
    """The lines in their box, set flush towards the symbol."""
    box, size = placed.box, style.size
    anchor, x = "middle", box.centre[0]
    if len(lines) > 1 and box.left >= one.wanted.x:
        anchor, x = "start", box.left + _PAD
    elif len(lines) > 1 and box.right <= one.wanted.x:
        anchor, x = "end", box.right - _PAD
    top = box.top + _PAD + (_LINE - 1) / 2 * size
    for number, line in enumerate(lines):
        y = top + number * _LINE * size + glyphs.ASCENT * size
        yield Text(
            x, y, line, size, bold=style.bold, color=style.color, anchor=anchor, halo=style.halo * size,
            spacing=style.spacing,
        )  # fmt: skip


def _edges(box: Box | None) -> list[Box]:
    """The four edges of a box as thin boxes."""
    if box is None:
        return []
    b, w = box, 0.4
    return [
        Box(b.left - w, b.top - w, b.right + w, b.top + w),
        Box(b.left - w, b.bottom - w, b.right + w, b.bottom + w),
        Box(b.left - w, b.top - w, b.left + w, b.bottom + w),
        Box(b.right - w, b.top - w, b.right + w, b.bottom + w),
    ]


# --- names along lines --------------------------------------------------------------------------


def _along(
    plotted: Plot, unit: float, taken: Sequence[Box], discs: Sequence[tuple[float, float, float]], lang: str
) -> Iterator[Text]:
    """The names of lines, character by character along them, where they bend least and nothing is in the way."""
    box = plotted.frame.box
    window = shapely.box(box.left + 3, box.top + 3, box.right - 3, box.bottom - 3)
    blocks = [*taken, *(Box(x - r, y - r, x + r, y + r) for x, y, r in discs)]
    for one in plotted.shapes:
        if one.layer.geometry is not Geometry.LINE or one.layer.label_zoom is None:
            continue
        assert isinstance(one.symbol, Stroke)
        size = points(9.5) * unit
        style = Style(size, "#2f6f9c", spacing=(0.5 if lang == "en" else 1.6) * size)
        for part in shapely.get_parts(shapely.intersection(one.geometry, window)).tolist():
            found = _best_stretch(part, _name(one, lang), style, blocks)
            if found:
                blocks += [_turned_box(text) for text in found]
                yield from found


def _best_stretch(line: BaseGeometry, name: str, style: Style, blocks: Sequence[Box]) -> list[Text]:
    length = _width(name, style)
    if line.length < 1.5 * length:
        return []
    smooth = shapely.simplify(line, style.size / 3)
    best: tuple[float, list[Text]] | None = None
    for start in np.arange(0, smooth.length - length, style.size * 1.2).tolist():
        texts, bend = _stretch(smooth, start, length, name, style)
        boxes = [_turned_box(text) for text in texts]
        if any(box.overlaps(block) for box in boxes for block in blocks):
            continue
        cost = bend + 0.004 * abs(start + length / 2 - smooth.length / 2)
        if best is None or cost < best[0]:
            best = (cost, texts)
    return best[1] if best else []


def _stretch(
    line: BaseGeometry, start: float, length: float, name: str, style: Style
) -> tuple[list[Text], float]:
    """The characters of a name from a place on a line, upright, and how much the line bends under them."""
    first, last = line.interpolate(start), line.interpolate(start + length)
    forward = first.x <= last.x
    at, turns, texts = start if forward else start + length, [], []
    for character in glyphs.clean(name):
        wide = glyphs.width(character) * style.size
        middle = at + (wide / 2 if forward else -wide / 2)
        point, ahead = (
            line.interpolate(middle),
            line.interpolate(middle + (0.8 if forward else -0.8) * style.size),
        )
        turn = float(np.degrees(np.arctan2(ahead.y - point.y, ahead.x - point.x)))
        turns.append(turn)
        lower = 0.36 * style.size
        x = point.x - np.sin(np.radians(turn)) * lower
        y = point.y + np.cos(np.radians(turn)) * lower
        texts.append(
            Text(float(x), float(y), character, style.size, bold=style.bold, color=style.color, anchor="middle",
                 turn=turn, halo=style.halo * style.size)
        )  # fmt: skip
        at += (wide + style.spacing) * (1 if forward else -1)
    bend = float(np.abs(np.diff(turns)).sum()) / 60 if len(turns) > 1 else 0.0
    return texts, bend + 0.004 * float(np.abs(turns).max(initial=0))


def _turned_box(text: Text) -> Box:
    """A box around a character that is turned about the middle of its baseline."""
    angle, half = np.radians(text.turn), text.size * 0.62
    x, y = text.x + np.sin(angle) * 0.36 * text.size, text.y - np.cos(angle) * 0.36 * text.size
    return Box(float(x - half), float(y - half), float(x + half), float(y + half))
