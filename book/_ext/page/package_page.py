"""The package on one page: ``{package}`` lists public names, and each opens its entry with signature and shapes.

    ```{package} rnn_utils
    LSTM: 09_lstm
    GRU: 10_gru
    ```

The argument is the module that readers import the names from; each name has the chapter that derives it, a page beside
this one. Everything else comes from the docstrings, by Sphinx's autodoc and napoleon, whenever the site is built. A
list with ``:for-your-own:`` has names that no chapter needs to use; it says which chapter they belong to.

A public name is what a module's ``__all__`` has. `problems` of a name, and public names that the page leaves out, are
warnings, which fail the build.
"""

import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import yaml
from docutils import nodes
from docutils.parsers.rst import directives
from learning.folded import TITLED, fold_title, folded
from links.repository import Repository
from myst_parser.mocking import MockRSTParser
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole, new_document
from sphinx.util.rst import default_role

from page.docstring_shapes import without_shapes

LOGGER = logging.getLogger(__name__)
SETTINGS = {
    "autodoc_typehints": "none",  # the docstrings have types with shapes, where the annotations have none
    "autodoc_preserve_defaults": True,
    "autodoc_member_order": "bysource",
    "napoleon_google_docstring": False,
    "napoleon_use_param": False,  # types are words here, not names to look up
    "napoleon_use_rtype": False,
    # As plain lists: Sphinx's own fields for these look names up, or put a list into a paragraph, which is no HTML.
    "napoleon_custom_sections": [
        *[(section, "params_style") for section in ("Attributes", "Raises")],
        *[(section, "returns_style") for section in ("Returns", "Yields")],
    ],
}
ROLE = "package-name"
PLACE = "package_page"  # of what is known while an entry is read


class chapter_link(nodes.Inline, nodes.TextElement):
    """A link to a chapter, which reads its number, or its title where it has none."""


def public_names(package: str) -> dict[str, str]:
    """Every public name of a package, with the shortest module that it can be imported from.

    Parameters
    ----------
    package : str
        Name of the package. What its modules and subpackages have in their ``__all__`` is public.

    Returns
    -------
    dict of str to str
        ``{"LSTM": "rnn_utils", "load_text": "rnn_utils.data", …}``

    """
    top = importlib.import_module(package)
    below = [importlib.import_module(f"{package}.{module.name}") for module in pkgutil.iter_modules(top.__path__)]
    found: dict[str, str] = {}
    for module in [top, *below]:
        for name in getattr(module, "__all__", []):
            found.setdefault(name, module.__name__)
    return found


def problems(module: ModuleType, name: str) -> Iterator[str]:
    """What a reader would miss in the docstring of a public name, in words."""
    thing = getattr(module, name)
    documented = {"": thing}
    if inspect.isclass(thing):
        documented |= {f".{key}": member for key, member in vars(thing).items() if is_method(key, member)}
    for suffix, one in documented.items():
        if not summary(one):
            yield f"{name}{suffix} has no docstring"
        for argument in without_shapes(one):
            yield f"{name}{suffix} does not tell the shape of {argument!r}"


def is_method(key: str, member: Any) -> bool:
    """Whether a member of a class is a method for its users."""
    return not key.startswith("_") and isinstance(member, staticmethod | classmethod) | inspect.isfunction(member)


def summary(thing: Any) -> str:
    """The first paragraph of a docstring; empty where there is none of its own."""
    own = thing.__doc__ if inspect.isclass(thing) else inspect.getdoc(thing)
    return inspect.cleandoc(own or "").split("\n\n")[0]


