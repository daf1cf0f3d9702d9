"""The feedback on exercises: every diagnosis on a planted fault, then every chapter's own exercises."""

import inspect
import warnings

import numpy as np
import pytest
import torch

from rnn_utils import exercises
from rnn_utils.exercises.feedback import NOT_WRITTEN, Exercise, Mistake


def smooth(x):
    """Reference of the tests: a running mean over time, x (T, B, D)."""
    return np.cumsum(x, axis=0) / np.arange(1, len(x) + 1)[:, None, None]


def make_x(rng):
    return [(rng.normal(size=(T, 3, 2)),) for T in (5, 7)]


SMOOTH = Exercise("smooth", smooth, make_x, axes={"x": "T B D", "result": "T B D"})
LAST = Exercise("last", lambda x: float(x[-1, 0, 0]), make_x, axes={"x": "T B D"})


def gradients(dout, x):
    return {"weight": np.einsum("tbh,tbd->hd", dout, x), "bias": dout.sum(axis=(0, 1))}


GRADIENTS = Exercise(
    "gradients",
    gradients,
    lambda rng: [(rng.normal(size=(T, 3, 2)), rng.normal(size=(T, 3, 5))) for T in (4, 6)],
    label="the gradient of {}",
    axes={"dout": "T B H", "x": "T B D", "weight": "H D", "bias": "H"},
)


def spoil(x, position, value):
    out = smooth(x)
    out[position] = value
    return out


# Every message in full: these lines stand in executed notebooks, which a strict comparison reads.
SMOOTH_FAULTS = {
    "sign": (lambda x: -smooth(x), "the result has its sign flipped"),
    "factor": (lambda x: smooth(x) / 4, "the result is 4× too small"),
    "negative factor": (lambda x: smooth(x) * -2.5, "the result has its sign flipped and is 2.5× too large"),
    "over the batch": (lambda x: smooth(x) / 3, "the result is 3× too small: did you sum over batch?"),
    "summed over time": (
        lambda x: smooth(x) * len(x),
        "the result is 5× too large: did you take the mean over time?",
    ),
    "zeros": (lambda x: 0 * x, "the result is all zeros"),
    "constant": (lambda x: smooth(x) + 0.5, "the result is too large by 0.5 everywhere"),
    "late": (
        lambda x: np.roll(smooth(x), 1, axis=0),
        "the result is off by one step in time: everything comes a step late",
    ),
    "early": (
        lambda x: np.roll(smooth(x), -1, axis=0),
        "the result is off by one step in time: everything comes a step early",
    ),
    "backwards": (lambda x: smooth(x)[::-1], "the result runs backwards in time"),
    "first step": (lambda x: spoil(x, 0, 9.0), "the result is right except at the first step"),
    "last step": (lambda x: spoil(x, -1, 9.0), "the result is right except at the last step"),
    "square": (lambda x: smooth(x) ** 2, "the result is the square of what is wanted: did you forget the root?"),
    "bits": (lambda x: smooth(x) / np.log(2), "the result is in bits, wanted in nats: multiply by ln 2"),
    "nats": (lambda x: smooth(x) * np.log(2), "the result is in nats, wanted in bits: divide by ln 2"),
    "whole numbers": (lambda x: smooth(x).astype(int), "the result is cut off to whole numbers: look at its dtype"),
    "float16": (
        lambda x: smooth(x).astype(np.float16),
        "the result has dtype float16 and only its few digits: wanted float64",
    ),
    "one entry": (
        lambda x: spoil(x, (2, 1, 0), 9.0),
        "the result is wrong in 1 of 30 entries, the first at (2, 1, 0): got 9, too large\n  with x of shape (5, 3, 2)",
    ),
    "NaN": (
        lambda x: spoil(x, (2, 0, 1), np.nan),
        "the result is NaN at (2, 0, 1)\n  with x of shape (5, 3, 2)",
    ),
    "batch first": (
        lambda x: smooth(x).swapaxes(0, 1),
        "the result has shape (3, 5, 2), wanted (T, B, D) = (5, 3, 2): the time axis should come first\n"
        "  with x of shape (5, 3, 2)",
    ),
    "no batch axis": (
        lambda x: smooth(x)[:, 0],
        "the result has shape (5, 2), wanted (T, B, D) = (5, 3, 2): the batch axis is missing\n"
        "  with x of shape (5, 3, 2)",
    ),
    "one step short": (
        lambda x: smooth(x)[1:],
        "the result has shape (4, 3, 2), wanted (T, B, D) = (5, 3, 2): one step is missing\n"
        "  with x of shape (5, 3, 2)",
    ),
    "list": (
        lambda x: list(smooth(x)),
        "the result has type list, wanted an array: use np.array or np.stack\n  with x of shape (5, 3, 2)",
    ),
    "complex": (
        lambda x: smooth(x) + 0j,
        "the result has dtype complex128, wanted real numbers\n  with x of shape (5, 3, 2)",
    ),
    "error": (
        lambda x: x.nothing,
        "raised AttributeError on line 1: 'numpy.ndarray' object has no attribute 'nothing'\n"
        "  with x of shape (5, 3, 2)",
    ),
}


