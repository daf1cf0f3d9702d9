"""Nothing in the main line depends on a fold: a reader may skip any of them, and a writer may cut any of them.

The cells are read in their order and never executed: `ast` tells what each statement binds, `symtable` (Python's own
scoping) what it reads. Each name belongs to the place that bound it last, the main line or a fold. What a fold sets in
part (`a[0] = 1`, `a += 1`, `a.append(1)`) counts as bound by it.
"""

import ast
import symtable
from collections.abc import Iterator

from chapter import Chapter, rule

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
MAIN = ""  # the owner of the names that the main line has bound
MAKERS = {"default_rng", "RandomState", "Generator", "Random", "spawn"}
CHANGING = {"append", "extend", "insert", "remove", "pop", "clear", "update", "setdefault", "sort", "reverse", "fill"}


def divided(statement: ast.stmt) -> tuple[list[ast.AST], list[list[ast.stmt]]]:
    """Split a statement such as `for` or `with` into what comes first and its blocks; others come as one piece."""
    if isinstance(statement, SCOPES):
        return [statement], []
    blocks = [getattr(statement, name) for name in ("body", "orelse", "finalbody") if getattr(statement, name, None)]
    blocks += [handler.body for handler in getattr(statement, "handlers", [])]
    if not blocks:
        return [statement], []
    inside = {id(child) for block in blocks for child in block}
    heads = [child for child in ast.iter_child_nodes(statement) if id(child) not in inside]
    heads = [head for head in heads if not isinstance(head, ast.ExceptHandler)]
    if isinstance(statement, ast.For):  # what is gone through is read before the loop's names are bound
        heads.reverse()
    parts = [list(ast.iter_child_nodes(head)) if isinstance(head, ast.withitem) else [head] for head in heads]
    return [part for group in parts for part in group], blocks


def read(node: ast.AST) -> set[str]:
    """The notebook's names that some code reads, also when functions inside it are called."""
    if isinstance(getattr(node, "ctx", None), ast.Store):  # `for i, a[k] in`: a target, not an expression
        return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    text = ast.unparse(node)
    body = text if isinstance(node, ast.stmt) else f"({text})"
    found, tables = set(), [symtable.symtable(body, "cell", "exec")]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        top = table.get_type() == "module"
        found |= {s.get_name() for s in table.get_symbols() if s.is_referenced() and (top or s.is_global())}
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        found.add(node.target.id)
    return found


def bound(node: ast.AST) -> set[str]:
    """The notebook's names that some code binds."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Lambda):
        return set()
    names = set()
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
        names = {node.id}
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        return names  # its variables are its own
    return names.union(*map(bound, ast.iter_child_nodes(node)))


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
