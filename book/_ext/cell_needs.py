"""Which cells of a notebook can run in a browser, decided by reading them: NumPy is there, PyTorch is not.

A cell cannot run when it imports what the page does not have, when it calls for a module of `rnn_utils` that does so,
or when it reads a name that such a cell has left behind, directly or inside a function. Nor does it run when it draws
random numbers after such a cell has: they would not be the book's. The cells are read in their
order and never executed: `ast` tells what each statement binds, `symtable` (Python's own scoping) what it reads.
"""

import ast
import symtable
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

PACKAGE = "rnn_utils"
FOLDER = Path(__file__).resolve().parent.parent.parent / PACKAGE
HERE = {"numpy", "matplotlib", "mpl_toolkits", "babel", PACKAGE}  # what the page has beside the standard library
NOT_HERE = {"multiprocessing", "subprocess", "socket", "ctypes", "pydoc_data"}  # in the library, but not in a browser
DRAWS = "draws"  # what a cell needs that draws from a generator which such a cell was to draw from before
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def missing_package(module: str) -> str | None:
    """The package that a module would need and the page does not have: ``"torch"`` for ``torch.nn``."""
    top = module.partition(".")[0]
    if top == PACKAGE:
        return next((need for inside, need in lacking_modules().items() if f"{module}.".startswith(f"{inside}.")), None)
    return None if top in HERE or (top in sys.stdlib_module_names and top not in NOT_HERE) else top


@cache
def lacking_modules(folder: Path = FOLDER) -> dict[str, str]:
    """Modules of `rnn_utils` that call for a package that the page does not have: ``{"rnn_utils.interop": "torch"}``.

    The data packages are no hindrance: `rnn_utils.data` only reads their files, which the page has. Nor is tqdm,
    without which training shows no bar.
    """
    found = {}
    for path in sorted(folder.rglob("*.py")):
        name = ".".join(path.relative_to(folder.parent).with_suffix("").parts).removesuffix(".__init__")
        for module in imported(ast.parse(path.read_text("utf8"))):
            top = module.partition(".")[0]
            if top not in {*HERE, "tqdm", "cycler", "matplotlib_inline"} and top not in sys.stdlib_module_names:
                found[name] = top
    return found


def imported(tree: ast.AST) -> Iterator[str]:
    """Names of all modules imported anywhere in some code."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names if node.module.startswith(PACKAGE))


class Names:
    """What the names of a notebook stand for, as far as it matters here.

    Attributes
    ----------
    lost : dict of str to str
        Names that are not there, or not as they should be, in the page; with the package that is to blame.
    inside : dict of str to set of str
        The names that are read when a function is called.
    modules : dict of str to str
        Modules by the names under which they were imported.
    generators : set of str
        Names of random generators: a cell that cannot run leaves them where they were, so that all that is drawn
        from then on would be other numbers than the book's.

    """

    def __init__(self) -> None:
        self.lost: dict[str, str] = {}
        self.inside: dict[str, set[str]] = {}
        self.modules: dict[str, str] = {}
        self.generators: set[str] = set()

    def need(self, source: str) -> str | None:
        """The package that the next cell needs and the page lacks, None where it can run."""
        try:
            tree = ast.parse(source)
        except SyntaxError:
            return "jupyter"  # %magic and !command, which Python itself does not read
        outside = (module for module in imported(tree) if module.partition(".")[0] != PACKAGE)
        found = next(filter(None, map(missing_package, outside)), None) or self.first_loss(tree.body)
        if found:
            self.lost |= dict.fromkeys(self.generators & self.reached(*tree.body), DRAWS)
            self.lost |= dict.fromkeys(bound(tree, changed_too=True), found)
        return found

    def first_loss(self, statements: Iterable[ast.stmt]) -> str | None:
        """Go through statements in order: what they read must be there, what they bind is there from then on."""
        for statement in statements:
            parts, blocks = divided(statement)
            for part in parts:
                found = self.loss(part)
                if found:
                    return found
                self.learn(part)
            for block in blocks:
                found = self.first_loss(block)
                if found:
                    return found
        return None

    def loss(self, node: ast.AST) -> str | None:
        """The package missing for something that a piece of code reads, also inside the functions that it names."""
        for child in ast.walk(node):
            if isinstance(child, ast.Attribute) and isinstance(child.value, ast.Name):
                module = self.modules.get(child.value.id)
                found = missing_package(f"{module}.{child.attr}") if module else None
                if found:
                    return found
        losses = {self.lost[name] for name in self.reached(node) if name in self.lost}
        return min(losses, key=lambda need: (need == DRAWS, need), default=None)

    def reached(self, *nodes: ast.AST) -> set[str]:
        """The names that pieces of code read, and those that are read inside the functions among them."""
        waiting, seen = set().union(*map(read, nodes)), set()
        while waiting:
            name = waiting.pop()
            seen.add(name)
            waiting |= self.inside.get(name, set()) - seen
        return seen

    def learn(self, node: ast.AST) -> None:
        """Remember what a piece of code binds."""
        for name in bound(node):
            self.lost.pop(name, None)
            self.inside.pop(name, None)
            self.modules.pop(name, None)
            self.generators.discard(name)
            value = getattr(node, "value", None)
            if isinstance(value, ast.Call) and "default_rng" in ast.unparse(value.func):
                self.generators.add(name)
            if any(isinstance(child, SCOPES) for child in ast.walk(node)):
                self.inside[name] = set(read(node)) - {name}
        for child in ast.walk(node):
            if isinstance(child, ast.Import | ast.ImportFrom):
                prefix = f"{child.module}." if isinstance(child, ast.ImportFrom) else ""
                for alias in child.names:
                    name, full = alias.asname or alias.name, prefix + alias.name
                    self.modules[name] = full
                    need = missing_package(full) if "." not in name else None
                    if need:  # importing it is no fault, for `rnn_utils` calls for no other package until it is used
                        self.lost[name] = need


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


def bound(node: ast.AST, *, changed_too: bool = False) -> set[str]:
    """The notebook's names that some code binds; with `changed_too` also those whose parts it sets (``a[0] = 1``)."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Lambda):
        return set()
    names = set()
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
        names = {node.id}
    elif changed_too and isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
        names = read(node.value)
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        return names  # its variables are its own
    return names.union(*(bound(child, changed_too=changed_too) for child in ast.iter_child_nodes(node)))


def needs(sources: Iterable[str]) -> list[str | None]:
    """For each cell of a notebook, in order: the package that it needs and the page lacks (or `DRAWS`), or None."""
    return found_needs(tuple(sources))


@cache  # a page's tree is resolved once for each place that quotes from it
def found_needs(sources: tuple[str, ...]) -> list[str | None]:
    """The same, found once."""
    names = Names()
    return [names.need(source) for source in sources]
