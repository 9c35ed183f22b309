"""The review page: what documents propose, beside a map of what is placed. One file, without scripts."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Container, Iterator, Mapping, Sequence

import shapely
from shapely.geometry.base import BaseGeometry

from etl.areas import Areas
from etl.geocode import Answers, Disagreement
from etl.lexicon import Lexicon
from etl.mentions import Candidate, Mention
from etl.namesakes import Namesakes
from etl.proposals import Change, Diff, Extraction, Reviewed
from etl.text.model import Text
from gis.adcodes import CITIES, DISTRICTS
from gis.feature import Precision
from gis.layer import COMMON, Catalog

_WIDTH = 900
_AROUND = 46
_SHOWN_MENTIONS = 4
_SIMPLE_DEGREES = 0.002
_ORDER = {precision: rank for rank, precision in enumerate(reversed(Precision))}
_TITLES = {value.code: value.title for field in COMMON if field.name == "precision" for value in field.values}

_STYLE = """
body{margin:0;font:15px/1.5 "Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;color:#222}
main{display:grid;grid-template-columns:minmax(24rem,1fr) minmax(24rem,1.1fr);height:100vh}
section{overflow:auto;padding:0 1rem 2rem}figure{margin:0;position:relative;background:#f6f3ea;overflow:hidden}
svg{width:100%;height:100%}h1{font-size:1.2rem}h2{font-size:1.05rem;margin:1.4rem 0 .3rem}
article{border-top:1px solid #ddd;padding:.5rem 0}article:target{background:#fff3bf}
h3{font-size:1rem;margin:0}p,ul{margin:.15rem 0}ul{padding-left:1.2rem}small,.dim{color:#666}
mark{background:#ffe08a}del{color:#a33}ins{color:#176d2f;text-decoration:none}
circle{stroke:#fff;stroke-width:.6}a:hover circle,a:focus circle,circle:target{stroke:#000;stroke-width:2}
.doubt{color:#a33}.area{fill:#fdfcf8;stroke:#b9adb8;stroke-width:.7}.known{fill:#4a7fc1}.weak{fill:#d98e23}.new{fill:#b3261e}
@media(max-width:60rem){main{display:block;height:auto}figure{height:60vh}}
"""


def page(
    extraction: Extraction,
    diff: Diff,
    places: Sequence[Reviewed],
    areas: Areas,
    catalog: Catalog,
    words: Lexicon,
) -> str:
    """The page as HTML. Every text from documents and files is escaped."""
    texts = {text.id: text for text in extraction.texts}
    listed = frozenset(str(place["key"]) for place, _ in (*diff.found, *diff.gone))
    writer = _Writer(texts, places, listed, diff.positions, catalog, words)
    parts = [
        ("新增", [writer.added(one, at) for at, one in enumerate(_by_city(diff.adds))]),
        ("变化", [writer.changed(one) for one in diff.changes]),
        ("文件中未见", [writer.gone(place, document) for place, document in diff.gone]),
        ("曾经否决", [writer.rejected(one, why.reason) for one, why in extraction.rejected]),
        ("已审定（精度由低到高）", [writer.known(place, one) for place, one in _weakest_first(diff)]),
    ]
    body = "".join(f"<h2>{title}：{len(items)}</h2>{''.join(items)}" for title, items in parts)
    documents = "、".join(html.escape(text.id) for text in extraction.texts)
    return (
        '<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>提取结果审阅</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<style>{_STYLE}</style></head><body><main><section><h1>提取结果审阅</h1><p>{documents}</p>{body}</section>"
        f"<figure>{_map(diff, places, listed, areas)}</figure></main></body></html>\n"
    )


def _by_city(candidates: Sequence[Candidate]) -> list[Candidate]:
    return sorted(candidates, key=lambda one: (one.city or 0, one.layer, one.name))


def _weakest_first(diff: Diff) -> list[tuple[Reviewed, Candidate]]:
    return sorted(
        diff.found, key=lambda pair: (_ORDER[Precision(str(pair[0]["precision"]))], str(pair[0]["key"]))
    )


class _Writer:
    """Writes the entries of the list."""

    def __init__(
        self,
        texts: Mapping[str, Text],
        places: Sequence[Reviewed],
        listed: Container[str],
        positions: Mapping[Candidate, Answers],
        catalog: Catalog,
        words: Lexicon,
    ) -> None:
        self._texts, self._namesakes, self._listed = texts, Namesakes(places, words), listed
        self._positions = positions
        self._catalog = catalog

    def added(self, one: Candidate, at: int) -> str:
        alike = "；".join(
            f"{self._link(place)} <small>{html.escape(self._layer(place.layer))}，{_city(place['city'])}</small>"
            for place in self._namesakes.of(one)
        )
        near = f"<p class=dim>相近名称：{alike}</p>" if alike else ""
        proposed = self._position(one)
        seen = self._mentions(one.mentions)
        return f'<article id="new-{at}">{self._said(one)}{proposed}{near}{seen}</article>'

    def _position(self, one: Candidate) -> str:
        """Where the geocoders would put a candidate, how they know it, and where they disagree."""
        if one not in self._positions:
            return ""
        answers = self._positions[one]
        if answers.best is None:
            return "<p>建议位置：无</p>"
        best = answers.best
        at = f"{best.geometry.x:.5f}, {best.geometry.y:.5f}"
        told = f"{at}，{_TITLES[best.precision]}，±{best.radius_m:.0f} m"
        doubts = "".join(f"<li>{_doubt(doubt)}</li>" for doubt in answers.disagreements)
        return (
            f"<p>建议位置：{told} <small>{html.escape(best.source)}</small></p>"
            f"{f'<ul class=doubt>{doubts}</ul>' if doubts else ''}"
        )

    def changed(self, change: Change) -> str:
        told = f"<del>{html.escape(change.reviewed) or '（无）'}</del> → <ins>{html.escape(change.proposed)}</ins>"
        field = html.escape(self._catalog[change.place.layer].field(change.field).title)
        seen = self._mentions(change.candidate.mentions)
        return f"<article><h3>{self._link(change.place)}</h3><p>{field}：{told}</p>{seen}</article>"

    def gone(self, place: Reviewed, document: str) -> str:
        name, key = html.escape(str(place["name"])), html.escape(str(place["key"]))
        return f'<article id="{key}"><h3>{name}</h3><p class=dim>{html.escape(document)} 中未见</p></article>'

    def rejected(self, one: Candidate, reason: str) -> str:
        seen = self._mentions(one.mentions)
        return f"<article>{self._said(one)}<p>否决理由：{html.escape(reason)}</p>{seen}</article>"

    def known(self, place: Reviewed, one: Candidate) -> str:
        precision = _TITLES.get(str(place["precision"]), "")
        radius = f"，±{place['radius_m']:.0f} m" if isinstance(place["radius_m"], float) else ""
        basis = html.escape(str(place["position_source"] or ""))
        return (
            f'<article id="{html.escape(str(place["key"]))}"><h3>{html.escape(str(place["name"]))}</h3>'
            f"<p>{html.escape(self._layer(place.layer))} · {_city(place['city'])} · {precision}{radius}</p>"
            f"<p class=dim>{basis}</p>{self._mentions(one.mentions)}</article>"
        )

    def _said(self, one: Candidate) -> str:
        layer = self._catalog[one.layer]
        told = [layer.title, layer.field("kind").value_title(one.kind), _city(one.city)]
        told += [layer.field(name).value_title(getattr(one, name)) for name in ("status", "level")]
        told += [DISTRICTS[one.district][0] if one.district else "", one.host]
        aliases = f"<small>{html.escape('、'.join(one.aliases))}</small>" if one.aliases else ""
        return f"<h3>{html.escape(one.name)} {aliases}</h3><p>{html.escape(' · '.join(t for t in told if t))}</p>"

    def _mentions(self, mentions: Sequence[Mention]) -> str:
        shown = "".join(f"<li>{self._quoted(one)}</li>" for one in mentions[:_SHOWN_MENTIONS])
        more = len(mentions) - _SHOWN_MENTIONS
        return f"<ul>{shown}</ul>" + (f"<p class=dim>另有 {more} 处</p>" if more > 0 else "")

    def _quoted(self, mention: Mention) -> str:
        """The words around a mention, itself marked."""
        at = mention.locator
        raw = self._texts[at.document].raw
        before = _one_line(raw[max(0, at.raw_start - _AROUND) : at.raw_start])
        after = _one_line(raw[at.raw_end : at.raw_end + _AROUND])
        named = _one_line(raw[at.raw_start : at.raw_end])
        return f"<small>{html.escape(str(at))}</small> …{before}<mark>{named}</mark>{after}…"

    def _link(self, place: Reviewed) -> str:
        """The name of a reviewed place, leading to its entry where it has one."""
        key, name = str(place["key"]), html.escape(str(place["name"]))
        return f'<a href="#{html.escape(key)}">{name}</a>' if key in self._listed else name

    def _layer(self, layer_id: str) -> str:
        return self._catalog[layer_id].title


def _doubt(doubt: Disagreement) -> str:
    one, other = (f"{answer.name}（{_TITLES[answer.precision]}）" for answer in (doubt.first, doubt.second))
    return html.escape(f"位置有分歧：{one}与{other}相距超出误差 {doubt.metres / 1000:.1f} km")


def _one_line(text: str) -> str:
    return html.escape("".join(text.split()))


def _city(code: object) -> str:
    return CITIES[code][0] if isinstance(code, int) and code in CITIES else "城市不明"


# --- the map ----------------------------------------------------------------------------------


def _map(diff: Diff, places: Sequence[Reviewed], listed: Container[str], areas: Areas) -> str:
    west, south, east, north = areas.corridor.bounds
    stretch = 1 / math.cos(math.radians((south + north) / 2))
    scale = _WIDTH / (east - west)

    def to_page(lon: float, lat: float) -> tuple[float, float]:
        return round((lon - west) * scale, 1), round((north - lat) * scale * stretch, 1)

    height = round((north - south) * scale * stretch)
    drawn = "".join([*_outlines(areas, to_page), *_dots(diff, places, listed, areas, to_page)])
    return f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="位置图">{drawn}</svg>'


def _outlines(areas: Areas, to_page: Callable[[float, float], tuple[float, float]]) -> Iterator[str]:
    for code in areas.codes:
        simple = shapely.simplify(areas.area(code), _SIMPLE_DEGREES)
        for part in shapely.get_parts(simple):
            ring = " ".join(f"{x},{y}" for x, y in (to_page(*xy) for xy in part.exterior.coords))
            yield f'<polygon class="area" points="{ring}"><title>{html.escape(DISTRICTS[code][0])}</title></polygon>'


def _dots(
    diff: Diff,
    places: Sequence[Reviewed],
    listed: Container[str],
    areas: Areas,
    to_page: Callable[[float, float], tuple[float, float]],
) -> Iterator[str]:
    for place in places:
        if isinstance(place.feature.geometry, BaseGeometry) and place.feature.geometry.geom_type == "Point":
            weak = str(place["precision"]) in (Precision.DISTRICT, Precision.CITY)
            x, y = to_page(*shapely.get_coordinates(place.feature.geometry)[0])
            target = f"#{place['key']}" if place["key"] in listed else ""
            yield _dot(target, "weak" if weak else "known", str(place["name"]), x, y)
    for at, one in enumerate(_by_city(diff.adds)):
        answers = diff.positions.get(one)
        if answers and answers.best:
            point = answers.best.geometry
            yield _dot(f"#new-{at}", "new", one.name, *to_page(point.x, point.y))


def _dot(target: str, sort: str, name: str, x: float, y: float) -> str:
    title = html.escape(name)
    circle = f'<circle class="{sort}" cx="{x}" cy="{y}" r="5"><title>{title}</title></circle>'
    return f'<a href="{html.escape(target)}">{circle}</a>' if target else circle
