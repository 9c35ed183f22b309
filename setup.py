"""Refuses to build a distribution whose map would have no scripts. Everything else is in setup.cfg."""

import json
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

VENDOR = Path(__file__).parent / "webmap" / "static" / "vendor"


class BuildWithAssets(build_py):
    """Copies the packages, after making sure that the front-end assets are among them."""

    def run(self) -> None:
        if not self.editable_mode:
            require_assets()
        super().run()


def require_assets() -> None:
    try:
        manifest = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SystemExit("webmap/static/vendor has no manifest.json: run `make assets` first.") from None
    missing = [file["path"] for file in manifest["files"] if not (VENDOR / file["path"]).is_file()]
    if missing:
        raise SystemExit(f"webmap/static/vendor lacks {', '.join(missing)}: run `make assets` first.")


setup(cmdclass={"build_py": BuildWithAssets})
