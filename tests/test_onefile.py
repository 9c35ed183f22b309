"""The map as one file: the same map as the service shows, drawn from a disk without any network."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

import layers
from gis.config import Settings
from gis.database import Store
from gis.errors import BadSettings
from gis.layer import Catalog
from tests.browsing import DESK, Visit, saying
from tests.conftest import HOSTILE
from webmap import onefile, stories


def test_a_file_has_what_may_be_shown_and_no_more(filled: Store, catalog: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    size = onefile.save(Settings(), catalog, filled, path)
    text = path.read_text(encoding="utf-8")
    assert size == path.stat().st_size
    assert "1号井" in text and "well-7" not in text and HOSTILE not in text
    onefile.save(Settings(internal=True), catalog, filled, path)
    assert "well-7" in path.read_text(encoding="utf-8")


def test_a_file_is_the_same_for_the_same_version(filled: Store, catalog: Catalog) -> None:
    assert onefile.page(Settings(), catalog, filled) == onefile.page(Settings(), catalog, filled)


def test_a_file_that_cannot_be_written_is_said(filled: Store, catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="output"):
        onefile.save(Settings(), catalog, filled, tmp_path / "nowhere" / "map.html")


def test_a_file_draws_the_whole_map_with_no_network(
    browser: Browser,
    shipped: Store,
    tmp_path: Path,
) -> None:
    path = tmp_path / "map.html"
    onefile.save(Settings(), layers.catalog(), shipped, path)
    visit = Visit(browser, DESK)
    visit.page.context.set_offline(True)
    visit.page.goto(path.as_uri())
    expect(visit.page.locator("body[data-ready]")).to_have_count(1, timeout=30_000)
    with shipped.read() as connection:
        held = onefile.repository.published(connection)
        points = [layer for layer in layers.catalog().values() if layer.geometry.value == "Point"]
        counts = {layer: held.summary(layer, internal=False).count for layer in points}
    marks = visit.page.locator(".leaflet-container .mark").count()
    assert 0.8 * sum(count for layer, count in counts.items() if layer.shown) <= marks <= sum(counts.values())
    assert visit.page.locator("path.leaflet-interactive").count() > 40
    assert visit.complaints == []
    assert [url for url in visit.asked if not url.startswith("file:")] == []


def test_a_file_tells_its_stories_in_both_languages(browser: Browser, shipped: Store, tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    onefile.save(Settings(), layers.catalog(), shipped, path)
    (story,) = stories.shipped().values()
    visit = Visit(browser, DESK)
    visit.page.context.set_offline(True)
    page = visit.open(path.as_uri())
    page.get_by_role("button", name="导览").click()
    told = page.locator(".story")
    expect(told).to_contain_text(f"1/{len(story.steps)}")
    expect(told.locator(".sources .section").first).to_be_visible()
    told.get_by_role("button", name="下一步").click()
    expect(told.locator("h2")).to_have_text(story.steps[1].title[0])
    page.goto(f"{path.as_uri()}?lang=en#story=corridor/3")
    expect(page.locator(".story h2")).to_have_text(story.steps[2].title[1])
    expect(page).to_have_url(saying("&story=corridor/3"))  # behind the view of the step
    page.goto("about:blank")
    page = visit.open(f"{path.as_uri()}#story=nothing/1")
    expect(page.locator(".notice.ignored")).to_contain_text("story=nothing/1")
    expect(page.locator(".story")).to_be_hidden()
    assert visit.complaints == []
    assert [url for url in visit.asked if not url.startswith("file:")] == []
