"""The figure that writes dates: Python's side writes what the encoder–decoder with rounded weights writes."""

import html
import json
import re

import numpy as np
import pytest

from rnn_utils.seq2seq import EncoderDecoder
from rnn_utils.touch import Alignment, rounded

SOURCE, TARGET = list("ab'<& "), list("01.")


def network(dtype=np.float32):
    net = EncoderDecoder(6, 3, 8, mark=2, rng=np.random.default_rng(0), dtype=dtype)
    for p in net.params.values():
        p *= 5
    return net


def test_it_writes_what_the_rounded_network_writes():
    figure, net = Alignment(network().params, SOURCE, TARGET, ".", "ab"), network(np.float64)
    for layer, end in (("encoder", ""), ("encoder", "_reverse"), ("decoder", "")):
        name = {"encoder": "ahead", "encoder_reverse": "behind", "decoder": "decoder"}[layer + end]
        for key in ("weight_ih", "weight_hh"):
            net.params[f"{layer}.{key}{end}"][...] = rounded(figure.params[f"{name}.{key}"])
        net.params[f"{layer}.bias_ih{end}"][...] = rounded(figure.params[f"{name}.bias"])
        net.params[f"{layer}.bias_hh{end}"][...] = 0
    for key in ("weight", "bias"):
        net.params[f"linear.{key}"][...] = rounded(figure.params[f"linear.{key}"])
    for text in ("ab", "a", "b'<& ab", "   "):
        written, weights = figure.write(text)
        source = np.array([SOURCE.index(character) for character in text])[:, None]
        ids = net.generate(source, None, len(written))
        assert [TARGET[i] for i in ids[:, 0]] == list(written)
        assert "." not in written[:-1] and (written[-1] == "." or len(written) == 40)
        theirs = net.forward(source, None, net.shifted(ids))[1][:, 0]
        np.testing.assert_allclose(weights, theirs, atol=1e-12)


def test_the_element_carries_the_model_and_a_table():
    figure = Alignment(network().params, SOURCE, TARGET, ".", "a <")
    shown = figure._repr_html_()
    (model,) = re.findall("data-touch=\"alignment\" data-model='([^']*)'", shown)
    model = json.loads(html.unescape(model))
    assert model["source"] == SOURCE and model["target"] == TARGET and model["mark"] == "."
    assert model["weights"]["decoder.weight_ih"]["shape"] == [32, 3]
    written, weights = figure.write("a <")
    assert f"<caption>a &lt; → {written}</caption>" in shown
    assert shown.count('<th scope="row">') == len(written)
    assert f"<td>{weights[0].max():.2f}</td>" in shown
    assert repr(figure) == "Alignment(6 characters read, 3 written, H=8)"


def test_bad_input_is_named():
    params = dict(network().params)
    with pytest.raises(ValueError, match=r"mark: got '-', wanted one of '01\.'"):
        Alignment(params, SOURCE, TARGET, "-", "ab")
    for example in ("", "ax", "a" * 41):
        with pytest.raises(ValueError, match="example: got"):
            Alignment(params, SOURCE, TARGET, ".", example)
    with pytest.raises(ValueError, match=r"encoder\.weight_ih: got shape \(16, 6\), wanted \(16, 5\)"):
        Alignment(params, SOURCE[:5], TARGET, ".", "ab")
    with pytest.raises(KeyError, match=r"linear\.bias"):
        Alignment({name: p for name, p in params.items() if name != "linear.bias"}, SOURCE, TARGET, ".", "ab")
