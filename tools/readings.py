#!/usr/bin/env python3
"""Writes webmap/static/app/readings.js: how Chinese characters are read, for the search box.

Run by hand when characters are missing; needs `pypinyin` (MIT), which nothing else does. It takes the
characters of GB 2312 and those that occur in the reviewed data, with every reading of each, without tones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from pypinyin.constants import PINYIN_DICT
from pypinyin.contrib.tone_convert import to_normal

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "webmap" / "static" / "app" / "readings.js"
HEAD = """\
// How characters are read: a syllable without its tone, then the characters that may be read so.
// Made by tools/readings.py from pypinyin (MIT, https://github.com/mozillazg/python-pinyin).

export const READINGS =
"""


def main() -> None:
    by_reading: dict[str, str] = defaultdict(str)
    for character in sorted(wanted()):
        for reading in sorted(readings(character)):
            by_reading[reading] += character
    entries = [f"{reading}{characters}" for reading, characters in sorted(by_reading.items())]
    lines = [" ".join(entries[i : i + 6]) for i in range(0, len(entries), 6)]
    text = " +\n".join(f'  "{line} "' for line in lines)
    TARGET.write_text(f"{HEAD}{text};\n", encoding="utf-8")


def wanted() -> Iterator[str]:
    found = {
        character
        for suffix in ("csv", "toml", "geojson")
        for path in (ROOT / "etl").rglob(f"*.{suffix}")
        for character in path.read_text(encoding="utf-8")
    }
    return (chr(code) for code in range(0x4E00, 0xA000) if chr(code) in found or in_gb2312(chr(code)))


def in_gb2312(character: str) -> bool:
    try:
        return bool(character.encode("gb2312"))
    except UnicodeEncodeError:
        return False


def readings(character: str) -> set[str]:
    marked = PINYIN_DICT.get(ord(character), "").split(",")
    plain = {to_normal(reading).replace("ü", "v").replace("ê", "e") for reading in marked}
    return {reading for reading in plain if reading.isascii() and reading.isalpha()}


if __name__ == "__main__":
    main()
