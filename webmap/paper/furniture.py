"""What stands around a map: frame, graticule, grid letters, scale bar, north arrow, title and foot."""

from __future__ import annotations

import math
from collections.abc import Iterator

import shapely
from shapely.affinity import rotate, translate

from webmap.paper import frame as frames
from webmap.paper import phrases
from webmap.paper.display import Box, Group, Item, Paint, Shape, Text
from webmap.paper.frame import Frame
from webmap.paper.layout import Layout
from webmap.paper.sheet import Sheet
from webmap.paper.typeset import paragraph, points, small_print

INK = "#222222"
GREY = "#8a8f94"
RED = "#a93226"
_THIN, _THICK = 0.18, 0.7
_CELL = 52.0
_LONGEST_BAR = 64.0
_BAR_METRES = (100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000)


def rectangle(box: Box, paint: Paint) -> Shape:
    """A box as a shape."""
    return Shape(shapely.box(box.left, box.top, box.right, box.bottom), paint)


def line(x1: float, y1: float, x2: float, y2: float, paint: Paint) -> Shape:
    """A straight line as a shape."""
    return Shape(shapely.LineString([(x1, y1), (x2, y2)]), paint)


def neatlines(plan: Layout) -> Group:
    """The frame of the map, the band around it, the border of map and panel together."""
    thin, thick = Paint(stroke=INK, width=_THIN), Paint(stroke=INK, width=_THICK * plan.unit)
    items = [rectangle(plan.map, thin), rectangle(plan.band, thin), rectangle(plan.outer, thick)]
    return Group("neatlines", items)


def cells(box: Box, unit: float) -> tuple[int, int]:
    """How many columns and rows of the reference grid a map has."""
    return max(2, round(box.width / (_CELL * unit))), max(2, round(box.height / (_CELL * unit)))


def cell(box: Box, unit: float, x: float, y: float) -> str:
    """The grid reference of a place: the letter of its column, the number of its row."""
    across, down = cells(box, unit)
    column = min(int((x - box.left) / box.width * across), across - 1)
    row = min(int((y - box.top) / box.height * down), down - 1)
    return f"{chr(ord('A') + column)}{row + 1}"


def graticule(frame: Frame, plan: Layout, *, letters: bool = True) -> tuple[Group, Group]:
    """The lines of the graticule, and in the band its degrees and the letters of the reference grid, if wanted."""
    lines, marks = [], []
    for kind, value, along in frame.graticule():
        lines.append(Shape(along, Paint(stroke="#7c93a6", width=0.1, stroke_opacity=0.55)))
        marks += list(_degrees(kind, value, shapely.get_coordinates(along).tolist(), plan))
    taken = [mark for mark in marks if isinstance(mark, Text)]
    marks += _letters(plan, taken) if letters else ()
    return Group("graticule", lines, plan.map), Group("degrees", marks)


def _degrees(kind: str, value: float, along: list[list[float]], plan: Layout) -> Iterator[Item]:
    text, size, b = frames.degrees(value, kind), plan.small, plan.map
    half = (plan.band.right - b.right) / 2
    tick = Paint(stroke=INK, width=_THIN)
    for x, y in (along[0], along[-1]):
        if kind == "lon" and abs(y - b.top) < 0.01:
            turn, at, tip = 0.0, (x, b.top - half + 0.35 * size), (x, b.top - half * 0.5)
        elif kind == "lon" and abs(y - b.bottom) < 0.01:
            turn, at, tip = 0.0, (x, b.bottom + half + 0.35 * size), (x, b.bottom + half * 0.5)
        elif kind == "lat" and abs(x - b.left) < 0.01:
            turn, at, tip = -90.0, (b.left - half + 0.35 * size, y), (b.left - half * 0.5, y)
        elif kind == "lat" and abs(x - b.right) < 0.01:
            turn, at, tip = -90.0, (b.right + half + 0.35 * size, y), (b.right + half * 0.5, y)
        else:
            continue
        label = Text(*at, text, size, anchor="middle", turn=turn)
        if _in_band(label, plan):
            yield line(x, y, *tip, tick)
            yield label


