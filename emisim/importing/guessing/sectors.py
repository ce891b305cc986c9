"""What kind of source each row is, in the draft of a mapping: the columns of its code, the table that knows them, and the words of emisim
for what stands beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from emisim.importing.codes import Kind, classify, recognise, tables
from emisim.importing.guessing.contents import MOSTLY, texts_of
from emisim.importing.guessing.draft import LISTED, OPEN, Draft, flow, plain, quoted
from emisim.importing.guessing.roles import Role
from emisim.importing.texts import JOIN, folded
from emisim.importing.words import is_blank, without_unit
from emisim.vocabulary import sectors

HANDBOOK = "handbook"
FEW = 3  # so many codes must a table know, if it does not know most of them
HALF = 0.5  # share of the texts of a column that makes it worth reading
_STRAW = re.compile(r"秸秆|焚烧|straw|burn", re.IGNORECASE)
_CROP = re.compile(r"作物|crop", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Sector:
    """How a table says what kind of source a row is. columns : of the code; none where ``value`` holds for all rows. table : that knows the codes, or
    empty. named : where ``value`` stands. guessed : whether no header calls the columns a code."""

    columns: tuple[Role, ...]
    table: str = ""
    value: str = ""
    named: str = ""
    guessed: bool = False

    def kind(self, texts: Iterable[str]) -> Kind | None:
        """The kind of source of a row with these texts in its columns."""
        code = self.value or JOIN.join(filter(None, texts))
        return classify(self.table, code) if self.table else None


def sector(draft: Draft) -> Sector:
    """Find out how a table says what kind of source a row is.

    Parameters
    ----------
    draft : Draft

    Returns
    -------
    Sector
        Without columns and value where nothing says so.
    """
    columns, guessed = _columns(draft), False
    if not columns:
        columns, guessed = _known_to_handbook(draft), True
    if not columns:
        return _named_once(draft)
    found = Sector(tuple(columns), _table(_codes(draft, columns)) or (HANDBOOK if guessed else ""), guessed=guessed)
    return _refined(draft, found) if found.table == HANDBOOK else found


def _texts(draft: Draft, columns: Sequence[Role]) -> tuple[tuple[str, ...], ...]:
    return texts_of(draft.table.sheet, draft.table.rows, draft.table.first, [role.number for role in columns])


def _codes(draft: Draft, columns: Sequence[Role]) -> list[str]:
    return list(dict.fromkeys(JOIN.join(filter(None, texts)) for texts in _texts(draft, columns)))


def _table(codes: Sequence[str]) -> str:
    """The table that some codes are from: it knows most of them, or more than by chance."""
    for table, share in recognise(codes)[:1]:
        known = round(share * len(codes))
        chance = table == "iamc" and not any("|" in code for code in codes)
        if (share >= MOSTLY and known > chance) or (known >= FEW and not chance):
            return table
    return ""


def _columns(draft: Draft) -> list[Role]:
    """The levels of a code, or the column whose codes a table knows best."""
    levels = [role for k in "1234" for role in draft.table.all(f"level:{k}")[:1]]
    found = [*draft.table.all("code"), *draft.table.all("scc"), *draft.table.all("nfr")]
    if len(levels) > 1 or not found:
        return levels
    numbered = [role for role in found if _is_numbered(role)]
    if numbered:
        return numbered[:1]
    alike = [role for role in draft.table.all("code") if _last(role) == _last(found[0])] if len(found) > 1 else []
    if len(alike) > 1 and len({role.header.text.rpartition("/")[0] for role in alike}) == 1:
        return alike

    def known(role: Role) -> float:
        return max((share for _, share in recognise(list(role.contents.texts))), default=0.0)

    return [max(found, key=lambda role: (round(known(role), 2), role.sure))]


def _is_numbered(role: Role) -> bool:
    """Whether a column holds codes of digits that a table knows: beside names of industries these are the better of the two."""
    texts = [text for text in role.contents.texts if not is_blank(text)]
    return bool(texts) and all(text.isdigit() for text in texts) and _table(texts) not in ("", HANDBOOK)


def _last(role: Role) -> str:
    """The text above the lowest one, of two columns that share a header."""
    return role.header.text.rpartition("/")[0]


def _known_to_handbook(draft: Draft) -> list[Role]:
    """A column whose texts the handbook knows though no header calls them codes: types of vehicles, animals, products; else names."""
    for fields, share in ((("subsector",), HALF), (("", "name_zh", "technology", "fuel"), MOSTLY)):
        found = []
        for role in (role for field in fields for role in draft.table.all(field)):
            texts = [text for text in role.contents.texts if not is_blank(text)]
            known = [kind for text in texts if (kind := classify(HANDBOOK, text)) and not kind.role]
            crop = _CROP.search(role.header.text) and not any(map(_STRAW.search, (role.header.text, *draft.table.titles)))
            if len(known) >= share * len(texts) and len(known) > bool(share == MOSTLY) and not role.contents.numeric and not crop:
                found.append((len(known) / len(texts), -role.number, role))
        if found:
            return [max(found)[-1]]
    return []


def _named_once(draft: Draft) -> Sector:
    """The kind of all rows, where a header, the title or the name of the sheet says it: 加油站名称."""
    fields = ("name_zh", "id", "size")
    heads = [role.header.last for field in fields for role in draft.table.all(field)]
    titles = [title for title in draft.table.titles if not re.search(r"[:：]", title)]
    counted = [role.header.last for role in draft.table.all("activity")]
    for text in (*heads, *titles, draft.table.sheet.name, *([] if kinds_across(draft) else counted)):
        word = next((word for word in _names() if word in text), "")
        if word:
            return Sector((), HANDBOOK, word, text)
    return Sector(())


@lru_cache(maxsize=1)
def _names() -> tuple[str, ...]:
    """Names of the handbook that may stand in a text, the longest first."""
    found = [code for code, kind in tables()[HANDBOOK].items() if "/" not in code and len(code) > 1 and not kind.role]
    shortened = {code.removesuffix("源") if len(code) > 3 else code for code in found if code not in ("合计", "总计")}
    return tuple(sorted({*shortened, *found} - {"合计", "总计", "其他"}, key=lambda name: (-len(name), name)))


def kinds_across(draft: Draft) -> dict[str, str]:
    """Columns of figures that are each of another kind of source, such as 生猪 and 奶牛: column → kind; empty unless there are several kinds."""
    found = {}
    for role in draft.table.roles:
        parts = [without_unit(part, role.header.unit_as_written) for part in role.header.text.split("/")]
        word = next((word for word in _names() for part in parts if part.startswith(word)), "")
        if word and role.contents.numeric and role.field in ("", "activity", "emission"):
            found[draft.table.name(role)] = word
    return found if len(set(found.values())) > 1 else {}


# ---- columns beside the code


def _refined(draft: Draft, found: Sector) -> Sector:
    """With the columns that make the handbook's answer more specific: the product beside the industry, fuel and stage beside the vehicle."""
    for field in ("subsector", "fuel", "technology"):
        for role in draft.table.all(field)[:1]:
            wider = Sector((*found.columns, role), HANDBOOK, guessed=found.guessed)
            if role not in found.columns and _tells_more(draft, found, wider, field):
                found = wider
    return found


