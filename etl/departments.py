"""The data of layers declared in TOML: any vector file that GDAL reads, in any CRS, with any column names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from etl.areas import Areas
from etl.importing import formats
from etl.importing.options import Options
from etl.importing.places import places
from etl.importing.source import Source
from etl.records import Rejected, Row
from gis.declare import Declared


def rows(declared: Declared, areas: Areas) -> Iterator[Row | Rejected]:
    """The rows of a declared layer in WGS-84, with the common fields that the file does not bring."""
    return source(declared, areas).rows()


def source(declared: Declared, areas: Areas) -> Source:
    """The data of a declared layer. Raises `BadData` for a file that cannot be read."""
    file, options = declared.data, Options(part=declared.data_layer or "")
    table = formats.read(file, options)
    return Source(
        declared.layer,
        table,
        places(table, options),
        areas,
        digest(file)[:12],
        f"as given in {file.name}",
        options,
    )


def digest(file: Path) -> str:
    """The SHA-256 of a file, 64 hexadecimal digits."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
