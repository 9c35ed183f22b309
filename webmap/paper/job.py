"""One print in a process of its own: `python -m webmap.paper.job FOLDER` with what to print on its input.

The service starts it, so that a print that needs too much memory or time ends without harm to anything else.
Into the folder go the file and, last, what became of the job; both appear whole or not at all.
"""

from __future__ import annotations

import json
import os
import pickle
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

from gis.errors import GisError
from webmap.paper import press
from webmap.paper.content import Content
from webmap.paper.sheet import Atlas, Sheet

SECONDS = 150
MEMORY = 4 * 2**30
STATE = "state.json"

MEDIA_TYPES = {"pdf": "application/pdf", "svg": "image/svg+xml", "png": "image/png"}


@dataclass(frozen=True)
class Order:
    """What is to be printed."""

    asked: Sheet | Atlas
    form: str
    dpi: int
    content: Content


def main(folder: Path) -> int:
    """Print the order that comes on the input. Returns 0, also for one that was refused with its reason."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    order: Order = pickle.load(sys.stdin.buffer)  # written by the service itself
    steps: list[str] = []

    def progress(text: str) -> None:
        steps.append(text)
        tell(folder, status="running", progress=text, step=len(steps))

    try:
        data = press.produce([order.asked], order.form, order.content, dpi=order.dpi, progress=progress)
        put(folder / f"sheet.{order.form}", data)
        tell(folder, status="successful", progress="", bytes=len(data))
    except GisError as error:
        tell(folder, status="failed", progress=str(error))
    except MemoryError:
        tell(folder, status="failed", progress="The sheet needs more memory than a print may have.")
    return 0


def tell(folder: Path, **state: object) -> None:
    """Write what is to be known of a job."""
    put(folder / STATE, json.dumps(state, ensure_ascii=False).encode())


def put(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_suffix(path.suffix + ".part")
    temporary.write_bytes(data)
    os.replace(temporary, path)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