def _tells_more(draft: Draft, found: Sector, wider: Sector, field: str) -> bool:
    """Whether a column more makes the kinds more specific: a subsector half of them, a fuel or a technology each that has one."""
    more = told = 0
    for texts in _texts(draft, wider.columns):
        before, after = found.kind(texts[:-1]), wider.kind(texts)
        if is_blank(texts[-1]) or before is None:
            continue
        told += 1
        if after is None or _detail(after) < _detail(before):
            return False
        if field == "subsector":
            more += _detail(after) > _detail(before)
        else:
            more += bool(getattr(after, field)) and getattr(after, field) == meant(field, before, texts[-1])
    return bool(more) and more >= (HALF if field == "subsector" else 1.0) * told


def _detail(kind: Kind) -> int:
    return sum(map(bool, (kind.subsector, kind.fuel, kind.technology)))


@lru_cache(maxsize=1)
def _contexts() -> MappingProxyType[tuple[str, str], str]:
    """(sector, subsector) → the name that the handbook has for it."""
    plain_ones = [(code, k) for code, k in tables()[HANDBOOK].items() if not (k.fuel or k.technology or k.role or "/" in code)]
    return MappingProxyType({(k.sector, k.subsector): code for code, k in reversed(plain_ones)})


def meant(field: str, kind: Kind | None, text: str) -> str:
    """emisim's word for a text beside a kind of source: 煤 is ``coal``, 国三 beside a lorry ``China III``; empty if it knows none.

    Parameters
    ----------
    field : str
        ``subsector``, ``fuel`` or ``technology``.
    kind : Kind or None
        None where it is not known; then only what holds for combustion and for vehicles.
    text : str
    """
    if kind is None:
        found = {_beside(field, head, text) for head in (sectors()["combustion"].zh, sectors()["mobile"].zh)} - {""}
        return found.pop() if len(found) == 1 else ""
    head = _contexts().get((kind.sector, kind.subsector)) or sectors()[kind.sector].zh
    return _beside(field, sectors()[kind.sector].zh if field == "subsector" else head, text)


