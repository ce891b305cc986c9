"""Mistakes that people make in YAML and CSV files, brought into real ones by chance: each knows which lines may be blamed for it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

import yaml

Where = tuple[str | int, ...]
Made = tuple[str, int, int]  # the text afterwards, the first and the last line that may be blamed


@dataclass(frozen=True)
class Mutation:
    """A file after a mistake. lines : where it must be told, first and last."""

    kind: str
    text: str
    lines: tuple[int, int]


@dataclass(frozen=True)
class Spot:
    """A value of a YAML file with its key: places in the text from … to. flow : whether it stands in braces or brackets."""

    where: Where
    key: tuple[int, int]
    value: tuple[int, int]
    text: str | None
    flow: bool

    @property
    def name(self) -> str:
        """The key; of a value in a list that of the list."""
        return next(str(w) for w in reversed(self.where) if not isinstance(w, int))


@dataclass(frozen=True)
class Yaml:
    """A YAML file taken apart."""

    text: str
    spots: tuple[Spot, ...]

    def line(self, at: int) -> int:
        return self.text.count("\n", 0, at) + 1

    def lines(self, spot: Spot) -> tuple[int, int]:
        return self.line(spot.key[0]), self.line(max(spot.value[1] - 1, spot.key[0]))

    def around(self, spot: Spot) -> tuple[int, int]:
        """Lines of the mapping that a value stands in."""
        parents = [s for s in self.spots if s.where == spot.where[:-1]]
        return self.lines(parents[0]) if parents else (1, self.text.count("\n") + 1)

    def put(self, spot: Spot, new: str, *, at_key: bool = False) -> Made:
        """The text with something else for a value, or for a key."""
        start, end = spot.key if at_key else spot.value
        return self.text[:start] + new + self.text[end:], *self.lines(spot)


def taken_apart(text: str) -> Yaml:
    """The spots of a YAML text, as PyYAML sees them."""
    root = yaml.compose(text, Loader=yaml.CBaseLoader)
    return Yaml(text, tuple(_spots(root, (), text)))


def _spots(node: yaml.Node, where: Where, text: str) -> Iterator[Spot]:
    if isinstance(node, yaml.MappingNode):
        pairs = [(key.value, key, value) for key, value in node.value]
    else:
        pairs = [(k, value, value) for k, value in enumerate(node.value)]
    for name, key, value in pairs:
        here = (*where, name)
        plain = value.value if isinstance(value, yaml.ScalarNode) else None
        start, end = _span(value)
        end = start + len(text[start:end].rstrip())  # a block ends where the next one begins
        yield Spot(here, _span(key), (start, end), plain, bool(node.flow_style))
        if plain is None:
            yield from _spots(value, here, text)


def _span(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.index, node.end_mark.index


def matching(where: Where, pattern: str) -> bool:
    """Whether a location is one of ``measures.*.title``; a star is any one part, ``**`` at the front any number of them."""
    parts, wanted = list(map(str, where)), pattern.split(".")
    if wanted[0] == "**":
        wanted, parts = wanted[1:], parts[-len(wanted) + 1 :]
    return len(parts) == len(wanted) and all(w in ("*", p) for p, w in zip(parts, wanted, strict=True))


# ---------------------------------------------------------------- YAML

REQUIRED = (
    "scenario", "inventory", "base_year", "target_year", "plan", "title", "region", "issued", "**.title.zh", "**.title.en",
    "measures.*.clause", "measures.*.chapter", "measures.*.title", "measures.*.wording", "measures.*.actions", "measures.*.actions.*.mechanism",
    "clauses.*.clause", "clauses.*.chapter", "clauses.*.title", "clauses.*.standing", "targets.*.kind", "targets.*.year", "targets.*.title",
    "overlaps.*.relation", "overlaps.*.measures", "overlaps.*.reason", "states.*.ceiling", "states.*.pollutant", "switches.*.default", "switches.*.options",
    "switches.*.options.*.value", "**.parameters.*.value", "**.indicator.formula",
)  # fmt: skip
# What stands below these is named by the author of the file, not by emisim.
FREE = (
    "measures",
    "clauses",
    "states",
    "targets",
    "switches",
    "adjust",
    "alternatives",
    "correlations",
    "costs",
    "delay",
    "effort",
)
CLOSED = (
    "chapter", "wording", "standing", "mechanism", "distribution", "grade", "pollutant", "pollutants", "relation", "kind", "comparison", "formula", "sectors",
)  # fmt: skip
SELECTORS = ("applies_to", "to", "of", "among", "there")
FIGURE = re.compile(r"(?P<number>[+-]?\d+(\.\d+)?)\s+(?P<unit>[^\d\s].*)")
# Texts that are read by nobody but people.
REMARKS = (
    "note",
    "source",
    "zh",
    "en",
    "words",
    "reason",
    "document",
    "clause",
    "part",
    "lead",
    "cooperating",
    "ambiguity",
    "none",
)


def _chosen(rng: Random, spots: Sequence[Spot]) -> Spot | None:
    return rng.choice(spots) if spots else None


def _read(spot: Spot) -> bool:
    """Whether a value is read by emisim, and not by people only."""
    return not set(map(str, spot.where)) & set(REMARKS)


def _figures(file: Yaml) -> list[Spot]:
    return [s for s in file.spots if s.text and FIGURE.fullmatch(s.text) and _read(s)]


def _key_dropped(file: Yaml, rng: Random) -> Made | None:
    spot = _chosen(rng, [s for s in file.spots if any(matching(s.where, p) for p in REQUIRED)])
    if spot is None:
        return None
    (start, _), (_, end) = spot.key, spot.value
    if spot.flow:
        comma = re.match(r"\s*,\s*", file.text[end:])
        end += comma.end() if comma else 0
    else:
        start = file.text.rindex("\n", 0, start) + 1 if "\n" in file.text[:start] else 0
        end = (file.text.find("\n", end) + 1) or len(file.text)
        if "- " in file.text[start : spot.key[0]]:  # the first key of an entry of a list: the bullet stays, and the next key
            if not any(s.where[:-1] == spot.where[:-1] and s.key[0] > spot.key[0] for s in file.spots):
                return None
            return file.text[: spot.key[0]] + file.text[end:].lstrip(), *file.around(spot)
    return file.text[:start] + file.text[end:], *file.around(spot)


def _key_misspelt(file: Yaml, rng: Random) -> Made | None:
    known = [s for s in file.spots if s.key != s.value and len(s.name) > 2 and not (len(s.where) == 2 and s.where[0] in FREE)]
    spot = _chosen(rng, [s for s in known if "shares" not in s.where and "names" not in s.where and "map" not in s.where])
    if spot is None:
        return None
    at = rng.randrange(1, len(spot.name))
    return file.put(spot, spot.name[:at] + spot.name[at - 1] + spot.name[at:], at_key=True)


def _key_doubled(file: Yaml, rng: Random) -> Made | None:
    spot = _chosen(
        rng, [s for s in file.spots if s.key != s.value and s.text is not None and file.lines(s)[0] == file.lines(s)[1]]
    )
    if spot is None:
        return None
    if spot.flow:
        entry = file.text[spot.key[0] : spot.value[1]]
        return file.text[: spot.key[0]] + f"{entry}, " + file.text[spot.key[0] :], *file.lines(spot)
    indent = spot.key[0] - file.text.rfind("\n", 0, spot.key[0]) - 1
    entry = file.text[spot.key[0] : spot.value[1]] + "\n" + " " * indent
    first = file.line(spot.key[0])
    return file.text[: spot.key[0]] + entry + file.text[spot.key[0] :], first, first + 1


def _unit_swapped(file: Yaml, rng: Random) -> Made | None:
    spot = _chosen(rng, _figures(file))
    if spot is None:
        return None
    found = FIGURE.fullmatch(spot.text)
    return file.put(spot, f"{found['number']} {'GJ/km' if found['unit'] in ('%', '‰') else '%'}")


def _unit_unknown(file: Yaml, rng: Random) -> Made | None:
    spot = _chosen(rng, _figures(file))
    return file.put(spot, f"{spot.text.split()[0]} {rng.choice(('tons', 'kgg', '百分', 'KG', 'pp'))}") if spot else None


def _no_number(file: Yaml, rng: Random) -> Made | None:
    spot = _chosen(rng, _figures(file))
    return (
        file.put(spot, rng.choice(("about half", "NaN", ".inf", "-.inf", "nan %", "inf t", "1,000 %", "约三成", "3O %", "[]")))
        if spot
        else None
    )


def _bare_number(file: Yaml, rng: Random) -> Made | None:
    spot = _chosen(rng, [s for s in _figures(file) if float(s.text.split()[0]) > 1])
    return file.put(spot, spot.text.split()[0]) if spot else None


def _negative(file: Yaml, rng: Random) -> Made | None:
    spots = [s for s in _figures(file) if float(s.text.split()[0]) > 0 and "%" in s.text and "parameters" in s.where]
    spot = _chosen(rng, spots)
    return file.put(spot, f"-{spot.text}") if spot else None


def _indented(file: Yaml, rng: Random) -> Made | None:
    spots = [s for s in file.spots if not s.flow and s.key != s.value and s.text is not None and len(s.where) > 1]
    spot = _chosen(rng, [s for s in spots if file.text[file.text.rfind("\n", 0, s.key[0]) + 1 : s.key[0]].strip() == ""])
    if spot is None:
        return None
    start = file.text.rfind("\n", 0, spot.key[0]) + 1
    by = rng.choice((-1, 1))
    line = file.line(start)
    return file.text[:start] + (" " + file.text[start:] if by > 0 else file.text[start + 1 :]), line - 1, line + 1


def _full_width_colon(file: Yaml, rng: Random) -> Made | None:
    spot = _chosen(rng, [s for s in file.spots if s.key != s.value and s.text is not None and s.value[1] > s.value[0]])
    if spot is None:
        return None
    text = file.text[: spot.key[1]] + "：" + file.text[spot.key[1] :].lstrip(":").lstrip(" ")
    line = file.line(spot.key[0])
    return text, line, line


def _word_unknown(file: Yaml, rng: Random) -> Made | None:
    spots = [s for s in file.spots if s.text and s.name in CLOSED and "when" not in s.where]
    spot = _chosen(rng, [s for s in spots if not any(w in s.where[:-1] for w in ("applies_to", "to", "of", "among", "switches"))])
    return file.put(spot, f"{spot.text.strip('<>=')}x") if spot else None


def _no_such_measure(file: Yaml, rng: Random) -> Made | None:
    lists = [s for s in file.spots if s.text and s.where[0] in ("overlaps", "exclusive") and "measures" in s.where]
    lists += [s for s in file.spots if s.text and ("levers" in s.where or matching(s.where, "targets.*.clause"))]
    spot = _chosen(rng, lists)
    return file.put(spot, "M99z") if spot else None


def _selects_nothing(file: Yaml, rng: Random) -> Made | None:
    spots = [
        s
        for s in file.spots
        if s.text and any(w in SELECTORS for w in s.where[:-1]) and ("actions" in s.where or "targets" in s.where)
    ]
    spot = _chosen(rng, [s for s in spots if not set(s.where) & {"parameters", "adjust"}])
    return file.put(spot, f"{spot.text}_x") if spot else None


def _bracket_lost(file: Yaml, rng: Random) -> Made | None:
    places = [m.start() for m in re.finditer(r"[\[\]{}]", file.text) if not _in_text(file, m.start())]
    if not places:
        return None
    at = rng.choice(places)
    line = file.line(at)
    return file.text[:at] + file.text[at + 1 :], line, line + 2


def _in_text(file: Yaml, at: int) -> bool:
    """Whether a sign belongs to a scalar or a comment."""
    inside = any(start <= at < end for s in file.spots if s.text is not None for start, end in (s.key, s.value))
    return inside or "#" in file.text[file.text.rfind("\n", 0, at) + 1 : at]


def _tab(file: Yaml, rng: Random) -> Made | None:
    starts = [m.start() for m in re.finditer(r"^ +(?=\w+:)", file.text, re.M)]
    if not starts:
        return None
    at = rng.choice(starts)
    line = file.line(at)
    return file.text[:at] + "\t" + file.text[at:].lstrip(" "), line - 1, line + 1


YAML_MISTAKES = {
    "required key dropped": _key_dropped,
    "key misspelt": _key_misspelt,
    "key doubled": _key_doubled,
    "unit of another kind": _unit_swapped,
    "unit unknown": _unit_unknown,
    "word for a number": _no_number,
    "number without unit": _bare_number,
    "negative share": _negative,
    "indented wrongly": _indented,
    "tab for spaces": _tab,
    "full-width colon": _full_width_colon,
    "word not in the list": _word_unknown,
    "no such measure": _no_such_measure,
    "selector that matches nothing": _selects_nothing,
    "bracket lost": _bracket_lost,
}

# ---------------------------------------------------------------- CSV


@dataclass(frozen=True)
class Csv:
    """A table taken apart. starts : line on which each record begins, the header being the first."""

    name: str
    records: tuple[tuple[str, ...], ...]
    starts: tuple[int, ...]

    @property
    def header(self) -> tuple[str, ...]:
        return self.records[0]

    def rows(self, *columns: str) -> list[tuple[int, int]]:
        """(record, place) of every field of some columns that is not empty."""
        return [
            (i, self.header.index(c))
            for i in range(1, len(self.records))
            for c in columns
            if c in self.header and self.records[i][self.header.index(c)]
        ]

    def put(self, i: int, j: int, new: str) -> Made:
        """The text with something else in one field."""
        return self.text({i: (*self.records[i][:j], new, *self.records[i][j + 1 :])}), self.starts[i], self.starts[i]

    def text(self, changed: dict[int, tuple[str, ...]] | None = None) -> str:
        stream = io.StringIO(newline="")
        csv.writer(stream, lineterminator="\n").writerows((changed or {}).get(i, r) for i, r in enumerate(self.records))
        return stream.getvalue()


def table(name: str, text: str) -> Csv:
    """A CSV text by records."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records, starts, after = [], [], 0
    for record in reader:
        starts.append(after + 1)
        after = reader.line_num
        records.append(tuple(record))
    return Csv(name, tuple(records), tuple(starts))


