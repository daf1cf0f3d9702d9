"""What the chapter template asks of a notebook, one rule a function: each yields what is wrong, in words.

Strict nbval compares outputs, but passes cells that were never run, pictures without a description and pages without
their exercises. These rules see to that; `test_planted_faults.py` shows that each of them can fail. The limits of the
main line, what folds may touch and the chapter's claims have rules in files of their own.
"""

import re
from collections.abc import Iterator

import claims  # noqa: F401  (its rules join the list)
import folds  # noqa: F401
import limits  # noqa: F401
import promised  # noqa: F401
from chapter import NOTEBOOKS, ROOT, RULES, Chapter, is_compared, pictures, printed, rule

__all__ = ["NOTEBOOKS", "ROOT", "RULES", "Chapter", "faults", "pictures", "printed"]

MAX_BYTES = 300 * 1024
MAX_LINES = 40
MAX_COLUMNS = 88  # what fits a code cell on the page without scrolling
MIN_COMPARED = 0.6
SECTIONS = ["Key points", "Check yourself", "Exercises", "In an interview", "Further reading and watching"]
UNSTABLE = {
    "an unrounded number": r"\d\.\d{7,}",
    "an address in memory": r"\b0x[0-9a-f]{8,}",
    "a path of one machine": r"/(?:home|root|Users|tmp)/",
}


@rule
def executed_in_order(chapter: Chapter) -> Iterator[str]:
    counts = [cell.execution_count for cell in chapter.code]
    if counts != list(range(1, len(counts) + 1)):
        yield f"execution counts are {counts}, not 1 to {len(counts)}: run `make refresh`"


@rule
def no_error_and_no_warning(chapter: Chapter) -> Iterator[str]:
    for number, cell in enumerate(chapter.code, 1):
        for output in cell.outputs:
            if output.output_type == "error" or output.get("name") == "stderr":
                yield f"code cell {number} shows {output.get('ename') or 'text on stderr'}"


@rule
def no_empty_cell(chapter: Chapter) -> Iterator[str]:
    for number, cell in enumerate(chapter.notebook.cells, 1):
        if not cell.source.strip():
            yield f"cell {number} is empty"


@rule
def short_cells(chapter: Chapter) -> Iterator[str]:
    for number, cell in enumerate(chapter.code, 1):
        if len(cell.source.splitlines()) > MAX_LINES:
            yield f"code cell {number} has {len(cell.source.splitlines())} lines, more than {MAX_LINES}"


@rule
def code_fits_the_page(chapter: Chapter) -> Iterator[str]:
    for number, cell in enumerate(chapter.code, 1):
        for line in [*cell.source.splitlines(), *printed(cell).splitlines()]:
            if len(line) > MAX_COLUMNS:
                yield f"code cell {number} has a line of {len(line)} characters, more than {MAX_COLUMNS}: {line[:40]} …"


def numbers(text: str) -> list[str]:
    """Decimal fractions in a text, without thousands separators; a true minus sign and a hyphen are left out."""
    return re.findall(r"(?<![\w.])\d+\.\d+(?![\d.]*\d\.\d)(?:e[-+]?\d+)?", re.sub(r"(?<=\d),(?=\d{3})", "", text))


def is_rounded(written: str, shown: float, scale: float = 1.0) -> bool:
    """Whether `written` is what `shown` rounds to, at the digits written."""
    digits = len(written.partition(".")[2])
    return abs(float(written) * scale - shown) <= (0.5 * 10.0**-digits + 1e-12) * scale


@rule
def numbers_in_prose_are_printed(chapter: Chapter) -> Iterator[str]:
    """Every decimal fraction in the text is an output on the page, a setting in its code, or cited."""
    shown = [float(n) for cell in chapter.code for n in numbers(printed(cell) + cell.source)]
    for paragraph in re.split(r"\n\s*\n", re.sub(r"```.*?```|`[^`\n]+`", "", chapter.prose, flags=re.DOTALL)):
        if "{cite" in paragraph or "{interview}" in paragraph:
            continue
        for written in numbers(paragraph.replace("{,}", "")):
            percent = re.search(re.escape(written) + r"\s*\\?%", paragraph)
            if not any(is_rounded(written, n) or (percent and is_rounded(written, n, 0.01)) for n in shown):
                yield f"the text says {written}, which no cell prints: …{paragraph[:60]}…"


@rule
def figures_are_described(chapter: Chapter) -> Iterator[str]:
    names = []
    for number, cell in enumerate(chapter.code, 1):
        if not pictures(cell):
            continue
        mystnb = cell.metadata.get("mystnb", {})
        alt = mystnb.get("image", {}).get("alt", "")
        caption, name = (mystnb.get("figure", {}).get(key, "") for key in ("caption", "name"))
        names.append(name)
        if len(pictures(cell)) > 1:
            yield f"code cell {number} shows {len(pictures(cell))} pictures: one a cell, so that each has its caption"
        if pictures(cell)[0] != "image/png":
            yield f"code cell {number} holds {pictures(cell)[0]}: committed figures are PNG"
        if len(alt) < 20 or alt == caption:
            yield f"code cell {number} has a figure without alternative text of its own"
        if not caption or not name.startswith("fig-"):
            yield f"code cell {number} has a figure without caption or without a name that begins with fig-"
    for name in {name for name in names if names.count(name) > 1}:
        yield f"two figures are called {name!r}"


@rule
def pictures_in_prose_are_described(chapter: Chapter) -> Iterator[str]:
    for alt, source in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", chapter.prose):
        if len(alt) < 20:
            yield f"{source} has no alternative text"
    for source, options in re.findall(r"\{(?:figure|image)\} *(\S+)\n((?::.*\n)*)", chapter.prose):
        if ":alt:" not in options:
            yield f"{source} has no alternative text"
    if "<img" in chapter.prose:
        yield "a picture is written as HTML: use a figure directive with :alt:"


