"""The rounds of a scan, and what they cost: ``book/_static/touch/scan.js``."""

from typing import Any

from rnn_utils.checks import check_choice, check_int
from rnn_utils.touch.embed import embed

WAYS = ("doubling", "tree")
Rounds = list[list[tuple[int, int]]]
SETTINGS = ((16, 1, 1), (16, 1, 16), (64, 512, 1), (64, 512, 4096))


def rounds(way: str, T: int) -> Rounds:
    """Return for every round of a scan over T steps which place takes in which earlier one, as (earlier, later)."""
    check_choice("way", way, WAYS)
    found: Rounds = []
    reach = 1
    while reach < check_int("T", T):
        starts = range(reach, T) if way == "doubling" else range(2 * reach - 1, T, 2 * reach)
        found.append([(t - reach, t) for t in starts])
        reach *= 2
    while way == "tree" and reach > 1:
        reach //= 2
        found.append([(t - reach, t) for t in range(3 * reach - 1, T, 2 * reach)])
    return [each for each in found if each]


class Scan:
    """Eight or more steps joined in rounds, by doubling or by a tree, with what that costs on some processors.

    An operation is one multiplication or addition for one unit. A step of the loop takes two of them, a join three; on
    the tree's way up it takes two, since the factors are no longer needed. A round ends when all its joins are done.
    Leave an instance on the last line of a cell.
    """

    def __repr__(self) -> str:
        """Return the text form of the figure."""
        return "Scan(doubling, tree)"

    def costs(self, T: int, units: int, processors: int) -> dict[str, int]:
        """Return how many operations each way takes one after the other, when so many can be done at once.

        Parameters
        ----------
        T : int
            Steps.
        units : int
            Entries of a_t.
        processors : int

        Returns
        -------
        dict of str to int
            By ``"loop"``, ``"doubling"`` and ``"tree"``.

        """
        T, units, processors = check_int("T", T), check_int("units", units), check_int("processors", processors)

        def turns(joins: int) -> int:
            return -(-joins * units // processors)

        down = T.bit_length() - 1  # the tree's rounds in which factors are joined too
        found = {"loop": 2 * turns(1) * T}
        for way in WAYS:
            each = enumerate(rounds(way, T))
            found[way] = sum((3 if way == "doubling" or number < down else 2) * turns(len(r)) for number, r in each)
        return found

    def model(self) -> dict[str, Any]:
        """Return what the script begins with, ready for JSON."""
        return {"T": 16, "units": 1, "processors": 1}

    def _repr_html_(self) -> str:
        """Return a table of some settings, with the model in an attribute."""
        heads = ("steps", "units", "processors", "loop", *WAYS)
        rows = [(*setting, *self.costs(*setting).values()) for setting in SETTINGS]
        return embed(
            "scan",
            self.model(),
            "<table><caption>Operations one after the other</caption>\n<thead><tr>"
            + "".join(f'<th scope="col">{head}</th>' for head in heads)
            + "</tr></thead>\n<tbody>\n"
            + "".join("<tr>" + "".join(f"<td>{cell:,}</td>" for cell in row) + "</tr>\n" for row in rows)
            + "</tbody></table>",
            classes="scan touch-frame",
        )