class Package(SphinxDirective):
    """A list of names from one module."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {"for-your-own": directives.flag}

    def run(self) -> list[nodes.Node]:
        """Make the list."""
        try:
            self.module = importlib.import_module(self.arguments[0])
            chapters = yaml.safe_load("\n".join(self.content)) or {}
            wanted = {str(name): str(chapter or "") for name, chapter in chapters.items()}
        except (ImportError, yaml.YAMLError, AttributeError) as error:
            self.warn(f"{self.arguments[0]}: {' '.join(str(error).split())}")
            return []
        package = self.module.__name__.partition(".")[0]
        self.public = public_names(package)
        self.env.metadata[self.env.docname].setdefault("packages", []).append(package)
        for name, module in sys.modules.items():
            if f"{name}.".startswith(f"{package}.") and module.__file__:
                self.env.note_dependency(module.__file__)
        entries = [self.entry(name, chapter) for name, chapter in wanted.items() if self.is_fine(name, chapter)]
        return [nodes.bullet_list("", *entries, classes=["package"])] if entries else []

    def is_fine(self, name: str, chapter: str) -> bool:
        """Warn of what is wrong with a name; whether it can have an entry at all."""
        if self.public.get(name) != self.module.__name__:
            place = self.public.get(name)
            self.warn(f"{name!r} is no public name of {self.module.__name__}" + (f", but of {place}" if place else ""))
            return False
        for problem in problems(self.module, name):
            self.warn(problem)
        page = self.page(chapter)
        if page not in self.env.found_docs:
            self.warn(f"{name}: there is no chapter {chapter!r}")
            return False
        text = Path(self.env.doc2path(page)).read_text("utf8")
        if "for-your-own" not in self.options and not re.search(rf"\b{re.escape(name)}\b", text):
            self.warn(f"{name}: the chapter {chapter!r} does not use it")
        return True

    def page(self, chapter: str) -> str:
        """Name of a chapter's page, which lies beside this one."""
        return f"{Path(self.env.docname).parent}/{chapter}".removeprefix("./")

    def entry(self, name: str, chapter: str) -> nodes.Node:
        """A name, what it does, its chapter; folded: how it is imported, its signature and its docstring."""
        thing, path = getattr(self.module, name), f"{self.module.__name__}.{name}"
        self.env.temp_data[PLACE] = {"public": self.public, "path": path, "arguments": arguments_of(thing)}
        kind = "autoclass" if inspect.isclass(thing) else "autofunction"
        described = self.parse([f".. {kind}:: {path}", *(["   :members:"] if kind == "autoclass" else [])])
        said = [part for paragraph in self.parse([summary(thing)]) for part in without_links(paragraph)]
        del self.env.temp_data[PLACE]
        title = [nodes.literal("", name), nodes.inline("", "", *said, classes=["what"])]
        inherited = self.inherited(thing) if inspect.isclass(thing) else []
        body = [self.first_line(name, thing), *described, *inherited]
        fold = folded("", fold_title("", "", *spaced(title), classes=TITLED), *body)
        link = chapter_link("", page=self.page(chapter), name=name)
        return nodes.list_item("", fold, nodes.paragraph("", "", link, classes=["where"]), package_name=name)

    def parse(self, lines: list[str]) -> list[nodes.Node]:
        """Read reStructuredText, which docstrings are written in, on a page of Markdown."""
        document = new_document(self.env.doc2path(self.env.docname), self.state.document.settings)
        document.reporter = self.state.document.reporter
        self.env.temp_data["default_role"] = ROLE
        with default_role(self.env.docname, ROLE):
            MockRSTParser().parse("\n".join(lines), document)
        del self.env.temp_data["default_role"]
        for node in document.findall(nodes.Element):
            if node.get("ids"):
                self.state.document.note_explicit_target(node, node)
        return list(document.children)

    def first_line(self, name: str, thing: Any) -> nodes.Node:
        """How the name is imported, and a link to its source where the repository is known."""
        line = nodes.paragraph("", "", nodes.literal("", f"from {self.module.__name__} import {name}"))
        found: Repository | None = getattr(self.config, "repository", None)
        if found is not None:
            module = inspect.getmodule(thing)
            path = (module.__name__ if module else "").replace(".", "/")
            file = f"{path}/__init__.py" if module and hasattr(module, "__path__") else f"{path}.py"
            number = inspect.getsourcelines(thing)[1]
            address = f"{found.url}/blob/{found.branch}/{file}#L{number}"
            line += [nodes.Text(" · "), nodes.reference("", f"source of {name}", refuri=address)]
        return line

    def inherited(self, kind: type) -> list[nodes.Node]:
        """A sentence on the methods that a class has from another public one."""
        made: list[nodes.Node] = []
        seen = set(vars(kind))
        for base in kind.__mro__[1:]:
            module = self.public.get(base.__name__)
            methods = [key for key, member in vars(base).items() if is_method(key, member) and key not in seen]
            seen |= set(methods)
            if module and methods:
                listed = ", ".join(f"``{method}``" for method in methods)
                role = f":py:obj:`{base.__name__} <{module}.{base.__name__}>`"
                made += self.parse([f"From {role}: {listed}."])
        return made

    def warn(self, message: str) -> None:
        """Warn at the place of the directive."""
        LOGGER.warning("package: %s", message, location=self.get_location(), type="package")


