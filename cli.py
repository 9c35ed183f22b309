"""`corridor …`: the composition root, the one place that knows etl and webmap both."""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import layers
from gis import declare, repository
from gis.apart import apart
from gis.config import Settings
from gis.database import Store, open_store
from gis.declare import Declared
from gis.errors import BadSettings, GisError, NothingPublished, StaleTable
from gis.layer import Catalog

WORKERS = 2
THREADS = 4
LONGEST_REQUEST_LINE = 8190  # bytes; no more can be had of gunicorn than this or no limit at all


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0 done, 1 refused or failed with one clear line, 2 wrong usage."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options, _settings(options, os.environ))
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Whoever read the output has seen enough (`| head`); what is left in the buffer goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except GisError as error:
        print(f"corridor: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("corridor: interrupted; what was published before is still served.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="corridor", description="光谷科技创新大走廊空间数据服务")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    build = _command(commands, "build", _build, "build the database from the reviewed files and publish it")
    build.add_argument("--force", action="store_true", help="also when the published version is up to date")
    serve = _command(
        commands, "serve", _serve, "serve the map and the API; builds first when data are absent or stale"
    )
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    serve.add_argument("--port", type=int, default=8000, help="port to listen on (default %(default)s)")
    check = _command(
        commands, "check", _check, "check the reviewed files: geometry, districts, duplicates, sources"
    )
    check.add_argument("--json", action="store_true", help="print the findings as JSON")
    check.add_argument(
        "--positions",
        type=Path,
        metavar="PUBLIC.csv",
        help="instead: measure the positions against independent coordinates, and list the weak places",
    )
    _add_extract(commands)
    single = _command(commands, "map", _map, "write the whole map as one HTML file that needs no network")
    single.add_argument("-o", "--output", type=Path, metavar="FILE.html", required=True)
    paper = _command(commands, "print", _print, "print sheets and atlases as PDF, SVG or PNG")
    _add_print(paper)
    tiles = _command(commands, "tiles", _tiles, "write all vector tiles into one PMTiles archive")
    tiles.add_argument("action", choices=["export"])
    tiles.add_argument("-o", "--output", type=Path, metavar="FILE.pmtiles", required=True)
    _add_import(commands)
    _add_export(commands)
    suggest = _command(
        commands, "declare", _declare, "write a layer declaration from a GeoPackage or GeoJSON"
    )
    suggest.add_argument("file", type=Path, metavar="FILE")
    suggest.add_argument("--layer", help="only this layer of the file")
    suggest.add_argument(
        "-o", "--output", type=Path, metavar="FOLDER", help="write there instead of printing"
    )
    return parser


def _add_print(paper: argparse.ArgumentParser) -> None:
    paper.add_argument(
        "sheets",
        nargs="*",
        metavar="SHEET",
        help="such as corridor, region, city-wuhan, atlas, or a TOML file",
    )
    paper.add_argument("-o", "--output", type=Path, metavar="FILE.pdf|svg|png", required=True)
    paper.add_argument("--dpi", type=int, default=200, help="of a PNG (default %(default)s)")
    paper.add_argument(
        "--state", metavar="ADDRESS", help="instead of a sheet: what this address of the map shows"
    )
    for name in ("title", "subtitle", "paper", "orientation"):
        paper.add_argument(f"--{name}", help="of the sheet made of a state")
    paper.add_argument("--scale", type=int, help="of the sheet made of a state: the denominator")


def _add_extract(commands: Any) -> None:
    find = _command(commands, "extract", _extract, "find the places that planning documents name")
    find.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="TXT, DOCX, PDF, HTML, or folders")
    find.add_argument("--diff", action="store_true", help="show what they add, change, or no longer name")
    find.add_argument("--review", type=Path, metavar="FILE.html", help="write a page for reviewing them")
    find.add_argument("--measure", type=Path, metavar="READING.csv", help="compare with a careful reading")
    find.add_argument("--json", action="store_true", help="print the candidates as JSON")


