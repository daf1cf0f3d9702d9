"""What a reader reads of a piece of Markdown, and what can be counted about it.

Not read: directives and their options, addresses, alternative texts, labels, comments, the source of formulas.
A formula inside a line counts as one word; titles, captions and the cells of tables count like any other text.
"""

import re

FORMULA = "X"  # stands for a formula inside a line: a word, and something that may begin a sentence
REMOVED = [
    re.compile(r"<!--.*?-->|<script\b.*?</script>", re.DOTALL),
    re.compile(r"^:::\{div\} info-line\n.*?^:::", re.DOTALL | re.MULTILINE),  # it tells the reading time itself
    re.compile(r"^\([\w-]+\)= *$", re.MULTILINE),
    re.compile(r"^ *\|[\s|:-]+\| *$", re.MULTILINE),
    re.compile(r"<[a-zA-Z/][^>]*>"),
]
DISPLAYED = re.compile(
    r"^\$\$.*?\$\$(?: *\([\w-]+\))?|^\\begin\{(\w+\*?)\}.*?\\end\{\1\}|^`{3,}\{math\}.*?^`{3,}",
    re.DOTALL | re.MULTILINE,
)
LITERAL = re.compile(r"^(`{3,})(?!\{)[^\n`]*\n(.*?)^\1 *$", re.DOTALL | re.MULTILINE)
TERM = re.compile(r"\{term\}`(?:[^`<]*<)?([^`<>]+?)>?`")
TITLED = ("admonition", "exercise", "interview", "dropdown", "card", "note", "tip", "warning", "important")
DIRECTIVE = re.compile(r"^ *[:`]{3,}(?:\{(?P<name>[\w:-]+)\} *(?P<title>.*))?$", re.MULTILINE)
OPTION = re.compile(r"^ *:[\w-]+:(?: .*)?$", re.MULTILINE)
ROLE = re.compile(r"\{[\w:+-]+\}`(?:([^`<]+?) *<[^`>]*>|([^`]+))`")
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e[-+]?\d+)?(?!\.?\d)")
PERCENT = re.compile(r"\s*(?:\\?%|per ?cent\b)")


def displayed(markdown: str) -> int:
    """Number of displayed equations."""
    return len(DISPLAYED.findall(markdown))


def figures(markdown: str) -> int:
    """Number of pictures."""
    directives = re.findall(r"^(?:[:`]{3,})\{(?:figure|figure-md|image)\}", markdown, re.MULTILINE)
    inside = re.findall(r"^[:`]{3,}\{figure-md\}.*?^[:`]{3,} *$", markdown, re.DOTALL | re.MULTILINE)
    bare = markdown
    for block in inside:
        bare = bare.replace(block, "")
    return len(directives) + bare.count("![")


def literal_lines(markdown: str) -> int:
    """Number of lines of code that are shown as text."""
    return sum(sum(map(bool, map(str.strip, body.splitlines()))) for _, body in LITERAL.findall(markdown))


def terms(markdown: str) -> set[str]:
    """Terms of the glossary that are linked."""
    return {" ".join(term.split()).lower() for term in TERM.findall(markdown)}


def role_text(role: re.Match[str]) -> str:
    """What a role shows: the text that it gives or, for a bare target, a term itself or one word in its place."""
    if role[1]:
        return role[1]
    return role[2] if role[0].startswith(("{term}", "{abbr}", "{kbd}")) else FORMULA


def read(markdown: str, *, code: bool = True) -> str:
    """The text that is read; without what stands in backticks where `code` is False."""
    text = DISPLAYED.sub("", LITERAL.sub("", markdown))
    for pattern in REMOVED:
        text = pattern.sub("", text)
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)(?:\{[^}]*\})?", "", text)
    text = re.sub(r"\[([^\]]+)\]\([^)\s]*\)", r"\1", text)
    text = DIRECTIVE.sub(lambda found: (found["title"] or "") if found["name"] in TITLED else "", text)
    text = ROLE.sub(role_text, OPTION.sub("", text))
    return re.sub(r"`+([^`]+)`+", r"\1" if code else FORMULA, text)


def without_formulas(text: str) -> str:
    """A text with one word for each formula in it."""
    return re.sub(r"\$[^$]+\$", FORMULA, text)


def words(markdown: str) -> int:
    """Number of words: what stands between spaces and has a letter or a digit."""
    return sum(any(c.isalnum() for c in word) for word in without_formulas(read(markdown)).split())


def decimals(markdown: str) -> list[str]:
    """Decimals and percentages, as they stand there; those in code and in displayed equations do not count."""
    text = re.sub(r"(?<=\d)(?:,|\{,\})(?=\d{3})", "", read(markdown, code=False))
    found = ((number[0], PERCENT.match(text, number.end())) for number in NUMBER.finditer(text))
    return [f"{number} %" if percent else number for number, percent in found if percent or "." in number]


def parentheses(markdown: str) -> list[str]:
    """Parentheses that hold a sentence of their own, from its capital letter to its full stop."""
    found = []
    for paragraph in re.split(r"\n\s*\n", without_formulas(read(markdown, code=False))):
        opened: list[int] = []
        for place, letter in enumerate(paragraph):
            if letter == "(":
                opened.append(place)
            elif letter == ")" and opened:
                inside = paragraph[opened.pop() + 1 : place].strip("*_ \n")
                if not opened and re.match(r"[^a-z]*?[A-Z\d]", inside) and re.search(r"[.!?][”\"’*_]*$", inside):
                    found.append(" ".join(inside.split()))
    return found
