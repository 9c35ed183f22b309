"""A page as SVG: one group a layer, real text, millimetres; the fonts in it when it is to be carried elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import assert_never
from xml.sax.saxutils import escape, quoteattr

import shapely
from shapely.geometry.base import BaseGeometry

from webmap.paper import glyphs
from webmap.paper.display import Box, Circle, Group, Item, Page, Paint, Shape, Text, texts

_LANGUAGES = {"zh": "zh-CN", "en": "en"}


def write(page: Page, *, portable: bool = True) -> str:
    """The page as an SVG document; a portable one has the characters that it uses of our fonts in it."""
    size = f'width="{_n(page.width)}mm" height="{_n(page.height)}mm" viewBox="0 0 {_n(page.width)} {_n(page.height)}"'
    language = quoteattr(_LANGUAGES[page.language])
    clips: dict[Box, str] = {}
    body = "\n".join(line for group in page.groups for line in _group(group, clips))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} xml:lang={language}>\n'
        f"<title>{escape(glyphs.clean(page.title))}</title>\n"
        f"<defs>{_style(page) if portable else ''}{_clip_paths(clips)}</defs>\n"
        f'<rect width="{_n(page.width)}" height="{_n(page.height)}" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def _group(group: Group, clips: dict[Box, str]) -> Iterator[str]:
    clip = ""
    if group.clip is not None:
        clip = f' clip-path="url(#{clips.setdefault(group.clip, f"clip-{len(clips)}")})"'
    yield f"<g id={quoteattr(group.name)}{clip}>"
    for item in group.items:
        yield from _item(item, clips)
    yield "</g>"


def _item(item: Item, clips: dict[Box, str]) -> Iterator[str]:
    match item:
        case Group():
            yield from _group(item, clips)
        case Circle(x, y, radius, paint):
            yield f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"{_paint(paint)}/>'
        case Shape(geometry, paint):
            data = " ".join(_path(geometry))
            if data:
                yield f'<path d="{data}"{_paint(paint)}/>'
        case Text():
            yield _text(item)
        case _:
            assert_never(item)


def _path(geometry: BaseGeometry) -> Iterator[str]:
    for part in shapely.get_parts(geometry).tolist():
        if part.geom_type == "Polygon":
            rings = [part.exterior, *part.interiors]
            yield from (_points(ring) + "Z" for ring in rings if len(ring.coords) > 3)
        elif part.geom_type == "LineString" and not part.is_empty:
            yield _points(part)
        elif part.geom_type in ("MultiPolygon", "MultiLineString", "GeometryCollection"):
            yield from _path(part)


def _points(line: BaseGeometry) -> str:
    pairs = [f"{_n(x)} {_n(y)}" for x, y in shapely.get_coordinates(line).round(2).tolist()]
    kept = [pair for before, pair in zip(["", *pairs], pairs, strict=False) if pair != before]
    return "M" + "L".join(kept)


def _paint(paint: Paint) -> str:
    parts = [f' fill="{paint.fill or "none"}"']
    if paint.fill and paint.opacity < 1:
        parts.append(f' fill-opacity="{_n(paint.opacity)}"')
    if paint.stroke:
        parts.append(f' stroke="{paint.stroke}" stroke-width="{_n(paint.width)}" stroke-linejoin="round"')
        if paint.dash:
            parts.append(f' stroke-dasharray="{" ".join(map(_n, paint.dash))}"')
        if paint.stroke_opacity < 1:
            parts.append(f' stroke-opacity="{_n(paint.stroke_opacity)}"')
    return "".join(parts)


def _text(text: Text) -> str:
    """A text; each run of a font at the place that our own advances give it, so that every reader agrees."""
    start = text.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[text.anchor] * text.width
    turn = f' transform="rotate({_n(text.turn)} {_n(text.x)} {_n(text.y)})"' if text.turn else ""
    halo = ""
    if text.halo:
        halo = (
            f' stroke="#ffffff" stroke-width="{_n(text.halo)}" stroke-linejoin="round" paint-order="stroke"'
        )
    spacing = f' letter-spacing="{_n(text.spacing)}"' if text.spacing else ""
    pieces, x = [], start
    for font, run in glyphs.runs(text.text, bold=text.bold):
        weight = ' font-weight="700"' if font.weight == 700 else ""
        face = f'font-family="{font.family}"{weight}'
        pieces.append(
            f'<text x="{_n(x)}" y="{_n(text.y)}" {face} font-size="{_n(text.size)}" fill="{text.color}"'
            f'{spacing}{halo}{turn} xml:space="preserve">{escape(run)}</text>'
        )
        x += glyphs.width(run, bold=text.bold) * text.size + text.spacing * len(run)
    return "".join(pieces)


def _clip_paths(clips: dict[Box, str]) -> str:
    return "".join(
        f'<clipPath id="{name}"><rect x="{_n(b.left)}" y="{_n(b.top)}" width="{_n(b.width)}" height="{_n(b.height)}"/>'
        "</clipPath>"
        for b, name in clips.items()
    )


def _style(page: Page) -> str:
    used: dict[glyphs.Font, set[str]] = {}
    for text in texts(page.groups):
        for font, run in glyphs.runs(text.text, bold=text.bold):
            used.setdefault(font, set()).update(run)
    faces = [_face(font, "".join(sorted(used[font]))) for font in glyphs.FONTS if font in used]
    return f"<style>{''.join(faces)}</style>"


def _face(font: glyphs.Font, characters: str) -> str:
    data = base64.b64encode(glyphs.cut(font, characters)).decode()
    return (
        f'@font-face{{font-family:"{font.family}";font-weight:{font.weight};'
        f'src:url("data:font/ttf;base64,{data}") format("truetype")}}'
    )


def _n(value: float) -> str:
    """A number to a thousandth, as short as it can be."""
    return f"{round(value, 3) + 0.0:.3f}".rstrip("0").rstrip(".")
