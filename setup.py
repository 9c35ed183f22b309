"""Refuses to build a distribution whose map would have no scripts. Everything else is in setup.cfg."""

import json
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

WEBMAP = Path(__file__).parent / "webmap"
BUILT = (WEBMAP / "static" / "vendor", WEBMAP / "paper" / "fonts")


class BuildWithAssets(build_py):
    """Copies the packages, after making sure that the front-end assets are among them."""

    def run(self) -> None:
        if not self.editable_mode:
            for folder in BUILT:
                require(folder)
        super().run()


def require(folder: Path) -> None:
    name = folder.relative_to(WEBMAP.parent)
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SystemExit(f"{name} has no manifest.json: run `make assets` first.") from None
    names = [file if isinstance(file, str) else file["path"] for file in manifest["files"]]
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise SystemExit(f"{name} lacks {', '.join(missing)}: run `make assets` first.")


setup(cmdclass={"build_py": BuildWithAssets})