FIGURES = ("activity", "factor", "index", "low", "high", "existing_efficiency", "rank_correlation")
WORDS = ("sector", "distribution", "grade", "pollutant", "memo")
REFERENCES = ("factor_set", "growth_driver", "driver", "inflow_from")
# Columns whose exchange every table must notice: one of a pair has rules that the other's fields break.
PAIRS = (
    ("activity", "unit"), ("sector", "subsector"), ("factor", "unit"), ("pollutant", "factor_set"), ("year", "index"), ("driver", "year"), ("lon", "lat"),
    ("low", "high"), ("grade", "source"), ("factor_set", "growth_driver"), ("source_id", "name_zh"), ("distribution", "grade"), ("unit", "low"),
    ("first", "rank_correlation"), ("flue_gas", "grade"), ("existing_efficiency", "existing_stage"), ("region", "sector"),
)  # fmt: skip


def _field(file: Csv, rng: Random, columns: Sequence[str]) -> tuple[int, int] | None:
    spots = file.rows(*columns)
    return rng.choice(spots) if spots else None


def _row(file: Csv, rng: Random) -> int:
    return rng.randrange(1, len(file.records))


def _field_dropped(file: Csv, rng: Random) -> Made:
    i, j = _row(file, rng), rng.randrange(len(file.header))
    return file.text({i: (*file.records[i][:j], *file.records[i][j + 1 :])}), file.starts[i], file.starts[i]


