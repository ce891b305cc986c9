"""How a foreign table is read: which columns hold what, in which units, and what its codes mean.

A mapping is a YAML file. Those of published formats (FF10, ORL, NFR, IAMC) ship with emisim, in ``data/formats``: a new format is a new
file there.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from emisim.model import Both, Model, Names, Text


def _texts(raw):
    """One text or several; numbers as they are written."""
    return tuple(map(str, raw)) if isinstance(raw, list | tuple) else raw if raw is None else (str(raw),)


def _rows(raw):
    return tuple(raw) if isinstance(raw, list) else (raw,) if isinstance(raw, int) else raw


Words = Annotated[tuple[Text, ...], BeforeValidator(_texts)]
Strings = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Rows = Annotated[tuple[int, ...], BeforeValidator(_rows)]
Translation = Annotated[
    dict[str, str], BeforeValidator(lambda v: {str(k): str(w) for k, w in v.items()} if isinstance(v, dict) else v)
]


# Word → what it means, in one language for both or in each.
Meanings = Annotated[dict[str, Both], BeforeValidator(lambda v: {str(k): m for k, m in v.items()} if isinstance(v, dict) else v)]


def _column(raw):
    """A bare text names a column."""
    return {"column": raw} if isinstance(raw, str | list) else raw


class Texts(Model):
    """A text of every row.

    column : header of the column, or several whose texts are joined by `` / ``; ``#3`` is the third column. value : the same for all rows. split, parts :
    only these parts of the text, ``2`` or ``1-2`` or ``3-``, between the signs ``split``. names : what is written → what it reads here. pad :
    digits of a code, whose lost leading zeros are put back. cut : only the first so many characters. fill : an empty cell means the one
    above it.
    """

    column: Words = ()
    value: str = ""
    split: str = ""
    parts: Annotated[str, BeforeValidator(lambda v: str(v) if isinstance(v, int) else v)] = Field(
        default="", pattern=r"^(\d+(-\d*)?)?$"
    )
    names: Translation = Field(default_factory=dict)
    pad: int | None = Field(default=None, ge=1, le=20)
    cut: int | None = Field(default=None, ge=1, le=20)
    fill: bool = False


class UnitColumn(Model):
    """Units that stand in a column, one a row. names : unit as it is written → unit that emisim knows."""

    column: Text
    names: Translation = Field(default_factory=dict)


class Amount(Model):
    """A number of every row with its unit: one for all rows, or a column of units. otherwise_sum : columns whose sum counts where ``column`` has no
    figure, or where there is no such column (months of a year); all of them must have one."""

    column: Text | None = None
    otherwise_sum: Names = ()
    unit: Annotated[Text | UnitColumn, BeforeValidator(lambda v: "1" if v == 1 else v)]


Share = Annotated[Amount, BeforeValidator(lambda v: {"unit": "%", **v} if isinstance(v, dict) else {"column": v, "unit": "%"})]
Shares = Annotated[tuple[Share, ...], BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else (v,))]
Column = Annotated[Texts, BeforeValidator(_column)]


class Figures(Model):
    """What a row says of one pollutant: its emission, which is after the control in place, or a factor that the activity is multiplied by.

    factor_is : whether the factor is one after that control (E = A·f) or before it (E = A·f·(1 − η·RE)); needed beside an efficiency. efficiency : η0 of that control; effectiveness : RE0, several columns are multiplied (effectiveness, penetration). species : what the
    mass of NOx is stated as; emisim counts NO2.
    """

    emission: Amount | None = None
    factor: Amount | None = None
    factor_is: Literal["controlled", "uncontrolled"] | None = None
    efficiency: Share | None = None
    effectiveness: Shares = ()
    species: Literal["NO2", "NO", "N"] = "NO2"


class Long(Figures):
    """Tables with one row a pollutant. pollutant : the column that says which; words that ``names`` does not know are pollutants that
    emisim does not carry, and their rows are left out."""

    pollutant: Column


class Codes(Model):
    """Codes of the kind of source. table : of ``data/codes``; several are tried in turn. map : code → sector, or ``sector/subsector/fuel/technology``,
    before the table. leave_out : codes whose rows are left out. tree : sign between the levels of a code, where a file lists totals of
    all levels: what is broken down counts by its parts, what the parts leave over as it is."""

    table: Words = ()
    map: Translation = Field(default_factory=dict)
    leave_out: Strings = ()
    tree: str = ""


class Omission(Model):
    """Rows that are left out by name, and why. rows : numbers, or spans such as ``15-20``, in ``sheet`` if the file has several. column : rows with one
    of the texts ``is`` there."""

    rows: Strings = ()
    sheet: str = ""
    column: str = ""
    is_: Strings = Field(default=(), alias="is")
    why: Both


class File(Model):
    """How the file is laid out. sheets : names; all sheets that have the columns by default. header : rows of the header, none where the
    columns are given by their names in ``names`` or as ``#1``; ``whole``: these are all, and no row has more. first, last : rows of data."""

    sheets: Words = ()
    header: Rows | None = None
    names: Names = ()
    whole: bool = False
    first: int | None = Field(default=None, ge=1)
    last: int | None = Field(default=None, ge=1)
    encoding: Text | None = None
    delimiter: Text | None = None
    comment: Text | None = None


class Mapping(Model):
    """How one foreign file is read. ``{year}`` in names of sheets and columns stands for ``year``.

    id : columns that tell one source from another; by default all texts. missing : words that mean "no figure", beyond blanks and dashes, and what
    each means. totals : words that mark rows of totals, in place of the usual ones (合计, 小计, total, …); an empty list: there are none. select : column → texts; other rows are left out. single : columns that may hold only one text
    in the rows that are left. growth_driver : of all sources, unless a column names them.
    """

    mapping: Text
    title: Both | None = None
    note: str = ""
    year: int | None = Field(default=None, ge=1900, le=2200)
    file: File = Field(default_factory=File)
    grade: Literal["A", "B", "C", "D", "E"]
    source: Both
    region: Column | None = None
    code: Column | None = None
    codes: Codes = Field(default_factory=Codes)
    id: Words = ()
    name_zh: Column | None = None
    name_en: Column | None = None
    subsector: Column | None = None
    fuel: Column | None = None
    technology: Column | None = None
    size: Column | None = None
    lon: Column | None = None
    lat: Column | None = None
    nfr: Column | None = None
    scc: Column | None = None
    remark: Column | None = None
    growth_driver: Column = Field(default_factory=lambda: Texts(value="constant"))
    activity: Amount | None = None
    pollutants: dict[str, Figures] = Field(default_factory=dict)
    long: Long | None = None
    missing: Meanings = Field(default_factory=dict)
    totals: Strings | None = None
    select: dict[str, Strings] = Field(default_factory=dict)
    single: Strings = ()
    leave_out: Annotated[tuple[Omission, ...], BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v)] = ()
