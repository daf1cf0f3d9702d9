"""Surnames with the language they are found in, or the reader's own labelled names."""

import ast
import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rnn_utils.checks import check_int, check_rng
from rnn_utils.data.files import package_file, read_text
from rnn_utils.data.table import as_pair, find_separator, lines_of, read_rows, shorten

# Languages in the Latin alphabet for which faker lists 400 surnames or more. Irish is left out: nearly every name on
# its list begins with "Mac" or "O", so that the first letters alone would settle the question.
LOCALES = {
    "Croatian": "hr_HR",
    "Dutch": "nl_NL",
    "English": "en_GB",
    "Finnish": "fi_FI",
    "French": "fr_FR",
    "German": "de_DE",
    "Italian": "it_IT",
    "Polish": "pl_PL",
    "Slovak": "sk_SK",
    "Spanish": "es_ES",
    "Swedish": "sv_SE",
}

# Headings of files of names that people share, in lower case.
NAME_HEADINGS = frozenset({"name", "names", "surname", "surnames", "last name", "last_name", "lastname", "family name"})
LABEL_HEADINGS = frozenset({"label", "labels", "class", "language", "nationality", "country", "category", "origin"})

# Letters that Unicode does not take apart into a plain letter and an accent.
PLAIN = str.maketrans({"ß": "ss", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "æ": "ae", "Æ": "AE"})


@dataclass(frozen=True, eq=False)
class Names:
    """Names with a label each.

    Attributes
    ----------
    names : ndarray of str, shape (N,)
        The names, grouped by class and in alphabetical order inside a class: shuffle before splitting.
    labels : ndarray of intp, shape (N,)
        The number of each name's class.
    classes : tuple of str
        The classes: ``classes[labels[i]]`` is the language of ``names[i]``.

    """

    names: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]

    def __len__(self) -> int:
        """Return N, the number of names."""
        return len(self.names)

    @property
    def counts(self) -> dict[str, int]:
        """How many names each class has."""
        return dict(zip(self.classes, np.bincount(self.labels, minlength=len(self.classes)).tolist()))


def surnames(
    languages: Sequence[str] | None = None, *, per_class: int | None = None, rng: np.random.Generator | None = None
) -> Names:
    """Return surnames by language, in lower case and without accents.

    Accents and capitals are taken away on purpose: one ``ł`` would give Polish away, and what is to be learnt is
    the order of the letters. Men's, women's and common forms are all kept (Slovak Novák and Nováková). Within a
    language each name occurs once; a name at home in several languages is listed under each, so no classifier can
    be right about all of them.

    Parameters
    ----------
    languages : sequence of str, optional
        Which of ``LOCALES`` to take, in that order; all eleven if not given.
    per_class : int, optional
        Keep at most this many names of each language, drawn at random: with thousands of Polish names beside a few
        hundred German ones, "Polish" alone would be a good guess.
    rng : numpy.random.Generator, optional
        Needed with `per_class`.

    Returns
    -------
    names : Names
        `classes` are the languages, `counts` says how many names of each. The letters a–z, the space, the hyphen and
        the apostrophe occur.

    Raises
    ------
    ModuleNotFoundError
        When the package faker is not installed.
    TypeError
        When `per_class` is given without a generator.
    ValueError
        When a language is not one of ``LOCALES`` or comes twice.

    Notes
    -----
    Source: the lists of surnames in faker's ``providers/person`` (MIT licence), one file a country. They are read as
    data: importing faker takes about three times as long as reading these eleven files.

    """
    languages = tuple(LOCALES if languages is None else languages)
    unknown = [language for language in languages if language not in LOCALES]
    if not languages or unknown or len(set(languages)) < len(languages):
        raise ValueError(f"languages: got {list(languages)}, wanted different ones of {', '.join(LOCALES)}")
    if per_class is not None:
        check_int("per_class", per_class)
        rng = check_rng(rng)
    names: list[str] = []
    labels: list[int] = []
    for label, language in enumerate(languages):
        found = _surnames_of(LOCALES[language])
        if per_class is not None and rng is not None and len(found) > per_class:
            found = sorted(rng.choice(found, size=per_class, replace=False).tolist())
        names += found
        labels += [label] * len(found)
    return Names(np.array(names), np.array(labels, dtype=np.intp), languages)


