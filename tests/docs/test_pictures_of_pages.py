"""The pictures of the READMEs say what the counties say today: their titles and texts, which stand in the files, are those of a run."""

import pytest

from shipped import county
from tests.docs.pictures import FOLDER, SHOWN, file_of, picture
from tests.docs.refresh import ROOT

Image = pytest.importorskip("PIL.Image", reason="matplotlib is not installed")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("name", "scenario", "kind"), SHOWN)
def test_a_picture_is_that_of_the_shipped_county(name, scenario, kind, language):
    wanted = picture(county(scenario.removesuffix("-2025")), name, kind, language)
    with Image.open(file_of(name, language)) as image:
        found = image.info
    hint = "the inputs have changed: python -m tests.docs.pictures"
    assert (found["Title"], found["Description"]) == (wanted.title, wanted.alt), hint


@pytest.mark.parametrize(("page", "language"), [("README.md", "en"), ("README.zh-CN.md", "zh")])
def test_the_readmes_show_all_of_them_and_no_other(page, language):
    text = (ROOT / page).read_text(encoding="utf-8")
    for name, *_ in SHOWN:
        assert f"(docs/pictures/{file_of(name, language).name})" in text
    assert {p.name for p in FOLDER.iterdir()} == {file_of(name, x).name for name, *_ in SHOWN for x in ("en", "zh")}