def _beside(field: str, head: str, text: str) -> str:
    if own := _values(field).get(_plural(text)):
        return own
    kind = classify(HANDBOOK, JOIN.join((head, text)))
    return getattr(kind, field) if kind else ""


@lru_cache(maxsize=4)
def _values(field: str) -> MappingProxyType[str, str]:
    """The words of emisim for a field, as far as the handbook has them: in plain small letters → as they are."""
    words = {getattr(kind, field) for kind in tables()[HANDBOOK].values()} - {""}
    return MappingProxyType({_plural(word): word for word in words})


# ---- lines


def code_lines(draft: Draft, found: Sector, used: set[int], fill: bool) -> list[str]:
    """The lines ``code`` and ``codes``.

    Parameters
    ----------
    draft : Draft
    found : Sector
    used : set of int
        Numbers of the columns that are read; those of the code are added.
    fill : bool
        Whether an empty cell of the code means the one above it.
    """
    if found.value:
        line = f"code: {{value: {quoted(found.value)}}}"
        return [draft.line(line, [draft.say("guess.code_named", text=found.named)]), "codes:", f"  table: {found.table}"]
    if not found.columns:
        return [f"code: {{value: {OPEN}}}  # ? {draft.say('guess.no_code')}"]
    used |= {role.number for role in found.columns}
    codes = _codes(draft, found.columns)
    own = {folded(name).casefold() for word in sectors().values() for name in (word.id, word.zh, word.en)}
    unknown = [code for code in codes if code.casefold() not in own and not (found.table and classify(found.table, code))]
    reasons = draft.doubts(found.columns[0])
    others = [role for role in draft.table.all("code") if role not in found.columns and role.number not in used]
    if others:
        reasons.append(draft.say("guess.several", columns=", ".join(draft.table.name(role) for role in others[:LISTED])))
    if found.guessed:
        reasons = [draft.say("guess.code_words", example=_example(found, codes))]
    columns = draft.name(found.columns[0])
    if len(found.columns) > 1:
        columns = "[" + ", ".join(map(draft.name, found.columns)) + "]"
    if fill:
        columns, reasons = flow([("column", columns), ("fill", "true")]), [*reasons, draft.say("guess.fill")]
    lines = [draft.line(f"code: {columns}", reasons)]
    share = 1 - len(unknown) / max(1, len(codes))
    low = [draft.say("guess.code_table", table=found.table, share=f"{100 * share:.0f}")] if share < MOSTLY else []
    table = [draft.line(f"  table: {found.table}", low)] if found.table else []
    given = [f"  map:  # ? {plain(draft.say('guess.codes', count=len(unknown)))}", *_asked(draft, unknown)] if unknown else []
    return [*lines, "codes:", *table, *given] if table or given else lines


