"""The page of the map: what it loads, what it says, and that texts stay texts."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import folium
import pytest
from folium.plugins import Draw, MarkerCluster
from playwright.sync_api import Browser, expect

from gis.errors import MissingAsset
from gis.feature import Bbox
from gis.layer import Catalog, Geometry, Layer, Theme
from gis.symbol import Fill, Marker, Plain, Shape, Stroke
from layers import shipped
from tests.browsing import DESK, Visit
from tests.conftest import HOSTILE, TRACKS, WELLS
from webmap import assets, leaflet

ABOUT = leaflet.About("v1")
PAYLOADS = [
    "</script><script>window.hit=1</script>",
    "`);window.hit=1;(`",
    "${window.hit=1}",
    "<img src=x onerror=window.hit=1>",
    "{{ 7 * 191 }}{% raw %}{# x #}",
    "--><!--<script>",
    HOSTILE,
]


def build(*layers: Layer, **given: Any) -> folium.Map:
    items = {"items_url": lambda layer: f"/collections/{layer.id}/items", **given}
    return leaflet.build(Catalog(layers), about=ABOUT, **items)


def served(fmap: folium.Map) -> str:
    return leaflet.render(fmap, static_url=lambda name: f"/static/{name}", nonce="word")


class Elements(HTMLParser):
    """The elements of a page with their attributes, and what stands in scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        tag, attributes = self.found[-1] if self.found else ("", {})
        if tag == "script" and attributes.get("id"):
            self.scripts.setdefault(str(attributes["id"]), data)


def config(page: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Elements(page).scripts["corridor-config"])
    return found


def layer_in(page: str, layer_id: str) -> dict[str, Any]:
    themes = config(page)["themes"]
    found: dict[str, Any] = next(x for theme in themes for x in theme["layers"] if x["id"] == layer_id)
    return found


# --- what it loads ----------------------------------------------------------------------------


def test_a_served_page_loads_only_what_is_ours() -> None:
    for tag, attributes in Elements(served(build(*shipped()))).found:
        for name in ("src", "href", "action", "data"):
            url = attributes.get(name)
            ours = ("/static/", "data:", "/collections/")
            assert url is None or url.startswith(ours), f"<{tag} {name}={url}>"


def test_modules_and_data_are_fetched_at_once_but_not_data_that_are_drawn_from_tiles() -> None:
    page = served(build(WELLS, TRACKS, counts={"wells": leaflet.MOST + 1, "tracks": leaflet.MOST}))
    early = {
        attributes.get("href"): attributes.get("rel")
        for tag, attributes in Elements(page).found
        if tag == "link"
    }
    assert early["/static/app/main.js"] == "modulepreload"
    assert early[f"/collections/tracks/items?limit={leaflet.LIMIT}"] == "preload"
    assert not any("wells" in str(url) for url in early)


def test_every_file_that_a_page_loads_is_there() -> None:
    for _tag, attributes in Elements(served(build(WELLS))).found:
        url = attributes.get("src") or attributes.get("href") or ""
        if url.startswith("/static/"):
            assert (assets.STATIC / url.removeprefix("/static/")).is_file()


def test_every_module_that_a_module_imports_is_there() -> None:
    for name in assets.own_files(".js"):
        for imported in re.findall(r'from "\./([^"]+)"', assets.text(name)):
            assert f"app/{imported}" in assets.own_files(".js"), f"{name} imports {imported}"


def test_every_script_carries_the_nonce() -> None:
    scripts = [attributes for tag, attributes in Elements(served(build(WELLS))).found if tag == "script"]
    assert scripts and all(attributes.get("nonce") == "word" for attributes in scripts)


@pytest.mark.parametrize("plugin", [MarkerCluster, Draw])
def test_a_link_that_nobody_decided_about_is_an_error_that_names_it(plugin: Any) -> None:
    fmap = build(WELLS)
    plugin().add_to(fmap)
    with pytest.raises(MissingAsset, match=r"https://.*webmap/assets\.py"):
        served(fmap)


def test_an_address_in_the_page_itself_is_an_error_too() -> None:
    fmap = build(WELLS)
    fmap.get_root().html.add_child(leaflet.Verbatim('<img alt="" src="//tile.openstreetmap.org/0/0/0.png">'))
    with pytest.raises(MissingAsset, match="tile.openstreetmap.org"):
        served(fmap)


def test_without_the_vendored_files_the_remedy_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(assets, "MANIFEST", tmp_path / "manifest.json")
    with pytest.raises(MissingAsset, match="make assets"):
        served(build(WELLS))


def test_one_map_leaves_the_next_as_it_was() -> None:
    assert served(build(WELLS)) == served(build(WELLS))


def test_readers_may_enlarge_the_page_and_it_says_its_language() -> None:
    page = served(build(WELLS))
    assert '<html lang="zh-CN">' in page
    assert page.count('name="viewport"') == 1 and "user-scalable" not in page


# --- what it says -----------------------------------------------------------------------------


def test_a_layer_declared_only_here_is_in_the_tree_with_its_legend() -> None:
    found = layer_in(served(build(WELLS, *shipped(), counts={"wells": 5})), "wells")
    assert found["title"] == ["水井", "Wells"]
    assert found["items"] == "/collections/wells/items"
    assert found["count"] == 5
    assert [entry["title"][0] for entry in found["legend"]] == ["人工井", "机井"]
    assert [field["name"] for field in found["fields"]] == ["depth", "drilled_on", "in_use", "visits"]
    assert found["symbol"]["cases"]["dug"]["size"] == 8


