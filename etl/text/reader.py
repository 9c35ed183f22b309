"""The door: a file → the document that it is."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from etl.records import Document
from etl.text.formats import text_of
from etl.text.layout import text_from
from etl.text.model import Text


def read(file: Path, documents: Mapping[str, Document]) -> Text:
    """The document in a file. Its id is that of the registered document with this checksum or file name.

    Of an unregistered file the id is its name in small letters. Raises `BadData` when it cannot be read.
    """
    return text_from(identify(file, documents), text_of(file))


def identify(file: Path, documents: Mapping[str, Document]) -> str:
    """The id of the document that a file holds."""
    checksum = _sha256(file)
    registered = next((one.id for one in documents.values() if checksum and one.sha256 == checksum), None)
    name = re.sub(r"[^a-z0-9.]+", "-", file.stem.lower()).strip("-.") or "document"
    return registered or name


def _sha256(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""  # that it cannot be opened is said, in full, by the reader of its text
