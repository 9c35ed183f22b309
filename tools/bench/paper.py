"""How much a printed sheet takes, and how many of its facilities it names, beside a QGIS print layout of the same map.

python -m tools.bench.paper FOLDER: FOLDER keeps what is made. Each case has a process of its own, in which another
sheet has been printed before. QGIS is measured where the system's Python can import it. Prints Markdown.
`make bench` does all of this.
"""

from __future__ import annotations

import argparse
import json
import pickle
import resource
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pypdfium2
import shapely
from shapely.geometry.base import BaseGeometry

import layers
from gis.feature import Bbox
from gis.frozen import FrozenMapping
from gis.layer import Geometry
from gis.symbol import Marker, symbol_for
from webmap.paper import pdf, press, sheet
from webmap.paper.compose import Composed, compose
from webmap.paper.content import Content
from webmap.paper.sheet import Atlas, Sheet

OVERVIEW = "corridor"
_WARM = "cluster-huanggang"
_ATLAS = "atlas"
_STORED = "content.pickle"
_QGIS = Path(__file__).parent / "peers" / "qgis_layout.py"
_SYSTEM = "/usr/bin/python3"
# QGIS writes some characters as radicals of the same form; those that NFKC leaves are read as what is meant.
_RADICALS = str.maketrans("⻩⻄⻓⻘⻛⻋⻢⻅⻆⻜⻝⻰⻬⺟⺠", "黄西长青风车马见角飞食龙齐母民")
_VAGUE = ("district", "city")


@dataclass(frozen=True)
class Case:
    """What is printed, and what it may take: CPU seconds, MB of memory (None: not set), MB of the file."""

    title: str
    name: str
    form: str
    goal: tuple[float, float | None, float | None]
    paper: str = ""
    dpi: int = press.DPI


CASES = {
    "a3": Case("overview, A3, PDF", OVERVIEW, "pdf", (5, 400, 3)),
    "a3-png": Case("overview, A3, PNG 200 dpi", OVERVIEW, "png", (10, None, None)),
    "a0": Case("overview, A0, PDF", OVERVIEW, "pdf", (15, None, None), "A0"),
    "a0-png": Case("overview, A0, PNG 150 dpi", OVERVIEW, "png", (30, 1500, None), "A0", 150),
    "atlas": Case("atlas, PDF", _ATLAS, "pdf", (60, None, 12)),
}


def main() -> None:
    """Measure every case, or print what one takes."""
    parser = argparse.ArgumentParser(prog="bench paper")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--case", choices=CASES)
    options = parser.parse_args()
    folder: Path = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if options.case:
        print(json.dumps(_measured(CASES[options.case], folder)))
        return
    # As the service hands a print what there is: the process that prints reads no sources.
    (folder / _STORED).write_bytes(pickle.dumps(_content()))
    for line in _report(folder):
        print(line, flush=True)


def _report(folder: Path) -> Iterator[str]:
    yield "| sheet | CPU, s | memory, MB | file, MB | facilities | named on the map | named or numbered | goal |"
    yield "|---|--:|--:|--:|--:|--:|--:|---|"
    for key, case in CASES.items():
        yield _row(
            case.title,
            _in_a_process([sys.executable, "-m", __spec__.name, str(folder), "--case", key]),
            case.goal,
        )
    if subprocess.run([_SYSTEM, "-c", "import qgis.core"], capture_output=True, check=False).returncode == 0:
        yield _row("the same map by a QGIS layout, A3, PDF", _by_qgis(folder), None)


