"""Small made-up texts in which every word's cause is known: numbers written out, and sentences from a grammar."""

import numpy as np

from rnn_utils.checks import check_int, check_rng

ONES = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]

# Who did what to which of their things. Each line has two things, which no other line has.
THINGS = {
    ("students", "opened"): ("books", "laptops"),
    ("students", "cleaned"): ("desks", "boards"),
    ("students", "forgot"): ("pens", "notes"),
    ("cooks", "opened"): ("ovens", "jars"),
    ("cooks", "cleaned"): ("knives", "pans"),
    ("cooks", "forgot"): ("aprons", "recipes"),
    ("sailors", "opened"): ("hatches", "maps"),
    ("sailors", "cleaned"): ("decks", "boats"),
    ("sailors", "forgot"): ("ropes", "anchors"),
    ("doctors", "opened"): ("bags", "files"),
    ("doctors", "cleaned"): ("gloves", "masks"),
    ("doctors", "forgot"): ("charts", "coats"),
}
OPENINGS = ("the", "after lunch the", "on monday the", "when the rain began the")
ADVERBS = ("", "quietly", "often")


def human_numbers(first: int = 1, last: int = 9999) -> list[str]:
    """Return the whole numbers written out in English, one after the other, as one stream of words.

    What comes next is never a matter of luck: a model that has read enough and remembers the number before can be
    right every time. Learning to do so takes memory over up to seven words.

    Parameters
    ----------
    first, last : int
        The numbers, from 1 to 9999, both included.

    Returns
    -------
    tokens : list of str
        ``["one", ".", "two", ".", …, "nine", "hundred", "ninety", "nine", "."]``. 1 to 9999 make 63,099 tokens, 30 of
        them different.

    Notes
    -----
    Floor: always answering with the word that most often follows the current one, measured on the text itself.

    The task is that of chapter 12 of Howard and Gugger, *Deep Learning for Coders with fastai and PyTorch* (2020);
    the numbers are written by this function.

    """
    check_int("first", first)
    check_int("last", last, minimum=first)
    if last > 9999:
        raise ValueError(f"last: got {last}, wanted at most 9999")
    return [word for number in range(first, last + 1) for word in (*_in_words(number), ".")]


def _in_words(number: int) -> list[str]:
    """Return a number from 1 to 9999 in words: 9021 is nine thousand twenty one."""
    words = []
    for size, name in ((1000, "thousand"), (100, "hundred")):
        count, number = divmod(number, size)
        if count:
            words += [ONES[count - 1], name]
    if number >= 20:
        words.append(TENS[number // 10 - 2])
        number %= 10
    if number:
        words.append(ONES[number - 1])
    return words


def toy_sentences(n: int, rng: np.random.Generator) -> list[list[str]]:
    """Draw sentences such as "the students quietly opened their books ." from a small grammar.

    The word after *their* depends on who did what: on the verb just before and on the subject, two to three words
    before *their*. Everything is drawn evenly: one of 4 openings, of 12 pairs of subject and verb, of 2 adverbs or
    none, and of 2 things.

    Parameters
    ----------
    n : int
        Number of sentences.
    rng : numpy.random.Generator
        Draws them.

    Returns
    -------
    sentences : list of list of str
        Each from its first word to the full stop; 288 different ones.

    Notes
    -----
    Floor, for the word after *their*: ln 24 = 3.178 nats when nothing but *their* is known; ln 8 = 2.079 with the verb;
    ln 2 = 0.693 with the subject too, which nothing can beat.

    Written for this book; the sentence that it plays on, "the students opened their …", is the example of the course
    CS224N at Stanford.

    """
    check_int("n", n)
    who_did = tuple(THINGS)
    sentences = []
    for opening, pair, adverb, thing in zip(
        check_rng(rng).integers(len(OPENINGS), size=n),
        rng.integers(len(who_did), size=n),
        rng.integers(len(ADVERBS), size=n),
        rng.integers(2, size=n),
    ):
        who, did = who_did[pair]
        sentences.append(f"{OPENINGS[opening]} {who} {ADVERBS[adverb]} {did} their {THINGS[who, did][thing]} .".split())
    return sentences
