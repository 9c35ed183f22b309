#!/usr/bin/env python3
"""Cuts the fonts of the printed sheets out of pinned npm packages into webmap/paper/fonts.

tools/fonts.py           make the folder anew, unless it already is what is declared here
tools/fonts.py --check   only say whether it is: exit code 1 when it is not

The packages are pinned in tools/fonts/package.json and its lock file, whose integrity hashes npm verifies. Two
weights of Noto Sans SC hold the characters of GB 2312, Latin, Greek, Cyrillic and the symbols of a map; a third
file holds all its other characters, for names that have one, a fourth the signs of Noto Emoji. A fifth holds
the ideographs beyond these, out of HanaMinB (Debian's fonts-hanazono, known by its hash); without that package,
which tools/system.sh brings, it is left out and such an ideograph is drawn as a mark. Layout tables are left
out (the advance of a character is then its width), and so are Kangxi radicals and compatibility ideographs, for
which some PDF writers exchange ideographs of the same form, and what only changes the sign beside it. The same
packages give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from assets import MANIFEST, ROOT, AssetError, hashes, npm_ci


class Cut(NamedTuple):
    """A font file that is made: from which file, its family, and which of the characters of the source it gets."""

    file: str
    source: str
    family: str
    wanted: Callable[[set[int]], set[int]]


SANS, EMOJI = "@expo-google-fonts/noto-sans-sc", "@expo-google-fonts/noto-emoji"
# Both packages have the same licence of their makers; that of the fonts names whose they are.
LICENCES = {
    "LICENSE": f"{SANS}/LICENSE",
    "LICENSE_FONT": f"{SANS}/LICENSE_FONT",
    "LICENSE_EMOJI": f"{EMOJI}/LICENSE_FONT",
}
RARE_FILE = "RareIdeographs-Regular.ttf"
RARE_SOURCE = Path("/usr/share/fonts/truetype/hanazono/HanaMinB.ttf")
RARE_LICENCE = Path("/usr/share/doc/fonts-hanazono/copyright")
RARE_SHA256 = "829543436cdf7b4c6730e2af5806fa406f8ddf0d4b656e0cd49c58d4db1c8d3c"
FONTS = ROOT / "webmap" / "paper" / "fonts"
PINS = ROOT / "tools" / "fonts"

# Latin, Greek, Cyrillic, punctuation, number forms, arrows, operators, shapes, CJK punctuation, full widths.
BLOCKS = (
    range(0x20, 0x7F),
    range(0xA0, 0x250),
    range(0x370, 0x460),
    range(0x1E00, 0x1F00),
    range(0x2010, 0x2070),
    range(0x2070, 0x2220),
    range(0x2220, 0x2300),
    range(0x2460, 0x2500),
    range(0x25A0, 0x2700),
    range(0x3000, 0x3040),
    range(0x3200, 0x3400),
    range(0xFF00, 0xFFF0),
)
RARE_BLOCK = range(0x20000, 0x2F800)  # the ideographs of CJK extensions B to F
NEVER = (
    range(0x20),
    range(0x200B, 0x2010),
    range(0x2E80, 0x2FE0),
    range(0xF900, 0xFB00),
    range(0xFE00, 0xFE10),
    range(0x1F1E6, 0x1F200),
    range(0x1F3FB, 0x1F400),
)
DROPPED = ("BASE", "FFTM", "GDEF", "GPOS", "GSUB", "STAT", "gasp", "prep", "vhea", "vmtx")


def main(arguments: list[str]) -> int:
    try:
        if is_current():
            return 0
        if "--check" in arguments:
            raise AssetError(f"{FONTS.relative_to(ROOT)} is absent or out of date: run `make assets`.")
        bring()
    except AssetError as error:
        print(f"fonts: {error}", file=sys.stderr)
        return 1
    return 0


def is_current() -> bool:
    """Whether the folder holds what is declared, every byte of it, and nothing else."""
    try:
        manifest = json.loads((FONTS / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    is_whole = RARE_FILE in manifest["files"] or not RARE_SOURCE.is_file()
    return bool(is_whole and manifest["declared"] == fingerprint() and manifest["files"] == hashes(FONTS))


def fingerprint() -> str:
    """Changes with this file and with the locked version."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    digest.update((PINS / "package-lock.json").read_bytes())
    return digest.hexdigest()[:16]