def _in_band(text: Text, plan: Layout) -> bool:
    """Whether a text stays clear of the corners of the band."""
    along, low, high = (
        (text.y, plan.map.top, plan.map.bottom) if text.turn else (text.x, plan.map.left, plan.map.right)
    )
    return low + text.width / 2 <= along <= high - text.width / 2


def _letters(plan: Layout, taken: list[Text]) -> Iterator[Text]:
    b, size = plan.map, points(7) * plan.unit
    half = (plan.band.right - b.right) / 2
    across, down = cells(b, plan.unit)
    for number in range(across):
        x, wide = b.left + b.width * (number + 0.5) / across, b.width / across
        for y in (b.top - half, b.bottom + half):
            busy = [(t.x, t.width) for t in taken if not t.turn and abs(t.y - y) < half]
            yield _letter(chr(ord("A") + number), _clear(x, wide, busy), y, size)
    for number in range(down):
        y, high = b.top + b.height * (number + 0.5) / down, b.height / down
        for x in (b.left - half, b.right + half):
            busy = [(t.y, t.width) for t in taken if t.turn and abs(t.x - x) < half]
            yield _letter(str(number + 1), x, _clear(y, high, busy), size)


def _letter(text: str, x: float, y: float, size: float) -> Text:
    return Text(x, y + 0.36 * size, text, size, bold=True, color=RED, anchor="middle")


def _clear(middle: float, room: float, busy: list[tuple[float, float]]) -> float:
    """The place nearest to the middle that is clear of what is there."""
    for share in (0, 0.15, -0.15, 0.25, -0.25, 0.35, -0.35, 0.42, -0.42):
        at = middle + share * room
        if all(abs(at - other) > width / 2 + 1.6 for other, width in busy):
            return at
    return middle


def grid_ticks(plan: Layout) -> Group:
    """The borders of the cells of the reference grid, in the band."""
    b, outer, tick = plan.map, plan.band, Paint(stroke=RED, width=_THIN)
    across, down = cells(b, plan.unit)
    items = []
    for number in range(1, across):
        x = b.left + b.width * number / across
        items += [
            line(x, outer.top, x, outer.top + 1.2, tick),
            line(x, outer.bottom - 1.2, x, outer.bottom, tick),
        ]
    for number in range(1, down):
        y = b.top + b.height * number / down
        items += [
            line(outer.left, y, outer.left + 1.2, y, tick),
            line(outer.right - 1.2, y, outer.right, y, tick),
        ]
    return Group("grid-ticks", items)


def scale_bar(
    scale: float, x: float, y: float, unit: float, longest: float = _LONGEST_BAR, lang: str = "zh"
) -> Group:
    """A bar in four parts, its left end at x and its top at y, its lengths exact."""
    metres = max((m for m in _BAR_METRES if m * 1000 / scale <= longest * unit), default=_BAR_METRES[0])
    length, high, size = metres * 1000 / scale, 1.3 * unit, small_print(unit)
    items: list[Item] = []
    for part in range(4):
        left = x + length * part / 4
        color = INK if part % 2 == 0 else "#ffffff"
        items.append(rectangle(Box(left, y, left + length / 4, y + high), Paint(color, 1, INK, 0.12)))
    for share in (0, 0.5, 1):
        items.append(
            Text(x + share * length, y + high + size * 1.05, _distance(metres, share), size, anchor="middle")
        )
    of_bar = phrases.KILOMETRES if metres >= 1000 else phrases.METRES
    right = x + length + points(9) * unit * 0.9
    items.append(Text(right, y + high + size * 1.05, of_bar.say(lang), size, anchor="start"))
    return Group("scale-bar", items)


def _distance(metres: float, share: float) -> str:
    return f"{metres * share / (1000 if metres >= 1000 else 1):g}"


def numeric_scale(scale: float) -> str:
    """The scale in figures."""
    return f"1:{scale:,.0f}".replace(",", " ")


