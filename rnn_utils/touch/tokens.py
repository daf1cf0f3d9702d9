"""A text of the reader's own as tokens, ids, one-hot vectors and batches, on the website.

A notebook, and the site where scripts are off, shows a table of one text's batches. Its element carries the
vocabularies as JSON in the attribute ``data-model``, from which ``book/_static/touch/tokens.js`` computes the rest.
"""

import html
from collections.abc import Mapping
from typing import Any

from rnn_utils.checks import check_int
from rnn_utils.data import Vocabulary, contiguous_streams
from rnn_utils.touch.embed import embed


class TokenView:
    """The view. Leave an instance on the last line of a cell.

    Parameters
    ----------
    vocabularies : mapping of str to Vocabulary
        One called ``"characters"`` and, if wanted, one called ``"words"``, whose text is cut by `data.words`.
    text : str
        The text that is shown first, in characters.
    batch_size : int
        B, the number of streams at first.
    T : int
        The steps in a batch at first.

    Raises
    ------
    ValueError
        When a vocabulary has another name or is of the other kind, or `text` is too short or has an unknown character.

    """

    def __init__(self, vocabularies: Mapping[str, Vocabulary], text: str, *, batch_size: int, T: int) -> None:
        for name, vocabulary in vocabularies.items():
            if name not in ("characters", "words") or vocabulary.of_characters != (name == "characters"):
                raise ValueError(
                    f"vocabularies: got {vocabulary!r} for {name!r}, wanted one of 'characters' or 'words'"
                )
        if "characters" not in vocabularies:
            raise ValueError("vocabularies: got none for 'characters', wanted one")
        self.vocabularies, self.text = dict(vocabularies), text
        self.B, self.T = check_int("batch_size", batch_size), check_int("T", T)
        self.batches = list(contiguous_streams(vocabularies["characters"].encode(text), self.B, self.T))

    def __repr__(self) -> str:
        """Return the sizes: the text form of the view."""
        sizes = ", ".join(f"{len(vocabulary)} {name}" for name, vocabulary in self.vocabularies.items())
        return f"TokenView({sizes}, B={self.B}, T={self.T})"

    def model(self) -> dict[str, Any]:
        """Return what the script reads, ready for JSON."""
        tokens = {name: list(vocabulary.tokens) for name, vocabulary in self.vocabularies.items()}
        return {"vocabularies": tokens, "text": self.text, "B": self.B, "T": self.T}

    def _repr_html_(self) -> str:
        """Return the table, with the model in its attribute."""
        heads = "".join(f'<th scope="col">batch {k}</th>' for k in range(len(self.batches)))
        rows = "".join(f'<tr><th scope="row">stream {b}</th>{self._cells(b)}</tr>\n' for b in range(self.B))
        return embed(
            "tokens",
            self.model(),
            f"<table><caption>{html.escape(self.text)}, in {self.B} streams of {self.T} steps a batch</caption>\n"
            f"<thead><tr><td></td>{heads}</tr></thead>\n<tbody>\n{rows}</tbody></table>",
            classes="tokens-view",
        )

    def _cells(self, b: int) -> str:
        """Return what stream b shows in every batch: the characters, and their ids."""
        vocabulary = self.vocabularies["characters"]
        parts = [(vocabulary.decode(x[:, b]).replace(" ", "␣"), " ".join(map(str, x[:, b]))) for x, _ in self.batches]
        return "".join(f"<td>{html.escape(text)}<br>{ids}</td>" for text, ids in parts)
