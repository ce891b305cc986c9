"""CSV files as others keep them: encoding and delimiter are found from the file, and each record keeps the number of its line."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from io import BytesIO, TextIOWrapper
from itertools import islice

from emisim.errors import BadInput, Fault, Place, fault, nearest
from emisim.importing.sheet import HEAD, Block, Sheet
from emisim.io.sheets.guard import refused
from emisim.io.text_file import control, encoding_of, is_clean

BLOCK = 2_000  # rows that are held at once; more do not fit into the processor's cache
LONGEST_LINE = 1_000_000
DELIMITERS = (",", ";", "\t", "|")
# Encodings that may be named, as Python spells them.
ENCODINGS = frozenset(
    "utf-8 utf-8-sig utf-16 utf-16-le utf-16-be gb18030 gbk gb2312 big5 ascii iso8859-1 iso8859-2 iso8859-15 cp1250 cp1251 cp1252".split()
)
_CHINESE = re.compile(r"[一-鿿]")
# A line that is not plain ASCII, yet valid UTF-8.
_UTF8_LINE = re.compile(
    rb"\n[\x00-\x09\x0b-\x7f]*+(?:(?:[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})"
    rb"[\x00-\x09\x0b-\x7f]*+)++(?=\n|\Z)"
)
_DECIMAL_COMMA = re.compile(r",(?:(?<=\d,)(?:\d\d?|\d{4,})(?!\d)|(?<=\b0,)\d)")
_DECIMAL = re.compile(r"\s*[+-]?(\d+,(\d\d?|\d{4,})|0,\d+)\s*")
_ENDS = r"[ \t]*(?=[;\r\n]|\Z)"
_UNCLEAR = re.compile(r"(?:^|;)[ \t]*([+-]?\d{1,3},\d{3})" + _ENDS, re.MULTILINE)
_CLEAR = re.compile(r"(?:^|;)[ \t]*[+-]?(?:[\d,]*\d\.\d+|\d{1,3}(?:,\d{3}){2,})" + _ENDS, re.MULTILINE)
_QUOTED = re.compile(r'"(?:[^"]++|"")*+"')
_SEPARATOR = re.compile(r"\ufeff?sep=(.)\r?\n?", re.IGNORECASE)


@dataclass(frozen=True)
class Table:
    """The bytes of a CSV file and how they are to be read. most : columns a record may have."""

    raw: bytes
    shown: str
    encoding: str
    comment: str = ""
    most: int = 0
    delimiter: str = ","

    def lines(self) -> Iterator[str]:
        """Its lines with their ends, all kinds of line ends as they are."""
        return TextIOWrapper(BytesIO(self.raw), encoding=self.encoding, newline="")

    def records(self, lines: Iterator[str]):
        """A reader of the records in some lines."""
        return csv.reader(lines, delimiter=self.delimiter, strict=True)


@dataclass
class Uncommented:
    """Lines without those of comment. number : of the last line; begin : of the line that the record being read begins in; fresh : no line
    of that record has been read yet, to be set by who reads."""

    lines: Iterator[str]
    comment: str
    number: int = 0
    begin: int = 0
    fresh: bool = field(default=True)

    def __iter__(self) -> Uncommented:
        return self

    def __next__(self) -> str:
        for line in self.lines:
            self.number += 1
            if self.fresh:
                if self.comment and line.startswith(self.comment):
                    continue
                self.fresh, self.begin = False, self.number
            return line
        raise StopIteration


def sheet(raw: bytes, shown: str, encoding: str | None, delimiter: str | None, comment: str | None, most: int) -> Sheet:
    """A CSV file as a sheet without a name.

    Parameters
    ----------
    encoding, delimiter : found from the file where they are not given. comment : lines that begin with it are no rows. most : columns it may have.

    Raises
    ------
    BadInput
        It is no text, in several encodings, or no table; also while its blocks are walked.
    """
    table = Table(raw, shown, checked_encoding(raw, shown, encoding), comment or "", most)
    table = replace(table, delimiter=_delimiter(table, delimiter))
    if table.delimiter != ",":
        text = raw.decode(table.encoding)
        _no_decimal_commas(text, table)
        if table.delimiter == ";":
            _no_unclear_commas(text, table)
        del text
    skipped = _leading(table)
    blocks = partial(_commented_blocks, table) if skipped is None else partial(_blocks, table, skipped)
    first = next(blocks(), None)
    if first is None:
        raise refused("grid.empty", shown)
    head = Block(first.lines[:HEAD], first.rows[:HEAD])
    return Sheet(shown, "", head, blocks, encoding=table.encoding)


def comments(raw: bytes, shown: str, comment: str, encoding: str | None) -> tuple[str, ...]:
    """The lines of comment at the beginning, without their ends; empty lines among them are passed over."""
    table = Table(raw, shown, checked_encoding(raw, shown, encoding), comment)
    found = []
    for line in table.lines():
        if line.startswith(comment):
            found.append(line.rstrip("\r\n"))
        elif line.strip():
            break
    return tuple(found)


def _leading(table: Table) -> int | None:
    """Lines of comment before the first record; None if there are others further down, or the bytes do not tell."""
    if not table.comment:
        return 0
    if table.encoding not in ("utf-8", "gb18030"):
        return None
    mark = table.comment.encode(table.encoding)
    start = re.compile(rb"(?:%b[^\r\n]*+(?:\r\n|\r|\n|\Z))*+" % re.escape(mark)).match(table.raw)
    scattered = any(table.raw.find(end + mark, start.end()) >= 0 for end in (b"\n", b"\r"))
    return None if scattered else len(start[0].splitlines())


def _blocks(table: Table, skipped: int) -> Iterator[Block]:
    reader, done = table.records(islice(table.lines(), skipped, None)), 0
    while True:
        try:
            rows = list(islice(reader, BLOCK))
        except csv.Error as error:
            raise BadInput([_syntax(table, str(error))]) from None
        if not rows:
            return
        first, after = skipped + done + 1, skipped + reader.line_num + 1
        lines = range(first, after) if after - first == len(rows) else _first_lines(rows, first)
        done = reader.line_num
        yield _narrow(table, Block(lines, rows))


def _commented_blocks(table: Table) -> Iterator[Block]:
    source = Uncommented(table.lines(), table.comment)
    reader = table.records(source)
    while True:
        lines, rows = [], []
        try:
            for row in islice(reader, BLOCK):
                rows.append(row)
                lines.append(source.begin)
                source.fresh = True
        except csv.Error as error:
            raise BadInput([_syntax(table, str(error))]) from None
        if not rows:
            return
        yield _narrow(table, Block(lines, rows))


def _first_lines(rows: list[list[str]], line: int) -> list[int]:
    """The line that each record begins in, from the line breaks within fields."""
    found = []
    for row in rows:
        found.append(line)
        line += 1 + sum(text.count("\n") + text.count("\r") - text.count("\r\n") for text in row)
    return found


def _narrow(table: Table, block: Block) -> Block:
    """The block, if no record has too many fields."""
    widest = max(map(len, block.rows))
    if widest > table.most:
        line = next(line for line, row in zip(block.lines, block.rows, strict=True) if len(row) == widest)
        raise refused("grid.columns", table.shown, line, columns=widest, most=table.most)
    return block


def _syntax(table: Table, problem: str) -> Fault:
    """Where quotes go wrong: the file is read once more, record by record, up to there."""
    source = Uncommented(table.lines(), table.comment)
    try:
        for _ in table.records(source):
            source.fresh = True
    except csv.Error as error:
        problem = str(error)
    if "field limit" in problem and source.begin == source.number:
        return fault("grid.long_field", Place(table.shown, source.begin), most=csv.field_size_limit())
    record = "".join(islice(table.lines(), source.begin - 1, source.number))
    at = _open_quote(record, table.delimiter)
    line = source.begin + record.count("\n", 0, at)
    return fault("grid.quote", Place(table.shown, line, at - record.rfind("\n", 0, at)))


def _open_quote(record: str, delimiter: str) -> int:
    """Where in a record the quote stands that is not closed at the end of its field."""
    at = 0
    while at < len(record):
        if record[at] == '"':
            closed = _QUOTED.match(record, at)
            if not closed or record[closed.end() : closed.end() + 1] not in (delimiter, "\r", "\n", ""):
                return at
            at = closed.end()
        after = record.find(delimiter, at)
        if after < 0:
            break
        at = after + 1
    return 0


def _delimiter(table: Table, wanted: str | None) -> str:
    """The delimiter that splits the first records into the same number of fields, most of them and the most fields."""
    if wanted:
        sign = "\t" if wanted.lower() in ("tab", "\\t") else wanted
        if len(sign) != 1 or sign in "\"\r\n'":
            raise refused("grid.delimiter", table.shown, text=wanted)
        return sign
    lines = list(islice(Uncommented(table.lines(), ""), 5 * HEAD))
    lines = [line for line in lines if line.strip() and not (table.comment and line.startswith(table.comment))][:HEAD]
    said = _SEPARATOR.fullmatch(lines[0]) if lines else None
    return said[1] if said else max(DELIMITERS, key=partial(_agreement, lines))


def _agreement(lines: list[str], delimiter: str) -> tuple[int, int]:
    """(records of the most frequent number of fields above one, that number)."""
    counts: Counter[int] = Counter()
    try:
        counts.update(len(record) for record in csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        pass  # what was read up to there tells enough
    return max(((times, fields) for fields, times in counts.items() if fields > 1), default=(0, 0))


def _no_decimal_commas(text: str, table: Table) -> None:
    ends = re.compile(rf"[{re.escape(table.delimiter)}\r\n]")
    for found in _DECIMAL_COMMA.finditer(text):
        line_start = max(text.rfind("\n", 0, found.start()), text.rfind("\r", 0, found.start())) + 1
        start = max(text.rfind(table.delimiter, line_start, found.start()) + 1, line_start)
        end = ends.search(text, found.start())
        number = text[start : end.start() if end else None]
        if _DECIMAL.fullmatch(number):
            line = text.count("\n", 0, start) + 1
            raise refused("grid.decimal_comma", table.shown, line, start - line_start + 1, text=number.strip())


def _no_unclear_commas(text: str, table: Table) -> None:
    """Numbers such as 1,512 between semicolons, unless another number shows that commas are of thousands."""
    found = _UNCLEAR.search(text)
    if found and not _CLEAR.search(text):
        start = found.start(1)
        line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
        raise refused("grid.unclear_comma", table.shown, line, column, text=found[1])


def checked_encoding(raw: bytes, shown: str, encoding: str | None) -> str:
    """Name of the encoding of a file, as stated or as found.

    Raises
    ------
    BadInput
        It is in no encoding we know or in several, has control characters or a line that is too long.
    """
    _no_long_line(raw, shown)
    name = _stated(raw, shown, encoding) if encoding else _found(raw, shown)
    if not is_clean(raw, name):
        text = raw.decode(name)
        at = control(text)
        if at >= 0:
            raise refused("file.control", shown, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
    return name


def _found(raw: bytes, shown: str) -> str:
    name = encoding_of(raw)
    if name and name != "gb18030":
        return name
    change = _change(raw, shown) if name is None or _UTF8_LINE.search(b"\n" + raw) else None
    if change and b"\x00" not in raw[:1000]:
        raise BadInput([change])
    if name is None:
        raise refused("file.encoding", shown)
    return name


def _stated(raw: bytes, shown: str, encoding: str) -> str:
    try:
        name = codecs.lookup(encoding.strip()).name
    except LookupError:
        name = ""
    if name not in ENCODINGS:
        raise refused(
            "grid.unknown_encoding", shown, text=encoding, near=nearest(encoding, ENCODINGS), known=", ".join(sorted(ENCODINGS))
        )
    marked = name == "utf-8" and raw.startswith(codecs.BOM_UTF8)
    name = "utf-8-sig" if marked else "gb18030" if name in ("gbk", "gb2312") else name
    try:
        raw.decode(name)
        return name
    except UnicodeDecodeError as error:
        raise refused("grid.wrong_encoding", shown, raw.count(b"\n", 0, error.start) + 1, encoding=encoding) from None


def _change(raw: bytes, shown: str) -> Fault | None:
    """The line from which a file is in another encoding than before, or the first line in none."""
    before = ""
    for k, line in enumerate(raw.split(b"\n")):
        if line.isascii():
            continue
        here = _encoding(line)
        if not here:
            return fault("grid.no_encoding", Place(shown, k + 1))
        if here != "either" and before and here != before:
            return fault("grid.mixed", Place(shown, k + 1), before=before, after=here)
        before = before if here == "either" else here
    return None


def _encoding(line: bytes) -> str:
    """What a line is in. Chinese in GB18030 is next to never Chinese in UTF-8 as well; a few letters may be either."""
    try:
        return "UTF-8" if _CHINESE.search(line.decode("utf-8")) else "either"
    except UnicodeDecodeError:
        pass
    try:
        line.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return "GB18030"


def _no_long_line(raw: bytes, shown: str) -> None:
    at = 0
    while len(raw) - at > LONGEST_LINE:
        end = max(raw.rfind(b"\n", at, at + LONGEST_LINE), raw.rfind(b"\r", at, at + LONGEST_LINE))
        if end < 0:
            raise refused("grid.long_line", shown, raw.count(b"\n", 0, at) + 1, most=LONGEST_LINE)
        at = end + 1