def bring() -> None:
    """Make the folder beside the old one, then put it in its place."""
    import shutil
    import tempfile

    with tempfile.TemporaryDirectory(dir=FONTS.parent, prefix=".fonts-") as temporary:
        packages = npm_ci(Path(temporary) / "npm", PINS)
        made = Path(temporary) / "made"
        made.mkdir()
        for one in cuts():
            (made / one.file).write_bytes(cut(one, packages / one.source))
        for name, source in LICENCES.items():
            shutil.copyfile(packages / source, made / name)
        if RARE_SOURCE.is_file():
            bring_rare(made)
        else:
            print("fonts: no rare ideographs, fonts-hanazono is not installed", file=sys.stderr)
        manifest = {"declared": fingerprint(), "files": hashes(made)}
        (made / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        shutil.rmtree(FONTS, ignore_errors=True)
        made.chmod(0o755)
        made.rename(FONTS)
    print(f"fonts: {len(hashes(FONTS))} files in {FONTS.relative_to(ROOT)}")


def bring_rare(made: Path) -> None:
    """Cut the ideographs that the other fonts have not. Raises `AssetError` for another font than the known one."""
    import shutil

    from assets import sha256

    if sha256(RARE_SOURCE) != RARE_SHA256:
        raise AssetError(f"{RARE_SOURCE} is not the font that is known by its hash")
    rare = Cut(RARE_FILE, RARE_SOURCE.name, "Rare Ideographs", lambda held: held & set(RARE_BLOCK))
    (made / rare.file).write_bytes(cut(rare, RARE_SOURCE))
    shutil.copyfile(RARE_LICENCE, made / "LICENSE_RARE")


def cuts() -> tuple[Cut, ...]:
    """What is made of the npm packages."""
    regular, bold = f"{SANS}/400Regular/NotoSansSC_400Regular.ttf", f"{SANS}/700Bold/NotoSansSC_700Bold.ttf"
    signs = f"{EMOJI}/400Regular/NotoEmoji_400Regular.ttf"
    known = everyday()
    return (
        Cut("NotoSansSC-Regular.ttf", regular, "Noto Sans SC", known.intersection),
        Cut("NotoSansSC-Bold.ttf", bold, "Noto Sans SC", known.intersection),
        Cut("NotoSansSCRest-Regular.ttf", regular, "Noto Sans SC Rest", lambda held: held - known),
        Cut("NotoEmoji-Regular.ttf", signs, "Noto Emoji", set),
    )


def cut(one: Cut, source: Path) -> bytes:
    """The bytes of a font with the characters that belong into it, and no layout tables."""
    import io

    from fontTools import subset

    options = subset.Options(
        layout_features=[], hinting=False, glyph_names=False, notdef_outline=True, name_IDs=[0, 13, 14]
    )
    options.drop_tables += DROPPED
    font = subset.load_font(str(source), options)
    held = set(font.getBestCmap()) - {code for block in NEVER for code in block}
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=one.wanted(held))
    subsetter.subset(font)
    rename(font, one)
    written = io.BytesIO()
    font.recalcTimestamp = False
    font.save(written)
    return written.getvalue()


def everyday() -> set[int]:
    """The characters of GB 2312 and of the blocks above."""
    pairs = (bytes((row, cell)) for row in range(0xA1, 0xF8) for cell in range(0xA1, 0xFF))
    ideographs = {ord(text) for text in (pair.decode("gb2312", "ignore") for pair in pairs) if text}
    return ideographs.union(*BLOCKS)


def rename(font: Any, one: Cut) -> None:
    """Give a font the names of its file: family, style, identifier, full name, PostScript name."""
    stem = one.file.removesuffix(".ttf")
    style = stem.rpartition("-")[2]
    names = {1: one.family, 2: style, 3: stem, 4: f"{one.family} {style}", 6: stem}
    for number, text in names.items():
        font["name"].setName(text, number, 3, 1, 0x409)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