@pytest.mark.parametrize("fault", SMOOTH_FAULTS)
def test_general_diagnosis(fault):
    wrong, message = SMOOTH_FAULTS[fault]
    assert SMOOTH.feedback(wrong) == f"✗ smooth: {message}"


def test_right_answer_is_told_so_in_one_line(capsys):
    assert SMOOTH(smooth) is None
    assert capsys.readouterr().out == "✓ smooth: right on 2 cases\n"


def test_parts_of_a_dictionary_are_named():
    def without(dout, x):
        return {"weight": gradients(dout, x)["weight"]}

    def averaged(dout, x):
        return {**gradients(dout, x), "bias": dout.sum(axis=1).mean(axis=0)}

    def not_summed(dout, x):
        return {**gradients(dout, x), "bias": dout.sum(axis=1)}

    def transposed(dout, x):
        return {**gradients(dout, x), "weight": gradients(dout, x)["weight"].T}

    where = "\n  with dout of shape (4, 3, 2), x of shape (4, 3, 5)"
    expected = {
        gradients: "✓ gradients: right on 2 cases",
        without: "✗ gradients: returned 1 value (weight), wanted 2 values (weight, bias)",
        averaged: "✗ gradients: the gradient of bias is 4× too small: did you sum over time?",
        not_summed: "✗ gradients: the gradient of bias has shape (4, 2), wanted (H) = (2,): did you sum over time?"
        + where,
        transposed: "✗ gradients: the gradient of weight has shape (5, 2), wanted (H, D) = (2, 5): "
        "the hidden axis should come first" + where,
    }
    assert {answer: GRADIENTS.feedback(answer) for answer in expected} == expected


def test_square_matrix_transposed():
    exercise = Exercise("gram", lambda a: a @ a, lambda rng: [(rng.normal(size=(4, 4)),)])
    assert exercise.feedback(lambda a: (a @ a).T) == "✗ gram: the result is transposed"


def test_time_and_batch_swapped_where_the_sizes_agree():
    exercise = Exercise("copy", lambda x: x.copy(), lambda rng: [(rng.normal(size=(3, 3, 2)),)])
    assert "has its first two axes swapped" in exercise.feedback(lambda x: x.swapaxes(0, 1).copy())


def test_tuple_and_its_inner_tuple_are_named():
    exercise = Exercise("step", lambda x: (x, (x + 1, 2 * x)), make_x, returns=("out", "state"))
    assert exercise.feedback(lambda x: (x, (x + 1, -2 * x))) == "✗ step: `state[1]` has its sign flipped"
    assert exercise.feedback(lambda x: x) == (
        "✗ step: returned 1 value (result), wanted 3 values (out, state[0], state[1])"
    )


def test_scalars_are_explained_over_all_cases():
    assert LAST.feedback(lambda x: x[-1, 0, 0]) == "✓ last: right on 2 cases"
    assert LAST.feedback(lambda x: -3 * x[-1, 0, 0]) == "✗ last: the result has its sign flipped and is 3× too large"
    assert LAST.feedback(lambda x: x[-1, 0, 0] / len(x)) == "✗ last: the result is 5× too small: did you sum over time?"
    with_case = "\n  with x of shape (5, 3, 2)"
    assert LAST.feedback(lambda x: x[-1, 0, :1]) == (
        "✗ last: the result has shape (1,), wanted a single number: one axis too many" + with_case
    )
    assert LAST.feedback(lambda x: "0.5") == "✗ last: the result has type str, wanted a number" + with_case


