"""What the rows work on, made from seeds: the same sources, measures, texts and files every time.

A *stock* is an inventory and a plan of measures that multiply, as plain arrays, so that emisim and its peers get the same:

    E[i,p,t] = activity[i] · growth[sector of i, t] · factor[i,p] · Π_{m acts on i} keep[m,p,t],    keep = 1 − coverage·phase·(1 − ratio)
"""

from __future__ import annotations

import csv
import random
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from emisim.inventory import SOURCE_COLUMNS, Inventory
from emisim.operation import NO_STAGE, Operation, Scale
from emisim.program import Base, Program, compile_program

ROOT = Path(__file__).resolve().parents[1]
INPUTS = ROOT / "inputs" / "mengjin"
SEED = 9
FIRST_YEAR = 2020
POLLUTANTS = ("NOx", "VOC", "NH3", "SO2", "PM25")
SUBSTITUTION = 50  # place of the operations in the fixed order; any will do, for they multiply


@dataclass(frozen=True)
class Size:
    """How large a stock is. branches, sectors, regions : a measure chooses among branches of some sectors each, and among regions, so
    that there are at most branches · regions sets of measures on sectors · regions kinds of sources. reach : measures that a source
    meets on the average."""

    sources: int
    pollutants: int
    years: int
    measures: int
    branches: int
    sectors: int
    regions: int
    reach: float


COUNTY = Size(sources=1_000, pollutants=3, years=6, measures=40, branches=10, sectors=20, regions=4, reach=5.0)
NATION = Size(sources=1_000_000, pollutants=5, years=6, measures=1_000, branches=125, sectors=500, regions=50, reach=4.5)


def sized(like: Size, changes: Mapping[str, float]) -> Size:
    """A size with what of it is named in ``changes`` taken from there."""
    return replace(like, **{name: changes[name] for name in vars(like) if name in changes})


@dataclass(frozen=True, eq=False)
class Stock:
    """sector, region : (source,) codes. activity : (source,) [t/yr]. factor : (source, pollutant) [t/t]. growth : (sector, year) [1].
    chosen : of each measure its (sectors, regions). ratio : (measure, pollutant) what is left on the covered units, 1 where it does not
    act. coverage : (measure,) [1]. phase : (measure, year) [1]. cost : (measure,) [10^4 yuan]."""

    size: Size
    sector: np.ndarray
    region: np.ndarray
    activity: np.ndarray
    factor: np.ndarray
    growth: np.ndarray
    chosen: tuple[tuple[np.ndarray, np.ndarray], ...]
    ratio: np.ndarray
    coverage: np.ndarray
    phase: np.ndarray
    cost: np.ndarray

    @cached_property
    def table(self) -> np.ndarray:
        """(sector, region, measure) which measures act on a kind of source."""
        out = np.zeros((self.size.sectors, self.size.regions, self.size.measures), bool)
        for m, (sectors, regions) in enumerate(self.chosen):
            out[np.ix_(sectors, regions, [m])] = True
        return out

    @cached_property
    def rows(self) -> tuple[np.ndarray, ...]:
        """(source,) that each measure acts on, rising."""
        kind = self.sector * self.size.regions + self.region
        order = np.argsort(kind, kind="stable")
        starts = np.searchsorted(kind[order], np.arange(self.size.sectors * self.size.regions + 1))
        out = []
        for sectors, regions in self.chosen:
            kinds = (sectors[:, None] * self.size.regions + regions).ravel()
            out.append(np.sort(np.concatenate([order[starts[k] : starts[k + 1]] for k in kinds])))
        return tuple(out)

    @cached_property
    def keep(self) -> np.ndarray:
        """(measure, pollutant, year) what a measure leaves of the emission of a source [1]."""
        return 1.0 - (self.coverage[:, None] * self.phase)[:, None, :] * (1.0 - self.ratio)[:, :, None]

    def activities(self) -> np.ndarray:
        """After growth (source, year) [t/yr]."""
        return self.activity[:, None] * self.growth[self.sector]

    def before(self) -> np.ndarray:
        """Emission without measures (source, pollutant, year) [t/yr]."""
        return self.activities()[:, None, :] * self.factor[:, :, None]

    def part(self, sources: int) -> Stock:
        """Its first sources under the same plan."""
        some = {name: getattr(self, name)[:sources] for name in ("sector", "region", "activity", "factor")}
        shared = ("growth", "chosen", "ratio", "coverage", "phase", "cost")
        size = replace(self.size, sources=min(sources, self.size.sources))
        return Stock(size, **some, **{name: getattr(self, name) for name in shared})

    def arrays(self) -> dict[str, np.ndarray]:
        """What peers are given: ``acts`` and ``starts`` are the rows of all measures, one after the other."""
        starts = np.concatenate([[0], np.cumsum([r.size for r in self.rows])])
        return {
            "before": self.before(), "activity": self.activity, "factor": self.factor, "growth": self.growth[self.sector],
            "acts": np.concatenate(self.rows), "starts": starts, "ratio": self.ratio, "coverage": self.coverage, "phase": self.phase,
            "keep": self.keep, "cost": self.cost, "sector": self.sector, "region": self.region,
        }  # fmt: skip


