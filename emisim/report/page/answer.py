"""The answer, before anything else: a card a target on tonnes, what decides it, how the indicators stand, what it rests on."""

from __future__ import annotations

from collections import Counter

import numpy as np

from emisim.report.markdown import answer as together
from emisim.report.page.parts import ICONS, Safe, fold, join, listed, paragraph, text, verdict
from emisim.report.plan_tables import adoption_lines
from emisim.report.screen import change_lines
from emisim.report.tables import SIGNS, basis, tonnes, verdict_word
from emisim.report.uncertainty_tables import measure_next, risk_lines
from emisim.simulate import Result
from emisim.text import say
from emisim.uncertainty.ensemble import tally
from emisim.uncertainty.findings import chance
from emisim.uncertainty.findings import listed as listed_words
from emisim.verdicts import AT_RISK, MET, MISSED, NOT_ASSESSABLE, Verdict
from emisim.vocabulary import pollutants

ORDER = (MISSED, AT_RISK, MET, NOT_ASSESSABLE)
MOST_SHOWN = 5  # indicators missed or at risk; more of them stand behind their number
FIRM = "\u00a0"  # a space that does not break: a number stays with its sign and its unit
ROOM = 1.12  # length of a gauge by the larger of value and requirement [1]


def answer(result: Result, language: str) -> Safe:
    """The whole section."""
    mine = [v for v in result.verdicts if result.reading.targets[v.id].on_tonnes]
    ordered = sorted(mine, key=lambda v: ORDER.index(v.verdict))
    sure = risk_lines(result, language) if result.uncertainty is not None else []
    cards = "\n".join(_card(v, result, language) for v in ordered)
    return join(
        [
            paragraph(headline(mine, language), "lead"),
            *(paragraph(line, "caution") for line in change_lines(result, None, language)),
            paragraph(decisive(mine, result, language), "decides"),
            paragraph(_to_know(result, language)),
            f'<ul class="cards">\n{cards}\n</ul>' if cards else "",
            paragraph(together(result, language)),
            *(paragraph(line) for line in sure),
            paragraph(_other_readings(result, language)),
            _indicators(result, language),
            paragraph(basis(result.inventory, language), "caution" if result.inventory.illustrative() else "note"),
            _levers(result, language),
        ]
    )


def _other_readings(result: Result, language: str) -> str:
    """In how many of the readings that were looked at each target is met; nothing without an ensemble."""
    found = result.ensemble
    if found is None:
        return ""
    parts = [f"{name} {tally(found, name).met}" for name in found.targets if tally(found, name).met + tally(found, name).missed]
    return say("web.tally", language, count=len(found.run), parts=listed_words(parts, language)) if parts else ""


def headline(mine: list[Verdict], language: str) -> str:
    """How many targets on tonnes are missed, at risk, met and open."""
    if not mine:
        return say("web.headline.none", language)
    return say("web.headline", language, count=len(mine), parts=_counts(mine, language))


def _counts(mine: list[Verdict], language: str) -> str:
    """Verdicts with their numbers; a verdict that nobody has is left out."""
    found = Counter(v.verdict for v in mine)
    words = {v.verdict: verdict_word(v, language) for v in mine}
    return ("，" if language == "zh" else ", ").join(
        say("web.count", language, count=found[kind], word=words[kind]) for kind in ORDER if found[kind]
    )


def decisive(mine: list[Verdict], result: Result, language: str) -> str:
    """One sentence that says what decides the answer: the largest gap, the greatest risk, or the narrowest margin."""
    known = [v for v in mine if v.verdict != NOT_ASSESSABLE]
    if not known:
        return say("web.decides.open", language) if mine else ""
    missed, risky = ([v for v in known if v.verdict == kind] for kind in (MISSED, AT_RISK))
    chosen = min(missed or risky or known, key=_margin)
    words = {
        "title": result.reading.targets[chosen.id].title.text(language),
        "value": value(chosen, language).replace(" ", FIRM),
        "required": required(chosen, language).replace(" ", FIRM),
    }
    if missed:
        lines = [say("web.decides.missed", language, tonnes=tonnes(chosen.shortfall_t), **words)]
    else:
        lines = [say("web.decides.risk" if risky else "web.decides.narrow", language, **words)]
        lines += [_chief(chosen, result, language)]
    return ("" if language == "zh" else " ").join(line for line in lines if line)


def _margin(v: Verdict) -> float:
    """How far the value lies above what is required, as a share of it [1]."""
    return (v.value - v.required) / abs(v.required) if v.required else v.value


def _chief(v: Verdict, result: Result, language: str) -> str:
    """The measure that brings most for the pollutant of a net target."""
    if v.kind != "net":
        return ""
    brought = result.reductions()[:, result.inventory.pollutants.index(v.pollutant), result.years.index(v.year)]
    if not brought.size or brought.max() <= 0:
        return ""
    most = int(np.argmax(brought))
    title = result.bound.measures[most].title.text(language)
    words = {
        "measure": result.bound.names[most],
        "title": title,
        "tonnes": tonnes(float(brought[most])),
        "pollutant": v.pollutant,
    }
    return say("web.decides.chief", language, **words)


