"""Tokens, vocabularies and one-hot vectors: values, round trips, bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_utils.data import Vocabulary, one_hot, words


def test_words_splits_off_punctuation_and_keeps_apostrophes():
    assert words("We know't, O'er THERE -- no?") == ["we", "know't", ",", "o'er", "there", "-", "-", "no", "?"]
    assert words("Hear me", lower=False) == ["Hear", "me"]
    assert words(" \n") == []
    with pytest.raises(TypeError, match="text: got list, wanted a str"):
        words(["a"])


@given(st.text())
def test_words_loses_nothing_but_white_space(text):
    assert "".join(words(text, lower=False)) == "".join(text.split())


def test_vocabulary_of_characters():
    vocabulary = Vocabulary("hello")
    assert vocabulary.tokens == ("e", "h", "l", "o") and len(vocabulary) == 4
    np.testing.assert_array_equal(vocabulary.encode("hole"), [1, 3, 2, 0])
    assert vocabulary.encode("hole").dtype == np.intp
    assert vocabulary.decode(np.array([1, 3, 2, 0])) == "hole"
    assert "h" in vocabulary and "x" not in vocabulary
    assert repr(vocabulary) == "Vocabulary(V=4, characters, unknown=None)"


def test_vocabulary_of_words():
    vocabulary = Vocabulary(["b", "a", "b", "rare"], unknown="<unk>", specials=["<pad>"], min_count=1)
    assert vocabulary.tokens == ("<pad>", "<unk>", "a", "b", "rare")
    np.testing.assert_array_equal(vocabulary.encode(["a", "never", "b"]), [2, 1, 3])
    assert vocabulary.decode([2, 1, 3]) == "a <unk> b"
    assert vocabulary.decode([2, 1, 3], "") == "a<unk>b"
    assert vocabulary.decode([]) == "" and len(vocabulary.encode([])) == 0


def test_vocabulary_leaves_out_rare_tokens():
    vocabulary = Vocabulary("aabbc", unknown="?", min_count=2)
    assert vocabulary.tokens == ("?", "a", "b")
    assert vocabulary.decode(vocabulary.encode("abc")) == "ab?"


def test_vocabulary_does_not_number_a_special_twice():
    vocabulary = Vocabulary(["<pad>", "a"], specials=["<pad>"], unknown="<pad>")
    assert vocabulary.tokens == ("<pad>", "a")


def test_vocabulary_does_not_depend_on_the_order_of_the_text():
    assert Vocabulary("banana").tokens == Vocabulary("nabana").tokens


@given(st.text(min_size=1))
def test_round_trip_of_characters(text):
    vocabulary = Vocabulary(text)
    assert vocabulary.decode(vocabulary.encode(text)) == text
    assert len(vocabulary) == len(set(text))


@given(st.text(min_size=1), st.text())
def test_unknown_characters_become_the_unknown_token(train, later):
    vocabulary = Vocabulary(train, unknown="\N{REPLACEMENT CHARACTER}")
    decoded = vocabulary.decode(vocabulary.encode(later))
    assert decoded == "".join(c if c in train else "\N{REPLACEMENT CHARACTER}" for c in later)


@given(st.lists(st.from_regex(r"\A\w+\Z"), min_size=1))
def test_round_trip_of_words(tokens):
    vocabulary = Vocabulary(tokens)
    assert vocabulary.decode(vocabulary.encode(tokens)).split(" ") == tokens


def test_vocabulary_says_what_is_wrong():
    vocabulary = Vocabulary("hello")
    with pytest.raises(ValueError, match=r"tokens: 'a' at position 1 is not among the 4 known tokens"):
        vocabulary.encode("hat")
    with pytest.raises(TypeError, match=r"got one string, wanted a list of tokens"):
        Vocabulary(["a", "b"]).encode("ab")
    with pytest.raises(ValueError, match=r"ids: got 4 at position \(1,\), wanted 0 to 3"):
        vocabulary.decode([0, 4])
    with pytest.raises(ValueError, match=r"ids: got -1 at position \(0,\)"):
        vocabulary.decode([-1])
    with pytest.raises(TypeError, match="ids: got list of dtype float64"):
        vocabulary.decode([0.5])
    with pytest.raises(TypeError, match=r"tokens: got 1 \(int\) at position 0, wanted strings"):
        Vocabulary([1, 2])
    with pytest.raises(TypeError, match="tokens: got int"):
        Vocabulary(5)
    with pytest.raises(ValueError, match="none occurs at least min_count=1"):
        Vocabulary("")
    with pytest.raises(ValueError, match="none occurs at least min_count=3"):
        Vocabulary("aabb", min_count=3)
    with pytest.raises(ValueError, match="min_count"):
        Vocabulary("a", min_count=0)


def test_one_hot_values_and_shape():
    x = one_hot([[0, 2], [1, 1], [2, 0]], 4)
    assert x.shape == (3, 2, 4) and x.dtype == np.float32
    np.testing.assert_array_equal(x[0], [[1, 0, 0, 0], [0, 0, 1, 0]])
    np.testing.assert_array_equal(x.sum(axis=-1), 1)
    assert one_hot([1], 3, dtype=np.float64).dtype == np.float64


@given(st.lists(st.integers(0, 9), min_size=1, max_size=20))
def test_one_hot_product_picks_rows(ids):
    W = np.random.default_rng(0).normal(size=(10, 3))
    np.testing.assert_array_equal(one_hot(ids, 10, dtype=float) @ W, W[ids])


def test_one_hot_says_what_is_wrong():
    with pytest.raises(ValueError, match=r"ids: got 3 at position \(0, 1\), wanted 0 to 2"):
        one_hot([[0, 3]], 3)
    with pytest.raises(TypeError, match="wanted int numbers"):
        one_hot([0.5], 3)
    with pytest.raises(ValueError, match="V: got 0"):
        one_hot([0], 0)
