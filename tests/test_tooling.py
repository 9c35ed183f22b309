"""The files around the code agree with the code, with each other, and name no place they were made in."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Iterator
from configparser import ConfigParser
from functools import cache
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "webmap" / "static" / "vendor"
PACKAGES = ("etl", "gis", "layers", "webmap")
REGISTRIES = re.compile(
    r"pypi[.]org|pythonhosted[.]org|npm(js|mirror)[.](org|com)|deb[.]debian[.]org|index[-]url"
)
COMMON_FOLDERS = {Path(name) for name in ("/", "/home", "/opt", "/root", "/srv", "/tmp", "/usr", "/var/tmp")}


@cache
def setup_cfg() -> ConfigParser:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    return config


def listed(section: str, key: str) -> list[str]:
    return [line for line in setup_cfg()[section][key].splitlines() if line]


@cache
def project_files() -> tuple[Path, ...]:
    """What is under version control, or would be: all but what .gitignore names."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("not a checkout of git")
    return tuple(path for name in names.split("\0") if name and (path := ROOT / name).is_file())


def texts() -> Iterator[tuple[str, str]]:
    for path in project_files():
        raw = path.read_bytes()
        if b"\0" not in raw[:8000]:
            yield path.relative_to(ROOT).as_posix(), raw.decode(errors="replace")


def pins(name: str) -> dict[str, Requirement]:
    """The lines of a list of pins, those of the list that it includes among them."""
    found: dict[str, Requirement] = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            found |= pins(line.removeprefix("-r "))
        elif line and not line.startswith("#"):
            requirement = Requirement(line)
            found[canonicalize_name(requirement.name)] = requirement
    return found


def closure(wanted: list[str]) -> set[str]:
    """The distributions that some requirements bring here, each with what it requires in its turn."""
    names: set[str] = set()
    seen: set[str] = set()
    waiting = [Requirement(line) for line in wanted]
    while waiting:
        requirement = waiting.pop()
        if str(requirement) not in seen:
            seen.add(str(requirement))
            names.add(canonicalize_name(requirement.name))
            waiting += required(requirement)
    return names


def required(by: Requirement) -> Iterator[Requirement]:
    for line in requires(by.name) or ():
        requirement = Requirement(line)
        marker, requirement.marker = requirement.marker, None
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in (*by.extras, "")):
            yield requirement


# --- pins -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-test.txt"])
def test_every_pin_is_exact(name: str) -> None:
    assert [str(pin) for pin in pins(name).values() if not re.fullmatch("==[^*,]+", str(pin.specifier))] == []


@pytest.mark.parametrize(
    ("name", "lists"),
    [
        ("requirements.txt", [("options", "install_requires")]),
        ("requirements-test.txt", [("options.extras_require", "test"), ("options.extras_require", "dev")]),
    ],
)
def test_all_that_setup_cfg_requires_is_pinned(name: str, lists: list[tuple[str, str]]) -> None:
    wanted = [line for section, key in lists for line in listed(section, key)]
    try:
        missing = closure(wanted) - set(pins(name))
    except PackageNotFoundError as error:
        pytest.skip(f"{error} is not installed here")
    assert missing == set()


def test_every_pin_is_within_the_range_of_setup_cfg() -> None:
    ranges = [
        Requirement(line)
        for section, key in (
            ("options", "install_requires"),
            ("options.extras_require", "test"),
            ("options.extras_require", "dev"),
        )
        for line in listed(section, key)
    ]
    pinned = pins("requirements-test.txt")
    for wanted in ranges:
        (pin,) = pinned[canonicalize_name(wanted.name)].specifier
        assert wanted.specifier.contains(pin.version), wanted


def test_npm_packages_are_pinned_exactly_and_the_lock_agrees() -> None:
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    locked = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted


def test_the_lock_file_has_hashes_and_no_addresses() -> None:
    """Made with `npm install --package-lock-only --omit-lockfile-registry-resolved`."""
    text = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    packages = {name: entry for name, entry in json.loads(text)["packages"].items() if name}
    assert [name for name, entry in packages.items() if "sha512-" not in entry.get("integrity", "")] == []
    assert '"resolved"' not in text
    assert "://" not in text.replace('"url": "https://', "")  # where to fund a package may be said


# --- the distribution -------------------------------------------------------------------------


def folders_of_code() -> set[str]:
    return {".".join(path.parent.parts) for path in files_of_packages() if path.suffix == ".py"}


def files_of_packages() -> list[Path]:
    paths = [path.relative_to(ROOT) for path in project_files()]
    return [path for path in paths if path.parts[0] in PACKAGES]


def test_the_listed_packages_are_those_that_exist() -> None:
    assert listed("options", "packages") == sorted(folders_of_code())


def test_every_package_says_that_it_is_one() -> None:
    folders = {name: ROOT / name.replace(".", "/") for name in folders_of_code()}
    assert [name for name, folder in folders.items() if not (folder / "__init__.py").is_file()] == []


def data_patterns() -> list[str]:
    return [
        f"{package.replace('.', '/')}/{pattern}"
        for package in setup_cfg()["options.package_data"]
        for pattern in listed("options.package_data", package)
    ]


def matched(pattern: str) -> set[Path]:
    paths = ROOT.glob(f"{pattern}/*" if pattern.endswith("**") else pattern)
    return {path.relative_to(ROOT) for path in paths if path.is_file()}


def test_every_data_file_of_a_package_is_in_the_distribution() -> None:
    data = {path for path in files_of_packages() if path.suffix != ".py"}
    assert data - set().union(*map(matched, data_patterns())) == set()


def test_every_pattern_for_data_files_matches_some() -> None:
    assert [pattern for pattern in data_patterns() if not matched(pattern)] == []


# --- what no file may name --------------------------------------------------------------------


def test_no_file_names_a_package_registry() -> None:
    assert [name for name, text in texts() if REGISTRIES.search(text)] == []


def test_no_file_names_a_folder_of_this_machine() -> None:
    here = [str(path) for path in {ROOT, ROOT.parent, Path.home()} - COMMON_FOLDERS]
    if not here:
        pytest.skip("the checkout lies in a folder that every machine has")
    places = re.compile(rf"(?<![\w.~)}}/-])({'|'.join(map(re.escape, here))})(?![\w-])")
    assert [name for name, text in texts() if places.search(text)] == []


def test_scripts_can_be_run_and_stop_at_the_first_error() -> None:
    for path in project_files():
        first, _, rest = path.read_bytes().partition(b"\n")
        if first.startswith(b"#!"):
            assert path.stat().st_mode & 0o111, path
        if first.endswith(b"bash"):
            assert re.search(rb"^set -e?uo pipefail$", rest, re.MULTILINE), path


# --- front-end assets -------------------------------------------------------------------------


def test_vendored_files_are_those_of_the_manifest_byte_by_byte() -> None:
    if not (VENDOR / "manifest.json").exists():
        pytest.skip("the front-end assets are not built; run `make assets`")
    manifest = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))
    there = {path.relative_to(VENDOR).as_posix(): path for path in VENDOR.rglob("*") if path.is_file()}
    del there["manifest.json"]
    hashes = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in there.items()}
    assert hashes == {file["path"]: file["sha256"] for file in manifest["files"]}
    assert all(file["package"] and file["version"] and file["licence"] for file in manifest["files"])
