"""What a sheet tells about itself at its foot: who made it, when, from what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from gis.feature import Feature
from webmap.paper.content import Content
from webmap.paper.sheet import Sheet

_MOST_SOURCES = 5


def lines(sheet: Sheet, content: Content, drawn: Iterable[Feature]) -> Iterator[str]:
    """The lines of the imprint; where the sheet names no sources, those of what is drawn."""
    made = sheet.marginalia
    if made.unit:
        yield f"编制单位：{made.unit}"
    day = made.date or content.as_of
    if day:
        yield f"编制日期：{day.year}年{day.month}月"
    yield f"资料来源：{made.sources or sources(content, drawn)}"
    if sheet.equals:
        yield f"筛选：{'；'.join(_conditions(sheet, content))}"
    if sheet.sifted:
        yield f"筛选：{sheet.sifted}"
    if content.as_of:
        yield f"资料截至：{content.as_of.isoformat()}"
    if sheet.note:
        yield f"说明：{sheet.note}"


def _conditions(sheet: Sheet, content: Content) -> Iterator[str]:
    """The conditions by which features were chosen, in words."""
    for name, conditions in sheet.equals.items():
        layer = content.catalog[name]
        for field_name, value in conditions.items():
            field = layer.field(field_name)
            values = value if isinstance(value, (list, tuple)) else [value]
            yield f"{layer.title}的{field.title}为{'、'.join(field.value_title(one) for one in values)}"


def sources(content: Content, drawn: Iterable[Feature]) -> str:
    """The titles of the documents that features name, those named most first."""
    found = Counter(name for one in drawn for name in _documents(one))
    known = [content.sources[name] for name, _count in found.most_common() if name in content.sources]
    shown = "".join(f"《{title.strip('《》')}》" for title in known[:_MOST_SOURCES])
    return f"{shown}{'等' if len(known) > _MOST_SOURCES else ''}" or "省、市公布的规划文件"


def _documents(feature: Feature) -> set[str]:
    return {part.partition("#")[0] for part in str(feature.properties.get("source") or "").split("|")} - {""}
