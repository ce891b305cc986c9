"""Lines of a table that are no rows: footnotes, signatures, and the unit of what follows."""

from __future__ import annotations

import re

NOTE = re.compile(
    r"[*＊※]?\s*[(（]?(注|备注|附注|说明|(填表|填报|制表|审核|审批|复核|编制|负责|联系)(人|单位|日期|时间)|(资料|数据)来源|notes?|sources?|remarks?|prepared by|checked by)"
    r"\s*\d{0,2}\s*[:：.．、=]",
    re.IGNORECASE,
)
UNIT_LINE = re.compile(r"\s*[(（]?(计量)?(单位|units?)\s*[:：=]", re.IGNORECASE)


def is_note(text: str) -> bool:
    """Whether a line that begins so is a footnote or a signature: ``注：…``, ``填表人：…``."""
    return bool(NOTE.match(text))


def is_unit_line(text: str) -> bool:
    """Whether a line names a unit for the whole table: ``单位：千克``."""
    return bool(UNIT_LINE.match(text))