def _example(found: Sector, codes: Sequence[str]) -> str:
    """What one of the codes is taken to be."""
    code, kind = next((code, kind) for code in codes if (kind := classify(found.table or HANDBOOK, code)))
    parts = [kind.sector, kind.subsector, kind.fuel, kind.technology]
    return f"{code} = {'/'.join(parts).rstrip('/')}"


def _asked(draft: Draft, codes: list[str]) -> list[str]:
    """What each unknown code may mean by its English name, or a question."""
    lines = draft.asked(codes, "    ")
    by_name = {f"    {quoted(code)}: {OPEN}": _suggested(code) for code in codes[:LISTED]}
    return [
        f"{line.removesuffix(OPEN)}{by_name[line]}  # ? {draft.say('guess.by_name')}" if by_name.get(line) else line
        for line in lines
    ]


def _suggested(code: str) -> str:
    """What a code that no table knows may be: by its English name, or by the last of several names, as in 微型、小型载客汽车."""
    head, *rest = code.split(JOIN)
    last = re.split(r"[、,，和及]", head)[-1]
    kind = classify(HANDBOOK, JOIN.join((last, *rest)))
    if kind and not kind.role:
        return "/".join((kind.sector, kind.subsector, kind.fuel, kind.technology)).rstrip("/")
    return _english().get(_plural(code), "")


def _plural(text: str) -> str:
    return re.sub(r"s\b", "", " ".join(re.split(r"[\W_]+", text.casefold()))).strip()


@lru_cache(maxsize=1)
def _english() -> Mapping[str, str]:
    """English name of a kind of source → ``sector/subsector``; emisim's own words first, then names that only one kind has."""
    found: dict[str, set[str]] = {}
    for table in tables().values():
        for kind in table.values():
            if not kind.role and kind.subsector:
                found.setdefault(_plural(kind.en), set()).add(f"{kind.sector}/{kind.subsector}")
    own = {_plural(k.subsector): f"{k.sector}/{k.subsector}" for k in reversed(tables()[HANDBOOK].values()) if k.subsector}
    own |= {_plural(word.en): word.id for word in sectors().values()}
    return MappingProxyType({name: kinds.pop() for name, kinds in found.items() if name and len(kinds) == 1} | own)


def names(draft: Draft, found: Sector, role: Role, field: str) -> tuple[list[tuple[str, str]], list[str]]:
    """emisim's words for the texts of a column of subsectors, fuels or technologies.

    Returns
    -------
    (pairs, rest)
        (text, word) as YAML, those that differ; and the texts that are left as they are, since emisim knows none for them, or several.
    """
    told: dict[str, set[str]] = {}
    for *code, text in _texts(draft, (*found.columns, role)):
        if not is_blank(text):
            told.setdefault(text, set()).add(meant(field, found.kind(code), text))
    known = {text: next(iter(words)) for text, words in told.items() if len(words) == 1 and words != {""}}
    pairs = [(quoted(text), quoted(word)) for text, word in known.items() if text != word]
    return pairs[:LISTED], [text for text in told if text not in known]


def tells_subsector(draft: Draft, found: Sector) -> bool:
    """Whether the codes say the subsector of half of the rows: then no other column should."""
    if found.value:
        return bool(classify(found.table, found.value).subsector)
    kinds = [found.kind(texts) for texts in _texts(draft, found.columns)] if found.columns else []
    return sum(bool(kind and kind.subsector) for kind in kinds) >= HALF * len(kinds) > 0
