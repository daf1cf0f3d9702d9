// The gradient of a recurrent network on its way back: pure functions, which tests/site/test_touch_gradients.py
// compares with NumPy. The model is what rnn_utils.touch.Gradients writes.

const FUNCTIONS = { tanh: Math.tanh, relu: (a) => Math.max(a, 0), identity: (a) => a };
const SLOPES = { tanh: (h) => 1 - h * h, relu: (h) => Number(h > 0), identity: () => 1 };
const length = (v) => Math.sqrt(v.reduce((sum, value) => sum + value * value, 0));

/** Lengths of ∂L/∂h_{T−k} for k = 0 … T, and the mean slope of the function over all steps and units. */
export function backwards(model, matrix, scale, steps, nonlinearity) {
  const { W } = model.matrices[matrix];
  const H = model.w_in.length;
  const states = [new Float64Array(H)];
  for (let t = 0; t < steps; t += 1) {
    const before = states[t];
    states.push(Float64Array.from(W, (row, i) =>
      FUNCTIONS[nonlinearity](scale * row.reduce((sum, w, j) => sum + w * before[j], 0) + model.w_in[i] * model.x[t])));
  }
  const unit = length(model.v);
  let dh = model.v.map((value) => value / unit);
  const lengths = [1];
  let slopes = 0;
  for (let t = steps; t > 0; t -= 1) {
    const slope = Array.from(states[t], SLOPES[nonlinearity]);
    slopes += slope.reduce((a, b) => a + b, 0) / H;
    const da = dh.map((value, i) => slope[i] * value);
    const next = new Array(H).fill(0);
    for (let i = 0; i < H; i += 1) for (let j = 0; j < H; j += 1) next[j] += scale * W[i][j] * da[i];
    dh = next;
    lengths.push(length(dh));
  }
  return { lengths, slope: slopes / steps };
}
