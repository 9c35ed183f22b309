#!/usr/bin/env python3
"""Brings the front-end assets that the map loads from pinned npm packages into webmap/static/vendor.

tools/assets.py           make the folder anew, unless it already is what is declared here
tools/assets.py --check   only say whether it is: exit code 1 when it is not

Versions are pinned in package.json and package-lock.json, whose integrity hashes npm verifies. The
folder has a manifest.json: for each file its path, sha256, package, version and licence.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple


class Package(NamedTuple):
    """What is taken from one npm package, into a folder of the package's name."""

    name: str
    files: tuple[str, ...]  # names or patterns below `root`
    root: str = "dist"
    licence: str = "LICENSE"  # the file with its text, below the package

    @property
    def folder(self) -> str:
        return self.name.rpartition("/")[2]


PACKAGES = (
    Package("leaflet", ("leaflet.js", "leaflet.css", "images/*.png")),
    Package("geographiclib-geodesic", ("geographiclib-geodesic.min.js",), root="", licence="LICENSE.txt"),
)

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "webmap" / "static" / "vendor"
MANIFEST = "manifest.json"
NPM_SECONDS = 300


class AssetError(Exception):
    """The assets cannot be brought. Its message is one for the person at the terminal."""


def main(arguments: list[str]) -> int:
    try:
        locked = lock()
        if is_current(locked):
            return 0
        if "--check" in arguments:
            raise AssetError(f"{VENDOR.relative_to(ROOT)} is absent or out of date: run `make assets`.")
        bring(locked)
    except AssetError as error:
        print(f"assets: {error}", file=sys.stderr)
        return 1
    return 0


def lock() -> dict[str, Any]:
    """What package-lock.json says of each package that is taken from."""
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    try:
        return {package.name: packages[f"node_modules/{package.name}"] for package in PACKAGES}
    except KeyError as error:
        raise AssetError(f"package-lock.json lacks {error}: add it to package.json and lock it.") from None


def is_current(locked: dict[str, Any]) -> bool:
    """Whether the folder holds what is declared, every byte of it, and nothing else."""
    try:
        manifest = json.loads((VENDOR / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    wanted = {file["path"]: file["sha256"] for file in manifest["files"]}
    return bool(manifest["declared"] == fingerprint(locked) and wanted == hashes(VENDOR))


def fingerprint(locked: dict[str, Any]) -> str:
    """Changes with any declaration above and with any locked version."""
    pins = [locked[package.name]["integrity"] for package in PACKAGES]
    return hashlib.sha256(json.dumps([PACKAGES, pins]).encode()).hexdigest()


def hashes(folder: Path) -> dict[str, str]:
    """The sha256 of each file of a folder but its manifest, by path."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: sha256(path) for name, path in sorted(files.items()) if name != MANIFEST}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def bring(locked: dict[str, Any]) -> None:
    """Make the folder beside the old one, then put it in its place."""
    import shutil
    import tempfile

    VENDOR.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=VENDOR.parent, prefix=".vendor-") as temporary:
        node_modules = npm_ci(Path(temporary) / "npm")
        made = Path(temporary) / "made"
        for package in PACKAGES:
            copy(package, node_modules / package.name, made / package.folder)
        check_references(made)
        write_manifest(made, locked)
        shutil.rmtree(VENDOR, ignore_errors=True)
        made.chmod(0o755)
        made.rename(VENDOR)
    print(f"assets: {len(hashes(VENDOR))} files in {VENDOR.relative_to(ROOT)}")


def npm_ci(folder: Path, pins: Path = ROOT) -> Path:
    """Install the packages that `pins` locks into a folder, running none of their scripts; their node_modules."""
    import shutil
    import subprocess

    folder.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(pins / name, folder / name)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev"]
    try:
        subprocess.run(
            command,
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
            timeout=NPM_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError:
        raise AssetError("npm is not installed: run `tools/system.sh node`.") from None
    except subprocess.TimeoutExpired:
        raise AssetError(f"npm ci gave no answer in {NPM_SECONDS} s: is the npm registry reached?") from None
    except subprocess.CalledProcessError as error:
        words = [line for line in error.stderr.splitlines() if line.startswith("npm error")]
        raise AssetError("\n  ".join(["npm ci failed:", *words[:5]])) from None
    return folder / "node_modules"


def copy(package: Package, source: Path, target: Path) -> None:
    """Copy the files of one package and its licence. A pattern that matches nothing is an error."""
    import shutil

    wanted = [(path, path.relative_to(source / package.root)) for path in matches(package, source)]
    for path, name in [*wanted, (source / package.licence, Path("LICENSE"))]:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target / name)


def matches(package: Package, source: Path) -> Iterator[Path]:
    for pattern in package.files:
        found = [path for path in sorted((source / package.root).glob(pattern)) if path.is_file()]
        if not found:
            raise AssetError(f"{package.name} has no file {package.root}/{pattern}.")
        yield from found


def check_references(folder: Path) -> None:
    """Every picture or font that a style sheet names is there too."""
    for sheet in sorted(folder.rglob("*.css")):
        for url in re.findall(r"url\(\s*['\"]?([^'\")]+)", sheet.read_text(encoding="utf-8")):
            if url.startswith(("#", "data:")):
                continue
            if not (sheet.parent / re.split(r"[?#]", url)[0]).is_file():
                raise AssetError(f"{sheet.relative_to(folder)} names {url}, which is not brought.")


def write_manifest(folder: Path, locked: dict[str, Any]) -> None:
    names = {package.folder: package.name for package in PACKAGES}
    files = []
    for path, digest in hashes(folder).items():
        name = names[PurePosixPath(path).parts[0]]
        licence = locked[name].get("license", "see LICENSE")
        about = {"package": name, "version": locked[name]["version"], "licence": licence}
        files.append({"path": path, "sha256": digest, **about})
    manifest = {"declared": fingerprint(locked), "files": files}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