def stock(size: Size, seed: int = SEED) -> Stock:
    """A stock of a size."""
    random = np.random.default_rng(seed)
    each = size.sectors // size.branches
    cells, wanted = size.branches * size.regions, size.reach / size.measures * size.branches * size.regions
    chosen = []
    for _ in range(size.measures):
        most = min(size.branches, max(1, round(wanted)))
        branches = min(most, 2 ** int(random.integers(0, 4)))
        regions = int(np.clip(round(wanted / branches * random.uniform(0.5, 1.5)), 1, size.regions)) if cells > 1 else 1
        picked = np.sort(random.choice(size.branches, branches, replace=False))
        sectors = (picked[:, None] * each + np.arange(each)).ravel()
        chosen.append((sectors, np.sort(random.choice(size.regions, regions, replace=False))))
    acts = random.random((size.measures, size.pollutants)) < 0.4
    acts[np.arange(size.measures), random.integers(0, size.pollutants, size.measures)] = True
    ratio = np.where(acts, random.uniform(0.1, 0.95, acts.shape), 1.0)
    begin = random.integers(0, max(1, size.years - 2), size.measures)
    phase = np.clip((np.arange(size.years) - begin[:, None]) / max(1, size.years - 2), 0.0, 1.0)
    return Stock(
        size,
        sector=random.integers(0, size.sectors, size.sources),
        region=random.integers(0, size.regions, size.sources),
        activity=random.lognormal(3.0, 2.0, size.sources),
        factor=random.lognormal(-6.0, 1.0, (size.sources, size.pollutants)),
        growth=1.0 + random.normal(0.0, 0.02, (size.sectors, 1)) * np.arange(size.years),
        chosen=tuple(chosen),
        ratio=ratio,
        coverage=random.uniform(0.2, 1.0, size.measures),
        phase=phase,
        cost=random.lognormal(3.0, 1.0, size.measures),
    )


# ---------------------------------------------------------------- the same as emisim has it


def base(of: Stock) -> Base:
    """The inventory of a stock as the kernel takes it."""
    shape = of.size.sources, of.size.pollutants
    return Base(
        activity=of.activities(),
        factor=of.factor,
        efficiency=np.zeros(shape),
        effectiveness=np.ones(shape),
        stage=np.full(shape, NO_STAGE),
        upstream=np.full(of.size.sources, -1),
        passed=np.zeros(of.size.sources),
        loss=np.zeros(of.size.pollutants),
        months=np.full((of.size.years, 12), 1 / 12),
    )


def operations(of: Stock) -> list[Operation]:
    """The measures of a stock: one substitution of a factor for each pollutant that a measure acts on."""
    return [
        Scale(m, SUBSTITUTION, of.rows[m], np.array([[of.coverage[m]]]), ratio=np.array([[of.ratio[m, p]]]), pollutants=(p,))
        for m, p in np.argwhere(of.ratio != 1.0).tolist()
    ]


