"""Pictures as files: every letter is drawn, equal results give equal bytes, and what is missing is said."""

import sys
from dataclasses import replace
from functools import cache
from xml.etree import ElementTree

import pytest
from sure import drawn

import emisim.pictures.canvas as canvas
from emisim.errors import BadInput
from emisim.pictures import all_pictures
from emisim.pictures.canvas import render
from emisim.pictures.style import Style

pytest.importorskip("matplotlib")
KINDS = ("waterfall", "trajectory", "sectors", "heatmap")
SVG = "{http://www.w3.org/2000/svg}"


@cache
def pictures(language):
    return all_pictures(drawn(), language, KINDS)


@cache
def png(k, language):
    return render(pictures(language)[k], "png")


def size(image: bytes) -> tuple[int, int]:
    return int.from_bytes(image[16:20], "big"), int.from_bytes(image[20:24], "big")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_png_has_the_size_of_the_picture_and_no_version(language):
    for k, picture in enumerate(pictures(language)):
        image = png(k, language)
        assert image.startswith(b"\x89PNG")
        assert size(image) == tuple(int(150 * side) for side in picture.size)
        assert b"atplotlib" not in image


def test_equal_pictures_are_equal_bytes():
    for k, picture in enumerate(pictures("zh")):
        assert render(picture, "png") == png(k, "zh")
    assert render(pictures("zh")[0], "svg") == render(pictures("zh")[0], "svg")


def test_an_svg_is_xml_with_its_title_and_letters_as_outlines():
    for picture in pictures("zh"):
        text = render(picture, "svg").decode()
        root = ElementTree.fromstring(text)
        assert root.tag == f"{SVG}svg"
        assert picture.title in "".join(root.itertext())
        assert not list(root.iter(f"{SVG}text"))
        assert len(list(root.iter(f"{SVG}path"))) > 20
        assert "Matplotlib" not in text
        assert "<dc:date>" not in text


@pytest.mark.parametrize("form", ["png", "svg"])
def test_the_settings_of_the_user_do_not_matter_and_stay(form):
    import matplotlib

    with matplotlib.rc_context({"axes.grid": True, "font.size": 30, "text.parse_math": True, "figure.dpi": 40}):
        before = dict(matplotlib.rcParams)
        assert render(pictures("en")[0], form) == _undisturbed(form)
        assert dict(matplotlib.rcParams) == before


@cache
def _undisturbed(form):
    return png(0, "en") if form == "png" else render(pictures("en")[0], form)


def test_signs_of_mathematics_are_letters():
    """Two dollar signs in a title are no formula."""
    odd = replace(pictures("en")[0], title="$x^2$ costs 5 $ \\frac")
    assert render(odd, "png") != png(0, "en")


# ---------------------------------------------------------------- fonts


def test_chinese_in_an_english_picture_is_drawn():
    mixed = replace(pictures("en")[0], title="Lead: 生态环境局")
    assert render(mixed, "png") != render(replace(mixed, title="Lead: 生态环境厅"), "png")


@pytest.mark.parametrize("families", [(), ("Noto Sans CJK SC",)])
def test_every_letter_has_a_font_with_and_without_one_of_the_machine(families, monkeypatch):
    """Without a Chinese font of the machine, that of the package is taken."""
    pytest.importorskip(canvas.PACKAGE)
    monkeypatch.setattr(canvas, "CHINESE", families)
    monkeypatch.setattr(canvas, "LAST", ())
    picture = pictures("zh")[0]
    chosen = next(canvas._choices("zh"))
    assert chosen[0].startswith("Noto Sans")
    with canvas._settings(chosen):
        assert not canvas._lacking(canvas._drawn(picture, Style()), chosen)
    assert render(picture, "png").startswith(b"\x89PNG")


def test_a_letter_without_a_font_is_refused_not_drawn_as_a_box():
    odd = replace(pictures("zh")[0], title="方案 \U0001fabf")
    with pytest.raises(BadInput) as caught:
        render(odd, "png")
    assert [f.key for f in caught.value.faults] == ["plot.font"]
    # Whether Python knows it as a sign that can be shown depends on its version.
    assert any(shown in caught.value.faults[0].text("en") for shown in ("\U0001fabf", "\\u1fabf"))
    assert "方" not in caught.value.faults[0].text("en")


def test_without_any_chinese_font_that_is_said(monkeypatch):
    monkeypatch.setattr(canvas, "CHINESE", ())
    monkeypatch.setattr(canvas, "LAST", ())
    monkeypatch.setattr(canvas, "PACKAGE", "no_such_package_of_fonts")
    with pytest.raises(BadInput) as caught:
        render(pictures("zh")[0], "svg")
    text = caught.value.faults[0].text("en")
    assert "emisim[plot]" in text
    assert any("\u4e00" <= letter <= "\u9fff" for letter in text)


def test_a_box_that_slips_through_is_an_error(monkeypatch):
    """Were a letter overlooked, matplotlib's own warning stops the writing."""
    monkeypatch.setattr(canvas, "_lacking", lambda figure, families: set())
    odd = replace(pictures("en")[0], title="\U0001fabf")
    with pytest.raises(UserWarning, match="missing"):
        render(odd, "svg")


def test_without_matplotlib_that_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(BadInput) as caught:
        render(pictures("en")[0], "png")
    assert [f.key for f in caught.value.faults] == ["plot.missing"]
    assert 'pip install "emisim[plot]"' in caught.value.faults[0].text("en")


def test_another_format_is_an_error():
    with pytest.raises(ValueError, match="pdf"):
        render(pictures("en")[0], "pdf")


def test_nothing_is_printed(caplog, capsys):
    """Such as that a font has no bold letters."""
    render(pictures("zh")[0], "svg")
    assert not caplog.records
    assert capsys.readouterr() == ("", "")
