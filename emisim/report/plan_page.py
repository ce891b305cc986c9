"""A plan as a page: every clause, measure, state, overlap, reading and target of its file, for people who do not read YAML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from emisim.cautions import unread
from emisim.clause import Clause
from emisim.measure import Cost, Measure
from emisim.parameter import WORDING
from emisim.plan import Plan
from emisim.report.markdown import inline, markdown_table
from emisim.report.tables import label
from emisim.switch import Option
from emisim.text import say
from emisim.vocabulary import CHAPTERS, wordings

Row = Sequence[str]


def plan_page(plan: Plan, language: str) -> str:
    """The plan in Markdown."""
    lines = [f"# {inline(plan.title.text(language))}", "", *_head(plan, language), ""]
    catalogue = plan.catalogue()
    for chapter in CHAPTERS:
        rows = [_clause(name, clause, language) for name, clause in catalogue.items() if clause.chapter == chapter]
        words = ("id", "title", "standing", "lead", "cooperating", "deadline", "wording", "does")
        lines += _section(say(f"chapter.{chapter}", language), "page", words, rows, language)
    states = [
        (n, s.title.text(language), _selector(s.applies_to), s.pollutant, str(s.ceiling.value)) for n, s in plan.states.items()
    ]
    lines += _section(say("page.states", language), "page", ("state", "title", "rows", "pollutant", "ceiling"), states, language)
    relations = [(" + ".join(o.measures), say(f"relation.{o.relation}", language), o.reason) for o in plan.overlaps]
    relations += [(" | ".join(x.measures), say("relation.exclusive", language), x.reason) for x in plan.exclusive]
    relations += [(" + ".join(c.devices), f"{c.pollutant} {c.efficiency}", c.source) for c in plan.combinations]
    lines += _section(say("page.relations", language), "page", ("together", "relation", "reason"), relations, language)
    costs = [_cost(name, measure.cost, language) for name, measure in plan.measures.items() if measure.cost]
    lines += _section(say("page.costs", language), "page", ("id", "cost", "grade", "cost_source"), costs, language)
    words = ("ambiguity", "switch", "title", "readings", "reason")
    lines += _section(say("page.switches", language), "page", words, _switches(plan, language), language)
    words = ("id", "title", "kind", "required", "clause", "reason")
    lines += _section(say("page.targets", language), "page", words, _targets(plan, language), language)
    return "\n".join(lines).rstrip() + "\n"


def _head(plan: Plan, language: str) -> list[str]:
    known = {"document": plan.document, "region": plan.region, "issued": plan.issued, "horizon": plan.horizon, "note": plan.note}
    counts = {"clauses": len(plan.catalogue()), "measures": len(plan.measures), "switches": len(plan.switches)}
    lines = [f"- {say(f'page.{name}', language)}: {inline(str(value))}" for name, value in known.items() if value]
    lines.append(f"- {say('page.counts', language, **counts)}")
    lines += [f"- {line.text(language)}" for line in unread(plan)]
    return [*lines, "", say("page.intro", language, plan=plan.plan)]


def _section(title: str, prefix: str, words: Sequence[str], rows: Iterable[Row], language: str) -> list[str]:
    rows = list(rows)
    header = tuple(say(f"{prefix}.{w}", language) for w in words)
    return [f"## {title}", "", *markdown_table(header, rows), ""] if rows else []


def _clause(name: str, clause: Clause, language: str) -> Row:
    wording = label(wordings()[clause.wording], language) if clause.wording else ""
    strength = " · ".join(w for w in (clause.words, wording) if w) or "–"
    does = _measure(clause, language) if isinstance(clause, Measure) else clause.reason.text(language)
    deadline = str(clause.deadline or "–")
    lead, cooperating = "、".join(clause.lead) or "–", "、".join(clause.cooperating) or "–"
    title = f"{clause.number} {clause.title.text(language)}"
    return name, title, say(f"standing.{clause.standing}", language), lead, cooperating, deadline, strength, does


def _measure(measure: Measure, language: str) -> str:
    """What the actions of a measure do, mechanism by mechanism, and the note."""
    parts = []
    for action in measure.actions:
        numbers = ", ".join(f"{k} {_figure(v, measure, language)}" for k, v in action.parameters.items())
        rows = f"{say('page.state', language)} {action.state}" if action.state else _selector(action.applies_to)
        to = f" → {_selector(action.to)}" if action.to else ""
        when = f" [{_condition(action.when)}]" if action.when else ""
        parts.append(f"`{action.mechanism}`{when} {rows}{to}: {numbers}" if numbers else f"`{action.mechanism}`{when} {rows}{to}")
    text = "<br>".join(dict.fromkeys(parts))
    return f"{text}<br>{measure.note}" if measure.note else text


def _cost(name: str, cost: Cost, language: str) -> Row:
    """What a measure costs, as the plan has it, or why there is no figure."""
    if cost.none is not None:
        return name, say("page.no_cost", language), "–", cost.none.text(language)
    given = {f: getattr(cost, f) for f in ("investment", "life", "rate", "yearly", "per_tonne") if getattr(cost, f)}
    said = []
    for form, e in given.items():
        span = f" ({e.low}–{e.high})" if e.low is not None and e.high is not None else ""
        said.append(f"{say(f'page.cost.{form}', language)} {e.value}{span}" + (f" {cost.of}" if form == "per_tonne" else ""))
    grades, sources = (
        "; ".join(dict.fromkeys(getattr(e, w) for e in given.values() if getattr(e, w))) for w in ("grade", "source")
    )
    note = f"{cost.currency} {cost.price_year}" + (f"; {cost.note}" if cost.note else "")
    return name, f"{', '.join(said)} ({note})", grades or "–", sources or "–"


def _condition(when: Mapping[str, Sequence[str]]) -> str:
    return ", ".join(f"{name} = {'/'.join(values)}" for name, values in when.items())


def _figure(value, measure: Measure, language: str) -> str:
    if (value.get("value") if isinstance(value, dict) else value) == WORDING:
        scale = wordings()[measure.wording]
        span = f"{100 * scale.central:g} % ({100 * scale.low:g} %–{100 * scale.high:g} %)"
        return f"{span} {say('page.by_wording', language)}"
    if not isinstance(value, dict):
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    if "value" not in value:
        return "; ".join(f"{k} {v}" for k, v in value.items())
    span = f" ({value['low']}–{value['high']})" if "low" in value and "high" in value else ""
    grade = f" {value['grade']}" if "grade" in value else ""
    return f"{value['value']}{span}{grade}"


def _selector(selector) -> str:
    mappings = selector or ()
    return "; ".join(" ".join("/".join(v or "–" for v in allowed) for allowed in mapping.values()) for mapping in mappings) or "–"


def _switches(plan: Plan, language: str) -> list[Row]:
    rows = []
    for name, switch in plan.switches.items():
        options = "<br>".join(
            f"{'**' if o.value == switch.default else ''}{o.value}{'**' if o.value == switch.default else ''}: "
            f"{o.title.text(language)}{_changes(o)}"
            for o in switch.options
        )
        rows.append((switch.ambiguity or "–", f"`{name}`", switch.title.text(language), options, switch.reason.text(language)))
    return rows


def _changes(option: Option) -> str:
    """The ids and sets an option touches, in brackets."""
    touched = [*option.adjust, *option.without, *option.without_wording, *option.alternatives]
    touched += [f"{r.source} → {r.target} {r.share}" for r in option.reclassify]
    return f" ({', '.join(dict.fromkeys(touched))})" if touched else ""


def _targets(plan: Plan, language: str) -> list[Row]:
    rows = []
    for name, target in plan.targets.items():
        wanted = target.reduction if target.on_tonnes else target.required
        required = say("verdict.no_value", language) if wanted is None else f"{target.comparison} {wanted}"
        kind = say(f"target.kind.{target.kind}", language)
        how = f" ({target.indicator.formula})" if target.indicator else ""
        note = "; ".join(x for x in (_condition(target.when), target.note) if x) or "–"
        rows.append((name, target.title.text(language), f"{kind}{how}", required, target.clause or "–", note))
    return rows