def load_names(
    source: str | os.PathLike[str] | Iterable[tuple[str, str]], *, header: bool | None = None, encoding: str = "utf-8"
) -> Names:
    """Return the reader's own labelled names, as they are written.

    Parameters
    ----------
    source : path, str or iterable of (str, str)
        A file with a line ``name,label`` for each name (or with a semicolon or a tab between the two), or such pairs.
    header : bool, optional
        Whether the file begins with a line of headings. If not given, headings such as ``name,label`` and
        ``surname,nationality`` are recognised (``label,name`` too: the columns change places), and a first line that
        could be either is refused.
    encoding : str
        How the file stores its characters; "cp1252" is what Windows and Excel often write.

    Returns
    -------
    names : Names
        Grouped by label, the labels in alphabetical order; a pair that occurs twice is kept once. A letter with an
        accent is one character, however the file has it.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    TypeError
        When `source` is neither a path nor pairs of strings.
    ValueError
        When a line has no name or no label, or a quotation mark that is not closed (it is named), when the first line
        may be headings or not, or when there are fewer than two labels.

    """
    if isinstance(source, str | os.PathLike):
        pairs = _pairs_of_file(source, header, encoding)
    elif isinstance(source, Iterable):
        pairs = [as_pair(row, item, "(name, label)") for item, row in enumerate(source, 1)]
        for item, pair in enumerate(pairs, 1):
            if not all(text.strip() for text in pair):
                raise ValueError(f"source: got {pair!r} as item {item}, wanted a name and a label")
    else:
        raise TypeError(f"source: got {type(source).__name__}, wanted a file's path or pairs (name, label)")
    known = sorted({(_composed(label), _composed(name)) for name, label in pairs})
    classes = tuple(sorted({label for label, _ in known}))
    if len(classes) < 2:
        raise ValueError(f"source: got the labels {list(classes)}, wanted at least two")
    labels = np.array([classes.index(label) for label, _ in known], dtype=np.intp)
    return Names(np.array([name for _, name in known]), labels, classes)


def _composed(text: str) -> str:
    """Return `text` without blanks around it, each letter and its accents as one character where there is one."""
    return unicodedata.normalize("NFC", text.strip())


def _pairs_of_file(path: str | os.PathLike[str], header: bool | None, encoding: str) -> list[tuple[str, str]]:
    """Return the pairs (name, label) of a file, without its headings."""
    lines = lines_of(read_text(path, encoding))
    rows = read_rows(lines, find_separator(lines[0]))
    for line, row in enumerate(rows, 1):
        if len(row) != 2 or not all(row):
            raise ValueError(f"source: got {shorten(lines[line - 1])!r} in line {line}, wanted name,label")
    first = tuple(cell.lower() for cell in rows[0])
    swapped = first[0] in LABEL_HEADINGS and first[1] in NAME_HEADINGS
    if header is None:
        header = swapped or (first[0] in NAME_HEADINGS and first[1] in LABEL_HEADINGS)
        others = Counter(label for _, label in rows[1:])
        if not header and rows[0][1] not in others and others and min(others.values()) > 1:
            raise ValueError(
                f"source: line 1 reads {shorten(lines[0])!r}: headings, or the only name with that label? "
                "Say header=True or header=False"
            )
    pairs = [(row[0], row[1]) for row in rows[header:]]
    return [(name, label) for label, name in pairs] if header and swapped else pairs


def fold_accents(text: str) -> str:
    """Return `text` with its accents taken away: ``"Łukasz Åström"`` becomes ``"Lukasz Astrom"``."""
    apart = unicodedata.normalize("NFKD", text.translate(PLAIN))
    return "".join(character for character in apart if not unicodedata.combining(character))


def _surnames_of(locale: str) -> list[str]:
    """Return the different surnames that faker lists for a country, folded and in alphabetical order."""
    path = package_file("faker", "providers", "person", locale, "__init__.py")
    provider = next(
        node
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name == "Provider"
    )
    folded = {fold_accents(name).lower() for name in _listed_surnames(provider)}
    # A few entries are notes rather than names: "Bourgondië, van".
    return sorted(name for name in folded if set(name) <= set("abcdefghijklmnopqrstuvwxyz '-"))


def _listed_surnames(provider: ast.ClassDef) -> Iterator[str]:
    """Yield every surname written out in a provider's class attributes such as `last_names_female`."""
    for node in provider.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        value = node.value
        if isinstance(value, ast.Call) and value.args:  # OrderedDict((("Smith", 0.02), …))
            value = value.args[0]
        # Sums such as last_names = last_names_male + last_names_female repeat what is written out beside them.
        if isinstance(target, ast.Name) and "last_names" in target.id and isinstance(value, ast.Tuple | ast.List):
            for entry in ast.literal_eval(value):
                yield entry if isinstance(entry, str) else entry[0]
