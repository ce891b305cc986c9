"""The reference page of mappings names every key, table and format that there is."""

import re

import pytest
import yaml

from emisim.importing import mapping
from emisim.importing.codes import TABLES
from emisim.importing.formats import names
from emisim.importing.mapping import Mapping
from emisim.io.mapping_file import read_mapping
from emisim.model import Model
from tests.docs.refresh import ROOT

PAGES = ("docs/reference/mapping.md", "docs/reference/mapping.zh-CN.md")
MODELS = [m for m in vars(mapping).values() if isinstance(m, type) and issubclass(m, Model) and m.__module__ == mapping.__name__]
SECTIONS = {"File": "file", "Codes": "codes"}  # models whose section is headed by their key in either language


def read(page):
    return (ROOT / page).read_text(encoding="utf-8")


def keys(model) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def rows(text) -> set[str]:
    """What the first cells of all tables name."""
    cells = re.findall(r"^\| (`[^|]*`) \|", text, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


@pytest.mark.parametrize("page", PAGES)
def test_the_page_has_a_row_for_every_key_of_every_model_and_for_no_other(page):
    known = set().union(*map(keys, MODELS))
    assert len(MODELS) > 8
    assert rows(read(page)) == known | set(names())


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("model", [m for m in MODELS if m.__name__ in SECTIONS], ids=lambda m: m.__name__)
def test_a_section_names_the_keys_of_its_model(page, model):
    section = re.search(rf"^## {SECTIONS[model.__name__]}$(.*?)(?=^## )", read(page), re.MULTILINE | re.DOTALL)[1]
    assert rows(section) == keys(model)


@pytest.mark.parametrize("page", PAGES)
def test_the_page_names_every_table_of_codes(page):
    assert set(TABLES) <= set(re.findall(r"\w+", read(page)))


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_are_mappings(page, tmp_path):
    whole, *parts = [yaml.safe_load(body) for body in re.findall(r"^```yaml\n(.*?)^```$", read(page), re.MULTILINE | re.DOTALL)]
    assert parts
    for k, part in enumerate(({}, *parts)):
        path = tmp_path / f"{k}.yaml"
        path.write_text(yaml.safe_dump({**whole, **part}, allow_unicode=True), encoding="utf-8")
        assert set(read_mapping(path, path.name).model_dump(exclude_unset=True)) <= set(Mapping.model_fields)
