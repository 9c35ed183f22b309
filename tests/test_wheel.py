"""The built wheel serves the map from an empty environment, away from the checkout."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parent.parent
VENDOR = "webmap/static/vendor"
SECONDS_TO_BUILD = 300
SECONDS_TO_ANSWER = 60
LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv", ".*_cache", "__pycache__", "build", "dist", "node_modules", "tests", "var", "*.egg-info"
)


def run(*command: str | Path, cwd: Path, seconds: float = SECONDS_TO_BUILD) -> str:
    """What a command prints. Its words are in the report of the test when it fails."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def environment() -> dict[str, str]:
    """This process's, less what would lead back to the checkout or to somebody's database."""
    ours = ("CORRIDOR_DATABASE", "CORRIDOR_LAYERS", "CORRIDOR_BASE_URL", "PYTHONPATH", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if name not in ours}


def needs(condition: bool, reason: str) -> None:
    """Skip at a desk, fail where every component is required."""
    if not condition:
        (pytest.fail if os.environ.get("CORRIDOR_TEST_REQUIRE_ALL") else pytest.skip)(reason)


def pinned_setuptools() -> bool:
    try:
        return int(version("setuptools").split(".")[0]) >= 77
    except PackageNotFoundError:
        return False


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, so that building leaves nothing in it."""
    needs(pinned_setuptools(), "the setuptools of requirements.txt is not installed")
    copy = tmp_path_factory.mktemp("source") / "project"
    shutil.copytree(ROOT, copy, ignore=LEFT_BEHIND)
    return copy


def build(source: Path, target: Path) -> Path:
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", target, source, cwd=target)
    (wheel,) = target.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    needs((ROOT / VENDOR / "manifest.json").exists(), "the front-end assets are not built; run `make assets`")
    return build(source, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new environment that has the wheel and nothing else installed.

    The libraries are borrowed: a .pth file puts the site-packages of the environment that runs the
    tests on the path, which saves downloading 400 MB. Its own .pth files are not read there, so the
    checkout, which is installed in it as editable, stays out of sight.
    """
    folder = tmp_path_factory.mktemp("empty") / "venv"
    venv.create(folder, symlinks=True, with_pip=False)
    python = folder / "bin" / "python"
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site_packages = Path(run(python, "-c", code, cwd=folder).strip())
    borrowed = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    (site_packages / "borrowed.pth").write_text("\n".join(borrowed) + "\n")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python)
    run(*pip, "install", "--no-deps", "--no-index", wheel, cwd=folder)
    return folder / "bin"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(program: Path, database: str, cwd: Path) -> Iterator[str]:
    """The address of a server that runs as long as the block. It has answered once."""
    port = free_port()
    command = [program, "serve", "--host", "127.0.0.1", "--port", str(port), "--database", database]
    log = cwd / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=cwd,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + SECONDS_TO_ANSWER
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text(errors="replace")
        try:
            urlopen(url, timeout=10).close()
            return
        except HTTPError:
            return
        except (URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"no answer in {SECONDS_TO_ANSWER} s: {log.read_text(errors='replace')}")


def fetch(url: str, accept: str = "*/*") -> bytes:
    with urlopen(Request(url, headers={"Accept": accept}), timeout=30) as response:
        return bytes(response.read())


def test_a_wheel_without_its_assets_is_not_built(source: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(source, bare, ignore=shutil.ignore_patterns("vendor"))
    with pytest.raises(AssertionError, match="make assets"):
        build(bare, tmp_path)


def test_the_wheel_has_the_assets_and_no_leftovers(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
    vendored = {path.relative_to(ROOT).as_posix() for path in (ROOT / VENDOR).rglob("*") if path.is_file()}
    assert vendored - names == set()
    assert [name for name in names if "__pycache__" in name or name.startswith(("tests/", "tools/"))] == []


def test_the_packages_are_those_of_the_wheel(installed: Path, tmp_path: Path) -> None:
    code = "import cli, etl, gis, layers, webmap; print(*(m.__file__ for m in (cli, etl, gis, webmap)))"
    places = run(installed / "python", "-c", code, cwd=tmp_path).split()
    assert [place for place in places if not place.startswith(str(installed.parent))] == []


def test_the_installed_command_tells_its_subcommands(installed: Path, tmp_path: Path) -> None:
    words = run(installed / "corridor", "--help", cwd=tmp_path)
    assert all(name in words for name in ("build", "serve", "check"))


def test_the_wheel_builds_its_database_and_serves_the_map(installed: Path, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'corridor.sqlite'}"
    run(installed / "corridor", "build", "--database", database, cwd=tmp_path)
    with serving(installed / "corridor", database, tmp_path) as base:
        landing = json.loads(fetch(f"{base}/", accept="application/json"))
        script = fetch(f"{base}/static/vendor/leaflet/leaflet.js")
    assert landing["links"]
    assert script == (ROOT / VENDOR / "leaflet" / "leaflet.js").read_bytes()
