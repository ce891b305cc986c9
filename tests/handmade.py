"""Workbooks written by hand, tag by tag: no library has a say in them."""

import zipfile

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def saved(path, data):
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def by_hand(path, sheets, strings=None, prefix="", book="", formats=(), extra=()):
    """A workbook from the XML of its sheets, all in one style.

    sheets : name → what stands in ``<worksheet>``. strings : shared texts. prefix : of every tag in sheets. formats : number formats of the styles 1, 2, …
    """
    p = f"{prefix}:" if prefix else ""
    space = f'xmlns{":" if prefix else ""}{prefix}="{MAIN}"'
    numbers = range(1, len(sheets) + 1)
    listed = "".join(
        f'<sheet name="{name}" sheetId="{k}" {"state=" + chr(34) + "hidden" + chr(34) if "隐" in name else ""} r:id="r{k}"/>'
        for k, name in zip(numbers, sheets, strict=True)
    )
    relations = "".join(
        f'<Relationship Id="r{k}" Type="{RELATION}/worksheet" Target="worksheets/sheet{k}.xml"/>' for k in numbers
    )
    types = "".join(f'<Override PartName="/xl/worksheets/sheet{k}.xml" ContentType="{KIND}.worksheet+xml"/>' for k in numbers)
    numbered = "".join(f'<numFmt numFmtId="{200 + k}" formatCode="{code}"/>' for k, code in enumerate(formats))
    styles = '<xf numFmtId="0"/>' + "".join(f'<xf numFmtId="{200 + k}" applyNumberFormat="1"/>' for k in range(len(formats)))
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>{types}'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{KIND}.sharedStrings+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{KIND}.styles+xml"/></Types>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATION}">{book}<sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{"".join(f"<si>{text}</si>" for text in strings or ())}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><numFmts>{numbered}</numFmts><fonts><font/></fonts><fills><fill><patternFill patternType="none"/></fill></fills>'
        f"<borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs><cellXfs>{styles}</cellXfs></styleSheet>",
        **{
            f"xl/worksheets/sheet{k}.xml": f'<?xml version="1.0"?>\n<{p}worksheet {space}>{inside}</{p}worksheet>'
            for k, inside in zip(numbers, sheets.values(), strict=True)
        },
        **dict(extra),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in parts.items():
            book.writestr(name, text)
    return path
