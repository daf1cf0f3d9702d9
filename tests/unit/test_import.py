"""Importing the package is quick and brings nothing but NumPy."""

import ast
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import rnn_utils

IMPORT = """
import sys, time
began, before = time.process_time(), set(sys.modules)
import rnn_utils
seconds = time.process_time() - began
outside = {name.partition(".")[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)
print(seconds, *sorted(name for name in outside if not name.startswith("_")))
"""


def test_the_package_imports_in_0_3_seconds_and_nothing_but_numpy():
    seconds = []
    for _ in range(5):
        run = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True)
        taken, *packages = run.stdout.split()
        assert packages == ["cython_runtime", "numpy", "rnn_utils"]  # the first is a part of NumPy
        seconds.append(float(taken))
        if seconds[-1] <= 0.3:
            return
    raise AssertionError(f"importing rnn_utils took {min(seconds):.2f} s of the processor's time, wanted ≤ 0.3")


def test_every_public_name_is_there_and_documented():
    for name in rnn_utils.__all__:
        assert getattr(rnn_utils, name).__doc__


LATER = """
import sys
from importlib import import_module
from pathlib import Path
import rnn_utils
assert "rnn_utils.training" not in sys.modules and "rnn_utils.data" not in sys.modules
from rnn_utils import SGD, Adam, LanguageModel, SequenceModel, evaluate, fit
from rnn_utils import models, optim, training
assert (SGD, Adam) == (optim.SGD, optim.Adam) and (evaluate, fit) == (training.evaluate, training.fit)
assert (LanguageModel, SequenceModel) == (models.LanguageModel, models.SequenceModel)
assert set(rnn_utils.__all__) <= set(dir(rnn_utils)) and not hasattr(rnn_utils, "Adamant")
"""


def test_models_optimisers_and_training_are_imported_from_the_top_when_they_are_asked_for():
    subprocess.run([sys.executable, "-c", LATER], check=True)


def test_the_map_of_the_package_names_every_module():
    folder = Path(rnn_utils.__file__).parent
    modules = {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    modules = {name for name in modules if not name.startswith("_")}
    assert modules == set(re.findall(r"`(\w+)`", rnn_utils.__doc__))


def test_the_map_says_where_names_are_and_which_modules_are_for_readers():
    rows, inside = rnn_utils.__doc__.split("\ninside ")
    for module, text in re.findall(r"`(\w+)`([^`]*)", rows):
        has = getattr(import_module(f"rnn_utils.{module}"), "__all__", None)
        assert has or module == "exercises", f"{module} is for readers and has no __all__"
        named = {word for word in re.findall(r"\w+", text) if word in rnn_utils.__all__}
        assert named <= set(has or ()), f"{module} does not have {named}"
    for module in re.findall(r"`(\w+)`", inside):
        assert not hasattr(import_module(f"rnn_utils.{module}"), "__all__"), f"{module} has public names"


def test_the_package_has_at_the_top_what_its_modules_have():
    for name in rnn_utils.__all__:
        module = import_module(getattr(rnn_utils, name).__module__)
        assert name in module.__all__ and getattr(module, name) is getattr(rnn_utils, name)


def functions():
    """Every function and method of the package as (module, function), but for the exercises' own solutions."""
    folder = Path(rnn_utils.__file__).parent
    for path in sorted(set(folder.rglob("*.py")) - set(folder.glob("exercises/*.py"))):
        module = ".".join(path.relative_to(folder).with_suffix("").parts)
        tree = ast.parse(path.read_text("utf8"))
        yield from ((module, node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_an_argument_called_steps_counts_updates_everywhere():
    """The steps of a sequence are T, as in every shape."""
    having = {
        f"{module}.{f.name}" for module, f in functions() for a in ast.walk(f.args) if getattr(a, "arg", "") == "steps"
    }
    updates = {"training.fit", "training._progress_bar", "optim.linear_decay"}
    assert having == updates


def test_arguments_are_checked_in_one_place():
    """A `check_…` that raises for a caller's argument stands in `checks`; those of a module alone are private."""
    elsewhere = [
        f"{module}.{f.name}"
        for module, f in functions()
        if f.name.startswith("check_") and module != "checks" and not (f.args.args and f.args.args[0].arg == "self")
    ]
    assert elsewhere == []
