"""The print panel in a real browser: what is seen becomes a sheet, with preview, progress, cancel and a clear no."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pypdf import PdfReader

from tests.browsing import PHONE, Visit
from tests.conftest import HOSTILE, REQUIRE_ALL
from webmap.paper import glyphs

pytestmark = pytest.mark.skipif(
    not (glyphs.FOLDER / "manifest.json").is_file() and not REQUIRE_ALL,
    reason="no fonts: run `make assets`",
)
SLOW = 120_000  # milliseconds in which a sheet is there on a busy machine


def panel(page: Page) -> Page:
    page.get_by_role("button", name="打印成图").click()
    expect(page.get_by_role("dialog", name="打印成图")).to_be_visible()
    return page


def test_what_is_seen_is_previewed_and_printed(visit: Visit, wells_live: str) -> None:
    page = panel(visit.open(f"{wells_live}/#9/30.2/114.2&kind=dug"))
    expect(page.locator(".print-content")).to_contain_text("类别：人工井")
    page.get_by_label("标题", exact=True).fill(HOSTILE)
    page.get_by_label("编制单位").fill("#set text(red) 某市规划院")
    page.get_by_label("纸张").select_option("A4")
    page.get_by_role("button", name="预览").click()
    image = page.get_by_role("img", name="预览：")
    image.wait_for(timeout=SLOW)
    assert page.evaluate("document.querySelector('.print-sheet img').naturalWidth") > 500
    page.get_by_role("button", name="生成文件").click()
    link = page.locator(".print-files a")
    link.wait_for(timeout=SLOW)
    expect(link).to_be_focused()
    answer = page.request.get(link.get_attribute("href") or "")
    assert answer.headers["content-type"] == "application/pdf"
    sheet = PdfReader(BytesIO(answer.body())).pages[0]
    text = sheet.extract_text()
    assert "alert(3)" in text and "#set text(red) 某市规划院" in text and "筛选：类别为人工井" in text
    assert "1号井" in text and "2号井" not in text
    assert sorted(round(float(side) * 25.4 / 72) for side in sheet.mediabox[2:]) == [210, 297]
    page.get_by_label("纸张").select_option("A3")
    expect(page.locator(".print-sheet.old")).to_have_attribute("data-old", "设置已改，请重新预览")


def asked(page: Page, visit: Visit) -> list[dict[str, object]]:
    """The orders of a page, which a service that refuses all of them has seen."""
    orders: list[dict[str, object]] = []

    def refuse(route: Route) -> None:
        orders.append(route.request.post_data_json)
        body = {
            "title": "Invalid parameter",
            "status": 400,
            "detail": "extent='': expected an extent <b>x</b>",
        }
        route.fulfill(status=400, content_type="application/problem+json", body=json.dumps(body))

    page.route("**/print", refuse)
    visit.complaints = Refusals()
    return orders


class Refusals(list[str]):
    """Complaints but for those of the browser about an answer that was meant to be a no."""

    def append(self, said: str) -> None:
        if "the server responded with a status of" not in said and "net::ERR_FAILED" not in said:
            super().append(said)


def test_a_sheet_shows_all_that_is_seen_or_what_lies_around_its_middle_at_a_scale(
    visit: Visit, wells_live: str
) -> None:
    page = visit.open(f"{wells_live}/?lang=zh#9/30.2/114.2&opacity=wells:0.5")
    orders = asked(page, visit)
    panel(page).get_by_role("button", name="生成文件").click()
    expect(page.locator(".print-failed")).to_contain_text("没有可印的内容")
    page.get_by_label("比例尺", exact=True).select_option("50000")
    page.get_by_role("button", name="生成文件").click()
    expect(page.locator(".print-failed")).to_be_visible()
    (fit, fixed) = (order["sheet"] for order in orders)
    assert isinstance(fit, dict) and isinstance(fixed, dict)
    bounds = page.evaluate(
        "(b => [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()])(map_corridor.getBounds())"
    )
    assert fit["extent"] == pytest.approx(bounds, abs=1e-5) and "scale" not in fit
    assert fixed["scale"] == 50000 and "extent" not in fixed
    assert fixed["state"] == page.url and "opacity=wells:0.5" in page.url


def test_a_refusal_is_told_as_text_and_can_be_tried_again(visit: Visit, wells_live: str) -> None:
    page = visit.open(f"{wells_live}/")
    orders = asked(page, visit)
    panel(page).get_by_role("button", name="预览").click()
    failed = page.locator(".print-failed")
    expect(failed).to_contain_text("未能印出：图幅范围内没有可印的内容")
    expect(failed).to_contain_text("<b>x</b>")
    failed.get_by_role("button", name="重试").click()
    page.wait_for_function("() => document.querySelector('.print-failed')")
    assert len(orders) == 2


@pytest.mark.parametrize(("status", "words"), [(503, "印图的人多"), (500, "服务器答复 500"), (0, "没有答复")])
def test_a_service_that_cannot_is_told_apart(visit: Visit, wells_live: str, status: int, words: str) -> None:
    page = visit.open(f"{wells_live}/")
    visit.complaints = Refusals()
    page.route(
        "**/print", lambda route: route.fulfill(status=status, body="oops") if status else route.abort()
    )
    panel(page).get_by_role("button", name="生成文件").click()
    expect(page.locator(".print-failed")).to_contain_text(words)
    expect(page.get_by_role("button", name="生成文件")).to_be_enabled()


def test_a_print_can_be_given_up_and_nothing_is_left(visit: Visit, wells_live: str) -> None:
    page = visit.open(f"{wells_live}/")
    with page.expect_response(lambda answer: answer.request.method == "POST") as ordered:
        panel(page).get_by_role("button", name="生成文件").click()
    where = ordered.value.headers["location"]
    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        page.get_by_role("button", name="取消").click()
    expect(page.locator(".print-status")).to_contain_text("已取消")
    assert page.request.get(where).status == 404
    visit.complaints = [said for said in visit.complaints if "404" not in said]


def test_closing_the_panel_gives_up_what_runs_and_keeps_what_was_typed(visit: Visit, wells_live: str) -> None:
    page = panel(visit.open(f"{wells_live}/"))
    page.get_by_label("副标题").fill("征求意见稿")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(panel(page).get_by_label("副标题")).to_have_value("征求意见稿")


def test_a_paper_too_large_for_a_resolution_offers_a_lower_one(visit: Visit, wells_live: str) -> None:
    page = panel(visit.open(f"{wells_live}/"))
    expect(page.get_by_label("分辨率")).to_be_hidden()
    page.get_by_label("格式").select_option("png")
    page.get_by_label("分辨率").select_option("300")
    page.get_by_label("纸张").select_option("A0")
    expect(page.get_by_label("分辨率")).to_have_value("150")


def test_on_a_phone_the_panel_fills_the_screen_in_either_language(browser: Browser, wells_live: str) -> None:
    visit = Visit(browser, PHONE)
    page = visit.open(f"{wells_live}/?lang=en")
    page.locator(".tool-more").click()
    page.get_by_role("button", name="Print a sheet").click()
    dialog = page.get_by_role("dialog", name="Print a sheet")
    box = dialog.bounding_box()
    assert box is not None and (box["x"], box["width"]) == (0, PHONE["width"])
    assert page.evaluate("document.querySelector('dialog.printing').scrollWidth <= innerWidth")
    assert not any(
        "\u4e00" <= letter <= "\u9fff" for letter in (dialog.text_content() or "").replace("水井", "")
    )
    assert visit.complaints == []
    page.close()