def _field_inserted(file: Csv, rng: Random) -> Made:
    i, j = _row(file, rng), rng.randrange(len(file.header))
    return (
        file.text({i: (*file.records[i][:j], rng.choice(("", "5", "注")), *file.records[i][j:])}),
        file.starts[i],
        file.starts[i],
    )


def _row_doubled(file: Csv, rng: Random) -> Made:
    i = _row(file, rng)
    lines = file.text().splitlines(keepends=True)
    end = file.starts[i + 1] if i + 1 < len(file.starts) else len(lines) + 1
    own = lines[file.starts[i] - 1 : end - 1]
    return "".join(lines[: end - 1] + own + lines[end - 1 :]), end, end


def _headers_swapped(file: Csv, rng: Random) -> Made | None:
    pairs = [p for p in PAIRS if set(p) <= set(file.header)]
    if not pairs:
        return None
    a, b = rng.choice(pairs)
    swap = {a: b, b: a}
    return file.text({0: tuple(swap.get(n, n) for n in file.header)}), 1, len(file.records) * 3


def _header_misspelt(file: Csv, rng: Random) -> Made:
    j = rng.randrange(len(file.header))
    name = file.header[j]
    return file.put(0, j, rng.choice((name[:-1] + name[-1] * 2, name.upper(), f"{name} (t)", "")))