def program(of: Stock, ready: Base) -> Program:
    """The plan of a stock, compiled."""
    return compile_program(operations(of), of.phase, ready)


def sector_name(k: int) -> str:
    return f"sector-{k:03d}"


def region_name(k: int) -> str:
    return f"41{k:04d}"


def inventory(of: Stock) -> Inventory:
    """The same as an inventory, whose words measures select by."""
    n, shape = of.size.sources, (of.size.sources, of.size.pollutants)
    text = {c: np.full(n, "") for c in SOURCE_COLUMNS}
    text["sector"] = np.array([sector_name(k) for k in range(of.size.sectors)])[of.sector]
    text["region"] = np.array([region_name(k) for k in range(of.size.regions)])[of.region]
    text["source_id"] = np.char.add("s", np.arange(n).astype(str))
    text["growth_driver"], text["unit"], text["grade"] = text["sector"], np.full(n, "t/yr"), np.full(n, "D")
    years = range(FIRST_YEAR, FIRST_YEAR + of.size.years)
    return Inventory(
        name="made",
        text=text,
        base_year=FIRST_YEAR,
        pollutants=POLLUTANTS[: of.size.pollutants],
        activity=of.activity,
        factor=of.factor,
        existing_efficiency=np.zeros(shape),
        existing_effectiveness=np.ones(shape),
        flue_gas=np.full(shape, np.nan),
        stage=np.full(shape, ""),
        factor_grade=np.full(shape, "D"),
        upstream=np.full(n, -1),
        memo=np.zeros(n, bool),
        growth={sector_name(k): dict(zip(years, of.growth[k].tolist(), strict=True)) for k in range(of.size.sectors)},
        alternatives={},
    )


def selectors(of: Stock) -> list[tuple[dict[str, tuple[str, ...]], ...]]:
    """What each measure selects, in words."""
    return [
        ({"sector": tuple(map(sector_name, s.tolist())), "region": tuple(map(region_name, r.tolist()))},) for s, r in of.chosen
    ]


# ---------------------------------------------------------------- a county as a project of files, every figure with its range


