"""The only door to matplotlib: a picture as the bytes of a PNG or an SVG, the same for the same result, every letter drawn.

Chinese needs a font that has the letters: one of the machine, else Noto Sans SC of the package pylopdf-fonts-zh-cn (SIL Open Font
License 1.1), which the extra ``plot`` brings.
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec

from emisim.errors import BadInput, fault
from emisim.pictures import kind_of
from emisim.pictures.picture import Picture
from emisim.pictures.style import Style

FORMATS = ("png", "svg")
LATIN = ("Arial", "Helvetica", "Liberation Sans")
SPARE = "DejaVu Sans"  # comes with matplotlib
CHINESE = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei", "PingFang SC",
    "Hiragino Sans GB", "SimHei", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
)  # fmt: skip
# Has the letters in their Japanese forms: better than none. Older matplotlib sees only this face of Noto Sans CJK.
LAST = ("Noto Sans CJK JP",)
MOST_LETTERS = 12
PACKAGE = "pylopdf_fonts_zh_cn"


def render(picture: Picture, form: str, style: Style | None = None) -> bytes:
    """A picture as a file.

    Parameters
    ----------
    form : ``png`` or ``svg``; letters of an SVG are outlines, so that it looks alike everywhere.

    Returns
    -------
    bytes, equal for equal pictures, with one version of matplotlib and the same fonts

    Raises
    ------
    BadInput
        matplotlib is not installed, or no font has the letters.
    """
    if form not in FORMATS:
        raise ValueError(form)
    ready()
    style = Style() if style is None else style
    lacking: list[set[str]] = []
    with _quietly():
        for families in _choices(picture.language):
            with _settings(families):
                figure = _drawn(picture, style)
                lacking.append(_lacking(figure, families))
                if not lacking[-1]:
                    return _written(figure, picture, form, style)
    raise BadInput([fault("plot.font", letters="".join(sorted(min(lacking, key=len))[:MOST_LETTERS]))])


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep to itself what matplotlib logs of fonts and of its own style files: that a font has no bold letters is nothing to the
    reader."""
    logger = logging.getLogger("matplotlib")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def ready() -> None:
    """Whether pictures can be drawn at all, for those who want to know it before they begin.

    Raises
    ------
    BadInput
        matplotlib is not installed.
    """
    if find_spec("matplotlib") is None:
        raise BadInput([fault("plot.missing")])


def _choices(language: str) -> Iterator[list[str]]:
    """Font families to try, each with what it falls back to, the best first."""
    from matplotlib.font_manager import fontManager

    there = {font.name for font in fontManager.ttflist}
    latin = next((name for name in LATIN if name in there), SPARE)
    if language != "zh":
        yield [latin, SPARE]
    for family in _chinese(there):
        yield [family, SPARE] if language == "zh" else [latin, SPARE, family]
    if language == "zh":
        yield [latin, SPARE]


def _chinese(there: set[str]) -> Iterator[str]:
    """Names of the Chinese fonts that are there."""
    yield from (name for name in CHINESE if name in there)
    packed = _packed_font()
    if packed is not None:
        yield packed
    yield from (name for name in LAST if name in there)


def _packed_font() -> str | None:
    """Family of the font that the package brings, known to matplotlib from now on; None without the package."""
    if find_spec(PACKAGE) is None:
        return None
    from matplotlib.font_manager import FontProperties, fontManager

    path = str(import_module(PACKAGE).sans_path())
    if all(font.fname != path for font in fontManager.ttflist):
        fontManager.addfont(path)
    return FontProperties(fname=path).get_name()


def _settings(families: list[str]):
    """matplotlib's own defaults, whatever the user's are, with ours on top; as they were afterwards."""
    from matplotlib import style

    return style.context(
        {
            "font.family": families,
            "text.parse_math": False,
            "axes.unicode_minus": True,
            "hatch.linewidth": 0.5,
            "svg.fonttype": "path",
            "svg.hashsalt": "emisim",
            "path.simplify": False,
        },
        after_reset=True,
    )


def _drawn(picture: Picture, style: Style):
    """A figure with the picture on it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=picture.size, dpi=style.dpi)
    FigureCanvasAgg(figure)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # letters that a font lacks: looked for when all is drawn
        kind_of(picture).draw(picture, figure, style)
    return figure


def _lacking(figure, families: list[str]) -> set[str]:
    """Letters on a figure that none of the fonts has; labels of ticks are there once it was laid out."""
    from matplotlib.font_manager import FontProperties, findfont, get_font
    from matplotlib.text import Text

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        figure.draw_without_rendering()
    wanted: dict[str, set[str]] = {}
    for text in figure.findobj(Text):
        wanted.setdefault(str(text.get_weight()), set()).update(text.get_text())
    lacking = set()
    for weight, letters in wanted.items():
        left = {letter for letter in letters if not letter.isspace()}
        for family in families:
            known = get_font(findfont(FontProperties(family=family, weight=weight))).get_charmap()
            left = {letter for letter in left if ord(letter) not in known}
        lacking |= left
    return lacking


def _written(figure, picture: Picture, form: str, style: Style) -> bytes:
    """The bytes of a file; should a letter yet become a box, that is an error."""
    stream = io.BytesIO()
    nothing = {"Software": None} if form == "png" else {"Date": None, "Creator": None}
    more = nothing | {"Title": picture.title, "Description": picture.alt}
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*[Gg]lyph.*")
        figure.savefig(stream, format=form, dpi=style.dpi, metadata=more)
    return stream.getvalue()
