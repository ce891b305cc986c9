"""The Excel template that a bureau fills in: written, recognised, and read back through the checks of every inventory."""

from emisim.io.template.filled import (
    TemplateRow,
    base_year_of,
    caution,
    emission_only,
    is_template,
    read_template,
    template_folder,
    template_rows,
)
from emisim.io.template.sheets import template_bytes

__all__ = (
    "TemplateRow",
    "base_year_of",
    "caution",
    "emission_only",
    "is_template",
    "read_template",
    "template_bytes",
    "template_folder",
    "template_rows",
)