def north_arrow(frame: Frame, plan: Layout, lang: str = "zh") -> tuple[Group, Box]:
    """An arrow to true north in the upper right corner of the map, and the box it takes."""
    u, b = plan.unit, plan.map
    box = Box(b.right - 14 * u, b.top + 3 * u, b.right - 3 * u, b.top + 22 * u)
    x, y = (box.left + box.right) / 2, box.top + 11 * u
    left = shapely.Polygon([(0, -7), (-3.2, 5.5), (0, 3)])
    right = shapely.Polygon([(0, -7), (3.2, 5.5), (0, 3)])
    pieces = []
    for piece, fill in ((left, INK), (right, "#ffffff")):
        scaled = shapely.transform(piece, lambda xy: xy * u)
        turned = rotate(scaled, frame.convergence, origin=(0, 0))
        pieces.append(Shape(translate(turned, x, y), Paint(fill, 1, INK, 0.16)))
    angle = math.radians(frame.convergence)
    top = (x + math.sin(angle) * 8.2 * u, y - math.cos(angle) * 8.2 * u)
    text = Text(
        *top, phrases.NORTH.say(lang), max(points(6.05), 3.02 * u), bold=True, anchor="middle", halo=0.7
    )
    return Group("north", [*pieces, text]), box


def title(sheet: Sheet, plan: Layout) -> Group:
    """Title and subtitle in the middle, the sheet's number and the stamp at the sides."""
    u, box = plan.unit, plan.title
    middle, size = box.centre[0], 8.6 * u
    while Text(0, 0, sheet.title, size, bold=True).width > box.width * 0.66:
        size *= 0.95
    items: list[Item] = [
        Text(middle, box.top + 9.4 * u, sheet.title, size, bold=True, anchor="middle", spacing=0.06 * size)
    ]
    if sheet.subtitle:
        items.append(
            Text(middle, box.top + 16.2 * u, sheet.subtitle, 3.7 * u, color="#555555", anchor="middle")
        )
    low = box.bottom - 3.2 * u
    if sheet.number:
        items.append(Text(box.right, low, sheet.number, 3.4 * u, bold=True, anchor="end"))
    if not sheet.marginalia.review_no:
        items.append(
            Text(box.left, low, phrases.NOT_REVIEWED.say(sheet.language), 3.2 * u, bold=True, color=RED)
        )
    return Group("title", items)


def foot(sheet: Sheet, frame: Frame, plan: Layout, about: list[str], *, schematic: bool = False) -> Group:
    """Who made the sheet and when at the left, the scale in the middle, its base and its standing at the right;
    `schematic` when areas are drawn that are no more than that."""
    u, box, size = plan.unit, plan.foot, small_print(plan.unit)
    third = box.width * 0.36
    items: list[Item] = []
    y = box.top + 2.2 * u
    for text in about:
        made, y = paragraph(text, box.left, y, third, size)
        items += made
    x = box.right - third
    y = box.top + 2.2 * u
    for text in _standing(sheet, schematic):
        made, y = paragraph(text, x, y, third, size)
        items += made
    longest = min(_LONGEST_BAR, 0.22 * box.width / u)
    bar = scale_bar(frame.scale, 0, 0, u, longest, sheet.language)
    length = bar.items[3].geometry.bounds[2]  # type: ignore[union-attr]
    left = box.centre[0] - length / 2
    figures = Text(
        box.centre[0], box.top + 6.2 * u, numeric_scale(frame.scale), 4.2 * u, bold=True, anchor="middle"
    )
    items += [figures, scale_bar(frame.scale, left, box.top + 8.6 * u, u, longest, sheet.language)]
    return Group("foot", items)


def _standing(sheet: Sheet, schematic: bool) -> Iterator[str]:
    lang, review = sheet.language, sheet.marginalia.review_no
    yield phrases.REFERENCE.say(lang, crs=frames.description(sheet.crs, lang))
    told = phrases.REVIEWED.say(lang, number=review) if review else phrases.NOT_REVIEWED.say(lang)
    stop = phrases.STOP.say(lang)
    yield f"{told}{stop}{phrases.NOT_BINDING.say(lang)}{stop}".strip()
    if schematic:
        yield f"{phrases.SCHEMATIC.say(lang)}{stop}".strip()
