"""From text to whole numbers and back: tokens, the vocabulary, and one-hot vectors."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from rnn_utils.checks import check_ids, check_int

JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"  # they stand inside words of Persian and Hindi


def words(text: str, *, lower: bool = True) -> list[str]:
    """Split a text into words and punctuation marks; white space separates and is dropped.

    Parameters
    ----------
    text : str
        Any text.
    lower : bool
        Write every word in lower case: a smaller vocabulary, and "The" is "the".

    Returns
    -------
    tokens : list of str
        A word keeps the apostrophes inside it, straight or typographic, and the accents and vowel signs that Unicode
        writes as characters of their own; every other mark is a token of its own.

    Examples
    --------
    >>> words("We know't, we know't.")
    ['we', "know't", ',', 'we', "know't", '.']

    """
    if not isinstance(text, str):
        raise TypeError(f"text: got {type(text).__name__}, wanted a str")
    text = text.lower() if lower else text
    # re's \w has no combining marks, without which "é" in two characters and most words of Hindi fall to pieces.
    marks = "".join(sorted(c for c in set(text) if unicodedata.category(c)[0] == "M" or c in JOINERS))
    letter = rf"[\w{marks}]"
    return re.findall(rf"{letter}+(?:['’]{letter}+)*|[^\w\s]", text)


class Vocabulary:
    """The tokens that a model knows, each with its number.

    Build it from the training split alone: a token that first occurs later is then *unknown*, as it will be in use.

    Parameters
    ----------
    tokens : str or iterable of str
        The training split: a string for a vocabulary of characters, a list of tokens for one of words.
    unknown : str, optional
        The token that stands for every token outside the vocabulary, such as ``"<unk>"``. Without it an unknown
        token is an error.
    specials : sequence of str
        Tokens that need not occur in the text, such as ``"<pad>"``; they get the first numbers, in their order.
    min_count : int
        Leave out the tokens that occur less often.

    Attributes
    ----------
    tokens : tuple of str, length V
        The token of each number: specials first, then the unknown token, then the others in alphabetical order.
    ids : dict
        The number of each token.
    unknown : str or None
        As given.

    Raises
    ------
    TypeError
        When a token is not a string, or `specials` is a single string.
    ValueError
        When there are no tokens.

    Examples
    --------
    >>> vocabulary = Vocabulary("hello")
    >>> len(vocabulary), vocabulary.tokens
    (4, ('e', 'h', 'l', 'o'))
    >>> vocabulary.encode("hole")
    array([1, 3, 2, 0])
    >>> vocabulary.decode([1, 3, 2, 0])
    'hole'

    """

    def __init__(
        self,
        tokens: str | Iterable[str],
        *,
        unknown: str | None = None,
        specials: Sequence[str] = (),
        min_count: int = 1,
    ) -> None:
        """Count the tokens and number them."""
        check_int("min_count", min_count)
        self.of_characters = isinstance(tokens, str)
        if isinstance(specials, str):
            raise TypeError(f"specials: got the string {specials!r}, wanted a list of tokens: specials=[{specials!r}]")
        counts: Counter[str] = Counter(_strings("tokens", tokens))
        _strings("specials", specials)
        _strings("unknown", [] if unknown is None else [unknown])
        first = dict.fromkeys([*specials, *([unknown] if unknown is not None else [])])
        found = sorted(token for token, count in counts.items() if count >= min_count and token not in first)
        if not found:
            raise ValueError(f"tokens: none occurs at least min_count={min_count} times, wanted one or more")
        self.unknown = unknown
        self.tokens = (*first, *found)
        self.ids = {token: number for number, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        """Return V, the number of tokens, special ones included."""
        return len(self.tokens)

    def __contains__(self, token: object) -> bool:
        """Say whether `token` has a number of its own."""
        return token in self.ids

    def __repr__(self) -> str:
        """Return the kind and the size."""
        kind = "characters" if self.of_characters else "words"
        return f"Vocabulary(V={len(self)}, {kind}, unknown={self.unknown!r})"

    def encode(self, tokens: str | Sequence[str]) -> np.ndarray:
        """Return the tokens' numbers.

        Parameters
        ----------
        tokens : str or sequence of str
            N tokens; a string is its characters, and is refused by a vocabulary of words.

        Returns
        -------
        ids : ndarray of intp, shape (N,)
            The number of each token; that of the unknown token for those outside the vocabulary. `intp` is NumPy's
            own kind of index: int64, but int32 in a browser.

        Raises
        ------
        TypeError
            When a vocabulary of words gets one string (split it first), or a token is not a string.
        ValueError
            When a token is outside the vocabulary and there is no unknown token: it and its position are named.

        """
        if isinstance(tokens, str) and not self.of_characters:
            raise TypeError(
                "tokens: got one string, wanted a list of tokens, as this vocabulary was made from a list: "
                "encode(words(text)) for words, encode(list(text)) for characters"
            )
        tokens = _strings("tokens", tokens)
        if self.unknown is not None:
            other = self.ids[self.unknown]
            return np.array([self.ids.get(token, other) for token in tokens], dtype=np.intp)
        try:
            return np.array([self.ids[token] for token in tokens], dtype=np.intp)
        except KeyError as error:
            position = next(i for i, token in enumerate(tokens) if token not in self.ids)
            raise ValueError(
                f"tokens: {tokens[position]!r} at position {position} is not among the {len(self)} known tokens; "
                "a vocabulary with unknown='<unk>' takes it"
            ) from error

    def decode(self, ids: Any, separator: str | None = None) -> str:
        """Return the tokens of the given numbers as one string.

        Parameters
        ----------
        ids : array_like of int, shape (N,)
            Numbers from 0 to V − 1.
        separator : str, optional
            What to write between two tokens: nothing between characters and a space between words, if not given.

        Returns
        -------
        text : str
            For a text of known characters, ``decode(encode(text)) == text``.

        """
        separator = ("" if self.of_characters else " ") if separator is None else separator
        if np.size(ids) == 0:
            return ""
        return separator.join(self.tokens[i] for i in check_ids("ids", ids, len(self), ndim=1))


def _strings(name: str, tokens: str | Iterable[str]) -> str | list[str]:
    """Return the tokens, a string as it is and anything else as a list, after checking that each is a string."""
    if isinstance(tokens, str):
        return tokens
    if not isinstance(tokens, Iterable):
        raise TypeError(f"{name}: got {type(tokens).__name__}, wanted a str or a list of str")
    tokens = list(tokens)
    for position, token in enumerate(tokens):
        if not isinstance(token, str):
            raise TypeError(f"{name}: got {token!r} ({type(token).__name__}) at position {position}, wanted strings")
    return tokens


def one_hot(ids: Any, V: int, dtype: Any = np.float32) -> np.ndarray:
    """Return a vector of V numbers for each token: 1 at the token's own place, 0 everywhere else.

    A product with it picks a row: ``one_hot(ids, V) @ W`` is ``W[ids]``, which is what an embedding computes.

    Parameters
    ----------
    ids : array_like of int, shape (T, B) or any other
        Token numbers from 0 to V − 1.
    V : int
        Size of the vocabulary.
    dtype : dtype
        Kind of number to return.

    Returns
    -------
    x : ndarray, shape (T, B, V)
        One more axis than `ids`.

    Raises
    ------
    TypeError
        When `ids` are not whole numbers.
    ValueError
        When one of them is outside 0 … V − 1: its position is named.

    """
    ids = check_ids("ids", ids, check_int("V", V))
    x = np.zeros((*ids.shape, V), dtype=dtype)
    np.put_along_axis(x, ids[..., None], 1, axis=-1)
    return x
