"""A made-up text in which the cause of every word is known: the numbers, written out."""

from rnn_utils.checks import check_int

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