def _add_import(commands: Any) -> None:
    text = "take a file into a layer, keep it, and publish; or list such files; or remove one"
    intake = _command(commands, "import", _import, text)
    intake.add_argument(
        "file",
        nargs="?",
        type=Path,
        metavar="FILE",
        help="geojson gpkg zip (Shapefile) kml fgb parquet csv xlsx",
    )
    intake.add_argument("--layer", default="", metavar="LAYER", help="the id of the layer it goes into")
    intake.add_argument(
        "--crs", default="", help="EPSG:4547, EPSG:4490, …, gcj02 or bd09; else what the file says"
    )
    intake.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="COLUMN=FIELD",
        help="also lon, lat, wkt or id; repeatable",
    )
    intake.add_argument(
        "--geocode", default="", metavar="COLUMN", help="places rows without one by this column"
    )
    intake.add_argument("--encoding", default="", help="of the texts; else UTF-8 or GB18030 is recognised")
    intake.add_argument(
        "--part", default="", metavar="NAME", help="the layer or sheet of a file with several"
    )
    intake.add_argument("--skip-bad", action="store_true", help="leave out the rows that cannot be taken in")
    intake.add_argument("--report", type=Path, metavar="FILE.csv|json", help="write the rejected rows there")
    intake.add_argument("--list", action="store_true", help="list the files that were imported")
    intake.add_argument(
        "--remove", default="", metavar="NAME", help="take a file that was imported out again"
    )


def _add_export(commands: Any) -> None:
    export = _command(commands, "export", _export, "write layers, or what a filter leaves of them, to a file")
    export.add_argument("collections", nargs="+", metavar="LAYER", help="the id of a layer")
    export.add_argument(
        "--where", default="", metavar="CQL2", help="such as \"kind = 'a' AND city = 420100\""
    )
    export.add_argument("--bbox", default="", metavar="W,S,E,N", help="degrees; what meets this box")
    export.add_argument("--fields", default="", metavar="A,B", help="only these fields")
    export.add_argument("--crs", default="", help="EPSG:4326, 4490, 4547, 4548, 4526, 3857, gcj02 or bd09")
    export.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help="geojson gpkg zip fgb parquet kml csv xlsx",
    )


