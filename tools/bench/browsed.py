"""A page in Chromium without a network: when it was painted and drawn, what it weighs, how soon it answers."""

from __future__ import annotations

import gzip
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, Response, Route, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tools.bench import plain

CHROMIUM = os.environ.get("CORRIDOR_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
SIZE = {"width": 1440, "height": 900}
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
_PATIENCE_MS = 180_000
_SETTLED_MS = 900  # after an action: animations of the map have ended

# Drawn: the page has loaded, our map says that it is ready and has all its tiles, and a frame has shown it.
_WATCH = """
window.bench = { tasks: [], events: [] };
// Not those of a pointer that crosses something: moved by a new layout they tell the time of the last real move.
const isMeant = ({ entryType, name }) =>
  entryType === 'longtask' || /^(pointer|mouse)(down|up)$|click|key|input/.test(name);
for (const [type, kept] of [['longtask', 'tasks'], ['event', 'events']])
  new PerformanceObserver((list) => list.getEntries().filter(isMeant).forEach((one) => bench[kept].push(one.duration)))
    .observe({ type, durationThreshold: 16, buffered: true });
const isDrawn = () => document.readyState === 'complete'
  && (!document.getElementById('corridor-config') || document.body.dataset.ready)
  && [...document.querySelectorAll('.leaflet-tile')].every((tile) => tile.classList.contains('leaflet-tile-loaded'));
let frames = 0;
const look = () => {
  frames = isDrawn() ? frames + 1 : 0;
  if (frames < 3) return requestAnimationFrame(look);
  bench.drawn = performance.now();
};
look();
"""

Action = Callable[[Page], None]


@dataclass(frozen=True)
class Seen:
    """Milliseconds to the first paint and until all is drawn; bytes, plain and compressed; of each action the
    milliseconds until its effect was painted, or of the longest task that it brought about."""

    painted: float
    drawn: float
    weight: int
    compressed: int
    actions: Mapping[str, float] = field(default_factory=dict)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium, started once."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        yield browser
        browser.close()


def see(browser: Browser, url: str, packages: Path, actions: Mapping[str, Action]) -> Seen:
    """Open a page as a new visitor and act on it."""
    context = browser.new_context(viewport=SIZE)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(_PATIENCE_MS)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.route(re.compile("^https:"), lambda route: _stand_in(route, packages))
    page.add_init_script(_WATCH)
    page.goto(url)
    page.wait_for_function("() => bench.drawn")
    bodies = [_body(page, answer) for answer in answers]
    painted, drawn = page.evaluate(
        "() => [performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN, bench.drawn]"
    )
    page.wait_for_timeout(_SETTLED_MS)
    answered = {name: _answered(page, act) for name, act in actions.items()}
    context.close()
    return Seen(
        painted, drawn, sum(map(len, bodies)), sum(len(gzip.compress(body)) for body in bodies), answered
    )


def _body(page: Page, response: Response) -> bytes:
    if response.status in (204, 304):
        return b""
    try:
        return response.body()
    except PlaywrightError:  # Chromium has let go of what a preload brought
        return page.request.get(response.url).body()


def _stand_in(route: Route, packages: Path) -> None:
    file = plain.asset(route.request.url, packages)
    if file is None:
        route.fulfill(status=200, body="")
    else:
        route.fulfill(status=200, path=file)


def _answered(page: Page, act: Action) -> float:
    page.evaluate("() => { bench.tasks.length = bench.events.length = 0; }")
    act(page)
    page.wait_for_timeout(_SETTLED_MS)
    longest: float = page.evaluate("() => Math.max(0, ...bench.tasks, ...bench.events)")
    return longest
