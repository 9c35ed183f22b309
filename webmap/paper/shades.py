"""An indicator of the web map on paper: areas shaded by the classes of their values, as the screen has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from gis.errors import BadParameter
from gis.feature import Feature
from gis.layer import Field, Geometry, Layer, Theme, Type, Value
from gis.symbol import ByValue, Fill
from webmap.paper.content import Content

# Told apart by the colour-blind, and in print by lightness alone; the same as on the screen.
_RAMP = ("#d3edbd", "#7fcdbb", "#3fa3bf", "#24649f")
_OF_RAMP = {1: (2,), 2: (1, 3), 3: (0, 2, 3), 4: (0, 1, 2, 3)}
_MOST = 4
_OPACITY = 0.85
_NONE = Fill("#b3aa9c", 0.25, hatched=True)
_FIELD = "class"
_METHODS: Mapping[str, tuple[str, str]] = {
    "jenks": ("自然间断（Jenks）", "natural breaks (Jenks)"),
    "quantile": ("分位数", "quantiles"),
    "equal": ("等距", "equal intervals"),
}
_MEASURES: Mapping[str, tuple[str, str]] = {
    "base": ("现状", "base"),
    "target": ("目标", "target"),
    "gap": ("差距", "gap"),
}


@dataclass(frozen=True)
class Shades:
    """The areas of an indicator as a layer, the areas of the base under names that tell the values, and what is shown
    in words."""

    layer: Layer
    features: tuple[Feature, ...]
    named: Mapping[str, tuple[Feature, ...]]
    title: str
    remark: str


def shaded(text: str, content: Content, lang: str) -> Shades:
    """The areas for `indicator/measure/method`, as an address of the map says it. Raises `BadParameter`."""
    name, _slash, rest = text.rpartition("/")
    name, measure, method = *name.rpartition("/")[::2], rest
    rows = [row for row in _rows(content) if _group(row) == name]
    if not rows or measure not in _MEASURES or method not in _METHODS:
        raise BadParameter(
            "state", f"indicator={text}", "indicator/base, target or gap/jenks, quantile or equal"
        )
    values = dict(_values(rows, measure))
    unit = str(rows[0].properties.get("unit") or "")
    classes = classes_of(list(values.values()), method)
    english = lang == "en"
    title = f"{rows[0].properties.get('indicator') or rows[0].properties['name']}（{unit}）{_year(rows, measure, lang)}"
    way = _METHODS[method][english]
    remark = f"Shading: {title}, {way}" if english else f"着色：{title}，{way}分级"
    layer = _layer(classes, values, unit, lang)
    features = tuple(_area(one, values, classes) for _layer_id, one in _areas(content))
    return Shades(layer, features, dict(_named(content, values, unit)), title, remark)


# --- the figures ----------------------------------------------------------------------------------


def _rows(content: Content) -> Iterator[Feature]:
    for layer in content.catalog.values():
        if layer.figures:
            yield from content.features.get(layer.id, ())


def _group(row: Feature) -> str:
    """What figures have in common that are of one indicator, as the map names it in its address."""
    told = row.properties
    return "|".join(
        str(part)
        for part in (told.get("indicator") or told["name"], told.get("unit"), told.get("kind"))
        if part
    )


def _values(rows: Sequence[Feature], measure: str) -> Iterator[tuple[object, float]]:
    """The value of each city; where documents differ, that of the first row."""
    seen: set[object] = set()
    for row in rows:
        city = row.properties.get("city")
        if city is None or city in seen:
            continue
        seen.add(city)
        value = _value(row.properties, measure)
        if value is not None:
            yield city, value


def _value(told: Mapping[str, object], measure: str) -> float | None:
    base, target = _number(told.get("base_value")), _number(told.get("target_value"))
    if measure != "gap":
        return base if measure == "base" else target
    if base is None or target is None or told.get("kind") == "cumulative":
        return None
    return round(target - base, 6)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _year(rows: Sequence[Feature], measure: str, lang: str) -> str:
    """The measure, with its year where all rows agree on it."""
    years = {row.properties.get(f"{measure}_year") for row in rows} - {None}
    words = _MEASURES[measure][lang == "en"]
    if len(years) != 1:
        return words
    return f"{years.pop()} {words}" if lang == "en" else f"{years.pop()}年{words}"


# --- classes --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Class:
    """The values above `low` (from it on in the first class) up to `high`, and their fill."""

    low: float
    high: float
    fill: str


def classes_of(values: Sequence[float], method: str) -> tuple[Class, ...]:
    """The classes of values by a method, from low to high, none of them empty."""
    ordered = sorted(set(values))
    count = min(_MOST, len(ordered))
    if not count:
        return ()
    uppers = list(dict.fromkeys(_WAYS[method](sorted(values), ordered, count)))
    pairs = [(uppers[n - 1] if n else ordered[0], high) for n, high in enumerate(uppers)]
    held = [
        (low, high)
        for n, (low, high) in enumerate(pairs)
        if any((low < value or not n) and value <= high for value in values)
    ]
    fills = (_RAMP[at] for at in _OF_RAMP[len(held)])
    return tuple(Class(low, high, fill) for (low, high), fill in zip(held, fills, strict=True))


def _equal(_every: Sequence[float], ordered: Sequence[float], count: int) -> list[float]:
    step = (ordered[-1] - ordered[0]) / count
    return [*(ordered[0] + step * n for n in range(1, count)), ordered[-1]]


def _quantile(every: Sequence[float], _ordered: Sequence[float], count: int) -> list[float]:
    return [every[-(-len(every) * n // count) - 1] for n in range(1, count + 1)]


def _jenks(every: Sequence[float], ordered: Sequence[float], count: int) -> list[float]:
    """The upper ends of the classes whose values differ least within: all ways are tried, values are few."""

    def spread(uppers: Sequence[float]) -> float:
        lows = (float("-inf"), *uppers)
        return sum(
            _deviation([value for value in every if low < value <= high])
            for low, high in zip(lows, uppers, strict=False)
        )

    ways = ([*inner, ordered[-1]] for inner in combinations(ordered[:-1], count - 1))
    return min(ways, key=spread)


def _deviation(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values)


_WAYS: Mapping[str, Callable[[Sequence[float], Sequence[float], int], list[float]]] = {
    "jenks": _jenks,
    "quantile": _quantile,
    "equal": _equal,
}


# --- the areas as a layer ---------------------------------------------------------------------------


def _layer(classes: Sequence[Class], values: Mapping[object, float], unit: str, lang: str) -> Layer:
    told = [
        Value(str(n), _range(n, one, values, unit), _range(n, one, values, unit))
        for n, one in enumerate(classes)
    ]
    told.append(Value("none", "文件未给数", "no figure"))
    return Layer(
        id="shown_indicator",
        title="指标",
        geometry=Geometry.POLYGON,
        theme=Theme.BASE,
        order=49,
        fields=(Field(_FIELD, Type.TEXT, "分级", "Class", values=tuple(told)),),
        symbol=ByValue(
            _FIELD, {str(n): Fill(one.fill, _OPACITY) for n, one in enumerate(classes)}, other=_NONE
        ),
    )


def _range(n: int, one: Class, values: Mapping[object, float], unit: str) -> str:
    count = sum(_class([one], value) == 0 and (value > one.low or not n) for value in values.values())
    span = (
        figure(one.high)
        if one.low == one.high
        else f"{'> ' if n else ''}{figure(one.low)}–{figure(one.high)}"
    )
    return f"{span} {unit}（{count}）"


def _class(classes: Sequence[Class], value: float) -> int | None:
    return next((n for n, one in enumerate(classes) if value <= one.high), None)


def figure(value: float) -> str:
    """A figure as it is written: thousands apart, two decimals at most."""
    return f"{value:,.2f}".rstrip("0").rstrip(".").replace(",", " ")


def _areas(content: Content) -> Iterator[tuple[str, Feature]]:
    """The areas that stand for whole cities, with their layers."""
    for layer in content.catalog.values():
        if layer.theme is Theme.BASE and layer.geometry is Geometry.POLYGON:
            for one in content.features.get(layer.id, ()):
                if (
                    one.geometry is not None
                    and one.properties.get("city")
                    and not one.properties.get("district")
                ):
                    yield layer.id, one


def _named(
    content: Content, values: Mapping[object, float], unit: str
) -> Iterator[tuple[str, tuple[Feature, ...]]]:
    for layer_id in dict.fromkeys(layer_id for layer_id, _one in _areas(content)):
        yield layer_id, tuple(_told(one, values, unit) for one in content.features[layer_id])


def _told(one: Feature, values: Mapping[object, float], unit: str) -> Feature:
    """A city under a name that tells its value; what is none, as it is."""
    value = values.get(one.properties.get("city"))
    if value is None or one.properties.get("district"):
        return one
    names = {
        key: f"{one.properties[key]} {figure(value)} {unit}"
        for key in ("name", "name_en")
        if one.properties[key]
    }
    return Feature(one.id, one.geometry, {**one.properties, **names})


def _area(one: Feature, values: Mapping[object, float], classes: Sequence[Class]) -> Feature:
    """An area with the class of its value."""
    value = values.get(one.properties["city"])
    code = "none" if value is None else str(_class(classes, value))
    return Feature(one.id, one.geometry, {**one.properties, _FIELD: code})