@rule
def opening(chapter: Chapter) -> Iterator[str]:
    first = chapter.notebook.cells[0].source
    if not re.match(r"# \S.*\n\n\*[^*\n]+\*\n", first):
        yield "the first cell does not begin with a title and a one-line promise in italics"
    info = re.search(r":::\{div\} info-line\n(.+)\n:::", first)
    wanted = ["Reading time", "runs in about", "two CPU cores", "you need"]
    if not info or not all(part in info[1] for part in wanted):
        yield f"no info line with {', '.join(wanted)}"
    _, _, learned = first.partition("**You will learn")
    if not 3 <= len(re.findall(r"^- ", learned, re.MULTILINE)) <= 5:
        yield "'You will learn' is missing or has not 3 to 5 points"
    if "import" not in chapter.code[0].source:
        yield "the first code cell is not the set-up cell"


@rule
def sections(chapter: Chapter) -> Iterator[str]:
    wanted = [title for title in SECTIONS if title != "In an interview" or not chapter.is_lab]
    if chapter.headings[-len(wanted) :] != wanted:
        yield f"the chapter does not end with the sections {', '.join(wanted)}"
    taught = [heading for heading in chapter.headings if heading not in [*SECTIONS, "The answer"]]
    if not 4 <= len(taught) <= 7:
        yield f"{len(taught)} sections, wanted 4 to 7"
    for title in wanted:
        if chapter.section(title).count(" ") < 10:
            yield f"the section {title!r} is missing or empty"


@rule
def learning_aids(chapter: Chapter) -> Iterator[str]:
    counts = {
        "key points": (len(re.findall(r"^- ", chapter.section("Key points"), re.MULTILINE)), 4, 6),
        "questions to check yourself": (
            len(re.findall(r"^\d+\. ", chapter.section("Check yourself"), re.MULTILINE)),
            4,
            6,
        ),
        "exercises": (len(re.findall(r"^:+\{exercise\}", chapter.prose, re.MULTILINE)), 2 if chapter.is_lab else 3, 4),
        "interview questions": (
            len(re.findall(r"^:+\{interview\}", chapter.prose, re.MULTILINE)),
            *((0, 0) if chapter.is_lab else (2, 4)),
        ),
    }
    for what, (count, least, most) in counts.items():
        if not least <= count <= most:
            yield f"{count} {what}, wanted {least} to {most}"


@rule
def exercises_are_complete(chapter: Chapter) -> Iterator[str]:
    labels = re.findall(r"^:+\{exercise\}[^\n]*\n:label: *(\S+)", chapter.prose, re.MULTILINE)
    solved = re.findall(r"^:+\{solution-start\} *(\S+)\n:class: *dropdown", chapter.prose, re.MULTILINE)
    if labels != solved:
        yield f"exercises {labels} have folded solutions {solved}"
    hints = len(re.findall(r"^:+\{admonition\} Hint", chapter.prose, re.MULTILINE))
    if hints < len(labels):
        yield f"{hints} hints for {len(labels)} exercises"
    seen: dict[str, str] = {}
    for cell in chapter.code:
        for name in re.findall(r"exercises\.(?:ch\d+|lab_\w+)\.(check_\w+)\(", cell.source):
            seen[name] = seen.get(name, "") + printed(cell)[:1]
    for name, marks in seen.items():
        if marks != "○✓":
            yield f"{name} prints {' '.join(marks)}, wanted ○ for the starter code and then ✓ for the solution"
    if len(seen) < len(labels):
        yield f"{len(seen)} automatic checks for {len(labels)} exercises"


@rule
def small_file(chapter: Chapter) -> Iterator[str]:
    size = chapter.path.stat().st_size
    if size > MAX_BYTES:
        yield f"{size / 1024:.0f} KB, more than {MAX_BYTES // 1024}"


@rule
def outputs_are_really_compared(chapter: Chapter) -> Iterator[str]:
    with_text = [cell for cell in chapter.code if printed(cell)]
    share = sum(map(is_compared, with_text)) / max(1, len(with_text))
    if share < MIN_COMPARED:
        yield f"{share:.0%} of the cells with text output are compared, wanted {MIN_COMPARED:.0%}"


@rule
def stable_text(chapter: Chapter) -> Iterator[str]:
    for number, cell in enumerate(chapter.code, 1):
        for what, pattern in UNSTABLE.items():
            if found := re.search(pattern, printed(cell)):
                yield f"code cell {number} prints {what}: {found[0]}"


@rule
def normalised_metadata(chapter: Chapter) -> Iterator[str]:
    metadata = chapter.notebook.metadata
    if set(metadata) != {"kernelspec", "language_info"} or set(metadata.get("language_info", {})) != {"name"}:
        yield "the notebook's metadata is not just kernelspec and the language's name: run `make refresh`"
    if metadata.get("kernelspec", {}).get("name") != "python3":
        yield "the kernel is not python3"
    for number, cell in enumerate(chapter.notebook.cells, 1):
        if unknown := set(cell.metadata) - {"tags", "mystnb"}:
            yield f"cell {number} has metadata {sorted(unknown)}: run `make refresh`"
        if any(output.get("metadata") for output in cell.get("outputs", [])):
            yield f"cell {number} has output metadata: run `make refresh`"


def faults(chapter: Chapter) -> dict[str, list[str]]:
    """Everything that is wrong with a chapter, by rule."""
    found = {check.__name__: list(check(chapter)) for check in RULES}
    return {name: messages for name, messages in found.items() if messages}
