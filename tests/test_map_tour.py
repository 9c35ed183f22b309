"""States side by side, stories, figures of the plans on the cities, basemaps of other services."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from gis.feature import Bbox
from gis.layer import Catalog
from tests.browsing import DESK, Visit, features, saying
from tests.conftest import WELLS
from tests.test_map_access import violations
from webmap import leaflet

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63fccfc0f01f0005"
    "0301ff8e2e4a8b0000000049454e44ae426082"
)


# --- side by side -------------------------------------------------------------------------------


def counts(page: Page) -> list[int]:
    return [int(re.sub(r"\D", "", words)) for words in page.locator(".side .count").all_text_contents()]


def test_what_is_built_stands_beside_what_is_planned(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#10/30.4500/114.6000")
    page.get_by_role("button", name="对比").click()
    built, planned = counts(page)
    assert built > planned > 0
    assert page.locator(".second .mark:not([hidden])").count() > 0
    expect(page).to_have_url(saying("compare=status:built,status:planned"))
    page.get_by_label("右图显示").select_option(label="全部")
    assert counts(page)[1] > built
    page.go_back()
    assert counts(page) == [built, planned]
    page.get_by_role("button", name="结束对比").click()
    expect(page.locator(".second")).to_have_count(0)
    expect(page).not_to_have_url(saying("compare="))


def test_both_maps_show_the_same_place_and_the_same_layers(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#10/30.4500/114.6000&compare=level:national,level:provincial")
    page.evaluate("map_corridor.setView([30.2, 115.0], 11, { animate: false })")
    page.locator("li[data-layer='zones'] .row input").uncheck()
    zones = page.locator(".leaflet-layer-zones-pane")
    expect(zones).to_have_count(2)
    expect(zones.first).to_be_hidden()
    expect(zones.last).to_be_hidden()
    places = page.locator(".folium-map").evaluate_all(
        "maps => maps.map(map => map.querySelector('.leaflet-layer-cities-pane path').getBoundingClientRect().x"
        " - map.getBoundingClientRect().x)"
    )
    assert abs(places[0] - places[1]) < 4  # the line between them is 2 pixels wide
    assert violations(page) == []


def test_the_years_of_an_indicator_stand_side_by_side_in_the_same_classes(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#7.6/30.4/114.6&tab=figures")
    page.get_by_label("指标：").select_option(label="技术合同成交额（亿元）")
    page.get_by_role("button", name="对比").click()
    expect(page).to_have_url(saying("compare=measure:base,measure:target"))
    page.wait_for_timeout(200)
    maps = page.locator(".folium-map")
    base, target = (set(maps.nth(side).locator(".name.major b").all_text_contents()) for side in (0, 1))
    assert (base, target) == ({"942.3", "56.5", "16.25"}, {"1,300", "40", "35"})
    page.get_by_role("button", name="结束对比").click()
    expect(page.locator(".figure-legend h2")).to_contain_text("目标")


# --- stories ------------------------------------------------------------------------------------


def test_a_story_leads_through_the_map_step_by_step(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/")
    page.get_by_role("button", name="导览").click()
    story = page.locator(".story")
    expect(story).to_contain_text("1/10")
    expect(story.locator("h2")).to_be_focused()
    view = page.url
    story.get_by_role("button", name="下一步").click()
    expect(story).to_contain_text("2/10")
    expect(page).to_have_url(saying("story=corridor/2"))
    assert page.url != view
    shown = page.locator(".tree input[type=checkbox]:checked").count()
    assert shown < 12
    assert violations(page) == []
    page.go_back()
    expect(story).to_contain_text("1/10")
    story.get_by_role("button", name="关闭").click()
    expect(story).to_be_hidden()
    expect(page).not_to_have_url(saying("story="))


def test_every_step_of_the_story_can_be_shown_as_it_is_written(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#8/30.4/114.6&story=corridor/1")
    for number in range(2, 11):
        page.locator(".story").get_by_role("button", name="下一步").click()
        expect(page.locator(".story")).to_contain_text(f"{number}/10")
        expect(page.locator(".notice")).to_have_count(0)
    expect(page.locator(".story").get_by_role("button", name="下一步")).to_be_disabled()


def test_a_link_to_a_step_alone_shows_what_the_step_shows(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#story=corridor/3")
    expect(page.locator(".story")).to_contain_text("3/10")
    expect(page).to_have_url(saying("&story=corridor/3"))
    assert page.evaluate("map_corridor.getZoom()") > 9.5
    assert page.locator(".tree input[type=checkbox]:checked").count() < 12
    page.goto(f"{live}/#story=corridor/99")
    expect(page.locator(".story")).to_contain_text("10/10")
    expect(page.locator(".notice")).to_have_count(0)


def test_a_story_is_text_and_one_that_fails_can_be_asked_again(visit: Visit, live: str) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    body = {"title": hostile, "steps": [{"title": hostile, "text": hostile, "state": "8/30.4/114.6"}]}
    answers: list[Any] = [None, body]

    def answer(route: Route) -> None:
        given = answers.pop(0)
        route.abort() if given is None else route.fulfill(json=given)

    page = visit.page
    page.route("**/stories/corridor?*", answer)
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    visit.open(f"{live}/#8/30.4/114.6&story=corridor/1")
    expect(page.locator(".notice.stories")).to_contain_text("没有答复")
    visit.complaints.clear()
    page.get_by_role("button", name="重试").click()
    expect(page.locator(".story h2")).to_have_text(hostile)
    assert page.locator(".story img").count() == 0


# --- figures ------------------------------------------------------------------------------------


def figures(live: str) -> dict[str, list[dict[str, Any]]]:
    """The figures of the indicator that most cities have, by its name."""
    found = defaultdict(list)
    for feature in features(live, "indicators"):
        found[feature["properties"]["indicator"]].append(feature["properties"])
    return found


def test_an_indicator_colours_the_cities_that_have_it_and_no_other(visit: Visit, live: str) -> None:
    rows = figures(live)["技术合同成交额"]
    page = visit.open(f"{live}/#7.9/30.4/114.6&tab=figures")
    page.get_by_label("指标：").select_option(label="技术合同成交额（亿元）")
    with_value = {row["city"] for row in rows if row["city"] and row["target_value"] is not None}
    fills = page.eval_on_selector_all(
        ".leaflet-figures-pane path", "paths => paths.map(p => p.getAttribute('fill'))"
    )
    assert sum(fill.startswith("#") for fill in fills) == len(with_value) == 3
    assert sum(fill.startswith("url(#hatch") for fill in fills) == 2  # without a value
    expect(page.locator(".indicators .quiet")).to_contain_text("黄石市为 2020 年")
    shown = set(page.locator(".name.major b").all_text_contents())
    assert shown == {f"{row['target_value']:,.10g}" for row in rows if row["city"]}
    page.get_by_label("现状").check()
    assert set(page.locator(".name.major b").all_text_contents()) != shown
    page.get_by_label("差距").check()
    wuhan = next(row for row in rows if row["city"] == 420100)
    gap = f"{wuhan['target_value'] - wuhan['base_value']:.10g}"
    expect(page.locator(".name.major").filter(has_text="武汉市")).to_contain_text(gap)
    expect(page).to_have_url(saying("/gap/jenks"))
    assert violations(page) == []


@pytest.mark.parametrize(
    ("asked", "opened"),
    [("**/collections/indicators/items*", "#8/30.4/114.6&tab=figures"), ("**/stories?*", "")],
)
def test_figures_and_stories_that_fail_are_said_and_asked_again(
    browser: Browser, live: str, asked: str, opened: str
) -> None:
    visit = Visit(browser, DESK)
    visit.page.route(asked, lambda route: route.fulfill(status=500, body="oops"))
    page = visit.open(f"{live}/{opened}")
    if not opened:
        page.get_by_role("button", name="导览").click()
    told = page.locator(".failure, .notice").filter(has_text="服务器答复 500")
    expect(told).to_be_visible()
    page.unroute(asked)
    told.get_by_role("button", name="重试").click()
    expect(told).to_have_count(0)
    if opened:
        page.get_by_label("指标：").select_option(label="技术合同成交额（亿元）")
        assert page.locator(".bars li").count() > 2
    else:
        expect(page.locator(".story")).to_be_visible()
    page.close()


def test_breaks_name_their_method_and_each_figure_opens_its_source(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#7.9/30.4/114.6&tab=figures")
    page.get_by_label("指标：").select_option(label="技术合同成交额（亿元）")
    page.get_by_label("分级方法：").select_option(label="分位数")
    expect(page.locator(".indicators .classes h3")).to_contain_text("分位数")
    line = page.locator(".bars li").filter(has_text="武汉市")
    line.get_by_text("出处").click()
    expect(line.locator(".sources")).to_contain_text("武汉市科技创新发展")
    expect(line.locator(".sources .section").first).to_be_visible()
    reopened = visit.open(page.url)
    expect(reopened.locator(".figure-legend")).to_contain_text("分位数")


@pytest.mark.parametrize("method", ["jenks", "quantile", "equal"])
def test_every_value_is_in_exactly_one_class(visit: Visit, wells_live: str, method: str) -> None:
    page = visit.open(f"{wells_live}/")
    for values in ([5], [1, 1, 1], [1, 2], [1, 2, 3, 1000], [-5, 0, 5, 7, 900, 901], [3, 3, 9, 9, 12]):
        classes: list[dict[str, Any]] = page.evaluate(
            """async ([values, method]) => {
              const { classesOf, classOf } = await import("/static/app/classes.js");
              const classes = classesOf(values, method);
              const held = (one) => values.filter((value) => classOf(classes, value) === one);
              return classes.map((one) => ({ ...one, held: held(one) }));
            }""",
            [values, method],
        )
        assert sorted(value for one in classes for value in one["held"]) == sorted(values)
        assert all(one["held"] for one in classes) and len(classes) <= 4
        assert len({one["colour"] for one in classes}) == len(classes)


def test_natural_breaks_part_what_lies_apart(visit: Visit, wells_live: str) -> None:
    page = visit.open(f"{wells_live}/")
    uppers = page.evaluate(
        """async () => (await import("/static/app/classes.js"))
          .classesOf([1, 2, 3, 10, 11, 12, 50, 51, 99], "jenks").map(({ to }) => to)"""
    )
    assert uppers == [3, 12, 51, 99]


# --- basemaps -----------------------------------------------------------------------------------


def test_a_basemap_is_off_until_it_is_chosen(visit: Visit, wells_live: str) -> None:
    described = {
        "id": "survey",
        "title": ["测绘底图", "Survey"],
        "url": "/tiles-of/{z}/{x}/{y}",
        "attribution": "某局",
        "approval": "GS(2026)1号",
        "minzoom": 1,
        "maxzoom": 18,
        "overlay": False,
    }
    fmap = leaflet.build(
        Catalog([WELLS]),
        items_url=lambda layer: f"/collections/{layer.id}/items",
        about=leaflet.About("v1"),
        extent=Bbox(114, 30, 115, 31),
        basemaps=[described],
    )
    page = visit.page
    body = leaflet.render(fmap, static_url=lambda name: f"/static/{name}", nonce="n")
    page.route(f"{wells_live}/", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.route("**/tiles-of/**", lambda route: route.fulfill(body=PIXEL, content_type="image/png"))
    visit.open(f"{wells_live}/")
    assert not [url for url in visit.asked if "/tiles-of/" in url]
    page.get_by_label("测绘底图").check()
    page.wait_for_selector(".leaflet-basemap-pane img")
    expect(page.locator(".imprint")).to_contain_text("GS(2026)1号")
    expect(page).to_have_url(saying("basemap=survey"))
    page.get_by_label("自有矢量底图").check()
    expect(page.locator(".leaflet-basemap-pane img")).to_have_count(0)
