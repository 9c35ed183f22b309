"""How the map moves, in a real browser: a card before its place, one picture while it zooms, what is near alone."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browsing import Visit

_SEEN = "nodes => nodes.filter(node => node.checkVisibility()).length"
_VIEW = "location.hash.split('&')[0]"


def _open_first_entry(page: Page) -> tuple[str, bool]:
    """The view when a place of the list has been clicked, and whether its card is there then."""
    page.locator("#tab-list").click()
    page.locator(".entry[data-layer='laboratories']").first.wait_for()
    found: list[str | bool] = page.evaluate(
        "() => { document.querySelector(\".entry[data-layer='laboratories']\").click();"
        f" return [{_VIEW}, document.querySelector('.card h2') !== null]; }}"
    )
    return str(found[0]), bool(found[1])


def test_the_card_of_what_is_chosen_in_the_list_can_be_read_before_the_map_moves(
    visit: Visit, live: str
) -> None:
    page = visit.open(f"{live}/")
    before = page.evaluate(_VIEW)
    assert _open_first_entry(page) == (before, True)
    page.wait_for_function(f"before => {_VIEW} !== before", arg=before)


def test_the_card_stays_where_it_was_shown_when_the_map_has_come_to_its_place(
    visit: Visit, live: str
) -> None:
    page = visit.open(f"{live}/")
    before, _ = _open_first_entry(page)
    top = "document.querySelector('.leaflet-popup').getBoundingClientRect().top"
    shown = page.evaluate(top)
    page.wait_for_function(f"before => {_VIEW} !== before", arg=before)
    page.wait_for_timeout(400)
    assert abs(page.evaluate(top) - shown) < 30
    expect(page.locator(".mark.selected")).to_be_visible()


def test_a_card_closed_before_the_map_moves_leaves_the_map_where_it_is(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/")
    page.locator("#tab-list").click()
    before = page.evaluate(_VIEW)
    page.evaluate(
        "() => { document.querySelector('.entry').click(); document.querySelector('.card-holder .close').click(); }"
    )
    page.wait_for_timeout(400)
    assert page.evaluate(_VIEW) == before
    assert page.locator(".card, .mark.selected").count() == 0


def test_marks_far_from_the_view_are_not_laid_out_and_come_when_it_does(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#13/30.5/114.4")
    near = page.locator(".mark").evaluate_all(_SEEN)
    assert 0 < near < page.locator(".mark:not([hidden])").count() / 2
    page.evaluate("location.hash = '#13/30.39/114.9'")
    page.wait_for_function(f"() => {_VIEW}.includes('114.9')")
    inside = page.locator(".mark").evaluate_all(
        "nodes => { const map = document.querySelector('.leaflet-container').getBoundingClientRect();"
        " return nodes.filter(n => n.checkVisibility()).map(n => n.getBoundingClientRect())"
        ".filter(r => r.x > map.x && r.x < map.right && r.y > map.y && r.y < map.bottom).length; }"
    )
    assert inside > 0


def test_while_the_map_zooms_its_drawing_is_scaled_as_one_picture(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/")
    page.evaluate(
        "() => { window.scaled = new Set(); const note = ({ target }) =>"
        " target.style.transform.includes('scale(') && window.scaled.add(target.className);"
        " new MutationObserver((all) => all.forEach(note)).observe(document.querySelector('.leaflet-map-pane'),"
        " { subtree: true, attributeFilter: ['style'] }); }"
    )
    before = page.evaluate(_VIEW)
    page.locator(".tools button").first.click()
    page.wait_for_function("() => [...window.scaled].filter(name => name.includes('plane')).length > 1")
    page.wait_for_function(f"zoomed => {_VIEW} !== zoomed", arg=before)
    scaled = page.evaluate("() => [...window.scaled]")
    drawn = [name for name in scaled if "leaflet-proxy" not in name]  # Leaflet's, which holds nothing
    assert len(drawn) == 2
    assert all("plane" in name for name in drawn)
    page.wait_for_function(
        "() => [...document.querySelectorAll('.plane')].every(node => !node.style.transform)"
    )
