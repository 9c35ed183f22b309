"""What services answered, kept in a folder: one file a question, so that nothing is asked twice.

A file is written beside its place and renamed over it, so several processes may write at once; one that
cannot be read counts as absent. No key is ever in it.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gis.errors import BadSettings


@dataclass(frozen=True)
class Cache:
    """The answers kept in a folder, which is made when the first one comes."""

    folder: Path

    def get(self, service: str, question: Mapping[str, str]) -> Any:
        """The answer to a question that was asked before, None when there is none."""
        try:
            kept = json.loads(self._file(service, question).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        asked = isinstance(kept, dict) and kept.get("question") == dict(question)
        return kept.get("answer") if asked else None

    def put(self, service: str, question: Mapping[str, str], answer: Any) -> None:
        """Keep an answer. Raises `BadSettings` when the folder cannot be written."""
        file = self._file(service, question)
        kept = json.dumps(
            {"service": service, "question": dict(question), "answer": answer}, ensure_ascii=False
        )
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            handle, beside = tempfile.mkstemp(dir=file.parent, prefix=".new-")
            with os.fdopen(handle, "w", encoding="utf-8") as opened:
                opened.write(kept)
            Path(beside).replace(file)
        except OSError as error:
            expected = f"a folder that can be written ({error.strerror})"
            raise BadSettings("CORRIDOR_GEOCODE_CACHE", self.folder, expected) from None

    def _file(self, service: str, question: Mapping[str, str]) -> Path:
        text = json.dumps(dict(question), ensure_ascii=False, sort_keys=True)
        return self.folder / service / f"{hashlib.sha256(text.encode()).hexdigest()}.json"