def test_one_scalar_case_is_not_explained_by_just_any_factor():
    exercise = Exercise("pi", lambda x: 3.0 * x, lambda rng: [(2.0,)])
    assert exercise.feedback(lambda x: 4.2 * x) == "✗ pi: the result is wrong: got 8.4, too large\n  with x = 2.0"


def test_whole_numbers_are_wanted_as_such():
    exercise = Exercise("ids", lambda n: np.arange(n), lambda rng: [(3,)])
    assert exercise.feedback(lambda n: np.arange(n) * 1.0) == (
        "✗ ids: the result has dtype float64, wanted whole numbers\n  with n = 3"
    )
    assert exercise.feedback(lambda n: np.arange(n, dtype=np.int16)) == "✓ ids: right on 1 case"


def test_lists_and_strings():
    exercise = Exercise("tokens", lambda text: text.split(), lambda rng: [("to be or",)])
    where = "\n  with text = 'to be or'"
    assert exercise.feedback(lambda text: text.split(" ")) == "✓ tokens: right on 1 case"
    assert exercise.feedback(lambda text: text.upper().split()) == (
        "✗ tokens: the result is wrong at position 0: got 'TO'" + where
    )
    assert exercise.feedback(list) == "✗ tokens: the result has length 8, wanted 3" + where
    assert exercise.feedback(lambda text: text) == "✗ tokens: the result has type str, wanted list" + where


def test_value_exercise_takes_the_value_and_never_shows_the_answer():
    exercise = Exercise("ln V", lambda: 4.1744, mistakes=(Mistake("bits", lambda: 6.0224, "that is in bits"),))
    assert exercise.feedback(4.1744) == "✓ ln V: right"
    assert exercise.feedback(6.0224) == "✗ ln V: that is in bits"
    assert exercise.feedback(5.0) == "✗ ln V: the result is wrong: got 5, too large"
    assert exercise.feedback(lambda: 4.1744) == "✗ ln V: got type function: pass the value, not a function"
    assert {exercise.feedback(empty) for empty in (None, ..., NotImplemented)} == {f"○ ln V: {NOT_WRITTEN}"}


def test_starters_in_every_form_are_not_errors():
    def bare(x): ...

    def documented(x):
        """Return the running mean."""

    def started(x):
        total = x.sum(axis=0)
        return ... if total is not None else x

    def returning(x):
        ...
        return None

    def used(x):
        total = ...
        return x / total

    def refused(x):
        raise NotImplementedError

    starters = [bare, documented, started, returning, used, refused, lambda x: NotImplemented, lambda x: (x, ...), None]
    assert {SMOOTH.feedback(starter) for starter in starters} == {f"○ smooth: {NOT_WRITTEN}"}


def test_forgotten_return_is_not_taken_for_a_starter():
    def forgetful(x):
        smooth(x)

    assert SMOOTH.feedback(forgetful) == (
        "✗ smooth: returned None: did you forget `return`?\n  with x of shape (5, 3, 2)"
    )


def test_argument_changed_in_place():
    def greedy(x):
        x -= 0.0 * x
        x[0] *= 1.5
        return smooth(x)

    assert SMOOTH.feedback(greedy).startswith("✗ smooth: changed its argument x in place: work on a copy")
    parameters = Exercise("sum", lambda p: p["w"].sum(), lambda rng: [({"w": np.ones(3), "steps": [1, 2]},)])
    assert "changed its argument p" in parameters.feedback(lambda p: p["steps"].append(3) or p["w"].sum())
    assert "changed its argument p" in parameters.feedback(lambda p: p["steps"].__setitem__(0, 5) or p["w"].sum())
    assert parameters.feedback(lambda p: p["w"].sum()) == "✓ sum: right on 1 case"


def test_error_names_the_line_of_the_learners_function():
    def broken(x):
        y = x[0]
        return y @ x[:, 0, 0]

    assert SMOOTH.feedback(broken).startswith("✗ smooth: raised ValueError on line 3: matmul: ")
    assert SMOOTH.feedback(lambda: 1).startswith("✗ smooth: raised TypeError: ")


