"""The pictures of the READMEs.

python -m tests.docs.pictures    draws them anew, after the inputs or the drawing have changed
"""

from __future__ import annotations

from pathlib import Path

import emisim
from emisim.pictures import all_pictures
from emisim.pictures.picture import Picture

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "pictures"
DRAWS = 2000
# File without language and ending → scenario and kind of picture.
SHOWN = (("waterfall-NOx", "mengjin-2025", "waterfall"), ("tornado-NH3_LARGE", "yichuan-2025", "tornado"))


def file_of(name: str, language: str) -> Path:
    return FOLDER / f"{name}-{language}.png"


def picture(result, name: str, kind: str, language: str) -> Picture:
    """The picture of a result that has a name."""
    return next(p for p in all_pictures(result, language, [kind]) if p.name == name)


def main() -> None:
    from emisim.pictures.canvas import render

    FOLDER.mkdir(exist_ok=True)
    for name, scenario, kind in SHOWN:
        result = emisim.run(ROOT / "scenarios" / f"{scenario}.yaml", draws=DRAWS if kind == "tornado" else None)
        for language in ("en", "zh"):
            file_of(name, language).write_bytes(render(picture(result, name, kind, language), "png"))


if __name__ == "__main__":
    main()