def project(of: Stock, folder: Path) -> Path:
    """A folder with a scenario whose activities, factors and efficiencies all are uncertain; the file of the scenario.

    Every source has factors of its own, so that all are drawn apart. What a measure leaves does not hang on the pollutant here.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names, years = POLLUTANTS[: of.size.pollutants], range(FIRST_YEAR, FIRST_YEAR + of.size.years)
    (folder / "inventory").mkdir()
    judged = {"grade": "E", "source": "made up"}
    sources, factors = [], []
    for i, (sector, region) in enumerate(zip(of.sector.tolist(), of.region.tolist(), strict=True)):
        a = float(of.activity[i])
        sources.append({
            "source_id": f"s{i:06d}", "name_zh": f"源{i}", "name_en": f"source {i}", "region": region_name(region),
            "sector": SECTORS[sector % len(SECTORS)], "subsector": f"kind{sector:03d}", "activity": repr(a), "unit": "t/yr", "low": repr(a / ACTIVITY_RANGE),
            "high": repr(a * ACTIVITY_RANGE), "distribution": "lognormal", "factor_set": f"f{i:06d}", "growth_driver": f"driver{sector:03d}", **judged,
        })  # fmt: skip
        for p, f in zip(names, of.factor[i].tolist(), strict=True):
            span = {"low": repr(f / FACTOR_RANGE), "high": repr(f * FACTOR_RANGE), "distribution": "lognormal"}
            factors.append({"factor_set": f"f{i:06d}", "pollutant": p, "factor": repr(f), "unit": "t/t", **span, **judged})
    growth = [
        {"driver": f"driver{k:03d}", "year": y, "index": repr(v), **judged}
        for k in range(of.size.sectors)
        for y, v in zip(years, of.growth[k].tolist(), strict=True)
    ]
    _table(folder / "inventory" / "sources.csv", list(SOURCE_COLUMNS), sources)
    columns = "factor_set pollutant factor unit low high distribution existing_efficiency existing_effectiveness existing_stage flue_gas grade source note"
    _table(folder / "inventory" / "factors.csv", columns.split(), factors)
    _table(folder / "inventory" / "growth.csv", "driver year index grade source note".split(), growth)
    (folder / "plan.yaml").write_text("\n".join(_plan_lines(of, names, years)), encoding="utf-8", newline="\n")
    scenario = folder / "scenario.yaml"
    scenario.write_text(
        "scenario: made\ntitle: {zh: 造, en: made}\ninventory: inventory\nplan: plan.yaml\n"
        f"base_year: {years[0]}\ntarget_year: {years[-1]}\n",
        encoding="utf-8",
        newline="\n",
    )
    return scenario


ACTIVITY_RANGE, FACTOR_RANGE = 1.25, 2.0  # 95 % lie between the value over this and the value times this
SECTORS = ("combustion", "process", "solvent", "waste", "storage")


def efficiencies(of: Stock) -> np.ndarray:
    """(measure,) of the devices of a project [1]."""
    return 1.0 - of.ratio.min(axis=1)


def acting(of: Stock) -> np.ndarray:
    """(measure, pollutant) whether a measure acts on a pollutant."""
    return of.ratio != 1.0


def in_force(of: Stock) -> np.ndarray:
    """(measure, year) phase of the measures of a project: each begins at one date [1]."""
    return (np.arange(of.size.years) >= _begins(of)[:, None]).astype(float)


def _begins(of: Stock) -> np.ndarray:
    return 1 + np.arange(of.size.measures) % (of.size.years - 1)


def _plan_lines(of: Stock, names: tuple[str, ...], years: range) -> Iterator[str]:
    yield f'plan: made\ntitle: {{zh: 造, en: made}}\nregion: "410000"\nissued: {years[0]}-01-01\nmeasures:'
    for m, (sectors, regions) in enumerate(of.chosen):
        eta = float(efficiencies(of)[m])
        kinds = ", ".join(f"kind{k:03d}" for k in sectors.tolist())
        places = ", ".join(f'"{region_name(k)}"' for k in regions.tolist())
        which = ", ".join(names[p] for p in np.flatnonzero(acting(of)[m]).tolist())
        span = f"low: {80 * eta:.12g} %, high: {min(99.0, 110 * eta):.12g} %, distribution: triangular"
        yield f'  M{m:03d}:\n    clause: "{m + 1}"\n    chapter: industry\n    title: {{zh: 措施{m}, en: measure {m}}}\n    wording: full'
        yield f"    accountable: true\n    schedule: {{date: {years[int(_begins(of)[m])]}-12-31}}\n    actions:\n      - mechanism: end_of_pipe"
        yield f"        applies_to: {{subsector: [{kinds}], region: [{places}]}}\n        parameters:"
        yield f"          efficiency: {{value: {100 * eta:.12g} %, {span}, grade: E, source: made up}}"
        yield f"          coverage: {100 * float(of.coverage[m]):.12g} %\n          pollutant: [{which}]"
    yield "targets:"
    for p in names[:3]:
        yield (
            f"  T_{p}: {{kind: net, pollutant: {p}, year: {years[-1]}, baseline_year: {years[0]}, reduction: 20 %, comparison: '>=', "
            f"title: {{zh: {p}, en: {p}}}, source: made up}}"
        )
    yield ""


def _table(path: Path, columns: list[str], rows: list[dict]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


# ---------------------------------------------------------------- choices, texts and files


@dataclass(frozen=True, eq=False)
class Options:
    """What could be done at each source, of which at most one is: source, reduction [t/yr], cost [10^4 yuan/yr] of each option, and the
    reduction that all together have to bring."""

    source: np.ndarray
    reduction: np.ndarray
    cost: np.ndarray
    required: float


def options(pairs: int, each: int = 4, seed: int = SEED) -> Options:
    """Options of pairs / each sources; the stronger one costs more a tonne."""
    random = np.random.default_rng(seed)
    source = np.repeat(np.arange(-(-pairs // each)), each)[:pairs]
    emission = random.lognormal(2.0, 1.5, source[-1] + 1)[source]
    efficiency = random.uniform(0.1, 0.95, pairs)
    reduction = emission * efficiency
    cost = reduction * random.lognormal(0.0, 0.6, pairs) * (0.5 + efficiency**2) + random.lognormal(-1.0, 0.5, pairs)
    best = np.zeros(source[-1] + 1)
    np.maximum.at(best, source, reduction)
    return Options(source, reduction, cost, float(0.5 * best.sum()))


UNITS = (
    "kg/t", "g/kg", "g/GJ", "kg/TJ", "mg/Nm3", "t/yr", "万t/yr", "kg/d", "g/(vehicle km)", "kg/head", "kg/MWh", "g/kWh", "t/km2", "吨/年", "千克/吨", "万吨/yr",
    "kg/h", "mg/m3", "kg/ha", "GJ/yr", "TJ/a", "万kWh/yr", "g/L", "%", "kg/person", "t/a", "MJ/kg", "Gg/yr", "kt/yr",
)  # fmt: skip


def unit_texts(rows: int, seed: int = SEED) -> list[str]:
    """The unit of every row of a table, mixed as tables from many hands are."""
    draw = random.Random(seed)
    return [draw.choice(UNITS) for _ in range(rows)]


TOWNS = ("城关", "会盟", "平乐", "送庄", "白鹤", "朝阳", "小浪底", "麻屯")
OWNERS = ("建材", "机械", "化工", "耐火", "纺织", "食品")
KEPT = (
    "sector",
    "subsector",
    "fuel",
    "technology",
    "size",
    "unit",
    "factor_set",
    "growth_driver",
    "nfr",
)  # of a source of the county


def source_records(rows: int) -> Iterator[list[str]]:
    """The sources of the county, then others as a province has them: of the same kinds, each with an id, a name, an activity, a place and a
    note of its own."""
    draw = random.Random(1)
    with (INPUTS / "sources.csv").open(encoding="utf-8", newline="") as stream:
        county = list(csv.DictReader(stream))
    yield from ([row.get(name, "") for name in SOURCE_COLUMNS] for row in county[:rows])
    kinds = [[row.get(name, "") for name in KEPT] for row in county if not row.get("fleet") and not row.get("inflow_from")]
    for k in range(len(county), rows):
        activity, ranged = 1.0 + draw.lognormvariate(3, 2), k % 4
        row = dict(zip(KEPT, draw.choice(kinds), strict=True)) | {
            "source_id": f"{draw.randrange(16**4):04x}-{k}", "name_zh": f"{draw.choice(TOWNS)}{draw.choice(OWNERS)}{k}", "name_en": f"plant {k}",
            "region": f"4103{draw.randrange(100):02d}", "activity": f"{activity:.2f}", "low": f"{0.9 * activity:.2f}" if ranged else "",
            "high": f"{1.1 * activity:.2f}" if ranged else "", "distribution": "normal" if ranged else "fixed",
            "lon": f"{draw.uniform(112, 113):.4f}", "lat": f"{draw.uniform(34, 35):.4f}", "grade": draw.choice("BCDE"),
            "source": f"survey {draw.randrange(2000, 2021)}", "note": f"row {k}",
        }  # fmt: skip
        yield [row.get(name, "") for name in SOURCE_COLUMNS]


def inventory_folder(folder: Path, rows: int) -> Path:
    """An inventory folder with the factors and the growth of a county that ships, and so many sources."""
    shutil.copytree(INPUTS, folder)
    with (folder / "sources.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(SOURCE_COLUMNS)
        writer.writerows(source_records(rows))
    return folder