def test_function_called_instead_of_passed():
    assert SMOOTH.feedback(np.ones(3)) == "✗ smooth: got type ndarray: pass the function itself, without calling it"


def test_random_answers_get_the_same_generator_as_the_reference():
    exercise = Exercise("noise", lambda rng, n: rng.normal(size=n), lambda rng: [(rng, 3), (rng, 4)])
    assert exercise.feedback(lambda rng, n: rng.normal(size=n)) == "✓ noise: right on 2 cases"
    assert exercise.feedback(lambda rng, n: rng.uniform(size=n)).endswith("\n  with n = 3")


def test_warnings_of_the_answer_are_kept_quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert SMOOTH.feedback(lambda x: np.log(x)).startswith("✗ smooth: the result is NaN at ")


def test_missing_values_may_be_wanted():
    exercise = Exercise("gaps", lambda n: np.array([np.nan, n, 1.0]), lambda rng: [(2.0,)])
    assert exercise.feedback(lambda n: np.array([np.nan, n, 1.0])) == "✓ gaps: right on 1 case"
    assert exercise.feedback(lambda n: np.array([0.0, n, 1.0])).startswith("✗ gaps: the result is ")


def test_root_of_what_is_wanted():
    exercise = Exercise("variance", lambda x: x.var(axis=0), make_x)
    assert exercise.feedback(lambda x: x.std(axis=0)) == (
        "✗ variance: the result is the root of what is wanted: did you forget the square?"
    )


def test_torch_tensors_are_sent_back():
    assert "is a torch tensor, wanted NumPy" in SMOOTH.feedback(lambda x: torch.tensor(smooth(x)))


def test_right_answer_is_never_taken_for_a_mistake():
    exercise = Exercise("smooth", smooth, make_x, mistakes=(Mistake("none", smooth, "never shown"),))
    assert exercise.feedback(smooth) == "✓ smooth: right on 2 cases"


def test_unknown_chapter_is_refused_with_those_that_exist():
    with pytest.raises(AttributeError, match="has no attribute 'ch99'"):
        exercises.ch99  # noqa: B018


# --- every chapter ---------------------------------------------------------------------------------------------------
EXERCISES = [(chapter, e) for chapter in exercises.chapters() for e in getattr(exercises, chapter).EXERCISES]
MISTAKES = [(chapter, exercise, mistake) for chapter, exercise in EXERCISES for mistake in exercise.mistakes]
each_exercise = pytest.mark.parametrize(("chapter", "exercise"), EXERCISES, ids=[f"{c}-{e.name}" for c, e in EXERCISES])


@pytest.mark.parametrize("chapter", exercises.chapters())
def test_chapter_lists_all_of_its_checks(chapter):
    module = getattr(exercises, chapter)
    checks = {name: value for name, value in vars(module).items() if isinstance(value, Exercise)}
    assert all(name.startswith("check_") for name in checks)
    assert {id(exercise) for exercise in module.EXERCISES} == {id(exercise) for exercise in checks.values()}


@each_exercise
def test_solution_passes(chapter, exercise):
    takes = inspect.signature(exercise.solution).parameters
    answer = exercise.solution if takes else exercise.solution()
    assert exercise.feedback(answer).startswith(f"✓ {exercise.name}: right")


@each_exercise
def test_starter_and_none_are_not_written_yet(chapter, exercise):
    starters = [None, lambda *arguments: ..., lambda *arguments: None]
    if not inspect.signature(exercise.solution).parameters:
        starters = [None, ...]
    assert {exercise.feedback(starter) for starter in starters} == {f"○ {exercise.name}: {NOT_WRITTEN}"}


@each_exercise
def test_anticipated_mistakes_have_a_message_each(chapter, exercise):
    messages = [mistake.message for mistake in exercise.mistakes]
    assert len(messages) >= 1
    assert len(set(messages)) == len(messages)


@pytest.mark.parametrize(
    ("chapter", "exercise", "mistake"), MISTAKES, ids=[f"{c}-{e.name}-{m.name}" for c, e, m in MISTAKES]
)
def test_anticipated_mistake_gets_its_own_message(chapter, exercise, mistake):
    takes = inspect.signature(exercise.solution).parameters
    answer = mistake.wrong if takes else mistake.wrong()
    assert exercise.feedback(answer) == f"✗ {exercise.name}: {mistake.message}"
