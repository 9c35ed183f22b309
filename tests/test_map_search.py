"""Finding things: search by any name and sound, the filter, and the list beside the map."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browsing import PHONE, Visit, facet, saying
from tests.conftest import HOSTILE
from tests.test_map_state import seen


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("光谷实验室", "湖北光谷实验室"),
        ("hbggsys", "湖北光谷实验室"),
        ("hubeiguanggu", "湖北光谷实验室"),
        ("guangguShi", "湖北光谷实验室"),
        ("Optics Valley Lab", "湖北光谷实验室"),
        ("dhkxc", "东湖科学城"),
        ("huazhong university", "华中科技大学"),
        ("一轴", "创新发展联动轴"),
        ("黄石 科学城", "环大冶湖科学城"),
        ("科学城 黄石市", "环大冶湖科学城"),
        ("珞喻路 光谷", "湖北光谷实验室"),
        ("武汉市", "武汉市"),
        ("changjiang", "长江"),
    ],
)
def test_a_name_an_alias_or_its_sound_finds_it(visit: Visit, live: str, typed: str, found: str) -> None:
    page = visit.open(f"{live}/")
    page.get_by_role("combobox", name="搜索").fill(typed)
    names = page.locator(".found .title").all_text_contents()
    assert found in names[:4], names


def test_search_works_by_keyboard_alone(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/")
    box = page.get_by_role("combobox", name="搜索")
    box.focus()
    page.keyboard.type("dhkxc")
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    second = page.locator(".found li").nth(1)
    expect(second).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == second.get_attribute("id")
    name = second.locator(".title").text_content() or ""
    page.keyboard.press("Enter")
    expect(page.locator(".card h2")).to_have_text(name)
    expect(page.locator(".found")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator(".card")).to_have_count(0)


def test_what_was_found_is_shown_though_its_layer_was_off(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#8/30.4/114.6&layers=cities")
    page.get_by_role("combobox", name="搜索").fill("光谷实验室")
    page.keyboard.press("Enter")
    expect(page.locator(".card h2")).to_have_text("湖北光谷实验室")
    expect(page.locator("li[data-layer='laboratories'] .row input")).to_be_checked()
    assert page.evaluate("map_corridor.getZoom()") >= 13


def test_nothing_found_is_said(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/")
    page.get_by_role("combobox", name="搜索").fill("zzzz<img src=x>")
    expect(page.locator(".found")).to_have_text("没有找到")


def test_hostile_names_stay_texts_in_results_list_and_filter(visit: Visit, wells_live: str) -> None:
    page = visit.open(f"{wells_live}/#9/30.2/114.2&tab=list")
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    assert HOSTILE in page.locator(".entry .title").all_text_contents()
    page.get_by_role("combobox", name="搜索").fill("alert(1)")
    assert page.locator(".found .title").text_content() == HOSTILE
    assert page.locator(".panel img, .panel script").count() == 0


def test_filters_combine_count_live_and_go_in_one_click(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#8/30.4/114.6&tab=filter")
    everything = seen(page)
    facet(page, "武汉市").check()
    count = facet(page, "国家级").locator("xpath=..").locator(".count")
    expected = int(count.text_content() or "0")
    facet(page, "国家级").check()
    assert 0 < seen(page) == expected < everything
    assert f"符合 {expected} 个" in page.locator(".filters .status").inner_text()
    facet(page, "省级").check()
    assert seen(page) > expected
    page.get_by_role("button", name="全部清除").click()
    assert seen(page) == everything
    expect(page.locator(".chips")).to_be_hidden()


def test_a_chip_takes_one_choice_back(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#8/30.4/114.6&city=420100&level=national")
    page.get_by_role("button", name="取消 级别：国家级").click()
    expect(page).not_to_have_url(saying("level="))
    expect(page).to_have_url(saying("city=420100"))


def test_things_can_be_sifted_by_the_part_of_the_plan_they_lie_in(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#11/30.48/114.5&tab=filter&core=core-planned-area")
    within = seen(page)
    page.get_by_role("button", name="全部清除").click()
    assert 0 < within < seen(page)


def test_things_can_be_sifted_by_the_document_that_names_them(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#8/30.4/114.6&tab=filter&document=huangshi-2021-2025")
    page.get_by_role("tab", name="列表").click()
    page.locator(".entry").first.click()
    expect(page.locator(".card .sources")).to_contain_text("黄石市科技创新发展")


def test_the_list_has_what_the_map_has_in_the_order_of_the_legend(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#8/30.4/114.6&tab=list&level=national")
    while page.locator(".more-entries:visible").count():
        page.locator(".more-entries:visible").click()
    assert page.locator(".entry").count() == seen(page)
    tree = page.locator(".tree li[data-layer]").evaluate_all("rows => rows.map(row => row.dataset.layer)")
    listed = page.locator(".entry").evaluate_all("rows => rows.map(row => row.dataset.layer)")
    assert listed == sorted(listed, key=tree.index)


def test_the_list_can_follow_the_view(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#14/30.4910/114.5160&tab=list")
    page.get_by_label("只列视图范围内").check()
    near = page.locator(".entry").count()
    page.get_by_role("button", name="全图").click()
    page.wait_for_function("n => document.querySelectorAll('.entry').length > n", arg=near)


def test_on_a_phone_the_list_opens_cards(visit: Visit, live: str) -> None:
    visit.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page = visit.open(f"{live}/")
    page.get_by_role("button", name="搜索·图层", exact=True).click()
    page.get_by_role("tab", name="列表").click()
    page.locator(".entry[data-layer='laboratories']").first.click()
    expect(page.locator(".card-sheet .card")).to_be_visible()
    expect(page.locator(".panel")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_card_that_is_closed_leaves_the_results_closed_until_they_are_wanted(
    visit: Visit, live: str
) -> None:
    page = visit.open(f"{live}/#9/30.4/114.6")
    page.locator("#search").fill("光谷实验室")
    page.keyboard.press("Enter")
    expect(page.locator(".card")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#search")).to_be_focused()
    expect(page.locator("#found")).to_be_hidden()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#found li").first).to_have_attribute("aria-selected", "true")