def _to_know(result: Result, language: str) -> str:
    """What to measure next, where anything was drawn."""
    if result.uncertainty is None:
        return ""
    row = measure_next(result, language).rows[0]
    return say("web.decides.know", language, sentence=row[1]) if len(row) > 1 else row[0]


def value(v: Verdict, language: str) -> str:
    """The value of a verdict with its unit, as the table of targets has it."""
    return "–" if v.value is None else f"{v.value:,.{2 if v.unit == '%' else 0}f} {_unit(v, language)}"


def required(v: Verdict, language: str) -> str:
    """What is required, with its sign and unit."""
    return "–" if v.required is None else f"{SIGNS.get(v.comparison, v.comparison)} {v.required:g} {_unit(v, language)}"


def _unit(v: Verdict, language: str) -> str:
    return say("web.tonnes_a_year", language) if v.unit == "t/yr" else v.unit


def _card(v: Verdict, result: Result, language: str) -> str:
    """One target: verdict, title, value against what is required, what is missing, how probable it is."""
    target = result.reading.targets[v.id]
    kind = say(f"target.kind.{v.kind}", language) + (
        f"{say('picture.comma', language)}{say('target.reference', language)}" if v.reference else ""
    )
    wanted = say("verdict.no_value", language) if v.required is None else required(v, language)
    facts = [("web.required", wanted)]
    if v.verdict == MISSED:
        facts.append(("web.missing", f"{tonnes(v.shortfall_t)} {say('web.tonnes_a_year', language)}"))
    if result.uncertainty is not None and v.required is not None:
        found, k = result.uncertainty, [x.id for x in result.verdicts].index(v.id)
        facts.append(("web.probability", chance(float(found.met.value[k]), float(found.met.error[k]))))
    listed_facts = "".join(f"<div><dt>{text(say(key, language))}</dt><dd>{text(words)}</dd></div>" for key, words in facts)
    number, _, unit = value(v, language).partition(" ")
    name = label if (label := pollutants().get(v.pollutant)) is None else (label.zh if language == "zh" else label.en)
    return (
        f'<li class="card {ICONS[v.verdict]}"><p class="state">{verdict(v.verdict, verdict_word(v, language))}<code>{text(v.id)}</code></p>'
        f"<h3>{text(target.title.text(language))}</h3>"
        f'<p class="big"><span class="label">{text(say("web.reached", language, year=v.year))}</span><b>{text(number)}</b> <span class="unit">{text(unit)}</span></p>'
        f"{_gauge(v)}<dl>{listed_facts}</dl>"
        f'<p class="kind">{text(" · ".join(dict.fromkeys(x for x in (name, kind) if x)))}</p></li>'
    )


def _gauge(v: Verdict) -> str:
    """A bar as long as the value, with a mark where it has to reach; for the eye alone, the numbers stand beside it."""
    if v.value is None or v.required is None or max(v.value, v.required) <= 0:
        return ""
    scale = 100.0 / (ROOM * max(v.value, v.required))
    long, mark = (max(x, 0.0) * scale for x in (v.value, v.required))
    return (
        '<svg class="gauge" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f'<rect class="track" y="3" width="100" height="4"/><rect class="bar" y="3" width="{long:.2f}" height="4"/>'
        f'<rect class="mark" x="{mark - 0.4:.2f}" width="0.8" height="10"/></svg>'
    )


def _indicators(result: Result, language: str) -> Safe:
    """How the indicators stand, with the names of those missed or at risk."""
    mine = [v for v in result.verdicts if not result.reading.targets[v.id].on_tonnes]
    if not mine:
        return Safe()
    found = Counter(v.verdict for v in mine)
    words = {v.verdict: verdict_word(v, language) for v in mine}
    counts = "".join(f"<li>{verdict(kind, words[kind])} <b>{found[kind]}</b></li>" for kind in ORDER if found[kind])
    worst = [f"{v.id} ({result.reading.targets[v.id].title.text(language)})" for v in mine if v.verdict in (MISSED, AT_RISK)]
    title = text(say("web.indicators.count", language, count=len(mine)))
    more = f'<a href="#indicators">{text(say("web.indicators.more", language))}</a>'
    return Safe(f'<div class="counts"><p>{title}</p><ul>{counts}</ul><p>{more}</p></div>{_worst(worst, language)}')


def _worst(names: list[str], language: str) -> Safe:
    """Indicators missed or at risk; many of them stand behind their number."""
    shown = listed(names, "worst")
    if len(names) <= MOST_SHOWN:
        return shown
    return fold(say("web.indicators.worst", language, count=len(names)), shown, heading="")


def _levers(result: Result, language: str) -> Safe:
    """What would just meet the targets that name levers."""
    lines = adoption_lines(result, language)
    return Safe(f"<h3>{text(say('web.levers', language))}</h3>{listed(lines)}") if lines else Safe()
