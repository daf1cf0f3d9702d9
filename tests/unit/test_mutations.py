"""Do the tests notice? Single-line faults of the kinds that people make, each planted in a copy of the package.

To add one: the file, what to replace (it must occur there once), what with, and the tests that must fail.
"""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

if not hasattr(os, "fork") or find_spec("torch") is None:
    pytest.skip("needs forked processes, and torch to compare optimisers with", allow_module_level=True)

TESTS = Path(__file__).parent
PACKAGE = TESTS.parents[1] / "rnn_utils"

CELL = "test_recurrent.py::test_the_layer_is_its_cell_step_by_step_forward_and_backward[{}-5-3]"
DIFFERENCES = "test_recurrent.py::test_gradients_agree_with_finite_differences[{}-2-3]"
PADDING = "test_recurrent.py::test_gradients_with_lengths_agree_with_finite_differences[{}]"
ZERO = "test_recurrent.py::test_outputs_and_gradients_in_the_padding_are_zero[GRU]"
OPTIM = "test_optim.py::test_equals_torch_over_100_steps[None-{0}-{0}-options{1}]"
PROGRAM = "test_train_torch.py::test_the_updates_are_those_of_a_plain_loop"

FAULTS = {
    # the recurrent layers
    "RNN: slope of tanh": ("recurrent.py", "slope = 1 - h[1:] ** 2", "slope = 1 - h[1:]", DIFFERENCES.format("RNN")),
    "RNN: transposed weight": (
        "recurrent.py",
        "            dh = da[t] @ W_hh\n",
        "            dh = da[t] @ W_hh.T\n",
        DIFFERENCES.format("RNN"),
    ),
    "RNN: forgotten sum over time": (
        "recurrent.py",
        'product_gradients("hh", da, h[:-1])\n        return _time_product(da, W_ih), dh, grads',
        'product_gradients("hh", da[-1:], h[-2:-1])\n        return _time_product(da, W_ih), dh, grads',
        DIFFERENCES.format("RNN"),
    ),
    "LSTM: off by one in time": (
        "recurrent.py",
        'product_gradients("hh", da, h[:-1])\n        return _time_product(da, W_ih), (dh, dc), grads',
        'product_gradients("hh", da, h[1:])\n        return _time_product(da, W_ih), (dh, dc), grads',
        DIFFERENCES.format("LSTM"),
    ),
    "LSTM: wrong gate": (
        "recurrent.py",
        "to_i = g * i * (1 - i)",
        "to_i = i * i * (1 - i)",
        DIFFERENCES.format("LSTM"),
    ),
    "LSTM: the cell forgets by the input gate": (
        "recurrent.py",
        "dc * f[t]\n",
        "dc * i[t]\n",
        DIFFERENCES.format("LSTM"),
    ),
    "LSTM: gradient of the final cell dropped": (
        "recurrent.py",
        "dc = dstate[1]",
        "dc = 0 * dstate[1]",
        DIFFERENCES.format("LSTM"),
    ),
    "LSTM: forward with gates swapped": (
        "recurrent.py",
        "i, f, g, o = _split(",
        "f, i, g, o = _split(",
        "test_cells.py::test_a_step_of_an_lstm_by_hand",
    ),
    "GRU: sign": ("recurrent.py", "(1 - z) * n + z * h[t]", "(1 - z) * n - z * h[t]", DIFFERENCES.format("GRU")),
    "GRU: off by one in time": ("recurrent.py", "(h[:-1] - n) * z", "(h[1:] - n) * z", DIFFERENCES.format("GRU")),
    "GRU: z for 1 − z": (
        "recurrent.py",
        "dh = dh * z[t] + da_h",
        "dh = dh * (1 - z[t]) + da_h",
        DIFFERENCES.format("GRU"),
    ),
    "GRU: reset before both products": (
        "recurrent.py",
        "[da_r, da_z, da_n], axis",
        "[da_r, da_z, da_n * r], axis",
        DIFFERENCES.format("GRU"),
    ),
    "GRU: wrong bias": (
        "recurrent.py",
        "@ W_hh.T + b_hh, 3)",
        '@ W_hh.T + p["bias_ih"], 3)',
        "test_recurrent_torch.py::test_a_large_layer_with_saturated_gates_is_that_of_pytorch[GRU]",
    ),
    "σ: shifted": ("recurrent.py", "result += 0.5", "result += 0.4", "test_cells.py::test_a_step_of_an_lstm_by_hand"),
    "a bias gradient that is not summed": ("recurrent.py", "da.sum(0)", "da[-1]", DIFFERENCES.format("relu")),
    # linear recurrences
    "scan: the factor of the wrong step on the way back": (
        "scan.py",
        "a[:0:-1]",
        "a[-2::-1]",
        "test_scan.py::test_gradients_agree_with_finite_differences[7-tree]",
    ),
    "scan: neighbours joined in the other order": (
        "scan.py",
        "times(a[second], b[first]) + b[second]",
        "times(a[first], b[second]) + b[first]",
        "test_scan.py::test_three_steps_by_hand[tree]",
    ),
    "minGRU: sign": (
        "minimal.py",
        "(da - db * n) * z",
        "(da + db * n) * z",
        "test_minimal.py::test_gradients_agree_with_finite_differences[None-MinGRU]",
    ),
    "minLSTM: gates exchanged": (
        "minimal.py",
        "keep = (1 + e_i) / (2 + e_i + e_f)",
        "keep = (1 + e_f) / (2 + e_i + e_f)",
        "test_minimal.py::test_a_step_of_a_minlstm_by_hand",
    ),
    # padding
    "padding: one step too many": ("padding.py", ">= lengths", "> lengths", ZERO),
    "padding: outputs not zeroed": (
        "padding.py",
        "states[1:][mark_padding(lengths, len(states) - 1)] = 0",
        "pass",
        ZERO,
    ),
    "padding: missing mask in backward": (
        "padding.py",
        "np.where(mark_padding(lengths, len(dout))[..., None], 0, dout)",
        "dout.copy()",
        PADDING.format("RNN"),
    ),
    "padding: final state from the last step": (
        "padding.py",
        "final = states[lengths, np.arange(len(lengths))]",
        "final = states[-1].copy()",
        PADDING.format("GRU"),
    ),
    "padding: the cell does not pass through": (
        "recurrent.py",
        "np.array([[0], [1], [0], [0]])",
        "np.array([[0], [0], [0], [0]])",
        PADDING.format("LSTM"),
    ),
    "a final state that shares memory": (
        "padding.py",
        "return states[-1].copy()",
        "return states[-1]",
        "test_recurrent.py::test_no_gradient_shares_memory_with_another[RNN]",
    ),
    # cells, and what is made of layers
    "cells: the state's gradient ignored": (
        "cells.py",
        "self.layer.backward(None, cache, dstate)",
        "self.layer.backward(None, cache, None)",
        "test_cells.py::test_gradients_agree_with_finite_differences[LSTM-3]",
    ),
    # what reaches the layer
    "models: no dropout in training": (
        "models.py",
        "rng=self.dropout_rng)",
        "rng=None)",
        "test_odd_batches.py::test_dropout_acts_in_training_and_not_in_evaluation[LanguageModel]",
    ),
    "models: lengths kept from the layer": (
        "models.py",
        "self.rnn.forward(vectors, state, lengths, **drawn)",
        "self.rnn.forward(vectors, state, None, **drawn)",
        "test_odd_batches.py::test_the_content_of_padding_changes_no_loss_and_no_gradient[cross_entropy-lengths-both_ways]",
    ),
    "models: answers in the padding counted": (
        "models.py",
        "data if mask is None else data & mask",
        "mask",
        "test_odd_batches.py::test_the_content_of_padding_changes_no_loss_and_no_gradient[mse-lengths-LSTM]",
    ),
    "training: the state of dropout not restored": (
        "training.py",
        'set_rng_state(self.dropout_rng, meta.get("dropout_rng"))',
        "pass",
        "test_odd_batches.py::test_dropout_goes_on_bit_for_bit_after_a_resume",
    ),
    "Bidirectional: gradient not turned round": (
        "stacked.py",
        "dx_f + reverse(dx_r, lengths)",
        "dx_f + dx_r",
        "test_stacked.py::test_gradients_agree_with_finite_differences[GRU-None]",
    ),
    # the other layers and the losses
    "Linear: bias left out": (
        "layers.py",
        'y += self.params["bias"]',
        "y += 0",
        "test_layers.py::test_linear_is_w_x_plus_b",
    ),
    "Embedding: repeated tokens not summed": (
        "layers.py",
        "np.add.reduceat(rows[order], starts, axis=0)",
        "rows[order][starts]",
        "test_layers.py::test_the_gradient_of_an_embedding_sums_over_every_place_of_a_token",
    ),
    "Dropout: mean not kept": (
        "layers.py",
        "kept / (1 - self.p)",
        "kept / 1",
        "test_layers.py::test_dropout_drops_a_share_p_and_keeps_the_mean",
    ),
    "cross-entropy: sign": (
        "functional.py",
        "dlogits[token, labels] -= 1",
        "dlogits[token, labels] += 1",
        "test_functional.py::test_gradient_of_cross_entropy",
    ),
    "cross-entropy: mean over the padding too": (
        "functional.py",
        "* counted, dtype=np.float64) / size",
        "* counted, dtype=np.float64) / counted.size",
        "test_functional.py::test_masked_tokens_do_not_count_whatever_they_hold",
    ),
    "forget bias in the wrong gate": (
        "init.py",
        "[hidden : 2 * hidden]",
        "[:hidden]",
        "test_init.py::test_forget_bias_sets_the_sum_of_both_biases_and_touches_no_other_gate",
    ),
    # the optimisers
    "SGD: sign": (
        "optim.py",
        "p -= np.multiply(grad, lr, out=scratch)",
        "p += np.multiply(grad, lr, out=scratch)",
        OPTIM.format("SGD", 0),
    ),
    "Adam: correction forgotten": ("optim.py", "1 - beta2**self.steps", "1 - beta2", OPTIM.format("Adam", 4)),
    "clipping by element": (
        "optim.py",
        "grad *= factor",
        "np.clip(grad, -max_norm, max_norm, out=grad)",
        "test_optim.py::test_clip_grad_norm_equals_torchs",
    ),
    # classification
    "temperature: slope of the wrong sign": (
        "calibration.py",
        "(expected - own).mean() > 0",
        "(expected - own).mean() < 0",
        "test_calibration.py::test_fit_temperature_is_a_minimum",
    ),
    "calibration error: every bin counts the same": (
        "calibration.py",
        "* found.size).sum() / found.size.sum()",
        ").mean()",
        "test_calibration.py::test_calibration_error_by_hand",
    ),
    "macro F1: recall": (
        "metrics.py",
        "both = table.sum(axis=0) + table.sum(axis=1)",
        "both = 2 * table.sum(axis=1)",
        "test_metrics.py::test_macro_f1_by_hand",
    ),
    "grouped split: by row": (
        "data/batches.py",
        "np.unique(labels, return_inverse=True)",
        "np.unique(np.arange(len(labels)), return_inverse=True)",
        "test_data_batches.py::test_grouped_split_keeps_groups_together_and_loses_nothing",
    ),
    "batches by length: in order of length": (
        "data/batches.py",
        "for place in rng.permutation(len(batches))",
        "for place in range(len(batches))",
        "test_data_batches.py::test_length_batches_take_every_example_once_and_hardly_pad",
    ),
    "turtle: left is right": (
        "data/synthetic.py",
        "np.where(ids == 2, 1, 0) - np.where(ids == 1, 1, 0)",
        "np.where(ids == 1, 1, 0) - np.where(ids == 2, 1, 0)",
        "test_data_synthetic.py::test_turtle_walk_ends_in_the_quadrant_that_it_says",
    ),
    # sequence to sequence
    "attention: each weight by itself": (
        "attention.py",
        "weights * (dweights - (weights * dweights).sum(axis=-1, keepdims=True))",
        "weights * (1 - weights) * dweights",
        "test_attention.py::test_gradients_are_those_of_finite_differences[None]",
    ),
    "attention: the memory as values alone": (
        "attention.py",
        'dmemory = np.einsum("ubt,ubh->tbh", dscores, queries, optimize=True)',
        "dmemory = np.zeros_like(memory)",
        "test_attention.py::test_gradients_are_those_of_finite_differences[None]",
    ),
    "attention: a step of padding is seen": (
        "attention.py",
        "mark_padding(lengths, len(memory)).T",
        "mark_padding(lengths + 1, len(memory)).T",
        "test_attention.py::test_padding_gets_no_weight_and_no_gradient",
    ),
    "encoder-decoder: no gradient through the first state": (
        "seq2seq.py",
        "self.encoder.backward(dmemory, encoded, _halves(*dstate))",
        "self.encoder.backward(dmemory, encoded)",
        "test_seq2seq.py::test_gradients_are_those_of_finite_differences[4-3-2-False]",
    ),
    "encoder-decoder: reads what it should write": (
        "seq2seq.py",
        "np.concatenate([np.full_like(target[:1], self.mark), target[:-1]])",
        "target",
        "test_seq2seq.py::test_shifted_by_hand",
    ),
    "encoder-decoder: cells handed over as states": (
        "seq2seq.py",
        "return (h_ahead, c_ahead), (h_behind, c_behind)",
        "return (c_ahead, h_ahead), (c_behind, h_behind)",
        "test_seq2seq.py::test_gradients_are_those_of_finite_differences[4-3-2-True]",
    ),
    # the program that goes on
    "program: the rate never falls": ("train_torch.py", "        self.schedule.step()\n", "", PROGRAM),
    "program: gradients not clipped": ("train_torch.py", "(parameters, s.clip,", "(parameters, 1e9,", PROGRAM),
    "program: the state is not carried": (
        "train_torch.py",
        "self.state, self.place = state.detach(),",
        "self.state, self.place = torch.zeros_like(state),",
        PROGRAM,
    ),
    "program: the generator begins again": (
        "train_torch.py",
        '        self.generator.set_state(saved["generator"])\n',
        "",
        "test_train_torch.py::test_a_resumed_run_is_equal_to_the_last_bit",
    ),
    "program: any run's checkpoint will do": (
        "train_torch.py",
        "if theirs.get(name) != value:",
        "if name not in theirs:",
        "test_train_torch.py::test_the_checkpoint_of_another_run_is_refused[lr]",
    ),
    "program: the model outlives its group": (
        "train_torch.py",
        "        gc.collect()",
        "        #",
        "test_train_torch.py::test_the_model_is_gone_before_the_group",
    ),
}


@pytest.fixture(scope="module")
def exit_codes():
    """Run every fault's tests, and all the tests that are named without a fault, in one process."""
    tests = sorted({fault[3] for fault in FAULTS.values()})
    work = [("__init__.py", "", "", tests), *((*fault[:3], [fault[3]]) for fault in FAULTS.values())]
    script = [sys.executable, str(TESTS / "mutation_run.py")]
    done = subprocess.run(script, input=json.dumps(work), capture_output=True, text=True, check=True)
    return dict(zip(["no fault", *FAULTS], json.loads(done.stdout), strict=True))


def test_without_a_fault_all_these_tests_pass(exit_codes):
    assert exit_codes["no fault"] == pytest.ExitCode.OK


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_caught(name, exit_codes):
    file, old, new, _ = FAULTS[name]
    assert (PACKAGE / file).read_text(encoding="utf-8").count(old) == 1, "the line that this fault replaces has changed"
    assert new != old
    assert exit_codes[name] == pytest.ExitCode.TESTS_FAILED