def _header_dropped(file: Csv, rng: Random) -> Made:
    j = rng.randrange(len(file.header))
    return file.text({0: (*file.header[:j], *file.header[j + 1 :])}), 1, len(file.records) * 3


def _no_figure(file: Csv, rng: Random) -> Made | None:
    at = _field(file, rng, FIGURES)
    return (
        file.put(*at, rng.choice(("n/a", "NaN", "inf", "-inf", "1e999", "1,000", "约100", "12 t", "1O0", "--"))) if at else None
    )


def _negative_figure(file: Csv, rng: Random) -> Made | None:
    at = _field(file, rng, ("activity", "factor", "index", "low"))
    return file.put(*at, "-5") if at else None


def _emptied(file: Csv, rng: Random) -> Made | None:
    needed = (
        "source_id",
        "region",
        "sector",
        "activity",
        "unit",
        "factor_set",
        "pollutant",
        "factor",
        "driver",
        "year",
        "index",
        "grade",
        "source",
        "first",
    )
    at = _field(file, rng, needed)
    return file.put(*at, rng.choice(("", "  "))) if at else None


def _other_unit(file: Csv, rng: Random) -> Made | None:
    at = _field(file, rng, ("unit", "flue_gas"))
    if at is None:
        return None
    i, j = at
    flue = file.header[j] == "flue_gas"
    new = "5 kg/t" if flue else rng.choice(("kg/USD", "tonns/yr", "吨煤", "m/s/s"))
    return file.put(i, j, new)


