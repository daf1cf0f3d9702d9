"""Nothing in the main line depends on a fold: a reader may skip any of them, and a writer may cut any of them.

The cells are read in their order and never executed, as `book/_ext/cell_needs.py` does for the page: each name belongs
to the place that bound it last, the main line or a fold. What a fold sets in part (`a[0] = 1`, `a += 1`, `a.append(1)`)
counts as bound by it.
"""

import ast
import sys
from collections.abc import Iterator

from chapter import ROOT, Chapter, rule

sys.path.insert(0, str(ROOT / "book/_ext"))
from cell_needs import SCOPES, bound, divided, read

MAIN = ""  # the owner of the names that the main line has bound
MAKERS = {"default_rng", "RandomState", "Generator", "Random", "spawn"}
CHANGING = {"append", "extend", "insert", "remove", "pop", "clear", "update", "setdefault", "sort", "reverse", "fill"}


def root(node: ast.AST) -> str | None:
    """The name that an expression such as ``a.b[0]`` begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def local_names(function: ast.AST) -> set[str]:
    """Parameters of a function and the names that it binds inside."""
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    body = function.body if isinstance(function.body, list) else []
    declared = {name for node in ast.walk(function) if isinstance(node, ast.Global) for name in node.names}
    return ({argument.arg for argument in named if argument} | set().union(*map(bound, body), set())) - declared


def changed(node: ast.AST, hidden: frozenset[str] = frozenset()) -> set[str]:
    """Names whose parts some code sets, also inside the functions that it defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        hidden |= local_names(node)
    found = set()
    if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
        found.add(root(node))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING:
        found.add(root(node.func.value))
    elif isinstance(node, ast.Global):
        found |= set(node.names)
    return (found - hidden - {None}).union(*(changed(child, hidden) for child in ast.iter_child_nodes(node)))


def makes_generators(value: ast.AST | None) -> bool:
    """Whether an expression is a random generator, or a list, a dictionary or the like of them."""
    if isinstance(value, ast.Call):
        name = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
        return name in MAKERS
    if isinstance(value, ast.List | ast.Tuple):
        return any(map(makes_generators, value.elts))
    if isinstance(value, ast.Dict):
        return any(map(makes_generators, value.values))
    return makes_generators(getattr(value, "elt", None) or getattr(value, "value", None)) if value else False


class Ledger:
    """Who bound each name last, and what functions read when they are called."""

    def __init__(self) -> None:
        self.owner: dict[str, str] = {}
        self.was_main: set[str] = set()
        self.inside: dict[str, set[str]] = {}
        self.generators: set[str] = set()
        self.where = MAIN

    def reached(self, node: ast.AST) -> set[str]:
        """Names that some code reads, also inside the functions that it calls."""
        waiting, seen = set(read(node)), set()
        while waiting:
            name = waiting.pop()
            seen.add(name)
            waiting |= self.inside.get(name, set()) - seen
        return seen

    def go_through(self, statements: list[ast.stmt]) -> Iterator[str]:
        """Names that the statements read, in order, each before what the same statement binds is entered."""
        for statement in statements:
            parts, blocks = divided(statement)
            for part in parts:
                if not isinstance(part, SCOPES):  # a function reads when it is called
                    yield from sorted(self.reached(part))
                self.enter(part)
            for block in blocks:
                yield from self.go_through(block)

    def enter(self, part: ast.AST) -> None:
        """Note what a piece of code binds or changes."""
        touched = bound(part)
        for name in touched:
            self.inside.pop(name, None)
            self.generators.discard(name)
            if makes_generators(getattr(part, "value", None)) and not isinstance(part, ast.AugAssign):
                self.generators.add(name)
            if any(isinstance(child, SCOPES) for child in ast.walk(part)):
                self.inside[name] = set(read(part)) - {name}
        for name in touched | (changed(part) & set(self.owner)):
            if self.owner.get(name, self.where) == MAIN:
                self.was_main.add(name)
            self.owner[name] = self.where


def complaint(ledger: Ledger, name: str, fold: str, after: bool) -> str | None:
    """What is wrong with reading a name here, None if nothing is."""
    owner = ledger.owner.get(name, MAIN)
    if fold:
        if name in ledger.generators and owner == MAIN:
            return f"draws from `{name}`, a generator of the main line: give the fold its own"
        return None
    if owner == MAIN or (after and name not in ledger.was_main):  # an exercise may go on from a fold
        return None
    what = "binds again or changes" if name in ledger.was_main else "binds"
    return f"uses `{name}`, which the fold {owner!r} {what}"


@rule
def main_line_does_not_depend_on_folds(chapter: Chapter) -> Iterator[str]:
    ledger, number = Ledger(), 0
    for piece in chapter.pieces:
        if piece.cell is None:
            continue
        number += 1
        source = "\n".join(line for line in piece.text.splitlines() if not line.lstrip().startswith(("%", "!")))
        ledger.where = piece.fold
        found = [complaint(ledger, name, piece.fold, piece.after) for name in ledger.go_through(ast.parse(source).body)]
        place = f"in the fold {piece.fold!r} " if piece.fold else ""
        yield from dict.fromkeys(f"code cell {number} {place}{message}" for message in found if message)
