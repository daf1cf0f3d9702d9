"""The networks and numbers of the RNN Explainer: files are read whole, and its questions quote the record."""

import json
import re

import numpy as np
import pytest

from experiments import explainer, explainer_units
from experiments._reading import Change, read
from experiments.character_units import properties
from rnn_utils import records


def test_weights_go_into_a_file_and_come_back(tmp_path, monkeypatch):
    monkeypatch.setattr(explainer, "ROOT", tmp_path)
    small = explainer.SETTINGS | {"networks": ["GRU"], "steps": 2}
    (tmp_path / small["folder"]).mkdir(parents=True)
    monkeypatch.setattr(explainer, "held_out_bits", lambda *_: 5.0)
    results = explainer.run(**small)
    model = explainer.load("GRU")
    trained, _ = explainer.train("GRU", small)
    for name, p in model.params.items():
        np.testing.assert_array_equal(p, trained.params[name])
        assert list(p.shape) == results["GRU"]["parameters"][name]
    file = explainer.weights_file("GRU")
    file.write_bytes(file.read_bytes()[:-2])
    with pytest.raises(ValueError, match=r"gru\.f16: got \d+ numbers, wanted"):
        explainer.load("GRU")


def test_contexts_end_where_a_unit_is_highest_and_lowest():
    text = "long ago the cat sat on the mat and the dog lay on the rug; then all of them slept"
    tokens = sorted(set(text))
    ids = np.array([tokens.index(sign) for sign in text])[:, None]
    values = np.zeros(ids.shape)
    for end, value in (("the cat sat on", 3), ("and the dog", 2), ("on the rug", -5), ("then all", -4), ("mat and", 1)):
        values[text.index(end) + len(end) - 1] = value
    high, low = explainer_units.contexts(values, ids, tokens)
    length = explainer_units.CONTEXT
    assert high == [text[: text.index(end) + len(end)][-length:] for end in ("sat on", "the dog")]
    assert low == [text[: text.index(end) + len(end)][-length:] for end in ("the rug", "then all")]


def test_contexts_differ_in_their_last_characters():
    text = "once there was a cat, another cat, a third cat, a dog, and a bird in a tree that sang"
    tokens = sorted(set(text))
    ids = np.array([tokens.index(sign) for sign in text])[:, None]
    values = np.zeros(ids.shape)
    for value, end in enumerate(("a bird", "a dog", "third cat", "another cat", "a cat"), start=1):
        values[text.index(end) + len(end) - 1] = value
    high, _ = explainer_units.contexts(values, ids, tokens)
    assert [context[-3:] for context in high] == ["cat", "dog"]
    assert high[0].endswith("was a cat")


def test_the_questions_quote_the_record():
    record = records.load("explainer_units")
    facts = json.loads((explainer.ROOT / explainer.SETTINGS["folder"] / "facts.json").read_text("utf8"))
    assert facts["measured"] == json.loads(json.dumps(explainer_units.measured(record["results"])))
    assert facts["tokens"] == records.load("explainer")["results"]["characters"]
    names = facts["measured"]["names"]
    costs = sorted(record["results"]["names"]["inside"])
    assert costs[63] <= names["median"] + 5e-4
    assert costs[64] >= names["median"] - 5e-4
    for what in ("c", "h"):
        assert facts["measured"]["erasing"][what]["late"] == round(sum(record["results"]["erasing"][what][10:]), 1)


def test_the_unit_asked_for_keeps_its_sign_in_names_and_the_others_do_not():
    page = (explainer.ROOT / explainer.SETTINGS["folder"] / "questions.js").read_text("utf8")
    text = json.loads(re.search('const DIALOGUE = ("[^"]*");', page)[1])
    names = json.loads((explainer.ROOT / explainer.SETTINGS["folder"] / "facts.json").read_text("utf8"))
    names = names["measured"]["names"]
    ids = explainer.texts()[2].encode(text)
    c = read(explainer.load("LSTM"), ids[:, None]).c[:, 0]
    inside = properties(text)["inside a name"]
    for unit in (names["unit"], *names["decoys"]):
        signs = np.sign(c[inside, unit])
        assert (len(set(signs)) == 1) == (unit == names["unit"]), unit


