"""The map for those who do not point or see: WCAG 2.1 AA by axe-core, keyboard, names, reduced motion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browsing import DESK, PHONE, SIZES, Visit, facet

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}}


STILL = "() => document.getAnimations().every((one) => one.playState !== 'running')"


def violations(page: Page) -> list[str]:
    """What axe finds once nothing fades any more."""
    page.wait_for_function(STILL)
    found: list[dict[str, Any]] = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"][:3]
    ]


def tab(name: str) -> Callable[[Page], None]:
    return lambda page: page.get_by_role("tab", name=name).click()


def card(page: Page) -> None:
    page.locator("#search").fill("光谷实验室")
    page.keyboard.press("Enter")
    page.wait_for_selector(".card")


def options(page: Page) -> None:
    page.locator("li[data-layer='belts'] .more").click()


def links(page: Page) -> None:
    page.get_by_role("button", name="链接与接口").click()


def printing(page: Page) -> None:
    page.get_by_role("button", name="打印成图").click()
    page.get_by_label("格式").select_option("png")
    page.get_by_label("比例尺", exact=True).select_option("own")


def area(page: Page) -> None:
    page.get_by_role("tab", name="区域").click()
    page.get_by_label("选取区域").select_option(label="大光谷创新组团")


def results(page: Page) -> None:
    page.locator("#search").fill("guanggu")


STATES = {
    "legend": options,
    "filter": tab("筛选"),
    "list": tab("列表"),
    "area": area,
    "card": card,
    "links": links,
    "printing": printing,
    "results": results,
}


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(visit: Visit, live: str, state: str) -> None:
    page = visit.open(f"{live}/#11/30.48/114.5")
    STATES[state](page)
    page.wait_for_timeout(300)
    assert violations(page) == []


def test_axe_finds_nothing_in_english_and_on_a_phone(browser: Browser, live: str) -> None:
    visit = Visit(browser, PHONE)
    page = visit.open(f"{live}/?lang=en#11/30.48/114.5&level=national")
    assert violations(page) == []
    page.get_by_role("button", name="Layers").click()
    page.wait_for_timeout(300)
    assert violations(page) == []
    page.close()


def test_every_control_can_be_reached_and_shows_the_focus(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#8/30.4/114.6&layers=cities,laboratories&tab=list")
    page.locator(".tools button").first.focus()
    names: list[str] = []
    for _ in range(30):
        page.keyboard.press("Tab")
        names.append(
            page.evaluate(
                "document.activeElement.getAttribute('aria-label') || document.activeElement.textContent"
            )
        )
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", names[-1]
    assert {"全图", "量距离", "链接与接口", "搜索", "列表"} <= set(names)


def test_the_map_can_be_skipped(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("button", name="跳过地图")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="列表")).to_be_focused()
    expect(skip).not_to_be_in_viewport()


def test_tabs_are_walked_by_arrow_keys(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/")
    page.get_by_role("tab", name="图例").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="筛选")).to_be_focused()
    expect(page.get_by_role("tab", name="筛选")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("End")
    expect(page.get_by_role("tab", name="指标")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tabpanel")).to_have_count(1)


def test_a_filter_is_told_to_those_who_listen(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#8/30.4/114.6&tab=filter")
    facet(page, "国家级").focus()
    page.keyboard.press("Space")
    said = page.locator(".filters [role=status]")
    expect(said).to_contain_text("符合")
    assert "296" not in (said.text_content() or "").split("，")[0]


def test_motion_is_left_out_for_those_who_ask(browser: Browser, live: str) -> None:
    visit = Visit(browser, DESK)
    visit.page.emulate_media(reduced_motion="reduce")
    page = visit.open(f"{live}/")
    assert page.evaluate("map_corridor.options.zoomAnimation") is False
    assert page.evaluate("map_corridor._fadeAnimated") is False
    page.close()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size["width"]))
def test_every_tab_is_seen_whole_in_either_language(
    browser: Browser, live: str, size: dict[str, int], lang: str
) -> None:
    visit = Visit(browser, size)
    page = visit.open(f"{live}/?lang={lang}")
    ends = page.eval_on_selector_all(
        ".tabs, .tabs button:last-child", "all => all.map(n => n.getBoundingClientRect().right)"
    )
    assert ends[1] <= ends[0]
    page.close()
