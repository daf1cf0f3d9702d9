"""Checkpoint files: round trips, atomic writing, and clear errors for damaged or foreign ones."""

import json
import os
import pickle

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnn_utils import checkpoint
from rnn_utils.checkpoint import load_params, pack, read, save_params, unpack, write


def make(seed=0):
    rng = np.random.default_rng(seed)
    return {"rnn.weight_hh": rng.normal(size=(3, 3)).astype(np.float32), "rnn.bias_hh": rng.normal(size=3)}


def test_parameters_come_back_exactly_and_in_place(tmp_path):
    path = tmp_path / "model.npz"
    save_params(path, make())
    params = make(seed=1)
    arrays = dict(params)
    load_params(str(path), params)
    for name, saved in make().items():
        assert params[name] is arrays[name]
        np.testing.assert_array_equal(params[name], saved)


def test_the_file_is_an_ordinary_npz_without_pickle(tmp_path):
    save_params(tmp_path / "model.npz", make())
    with np.load(tmp_path / "model.npz", allow_pickle=False) as file:
        assert sorted(file.files) == ["meta", "params/rnn.bias_hh", "params/rnn.weight_hh"]
        assert json.loads(file["meta"].item()) == {"format": "rnn_utils checkpoint 1"}


def test_any_name_keeps_its_ending(tmp_path):
    save_params(tmp_path / "model.checkpoint", make())
    assert [p.name for p in tmp_path.iterdir()] == ["model.checkpoint"]


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"absent\.npz"):
        load_params(tmp_path / "absent.npz", make())


@pytest.mark.parametrize("fails_at", ["savez", "fsync", "replace"])
def test_a_failure_while_writing_leaves_the_old_file_and_no_litter(tmp_path, monkeypatch, fails_at):
    path = tmp_path / "model.npz"
    save_params(path, make())

    def stop(*arguments, **_):
        if fails_at == "savez":
            arguments[0].write(b"half a file")
        raise OSError("disk full")

    monkeypatch.setattr(checkpoint.np if fails_at == "savez" else os, fails_at, stop)
    with pytest.raises(OSError, match="disk full"):
        save_params(path, make(seed=1))
    params = make(seed=2)
    load_params(path, params)
    np.testing.assert_array_equal(params["rnn.bias_hh"], make()["rnn.bias_hh"])
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_writer_left_is_removed_and_nothing_else(tmp_path):
    (tmp_path / ".model.npz.99999.tmp").write_bytes(b"half")
    (tmp_path / ".other.npz.99999.tmp").write_bytes(b"half")
    save_params(tmp_path / "model.npz", make())
    assert sorted(p.name for p in tmp_path.iterdir()) == [".other.npz.99999.tmp", "model.npz"]


FOREIGN = {
    "text": lambda path: path.write_text("step,loss\n1,2.5\n"),
    "empty": lambda path: path.write_bytes(b""),
    "pickle": lambda path: path.write_bytes(pickle.dumps({"a": 1})),
    "npy": lambda path: np.save(path, np.zeros(3)),
    "npz": lambda path: np.savez(path, w=np.zeros(3)),
    "pickled arrays": lambda path: np.savez(path, meta=np.array([{}], dtype=object)),
    "meta of numbers": lambda path: np.savez(path, meta=np.zeros(3)),
    "meta without JSON": lambda path: np.savez(path, meta=np.array("hello")),
    "meta of another kind": lambda path: np.savez(path, meta=np.array('["a"]')),
    "meta without format": lambda path: np.savez(path, meta=np.array('{"format": 3}')),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_foreign_files_are_refused_by_name(tmp_path, kind):
    path = tmp_path / "run.npy" if kind == "npy" else tmp_path / "run.npz"
    FOREIGN[kind](path)
    with pytest.raises(ValueError, match=rf"{path.name}: got .*, wanted a checkpoint of rnn_utils"):
        read(path)


def test_pickled_arrays_are_never_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    np.savez(tmp_path / "run.npz", meta=np.array([Trap()], dtype=object))
    with pytest.raises(ValueError, match="wanted a checkpoint"):
        read(tmp_path / "run.npz")
    assert not (tmp_path / "sprung").exists()


def test_a_later_format_is_named(tmp_path):
    np.savez(tmp_path / "run.npz", meta=np.array('{"format": "rnn_utils checkpoint 7"}'))
    with pytest.raises(ValueError, match="got format 'rnn_utils checkpoint 7', wanted 'rnn_utils checkpoint 1'"):
        read(tmp_path / "run.npz")


def test_every_truncation_is_refused(tmp_path):
    path = tmp_path / "model.npz"
    save_params(path, make())
    whole = path.read_bytes()
    for size in range(0, len(whole), 7):
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match=r"model.npz: got a truncated, damaged or foreign file"):
            load_params(path, make())


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_altered_bytes_are_refused_or_harmless(tmp_path, data):
    path = tmp_path / "model.npz"
    save_params(path, make())
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    params = make(seed=1)
    try:
        load_params(path, params)
    except ValueError as error:
        assert "model.npz" in str(error)
        reference = make(seed=1)
    else:  # a byte that means nothing, such as one of a time stamp
        reference = make()
    for name, p in params.items():
        np.testing.assert_array_equal(p, reference[name])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"rnn.bias_hh": np.zeros(3)}, r"got parameters \['rnn.bias_hh', 'rnn.weight_hh'\], wanted \['rnn.bias_hh'\]"),
        (
            {**make(), "rnn.bias_hh": np.zeros(4)},
            r"rnn.bias_hh: got float64 of shape \(3,\), wanted float64 of shape \(4,\)",
        ),
        ({**make(), "rnn.bias_hh": np.zeros(3, np.float32)}, r"rnn.bias_hh: got float64 .*, wanted float32"),
    ],
)
def test_mismatched_parameters_are_named_and_nothing_changes(tmp_path, params, message):
    save_params(tmp_path / "model.npz", make())
    before = {name: p.copy() for name, p in params.items()}
    with pytest.raises(ValueError, match=message):
        load_params(tmp_path / "model.npz", params)
    for name, p in params.items():
        np.testing.assert_array_equal(p, before[name])


@pytest.mark.parametrize("bits", ["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"])
def test_generator_states_survive_the_file(tmp_path, bits):
    rng = np.random.Generator(getattr(np.random, bits)(3))
    rng.random(7)
    rng.integers(3, dtype=np.uint32)
    write(tmp_path / "run.npz", {}, {"rng": rng.bit_generator.state})
    other = np.random.Generator(getattr(np.random, bits)(4))
    other.bit_generator.state = read(tmp_path / "run.npz")[1]["rng"]
    np.testing.assert_array_equal(rng.random(9), other.random(9))


def test_nested_states_are_taken_apart_and_put_together():
    state = (np.arange(2), (None, [np.ones((1, 2)), np.zeros(0)]))
    arrays = {}
    skeleton = json.loads(json.dumps(pack(state, arrays, "state")))
    assert sorted(arrays) == ["state/0", "state/1/1/0", "state/1/1/1"]
    first, (nothing, (ones, empty)) = unpack(skeleton, arrays)
    assert nothing is None
    np.testing.assert_array_equal(first, [0, 1])
    np.testing.assert_array_equal(ones, np.ones((1, 2)))
    assert empty.shape == (0,)
    assert pack(None, {}, "state") is None and unpack(None, {}) is None