def example(name):
    """A text of the page's questions, as characters and as numbers (T, 1)."""
    page = (explainer.ROOT / explainer.SETTINGS["folder"] / "questions.js").read_text("utf8")
    text = json.loads(re.search(f'const {name} = ("[^"]*");', page)[1])
    assert text in explainer.texts()[1], "the networks have not been trained with it"
    return text, explainer.texts()[2].encode(text)[:, None]


def more(x, *changes):
    """What each character of a text costs more with some changes: (T - 1,)."""
    model = explainer.load("LSTM")
    changed, plain = (explainer_units.costs(read(model, x[:-1], made), x[1:])[:, 0] for made in (changes, ()))
    return changed - plain


def test_the_erased_name_is_an_ordinary_one():
    text, x = example("NAME")
    measured = records.load("explainer_units")["results"]["spelling"]
    t, end = text.index("PET") + 3, text.index(":\nMarry")
    erased = more(x, Change("c", 0.0, slice(None), t, t))
    assert not erased[:t].any()
    assert measured["inside"] / 2 < erased[t:end].sum() < 2 * measured["inside"]
    assert abs(erased[end:].sum() - measured["after"]) < 1
    assert erased[end + 1 :].max() < 0.5


def test_the_place_where_c_or_h_is_erased_is_an_ordinary_one():
    text, x = example("SPEECH")
    record, t = records.load("explainer_units")["results"]["erasing"], text.index("ut you two")
    for name in ("c", "h"):
        erased, mean = more(x, Change(name, 0.0, slice(None), t, t))[t : t + 100], np.array(record[name])
        assert abs(erased[0] - mean[0]) < 0.5
        assert abs(erased[10:].sum() - mean[10:].sum()) < 0.5
        assert abs(erased.sum() - mean.sum()) < 1.5


def test_gates_and_gradients_of_the_examples_are_ordinary():
    results = records.load("explainer_units")["results"]
    text, x = example("SPEECH")
    opened = more(x, Change("f", 1.0)).mean()
    assert abs(opened - results["gates"]["all open"]) < 1
    t = text.index("I won t") + 6
    for name in ("LSTM", "RNN"):
        model, record = explainer.load(name), results["gradients"][name]
        _, _, cache = model.rnn.forward(model.encode(x[: t + 1]))
        p = np.exp(read(model, x[: t + 1]).logp[-1, 0])
        dlogits = np.zeros((t + 1, 1, len(p)))
        dlogits[-1, 0] = np.eye(len(p))[p.argmax()] - p
        dx = model.rnn.backward(dlogits @ model.params["linear.weight"], cache)[0][:, 0]
        lengths = np.linalg.norm(dx, axis=1)[::-1]
        within = np.argmax(np.cumsum(lengths) >= 0.9 * lengths.sum()) + 1
        assert abs(within - np.median(record["nine tenths"])) <= 1
        ratio = lengths[50] / lengths[0] / (record["length"][50] / record["length"][0])
        assert 0.5 < ratio < 2


def test_names_are_spelled_up_to_their_colons():
    record = records.load("explainer_units")
    held = explainer_units.Held(400)
    assert record["results"]["spelling"]["names"] > 500
    found = [match[1] for match in explainer_units.NAME.finditer(held.text)]
    assert all(len(name) >= 6 and name == name.upper() for name in found)
    assert "First Citizen" not in found


def test_the_page_shows_the_table_that_was_made():
    page = (explainer.ROOT / "book/explainer.md").read_text("utf8")
    assert ":file: figures/explainer.html" in page
    results = records.load("explainer")["results"]
    said = re.findall(r"(LSTM needs|the GRU|tanh network) (\d\.\d\d)\b", " ".join(page.split()))
    bits = [results[name]["held-out"] for name in explainer.SETTINGS["networks"]]
    assert said == list(zip(("LSTM needs", "the GRU", "tanh network"), (f"{b:.2f}" for b in bits), strict=True))
    table = (explainer.ROOT / "book/figures/explainer.html").read_text("utf8")
    assert len(re.findall('<tr><th scope="row">', table)) == len(explainer_units.SHOWN)
