// A recurrent language model of characters: pure functions, which tests/site/test_touch_sampler.py compares with NumPy.
// The model is what rnn_utils.touch.Sampler writes: every array as signed bytes and the value of one unit.

/** The weights as numbers, and the sizes. */
export function unpack({ tokens, weights }) {
  const arrays = Object.fromEntries(Object.entries(weights).map(([name, { scale, bytes }]) => {
    const codes = Int8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
    return [name, Float64Array.from(codes, (code) => code * scale)];
  }));
  return { ...arrays, V: tokens.length, H: arrays["rnn.bias_hh"].length };
}

/** Read character number `id` in state h: the state after it. */
export function step(w, id, h) {
  return Float64Array.from({ length: w.H }, (_, i) => {
    let sum = w["rnn.weight_ih"][i * w.V + id] + w["rnn.bias_ih"][i] + w["rnn.bias_hh"][i];
    for (let j = 0; j < w.H; j += 1) sum += w["rnn.weight_hh"][i * w.H + j] * h[j];
    return Math.tanh(sum);
  });
}

/** The scores of the next character. */
export function logits(w, h) {
  return Array.from({ length: w.V }, (_, v) => {
    let sum = w["linear.bias"][v];
    for (let j = 0; j < w.H; j += 1) sum += w["linear.weight"][v * w.H + j] * h[j];
    return sum;
  });
}

/** Softmax of z / tau over the k highest scores; all others get 0. */
export function probabilities(z, tau, k) {
  const order = z.map((_, v) => v).sort((a, b) => z[b] - z[a] || a - b);
  const p = z.map(() => 0);
  for (const v of order.slice(0, k)) p[v] = Math.exp((z[v] - z[order[0]]) / tau);
  const total = p.reduce((a, b) => a + b, 0);
  return p.map((value) => value / total);
}

/** The index that a number u in [0, 1) draws. */
export function draw(p, u) {
  let sum = 0;
  for (let v = 0; v < p.length; v += 1) {
    sum += p[v];
    if (sum > u) return v;
  }
  return p.indexOf(Math.max(...p)); // rounding may leave the last sum below u
}
