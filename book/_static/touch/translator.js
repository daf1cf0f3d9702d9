// An encoder–decoder with attention: pure functions, which tests/site/test_touch_alignment.py compares with NumPy.
// The model is what rnn_utils.touch.Alignment writes: every array as signed bytes and the value of one unit.

const sigmoid = (a) => 1 / (1 + Math.exp(-a));

/** The weights as numbers. */
export const unpack = ({ weights }) => Object.fromEntries(Object.entries(weights).map(([name, { shape, scale, bytes }]) => {
  const codes = Int8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
  return [name, { width: shape[1] ?? 1, values: Float64Array.from(codes, (code) => code * scale) }];
}));

/** Read token number `id` with an LSTM. */
function step(w, name, id, { h, c }) {
  const [input, own, bias] = ["weight_ih", "weight_hh", "bias"].map((key) => w[`${name}.${key}`]);
  const H = h.length;
  const a = Float64Array.from(bias.values, (value, i) => {
    let sum = value + input.values[i * input.width + id];
    for (let j = 0; j < H; j += 1) sum += own.values[i * H + j] * h[j];
    return sum;
  });
  const cell = c.map((value, k) => sigmoid(a[H + k]) * value + sigmoid(a[k]) * Math.tanh(a[2 * H + k]));
  return { h: cell.map((value, k) => sigmoid(a[3 * H + k]) * Math.tanh(value)), c: cell };
}

/** Read all ids with an LSTM: the state after each of them. */
function read(w, name, ids) {
  let state = { h: new Float64Array(w[`${name}.weight_hh`].width), c: new Float64Array(w[`${name}.weight_hh`].width) };
  return ids.map((id) => (state = step(w, name, id, state)));
}

const join = (one, other) => Float64Array.from([...one, ...other]);

/** What the network writes when it reads `ids`: the ids written, the mark included, and the weights of each step. */
export function write(model, w, ids) {
  const ahead = read(w, "ahead", ids);
  const behind = read(w, "behind", [...ids].reverse()).reverse();
  const memory = ids.map((_, t) => join(ahead[t].h, behind[t].h));
  let state = { h: join(ahead.at(-1).h, behind[0].h), c: join(ahead.at(-1).c, behind[0].c) };
  const mark = model.target.indexOf(model.mark);
  const { values, width } = w["linear.weight"];
  const written = [];
  const rows = [];
  while (written.length < model.longest && (written.length === 0 || written.at(-1) !== mark)) {
    state = step(w, "decoder", written.at(-1) ?? mark, state);
    const scores = memory.map((m) => m.reduce((sum, value, k) => sum + value * state.h[k], 0));
    const powers = scores.map((score) => Math.exp(score - Math.max(...scores)));
    const total = powers.reduce((one, other) => one + other, 0);
    const weights = powers.map((power) => power / total);
    const context = state.h.map((_, k) => memory.reduce((sum, m, t) => sum + weights[t] * m[k], 0));
    const seen = join(state.h, context);
    const logits = model.target.map((_, v) => seen.reduce((sum, value, k) => sum + values[v * width + k] * value, w["linear.bias"].values[v]));
    written.push(logits.indexOf(Math.max(...logits)));
    rows.push(weights);
  }
  return { written, weights: rows };
}
