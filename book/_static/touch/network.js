// A recurrent network, one step after the other: pure functions, which tests/site/test_touch_unrolled.py compares with
// NumPy. The model is what rnn_utils.touch.Unrolled writes.

const product = (W, v) => W.map((row) => row.reduce((sum, weight, i) => sum + weight * v[i], 0));
const NONLINEARITIES = { tanh: Math.tanh, relu: (a) => Math.max(a, 0), identity: (a) => a };
const WORD = /[\p{L}\p{N}_]+(?:'[\p{L}\p{N}_]+)*|[^\p{L}\p{N}_\s]/gu; // as in rnn_utils.data.words
const OUTPUTS = {
  softmax(o) {
    const powers = o.map((v) => Math.exp(v - Math.max(...o)));
    return powers.map((p) => p / powers.reduce((a, b) => a + b, 0));
  },
  sigmoid: (o) => o.map((v) => 1 / (1 + Math.exp(-v))),
  linear: (o) => o,
};

/** The numbers of a text's tokens, and the tokens that the model does not know. */
export function encode(model, text) {
  const parts = model.unit === "word" ? text.toLowerCase().match(WORD) ?? [] : [...text];
  const ids = parts.map((part) => model.tokens.indexOf(part));
  return { ids: ids.filter((id) => id >= 0), unknown: parts.filter((_, i) => ids[i] < 0) };
}

/** Every step of reading `ids`: x, the three parts of the sum, h and y. With `cut`, W_hh is zero. */
export function run(model, ids, cut = false) {
  const { W_ih, W_hh, b, W_hy, b_y } = model.weights;
  let before = b.map(() => 0);
  return ids.map((id) => {
    const x = model.inputs ? model.inputs[id] : model.tokens.map((_, v) => Number(v === id));
    const fromInput = product(W_ih, x);
    const fromState = cut ? b.map(() => 0) : product(W_hh, before);
    const h = b.map((bias, k) => NONLINEARITIES[model.nonlinearity](fromInput[k] + fromState[k] + bias));
    const y = OUTPUTS[model.output](product(W_hy, h).map((o, v) => o + b_y[v]));
    const step = { id, x, before, fromInput, fromState, h, y };
    before = h;
    return step;
  });
}