def test_the_tree_begins_with_the_plan_and_ends_with_the_base() -> None:
    themes = [theme["id"] for theme in config(served(build(*shipped())))["themes"]]
    assert (themes[0], themes[-1]) == (Theme.STRUCTURE, Theme.BASE)


def test_the_page_says_where_what_day_and_by_whom() -> None:
    about = leaflet.About("v7", map_approval="鄂S(2026)001号")
    fmap = leaflet.build(
        Catalog([WELLS]), about=about, extent=Bbox(113, 29, 116, 31), documents={"a": "规划"}
    )
    found = config(served(fmap))
    assert found["extent"] == [113, 29, 116, 31]
    assert found["about"]["approval"] == "鄂S(2026)001号"
    assert found["documents"] == {"a": "规划"}
    assert any("GeoNames" in credit for pair in found["about"]["credits"] for credit in pair)


@pytest.mark.parametrize(
    ("symbol", "drawn"),
    [
        (
            Marker("#112233", 9, Shape.STAR),
            {"type": "marker", "color": "#112233", "size": 12, "shape": "star"},
        ),
        (Stroke("#112233", 1.5, (3, 6)), {"type": "stroke", "color": "#112233", "width": 2, "dash": [4, 8]}),
        (
            Fill("#112233", 0.5, hatched=True),
            {"type": "fill", "color": "#112233", "opacity": 0.5, "outline": None, "hatched": True},
        ),
    ],
)
def test_lengths_in_points_become_pixels(symbol: Plain, drawn: dict[str, object]) -> None:
    assert leaflet.style(symbol) == drawn


# --- texts stay texts -------------------------------------------------------------------------


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_title_with_markup_is_a_title(payload: str) -> None:
    layer = Layer(
        id="odd", title=payload, description=payload, geometry=Geometry.POINT, symbol=Marker("#112233")
    )
    page = served(build(layer, documents={payload: payload}))
    plain = served(build(WELLS))
    assert [tag for tag, _ in Elements(page).found] == [tag for tag, _ in Elements(plain).found]
    assert layer_in(page, "odd")["title"][0] == payload
    assert config(page)["documents"] == {payload: payload}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_feature_in_the_page_with_markup_is_a_feature(payload: str) -> None:
    feature = {"type": "Feature", "id": 1, "geometry": None, "properties": {"name": payload}}
    data = json.dumps({"type": "FeatureCollection", "features": [feature]})
    page = served(build(WELLS, features=lambda _layer: data))
    plain = served(build(WELLS, features=lambda _layer: "{}"))
    assert json.loads(Elements(page).scripts["corridor-data-wells"])["features"] == [feature]
    assert [tag for tag, _ in Elements(page).found] == [tag for tag, _ in Elements(plain).found]


def test_a_page_title_with_markup_is_a_title() -> None:
    about = leaflet.About("v1", title=PAYLOADS[0], title_en=PAYLOADS[0])
    page = served(leaflet.build(Catalog([WELLS]), about=about))
    assert "<title>&lt;/script&gt;" in page


def test_safe_json_means_the_same() -> None:
    value = {"a": [*PAYLOADS, "\u2028\u2029"], "b": {"c": {}}}
    text = leaflet.safe(value)
    assert json.loads(text) == value
    assert not re.search("[<>&`\u2028\u2029]|\\{\\{|\\{%|\\$\\{", text)


# --- one file ---------------------------------------------------------------------------------


def test_left_to_itself_the_map_is_one_file(tmp_path: Path) -> None:
    empty = '{"type":"FeatureCollection","features":[]}'
    fmap = build(WELLS, items_url=None, features=lambda _layer: empty)
    fmap.save(str(tmp_path / "map.html"))
    for tag, attributes in Elements((tmp_path / "map.html").read_text(encoding="utf-8")).found:
        for name in ("src", "href"):
            url = attributes.get(name)
            assert url is None or url.startswith("data:"), f"<{tag} {name}={url}>"


def test_a_notebook_shows_the_same_map() -> None:
    shown = build(WELLS)._repr_html_()
    assert "<iframe" in shown and "corridor-config" in shown


def test_a_notebook_draws_the_map_without_a_service(browser: Browser) -> None:
    point = {"type": "Point", "coordinates": [114.4, 30.5]}
    values = {**dict.fromkeys(field.name for field in WELLS.all_fields), "name": "1号井", "kind": "dug"}
    feature = {"type": "Feature", "id": 1, "geometry": point, "properties": {**values, "precision": "site"}}
    data = json.dumps({"type": "FeatureCollection", "features": [feature]})
    fmap = build(WELLS, items_url=None, features=lambda _layer: data)
    visit = Visit(browser, DESK)
    visit.page.context.set_offline(True)
    visit.page.set_content(f"<h1>notebook</h1>{fmap._repr_html_()}")
    shown = visit.page.frame_locator("iframe")
    expect(shown.locator("body[data-ready]")).to_have_count(1, timeout=30_000)
    shown.locator(".mark").click()
    expect(shown.locator(".card h2")).to_have_text("1号井")
    assert visit.complaints == [] and visit.asked == []
    visit.page.close()
