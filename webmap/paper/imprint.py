"""What a sheet tells about itself at its foot: who made it, when, from what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from gis.feature import Feature
from webmap.paper import phrases
from webmap.paper.content import Content
from webmap.paper.sheet import Sheet

_MOST_SOURCES = 5


def lines(sheet: Sheet, content: Content, drawn: Iterable[Feature]) -> list[str]:
    """The lines of the imprint; where the sheet names no sources, those of what is drawn."""
    return list(_lines(sheet, content, drawn))


def _lines(sheet: Sheet, content: Content, drawn: Iterable[Feature]) -> Iterator[str]:
    made, lang = sheet.marginalia, sheet.language
    if made.unit:
        yield phrases.UNIT.say(lang, unit=made.unit)
    day = made.date or content.compiled
    if day:
        yield phrases.DAY.say(lang, day=day)
    yield phrases.SOURCES.say(lang, sources=made.sources or sources(content, drawn, lang))
    if sheet.equals:
        told = phrases.SEMICOLON.say(lang).join(_conditions(sheet, content))
        yield phrases.SIFTED.say(lang, words=told)
    if sheet.sifted:
        yield phrases.SIFTED.say(lang, words=sheet.sifted)
    if content.as_of:
        yield phrases.AS_OF.say(lang, day=content.as_of.isoformat())
    if sheet.note:
        yield phrases.NOTE.say(lang, note=sheet.note)


def _conditions(sheet: Sheet, content: Content) -> Iterator[str]:
    """The conditions by which features were chosen, in words."""
    lang = sheet.language
    for name, conditions in sheet.equals.items():
        layer = content.catalog[name]
        for field_name, value in conditions.items():
            field = layer.field(field_name)
            values = value if isinstance(value, (list, tuple)) else [value]
            yield phrases.CONDITION.say(
                lang,
                layer=layer.heading(lang),
                field=field.title_en or field.title if lang == "en" else field.title,
                values=phrases.LIST.say(lang).join(field.value_title(one, lang) for one in values),
            )


def sources(content: Content, drawn: Iterable[Feature], lang: str = "zh") -> str:
    """The titles of the documents that features name, those named most first."""
    found = Counter(name for one in drawn for name in _documents(one))
    known = [content.sources[name] for name, _count in found.most_common() if name in content.sources]
    shown = "".join(f"《{title.strip('《》')}》" for title in known[:_MOST_SOURCES])
    more = phrases.AND_MORE.say(lang) if len(known) > _MOST_SOURCES else ""
    return f"{shown}{more}" or phrases.PLANS.say(lang)


def _documents(feature: Feature) -> set[str]:
    return {part.partition("#")[0] for part in str(feature.properties.get("source") or "").split("|")} - {""}
