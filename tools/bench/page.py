"""How fast the map is in a browser, beside plain folium, on the same points.

python -m tools.bench.page FOLDER [DATABASE]: FOLDER keeps what is made; FOLDER/folium/node_modules has the files
that folium's pages load from elsewhere; DATABASE is a PostGIS with the million points of the benchmark. Prints
Markdown. `make bench` does all of this.
"""

from __future__ import annotations

import argparse
import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from itertools import chain
from pathlib import Path

from playwright.sync_api import Browser, Page

from gis import storing
from gis.config import Settings
from gis.database import open_store
from gis.tables import FORM
from tools.bench import plain, servers
from tools.bench.browsed import Action, Seen, chromium, see
from tools.bench.data import CONTENTS, COUNTS, SENSORS
from tools.bench.plain import Point
from tools.bench.servers import Server

NUMBERS = (300, 5_000, 100_000)
_GOAL_DRAWN_MS, _GOAL_ACTION_MS, _GOAL_MB = 1500, 100, 1
_CLOSE = 14  # the zoom at which a point is opened

Start = Callable[[], AbstractContextManager[Server]]


def main() -> None:
    """Make what is missing, measure, print."""
    options = _options()
    folder: Path = options.folder.resolve()
    packages = folder / "folium" / "node_modules"
    with chromium() as browser:
        looked = partial(_looked, browser, packages, options.rounds)
        compared = _beside_folium(looked, folder, options.numbers) if options.numbers else []
        for line in chain(compared, [""], _goals(looked, folder, options.database)):
            print(line, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench page")
    parser.add_argument("folder", type=Path)
    parser.add_argument("database", nargs="?", default="")
    parser.add_argument("--rounds", type=int, default=5, help="how often a page is opened; medians are told")
    parser.add_argument(
        "--numbers", type=int, nargs="*", default=NUMBERS, help="how many points, if any, beside folium"
    )
    return parser.parse_args()


# --- beside folium ----------------------------------------------------------------------------

Look = Callable[[str, Mapping[str, Action]], Seen]


def _beside_folium(look: Look, folder: Path, numbers: Sequence[int]) -> Iterator[str]:
    yield "| points | page | made, s | first paint, ms | drawn, ms | pan, ms | zoom, ms | open, ms | MB | MB gzip |"
    yield "|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    for number in numbers:
        points = list(_points(number))
        for kind, (_draw, most) in plain.KINDS.items():
            if number <= most:
                made = plain.make(kind, points, folder)
                actions = _moves(made.map_name, points[0], ".leaflet-control-zoom-in")
                yield _row(number, kind, made.seconds, look(made.file.as_uri(), actions))
        with servers.ours(_stored(folder, number), folder) as service:
            actions = _moves("map_corridor", points[0], ".tools button")
            yield _row(number, "this map", None, look(f"http://127.0.0.1:{service.port}/", actions))


def _points(number: int) -> Iterator[Point]:
    for feature in CONTENTS[SENSORS](number):
        place, values = feature.geometry, feature.properties
        yield Point(str(values["name"]), str(values["kind"]), place.x, place.y)


def _stored(folder: Path, number: int) -> str:
    """The URL of an embedded store with so many points."""
    file = folder / f"page-{number}-{FORM}.sqlite"
    url = f"sqlite:///{file}"
    if not file.exists():
        store = open_store(Settings(database=url))
        with store.publish() as connection:
            storing.begin(connection)
            for layer, make in CONTENTS.items():
                storing.replace(connection, layer, make(number if layer is SENSORS else 0))
            storing.finish(connection, "bench")
        store.close()
    return url


def _moves(map_name: str, point: Point, zoom_in: str) -> dict[str, Action]:
    place = [point.latitude, point.longitude]

    def opened(page: Page) -> None:
        page.evaluate(f"(at) => {{ {map_name}.setView(at, {_CLOSE}, {{ animate: false }}); }}", place)
        page.wait_for_timeout(1500)
        page.evaluate("() => { bench.tasks.length = bench.events.length = 0; }")
        x, y = page.evaluate(
            f"(at) => {{ const p = {map_name}.latLngToContainerPoint(at), b = {map_name}.getContainer()"
            ".getBoundingClientRect(); return [p.x + b.x, p.y + b.y]; }",
            place,
        )
        page.mouse.click(x, y)

    return {"pan": _pan, "zoom": lambda page: page.locator(zoom_in).first.click(), "open": opened}


def _pan(page: Page) -> None:
    page.mouse.move(700, 480)
    page.mouse.down()
    for step in range(12):
        page.mouse.move(700 - 20 * step, 480 - 6 * step)
        page.wait_for_timeout(16)
    page.mouse.up()


def _row(number: int, kind: str, made: float | None, seen: Seen) -> str:
    cells = [
        f"{number:,}",
        kind,
        "–" if made is None else f"{made:.1f}",
        *map(_ms, (seen.painted, seen.drawn, *seen.actions.values())),
        *(f"{size / 1e6:.2f}" for size in (seen.weight, seen.compressed)),
    ]
    return f"| {' | '.join(cells)} |"


def _ms(found: float) -> str:
    return "–" if math.isnan(found) else "< 16" if found < 16 else f"{found:,.0f}"


# --- the goals --------------------------------------------------------------------------------


def _goals(look: Look, folder: Path, database: str) -> Iterator[str]:
    """The shipped corridor, and very many points, against what the map wants to be."""
    starts: dict[str, Start] = {
        "shipped corridor": partial(servers.shipped, folder),
        "100,000 points": lambda: servers.ours(_stored(folder, 100_000), folder),
    }
    if database:
        starts[f"{COUNTS[SENSORS]:,} points"] = partial(servers.ours, database, folder)
    names = [*_everything("parks"), "MB gzip"]
    yield f"| milliseconds | first paint | drawn | {' | '.join(names)} |"
    yield f"|---|{'--:|' * (len(names) + 2)}"
    for name, start in starts.items():
        layer = "parks" if name.startswith("shipped") else SENSORS.id
        with ExitStack() as running:
            service = running.enter_context(start())
            seen = look(f"http://127.0.0.1:{service.port}/", _everything(layer))
        told = map(_ms, (seen.painted, seen.drawn, *seen.actions.values()))
        yield f"| {name} | {' | '.join(told)} | {seen.compressed / 1e6:.2f} |"
    actions = " | ".join([str(_GOAL_ACTION_MS)] * (len(names) - 1))
    yield f"| goal | {_GOAL_DRAWN_MS} | {_GOAL_DRAWN_MS} | {actions} | {_GOAL_MB} without data |"


def _everything(layer: str) -> dict[str, Action]:
    """What a reader does on a map that has a layer."""
    switch = f"li[data-layer='{layer}'] .row input[type=checkbox]"
    return {
        "pan": _pan,
        "zoom": lambda page: page.locator(".tools button").first.click(),
        "hide": lambda page: page.locator(switch).click(),
        "show": lambda page: page.locator(switch).click(),
        "hover": _hover,
        "filter": _filter,
        "list": lambda page: page.locator("#tab-list").click(),
        "card": lambda page: page.locator(".entry").first.click(),
        "search": lambda page: page.locator("#search").type("光谷1", delay=60),
    }


def _hover(page: Page) -> None:
    for step in range(40):
        page.mouse.move(360 + 9 * step, 300 + 6 * step)


def _filter(page: Page) -> None:
    page.locator("#tab-filter").click()
    page.locator(".facet[open] input").first.wait_for()
    page.locator(".facet[open] input").first.click()


def _looked(browser: Browser, packages: Path, rounds: int, url: str, actions: Mapping[str, Action]) -> Seen:
    """The medians of some visits; of a page that takes long, of one."""
    visits = [see(browser, url, packages, actions)]
    if visits[0].drawn < 10_000:
        visits += [see(browser, url, packages, actions) for _ in range(rounds - 1)]
    return Seen(
        statistics.median(seen.painted for seen in visits),
        statistics.median(seen.drawn for seen in visits),
        visits[0].weight,
        visits[0].compressed,
        {name: statistics.median(seen.actions[name] for seen in visits) for name in actions},
    )


if __name__ == "__main__":
    main()