def _command(commands: Any, name: str, run: Callable[..., int], text: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    command.set_defaults(run=run)
    command.add_argument(
        "--database", metavar="URL", help="sqlite:///FILE or postgresql://USER@HOST:PORT/NAME"
    )
    command.add_argument("--layers", metavar="FOLDER", help="folder of layers declared in TOML")
    return command


def _settings(options: argparse.Namespace, environ: Mapping[str, str]) -> Settings:
    """The settings of the environment, with what the command line says instead."""
    given = {"CORRIDOR_DATABASE": options.database, "CORRIDOR_LAYERS": options.layers}
    return Settings.from_environ({**environ, **{name: value for name, value in given.items() if value}})


def _departments(settings: Settings) -> tuple[Declared, ...]:
    return declare.load(settings.layers_folder) if settings.layers_folder else ()


def _catalog(departments: Sequence[Declared]) -> Catalog:
    return layers.catalog(*(declared.layer for declared in departments))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _build(options: argparse.Namespace, settings: Settings) -> int:
    store = open_store(settings)
    try:
        _publish(store, settings, force=options.force)
    finally:
        store.close()
    return 0


def _publish(store: Store, settings: Settings, *, force: bool = False) -> None:
    """Build and publish, unless what is published was made from the same files and declarations."""
    from etl import run
    from etl.importing import kept

    departments, imports = _departments(settings), kept.kept(settings.imports)
    catalog = _catalog(departments)
    wanted = run.sources_version(catalog, declared=departments, imports=imports)
    if not force and wanted == _published_version(store):
        _say(f"data version {wanted} is up to date")
        return
    report = run.build(store, catalog, declared=departments, imports=imports, progress=_say)
    _say(f"published {report}")


def _published_version(store: Store) -> str | None:
    try:
        with store.read() as connection:
            return repository.published(connection).version
    except (NothingPublished, StaleTable):
        return None


def _serve(options: argparse.Namespace, settings: Settings) -> int:
    _check_port(options.host, options.port)
    with ThreadPoolExecutor(max_workers=1) as beside:
        # In a process of its own, whose memory the workers would share; they are loaded meanwhile.
        building = beside.submit(apart, _bring_up_to_date, settings)
        _application()
        building.result()
    run_server(settings, _catalog(_departments(settings)), options.host, options.port)
    return 0


def _bring_up_to_date(settings: Settings) -> None:
    store = open_store(settings)
    try:
        _publish(store, settings)
    finally:
        store.close()


def _application() -> tuple[Callable[..., Any], Any]:
    """What makes the application, and what it says when something goes wrong."""
    # 90 MB that folium and pyogrio load where they find them.
    with _without("pandas", "geopandas", "pyarrow"):
        from webmap import create_app, problems
    return create_app, problems


def _check_port(host: str, port: int) -> None:
    if not 0 < port < 65536:
        raise BadSettings("port", port, "a number from 1 to 65535")
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        expected = f"a free address ({error.strerror}); try --port {port + 1}"
        raise BadSettings("port", f"{host}:{port}", expected) from None


def run_server(settings: Settings, catalog: Catalog, host: str, port: int) -> None:
    """Serve with gunicorn until told to stop; each worker opens its own connections."""
    from gunicorn.app.base import BaseApplication
    from gunicorn.http import errors
    from gunicorn.workers.gthread import ThreadWorker

    create_app, problems = _application()
    started = datetime.now(UTC)

    class Worker(ThreadWorker):  # type: ignore[misc]
        def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
            """Answer what is not even a request; what is too long has numbers of its own."""
            if not isinstance(exc, errors.ParseException):
                super().handle_error(req, client, addr, exc)
                return
            numbers = {errors.LimitRequestLine: 414, errors.LimitRequestHeaders: 431}
            self.log.warning("%s", exc)
            with suppress(OSError):
                client.sendall(problems.refusal(numbers.get(type(exc), 400), str(exc)))

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            chosen = {
                "bind": f"{host}:{port}",
                "workers": WORKERS,
                "threads": THREADS,
                "worker_class": Worker,
                "limit_request_line": LONGEST_REQUEST_LINE,
                "preload_app": True,
            }
            for name, value in {**chosen, "proc_name": "corridor", "loglevel": "warning"}.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return create_app(settings, catalog, started=started)

    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    _say(
        f"地图 map  http://{shown}:{port}/\nAPI root  http://{shown}:{port}/   (QGIS, GDAL, ArcGIS)\nCtrl-C stops."
    )
    Server().run()


@contextmanager
def _without(*modules: str) -> Iterator[None]:
    """Let what is imported here not find modules that it can do without."""
    absent = [name for name in modules if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


def _check(options: argparse.Namespace, settings: Settings) -> int:
    from etl import check
    from etl.importing import kept

    if options.positions:
        return _measure_positions(options.positions)
    departments = _departments(settings)
    imports = kept.kept(settings.imports)
    findings = check.check(_catalog(departments), declared=departments, imports=imports)
    if options.json:
        print(json.dumps([finding.as_dict() for finding in findings], ensure_ascii=False, indent=1))
    else:
        for finding in findings:
            print(finding)
    return 1 if any(finding.severity == "error" for finding in findings) else 0


def _measure_positions(file: Path) -> int:
    from etl import measure_positions, run

    public = measure_positions.published(file)
    for told in measure_positions.measures(measure_positions.places(run.gather(layers.catalog())), public):
        print(told)
    return 0


def _extract(options: argparse.Namespace, settings: Settings) -> int:
    from etl import measure_reading, proposals
    from etl.lexicon import lexicon

    words = lexicon()
    found = proposals.extract(options.paths, layers.catalog(), words)
    if options.measure:
        careful = measure_reading.reading(options.measure)
        for told in measure_reading.measures(found.texts, careful, layers.catalog(), words):
            print(told)
    elif options.json:
        print(json.dumps([one.as_dict() for one in found.candidates], ensure_ascii=False, indent=1))
    elif options.diff or options.review:
        _compare(found, words, settings, review_file=options.review)
    else:
        for one in found.candidates:
            print(one)
    return 0


def _compare(found: Any, words: Any, settings: Settings, *, review_file: Path | None) -> None:
    """Print what an extraction changes beside the reviewed places, and write the page for reviewing it."""
    from etl import geocode, proposals, read, review, run
    from etl.decisions import decisions

    catalog = layers.catalog()
    gathered = run.gather(catalog)
    places = proposals.reviewed(gathered.features, catalog, words)
    diff = proposals.compare(found, places, decisions(read.SOURCES, words), words)
    chain = geocode.chain(settings, gathered.areas, (place.feature for place in places))
    diff = replace(diff, positions=proposals.positions(diff.adds, chain, _say))
    print(diff)
    if review_file:
        page = review.page(found, diff, places, gathered.areas, catalog, words)
        review_file.write_text(page, encoding="utf-8")
        _say(f"wrote {review_file}")


def _print(options: argparse.Namespace, settings: Settings) -> int:
    from webmap.paper import content, press

    store, catalog = open_store(settings), _catalog(_departments(settings))
    sheets = _asked_sheets(options, settings, catalog)
    try:
        with store.read() as connection:
            held = content.read(
                repository.published(connection),
                catalog,
                partial(repository.texts, connection),
                internal=settings.internal,
            )
    finally:
        store.close()
    press.run(sheets, options.output, held, dpi=options.dpi, progress=_say)
    return 0


def _asked_sheets(options: argparse.Namespace, settings: Settings, catalog: Catalog) -> list[Any]:
    """The names of the sheets, or the sheet that a saved state of the map makes."""
    from webmap.leaflet import About
    from webmap.paper import sheet

    given = {name: getattr(options, name) for name in ("title", "subtitle", "paper", "orientation", "scale")}
    told = {name: value for name, value in given.items() if value is not None}
    if options.state is None:
        if told or not options.sheets:
            raise BadSettings(
                "print", " ".join(options.sheets), "names of sheets, or --state with its options"
            )
        return list(options.sheets)
    if options.sheets:
        raise BadSettings("--state", options.state, "no sheets beside it")
    made = sheet.parse("state", {"title": About.title, **told, "state": options.state}, catalog)
    return [sheet.with_standing(made, settings.map_approval)]


def _map(options: argparse.Namespace, settings: Settings) -> int:
    from webmap import onefile

    store = open_store(settings)
    try:
        size = onefile.save(settings, _catalog(_departments(settings)), store, options.output)
    finally:
        store.close()
    _say(f"wrote {options.output}: {size / 1e6:.1f} MB")
    return 0


def _tiles(options: argparse.Namespace, settings: Settings) -> int:
    from webmap import archive

    store, catalog = open_store(settings), _catalog(_departments(settings))
    try:
        made = archive.export(store, catalog, options.output, internal=settings.internal, progress=_say)
    finally:
        store.close()
    _say(f"wrote {options.output}: {made}")
    return 0


def _import(options: argparse.Namespace, settings: Settings) -> int:
    from etl import imports
    from etl.importing import kept

    if options.list:
        print("\n".join(map(str, kept.kept(settings.imports))) or "nothing has been imported")
        return 0
    if options.remove == "" and (options.file is None or not options.layer):
        raise BadSettings("import", options.file or "", "FILE --layer LAYER, or --list, or --remove NAME")
    store, departments = open_store(settings), _departments(settings)
    try:
        with _meter("rows") as advance, imports.reported(options.report) as report:
            given = imports.Imports(
                settings.imports, store, _catalog(departments), departments, advance=advance
            )
            if options.remove:
                _say(f"removed {options.remove}; published {given.remove(options.remove, options.layer)}")
                return 0
            report(_imported(given, options, settings))
    finally:
        store.close()
    return 0


def _imported(given: Any, options: argparse.Namespace, settings: Settings) -> Sequence[Any]:
    """Import the file of the options. Returns its rows that were left out."""
    from etl.importing import options as importing

    layer = given.catalog[options.layer]
    said = importing.Options(
        options.crs,
        importing.columns(options.map, layer),
        options.encoding,
        options.part,
        options.geocode,
        options.skip_bad,
    )
    published = given.add(options.file, layer.id, said, _look_up(given, settings))
    if published is None:
        _say(f"{options.file.name} has been imported into {layer.id} before, just so: nothing changes")
        return ()
    left_out: Sequence[Any] = published.left_out.get(options.file.name, ())
    for one in left_out:
        _say(f"left out: {one.reason}")
    _say(
        f"imported {options.file.name}: {published.counts[layer.id]} features in {layer.id}; published {published}"
    )
    return left_out


def _look_up(given: Any, settings: Settings) -> Callable[[Any], Any]:
    """What finds the places of rows by their addresses: the chain of geocoders, made when it is needed."""

    def look_up(kept: Any) -> Any:
        if not kept.options.geocode:
            return None
        from etl import geocode, run, streams

        gathered = run.gather(layers.catalog())
        features = [one for many in gathered.features.values() for one in many]
        chain = geocode.chain(settings, gathered.areas, features)
        return streams.geocoded(kept, gathered.areas, chain.find, given.advance)

    return look_up


def _export(options: argparse.Namespace, settings: Settings) -> int:
    from webmap import exporting

    store, catalog = open_store(settings), _catalog(_departments(settings))
    asked = exporting.Asked(options.where, options.bbox, options.fields, options.crs, settings.internal)
    started = time.monotonic()
    try:
        with _meter("features") as advance:
            chosen = [catalog[name] for name in dict.fromkeys(options.collections)]
            count = exporting.export_file(store, chosen, asked, options.output, advance)
    finally:
        store.close()
    _say(f"wrote {options.output}: {count} features, {time.monotonic() - started:.1f} s")
    return 0


@contextmanager
def _meter(unit: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Shows on a terminal how far long work has come; says nothing to a file or a pipe."""
    from tqdm import tqdm

    with tqdm(total=total, unit=f" {unit}", file=sys.stderr, disable=None, leave=False) as bar:
        yield bar.update


def _declare(options: argparse.Namespace, settings: Settings) -> int:
    from etl import suggest

    taken = _catalog(_departments(settings))
    suggestions = suggest.suggest(options.file, layer=options.layer, taken=taken)
    if options.output is None:
        print("\n".join(suggestion.text for suggestion in suggestions))
        return 0
    for path in suggest.write(suggestions, options.output):
        _say(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