def _in_a_process(command: list[str]) -> Mapping[str, float]:
    told: Mapping[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return told


def _row(title: str, told: Mapping[str, float], goal: tuple[float, float | None, float | None] | None) -> str:
    count = told.get("facilities", 0)
    shares = [f"{told[key] / count:.1%}" if count else "–" for key in ("named", "identified")]
    units = zip(goal or (), ("s", "MB", "MB file"), strict=False)
    wanted = ", ".join(f"{limit:g} {unit}" for limit, unit in units if limit is not None) or "–"
    cells = (
        f"{told['cpu']:.1f}",
        f"{told['memory']:.0f}",
        f"{told['size']:.2f}",
        f"{count:.0f}",
        *shares,
        wanted,
    )
    return f"| {title} | {' | '.join(cells)} |"


# --- one case ---------------------------------------------------------------------------------


def _content() -> Content:
    """The shipped data."""
    from etl import run

    catalog = layers.catalog()
    gathered = run.gather(catalog)
    titles = {name: document.title for name, document in gathered.documents.items()}
    return Content(catalog, gathered.features, FrozenMapping(titles))


def _measured(case: Case, folder: Path) -> dict[str, float]:
    content: Content = pickle.loads((folder / _STORED).read_bytes())
    press.produce([_asked(content, _WARM)], case.form, content, dpi=case.dpi)
    asked = sheet.load(case.name, content.catalog)
    if isinstance(asked, Sheet) and case.paper:
        asked = replace(asked, paper=case.paper, inset=None, scale=None, panel=0)
    started = time.process_time()
    if isinstance(asked, Atlas):
        data, counts = press.produce([asked], case.form, content), {"facilities": 0.0}
    else:
        composed = compose(asked, content)
        data = _write(case, composed, asked, content)
        counts = _counts(composed)
    spent = time.process_time() - started
    (folder / f"{case.name}{case.paper}.{case.form}").write_bytes(data)
    return {"cpu": spent, "memory": _memory(), "size": len(data) / 1e6, **counts}


def _asked(content: Content, name: str) -> Sheet:
    asked = sheet.load(name, content.catalog)
    assert isinstance(asked, Sheet)
    return asked


def _write(case: Case, composed: Composed, asked: Sheet, content: Content) -> bytes:
    if case.form == "png":
        return pdf.png(composed.page, case.dpi)
    return pdf.write([composed.page], press.about(asked, content))


def _counts(composed: Composed) -> dict[str, float]:
    told = composed.report
    return {"facilities": told.facilities, "named": told.named, "identified": told.named + told.numbered}


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# --- QGIS -------------------------------------------------------------------------------------


def _by_qgis(folder: Path) -> dict[str, float]:
    """What a QGIS layout of the overview takes: its layers, colours, extent and scale, its names as text."""
    content: Content = pickle.loads((folder / _STORED).read_bytes())
    asked = _asked(content, OVERVIEW)
    scene, names = _scene(asked, content)
    source, made = folder / "scene.json", folder / "qgis.pdf"
    source.write_text(json.dumps(scene), encoding="utf-8")
    told = _in_a_process([_SYSTEM, str(_QGIS), str(source), str(made)])
    text = unicodedata.normalize("NFKC", "".join("".join(_texts(made)).split())).translate(_RADICALS)
    named = sum(unicodedata.normalize("NFKC", "".join(name.split())) in text for name in names)
    return {
        **told,
        "size": made.stat().st_size / 1e6,
        "facilities": len(names),
        "named": named,
        "identified": named,
    }


def _texts(path: Path) -> Iterator[str]:
    for page in pypdfium2.PdfDocument(path):
        yield page.get_textpage().get_text_bounded()


def _scene(asked: Sheet, content: Content) -> tuple[dict[str, object], list[str]]:
    """The layers of a sheet as GeoJSON with their colours, from below to above, and the names of its facilities."""
    extent = asked.extent
    assert isinstance(extent, Bbox)
    window = extent.geometry()
    drawn, names = [], []
    for layer in sorted((content.catalog[name] for name in asked.layers), key=lambda layer: layer.order):
        sited = [
            one
            for one in content.features[layer.id]
            if one.geometry and shapely.intersects(one.geometry, window)
        ]
        is_point = layer.geometry is Geometry.POINT
        found = [one for one in sited if not is_point or one.properties["precision"] not in _VAGUE]
        names += [str(one.properties["name"]) for one in found] if is_point else []
        symbols = [symbol_for(layer.symbol, one.properties) for one in found]
        drawn.append(
            {
                "name": layer.title,
                "kind": layer.geometry.value,
                "color": symbols[0].color if symbols else "#888888",
                "size": symbols[0].size if symbols and isinstance(symbols[0], Marker) else 0,
                "features": [
                    {
                        "type": "Feature",
                        "properties": {"name": one.properties["name"]},
                        "geometry": _geojson(one.geometry),
                    }
                    for one in found
                ],
            }
        )
    return {"title": asked.title, "extent": list(window.bounds), "scale": asked.scale, "layers": drawn}, names


def _geojson(geometry: BaseGeometry) -> object:
    return json.loads(shapely.to_geojson(geometry))


if __name__ == "__main__":
    main()
