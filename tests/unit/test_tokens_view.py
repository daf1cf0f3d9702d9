"""What the notebook hands to the tokens view of the website, and the table that is shown without scripts."""

import html
import json
import re

import numpy as np
import pytest

from rnn_utils.data import Vocabulary, contiguous_streams, words
from rnn_utils.touch import TokenView

TEXT = "it's <b>, & so on"
CHARACTERS = Vocabulary(TEXT)
WORDS = Vocabulary(words(TEXT), unknown="<unk>")


def made() -> TokenView:
    return TokenView({"characters": CHARACTERS, "words": WORDS}, TEXT, batch_size=2, T=3)


def test_the_attribute_gives_the_vocabularies_back():
    page = made()._repr_html_()
    attribute = re.search(r"data-model='([^']*)'", page)[1]
    assert "<" not in attribute
    assert json.loads(html.unescape(attribute)) == {
        "vocabularies": {"characters": list(CHARACTERS.tokens), "words": list(WORDS.tokens)},
        "text": TEXT,
        "B": 2,
        "T": 3,
    }


def test_the_table_shows_the_batches():
    page = made()._repr_html_()
    cells = [html.unescape(cell).split("<br>") for cell in re.findall(r"<td>(.+?)</td>", page)]
    cells = [cell for cell in cells if len(cell) == 2]
    wanted = [x[:, b] for b in range(2) for x, _ in contiguous_streams(CHARACTERS.encode(TEXT), 2, 3)]
    assert [text.replace("␣", " ") for text, _ in cells] == [CHARACTERS.decode(ids) for ids in wanted]
    for (_, ids), right in zip(cells, wanted, strict=True):
        np.testing.assert_array_equal([int(i) for i in ids.split()], right)
    assert repr(made()) == f"TokenView({len(CHARACTERS)} characters, {len(WORDS)} words, B=2, T=3)"


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="wanted one of 'characters' or 'words'"):
        TokenView({"letters": CHARACTERS}, TEXT, batch_size=2, T=3)
    with pytest.raises(ValueError, match=r"vocabularies: got Vocabulary.* for 'words'"):
        TokenView({"characters": CHARACTERS, "words": CHARACTERS}, TEXT, batch_size=2, T=3)
    with pytest.raises(ValueError, match="got none for 'characters'"):
        TokenView({"words": WORDS}, TEXT, batch_size=2, T=3)
    with pytest.raises(ValueError, match="'z' at position 0"):
        TokenView({"characters": CHARACTERS}, "zoo", batch_size=1, T=1)
    with pytest.raises(ValueError, match="ids: got 17, wanted at least 91"):
        TokenView({"characters": CHARACTERS}, TEXT, batch_size=9, T=10)