def without_links(paragraph: nodes.Element) -> list[nodes.Node]:
    """What a paragraph says: a click on the line must open it, not lead away."""
    return [part for node in paragraph for part in (node.children if isinstance(node, pending_xref) else [node])]


def spaced(parts: list[nodes.Node]) -> list[nodes.Node]:
    """The parts with a blank between them, for those who hear or copy them."""
    return [node for part in parts for node in (nodes.Text(" "), part)][1:]


def arguments_of(thing: Any) -> set[str]:
    """Names of the arguments of a function, or of those that make an instance."""
    try:
        return set(inspect.signature(thing).parameters)
    except (TypeError, ValueError):
        return set()


class Name(SphinxRole):
    """What docstrings write as `name`: a link where it is another public name, and code otherwise."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Make it."""
        known = self.env.temp_data[PLACE]
        literal = nodes.literal("", self.text)
        first, _, last = self.text.partition(".")
        name = next((one for one in (last.rpartition(".")[2], first) if one in known["public"]), None)
        target = f"{known['public'].get(name)}.{name}"
        if name is None or self.text in known["arguments"] or target == known["path"]:
            return [literal], []
        options = {"refdomain": "py", "reftype": "obj", "reftarget": target, "refdoc": self.env.docname}
        return [pending_xref("", literal, refexplicit=True, refwarn=True, **options)], []


def prepare(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Take the first paragraph out of an entry: it is what the reader has clicked on.

    In a property, napoleon would take what stands before a colon in the first line for its type.
    """
    if name == app.env.temp_data.get(PLACE, {}).get("path"):
        end = lines.index("") if "" in lines else len(lines)
        del lines[: end + 1]
    if what == "property":
        lines[:0] = ["..", ""]  # an empty comment


def short_defaults(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, signature: str | None, returns: str | None
) -> tuple[str | None, str | None]:
    """Write NumPy's types in defaults as in code, where a signature that was set by hand has lost the words."""
    return re.sub(r"<class 'numpy\.(\w+)'>", r"np.\1", signature or "") or None, returns


def skip(app: Sphinx, what: str, name: str, obj: Any, skipped: bool, options: Any) -> bool | None:
    """Leave out the fields of named tuples, of which Python itself says where they stand and nothing else."""
    return True if str(getattr(obj, "__doc__", "")).startswith("Alias for field number") else None


def check_complete(app: Sphinx, doctree: nodes.document) -> None:
    """Warn of public names that a page with lists leaves out, or has twice."""
    listed = [item["package_name"] for item in doctree.findall(nodes.list_item) if "package_name" in item]
    for package in set(app.env.metadata[app.env.docname].get("packages", [])):
        for name, module in public_names(package).items():
            if (times := listed.count(name)) != 1:
                said = "package: %s of %s stands on the page %d times, wanted once"
                LOGGER.warning(said, name, module, times, location=app.env.docname, type="package")


def name_chapters(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Turn the links into such that read the chapter's number."""
    for link in list(doctree.findall(chapter_link)):
        number = app.env.toc_secnumbers.get(link["page"], {}).get("", ())
        title = app.env.titles[link["page"]].astext()
        text = f"Chapter {number[0]}" if number and isinstance(number[0], int) else title
        address = app.builder.get_relative_uri(docname, link["page"])
        link.replace_self(nodes.reference("", text, internal=True, refuri=address))


def configure(app: Sphinx, config: Config) -> None:
    """Tell autodoc and napoleon how the book's docstrings are read."""
    for name, value in SETTINGS.items():
        setattr(config, name, value)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    for extension in ("learning.folded", "sphinx.ext.autodoc", "sphinx.ext.napoleon"):
        app.setup_extension(extension)
    app.add_node(chapter_link)
    app.add_directive("package", Package)
    app.add_role(ROLE, Name())
    app.connect("config-inited", configure)
    app.connect("autodoc-process-docstring", prepare, priority=400)  # before napoleon has rewritten it
    app.connect("autodoc-process-signature", short_defaults)
    app.connect("autodoc-skip-member", skip)
    app.connect("doctree-read", check_complete)
    app.connect("doctree-resolved", name_chapters)
    app.add_css_file("package.css")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