def _no_word(file: Csv, rng: Random) -> Made | None:
    at = _field(file, rng, WORDS)
    return file.put(*at, f"{file.records[at[0]][at[1]]}x") if at else None


def _no_reference(file: Csv, rng: Random) -> Made | None:
    at = _field(file, rng, REFERENCES if file.name == "sources.csv" else ())
    return file.put(*at, f"{file.records[at[0]][at[1]]}-x") if at else None


def _quote_opened(file: Csv, rng: Random) -> Made:
    i = _row(file, rng)
    lines = file.text().splitlines(keepends=True)
    at = file.starts[i] - 1
    lines[at] = re.sub(r",", ',"', lines[at], count=1)
    return "".join(lines), file.starts[i], file.starts[i]


def _year_missing(file: Csv, rng: Random) -> Made | None:
    if file.name != "growth.csv":
        return None
    year, driver = file.header.index("year"), file.header.index("driver")
    name = rng.choice(sorted({r[driver] for r in file.records[1:]}))
    mine = [i for i, r in enumerate(file.records) if r[driver] == name]
    ends = [k for k in (mine[0], mine[-1]) if file.records[k][year] in ("2020", "2025")]
    if not ends:
        return None
    i = rng.choice(ends)
    changed = (*file.records[i][:year], "2022", *file.records[i][year + 1 :])
    return file.text({i: changed}), file.starts[mine[0]], file.starts[mine[-1]]


CSV_MISTAKES = {
    "field dropped": _field_dropped,
    "field inserted": _field_inserted,
    "row doubled": _row_doubled,
    "headers swapped": _headers_swapped,
    "header misspelt": _header_misspelt,
    "header dropped": _header_dropped,
    "word for a figure": _no_figure,
    "figure below zero": _negative_figure,
    "field emptied": _emptied,
    "unit of another kind": _other_unit,
    "word not in the list": _no_word,
    "name that stands nowhere": _no_reference,
    "quote opened": _quote_opened,
    "growth year missing": _year_missing,
}


def mutations(name: str, text: str, rng: Random) -> Iterator[Mutation]:
    """Mistakes in a file without end, every kind in turn. name : of the file."""
    mistakes: dict[str, Callable] = YAML_MISTAKES if name.endswith(".yaml") else CSV_MISTAKES
    file = taken_apart(text) if name.endswith(".yaml") else table(name, text)
    plain = text if name.endswith(".yaml") else file.text()
    while True:
        for kind in rng.sample(list(mistakes), len(mistakes)):
            found = mistakes[kind](file, rng)
            if found is not None and found[0] != plain:
                yield Mutation(kind, found[0], found[1:])
