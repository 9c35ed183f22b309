"""Who knows whom, as a table: each package of ours with the packages of ours that it may import,
and each foreign library with the door behind which it lives."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = {"gis", "layers", "etl", "webmap", "cli"}
MAY_KNOW = {
    "gis": {"gis"},
    "layers": {"gis", "layers"},
    "etl": {"gis", "etl"},
    "webmap": {"gis", "webmap"},
    "cli": OURS,
}
DOORS = {
    # Outside gis a connection is only handed on, and an error only given its status.
    "sqlalchemy": (
        "gis/",
        "webmap/context.py",
        "webmap/problems.py",
        "webmap/archive.py",
        "webmap/exporting.py",
        "webmap/paper/content.py",
    ),
    "geoalchemy2": ("gis/",),
    "flask": ("webmap/",),
    "werkzeug": ("webmap/",),
    "folium": ("webmap/leaflet.py",),
    "branca": ("webmap/leaflet.py",),
    "gunicorn": ("cli.py",),
    **dict.fromkeys(("docx", "pypdf", "lxml"), ("etl/text/formats.py",)),
    "lark": ("gis/filters/cql2_text.py",),
    "pmtiles": (
        "webmap/archive.py",
        "webmap/exporting.py",
    ),
    "typst": ("webmap/paper/pdf.py",),
    "pikepdf": ("webmap/paper/pdf.py",),
    "geopandas": ("etl/",),
    "pyogrio": ("etl/", "webmap/files/vector.py"),
    "openpyxl": ("etl/importing/", "webmap/files/workbook.py"),
    "pyarrow": ("gis/", "etl/", "webmap/files/parquet.py"),
    "tqdm": ("cli.py",),
}
MODULES = [
    *ROOT.glob("cli.py"),
    *(path for name in sorted(OURS - {"cli"}) for path in (ROOT / name).rglob("*.py")),
]


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def known_modules(path: Path, modules: Collection[str]) -> Iterator[str]:
    """The modules of ours that a module takes something from; `from package import module` takes the module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for taken in node.names:
                inner = f"{node.module}.{taken.name}"
                yield from (
                    found for found in (inner if inner in modules else node.module,) if found in modules
                )


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_package_knows_only_those_it_may(path: Path) -> None:
    package = name(path).partition("/")[0].removesuffix(".py")
    known = {imported.partition(".")[0] for imported in imports(path)} & OURS
    assert known <= MAY_KNOW[package]


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_foreign_library_stays_behind_its_door(path: Path) -> None:
    for imported in imports(path):
        doors = DOORS.get(imported.partition(".")[0])
        assert doors is None or name(path).startswith(doors), f"{name(path)} imports {imported}"


def test_only_two_modules_speak_to_other_services() -> None:
    network = {"urllib.request", "http.client", "requests", "urllib3", "socket"}
    speaking = [name(path) for path in MODULES if network & set(imports(path))]
    assert speaking == ["cli.py", "etl/geocoders/door.py", "webmap/basemap.py"]  # cli.py tries its own port


@pytest.mark.parametrize("path", [p for p in MODULES if name(p).startswith("layers/")], ids=name)
def test_a_declaration_is_data_only(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if path.name != "__init__.py":
        logic = (ast.FunctionDef, ast.ClassDef, ast.If, ast.For, ast.While, ast.Lambda, ast.comprehension)
        assert not [node for node in ast.walk(tree) if isinstance(node, logic)]


def test_no_module_says_the_name_of_a_layer() -> None:
    ids = {path.stem for path in (ROOT / "layers").glob("*.py")} - {"__init__"}
    for path in MODULES:
        if name(path).startswith("layers/") or "special/" in name(path):
            continue
        texts = {n.value for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Constant)}
        said = ids & {text for text in texts if isinstance(text, str)}
        assert not said, f"{name(path)} says {said}"


def test_there_are_no_cycles() -> None:
    modules = {
        name(path).removesuffix(".py").removesuffix("/__init__").replace("/", "."): path for path in MODULES
    }
    graph = {module: set(known_modules(path, modules.keys())) for module, path in modules.items()}
    done: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, f"cycle: {' → '.join((*way, module))}"
        if module not in done:
            for known in sorted(graph[module] - {module}):
                visit(known, (*way, module))
            done.add(module)

    for module in sorted(graph):
        visit(module, ())
