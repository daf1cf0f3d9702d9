// The three networks of the RNN Explainer: pure functions, which tests/site/test_explainer.py compares with NumPy.
// A file of weights has the parameters of a LanguageModel one after the other, two bytes a number.

/** Gates and candidate of each kind, in the order of the weights. */
export const GATES = { LSTM: ["i", "f", "g", "o"], GRU: ["r", "z", "n"], RNN: ["h"] };
const ALIKE = { "’": "'", "‘": "'", "“": "'", "”": "'", "–": "-", "—": "-", "…": ".", "\r": "" }; // what keyboards write for what the networks know

/** Half-precision numbers as numbers. */
export function halves(buffer) {
  const view = new DataView(buffer);
  return Float64Array.from({ length: buffer.byteLength / 2 }, (_, k) => {
    const bits = view.getUint16(2 * k, true);
    const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
    const size = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
    return bits & 0x8000 ? -size : size;
  });
}

/** A network from its file: `tokens` is a string of the V characters, H the number of units. */
export function unpack(kind, tokens, H, buffer) {
  const numbers = halves(buffer);
  const [V, rows] = [tokens.length, GATES[kind].length * H];
  const net = { kind, tokens, V, H, rows, gates: GATES[kind] };
  let start = 0;
  for (const [name, size] of [["W_ih", rows * V], ["W_hh", rows * H], ["b_ih", rows], ["b_hh", rows], ["W", V * H], ["b", V]]) {
    net[name] = numbers.subarray(start, start += size);
  }
  if (start !== numbers.length) throw new Error(`${kind}: got ${numbers.length} numbers, wanted ${start}`);
  return net;
}

/** What a text is to the network: its characters with their numbers, −1 for one that is left out; é is read as e. */
export function encode(net, text) {
  return [...text].map((sign) => {
    const read = ALIKE[sign] ?? (/\p{L}/u.test(sign) ? sign.normalize("NFD")[0] : sign);
    return { sign, read, id: read ? net.tokens.indexOf(read) : -1 };
  });
}

const sigmoid = (a) => 1 / (1 + Math.exp(-a));
const vector = (H) => new Float64Array(H);

/** W v + b. */
function affine(W, v, b) {
  const out = Float64Array.from(b);
  for (let i = 0, k = 0; i < out.length; i += 1) {
    let sum = out[i];
    for (let j = 0; j < v.length; j += 1, k += 1) sum += W[k] * v[j];
    out[i] = sum;
  }
  return out;
}

/** Wᵀ v. */
function transposed(W, v, width) {
  const out = vector(width);
  for (let i = 0, k = 0; i < v.length; i += 1) {
    if (v[i] === 0) k += width;
    else for (let j = 0; j < width; j += 1, k += 1) out[j] += W[k] * v[i];
  }
  return out;
}

/** Is a unit's value at some place set by one of the changes at step t? */
const set = (changes, what, t, k) => changes.some((one) => one.what === what && t >= one.from && t <= one.to && (one.unit < 0 || one.unit === k));

/** Apply the changes of some place that act at step t: `{what, unit, from, to, value}`, unit −1 for all of them. */
function change(changes, what, t, values) {
  for (const one of changes) {
    if (one.what !== what || t < one.from || t > one.to) continue;
    if (one.unit < 0) values.fill(one.value);
    else values[one.unit] = one.value;
  }
}

// Each kind reads one character: from a_x = W_ih x + b_ih, a_h = W_hh h + b_hh and the state to what the step computed.
// `edit(what, values)` changes values on their way.
const STEP = {
  RNN({ H }, a_x, a_h, edit) {
    const h = vector(H);
    for (let k = 0; k < H; k += 1) h[k] = Math.tanh(a_x[k] + a_h[k]);
    edit("held", h);
    return { h, gates: {} };
  },
  LSTM({ H }, a_x, a_h, edit, before) {
    const gates = { i: vector(H), f: vector(H), g: vector(H), o: vector(H) };
    for (let k = 0; k < H; k += 1) {
      gates.i[k] = sigmoid(a_x[k] + a_h[k]);
      gates.f[k] = sigmoid(a_x[H + k] + a_h[H + k]);
      gates.g[k] = Math.tanh(a_x[2 * H + k] + a_h[2 * H + k]);
      gates.o[k] = sigmoid(a_x[3 * H + k] + a_h[3 * H + k]);
    }
    for (const name of "ifgo") edit(name, gates[name]);
    const c = before.c.map((kept, k) => gates.f[k] * kept + gates.i[k] * gates.g[k]);
    edit("held", c);
    return { c, h: c.map((value, k) => gates.o[k] * Math.tanh(value)), gates };
  },
  GRU({ H }, a_x, a_h, edit, before) {
    const gates = { r: vector(H), z: vector(H), n: vector(H) };
    for (let k = 0; k < H; k += 1) {
      gates.r[k] = sigmoid(a_x[k] + a_h[k]);
      gates.z[k] = sigmoid(a_x[H + k] + a_h[H + k]);
    }
    edit("r", gates.r);
    edit("z", gates.z);
    for (let k = 0; k < H; k += 1) gates.n[k] = Math.tanh(a_x[2 * H + k] + gates.r[k] * a_h[2 * H + k]);
    edit("n", gates.n);
    const h = before.h.map((kept, k) => (1 - gates.z[k]) * gates.n[k] + gates.z[k] * kept);
    edit("held", h);
    return { h, gates };
  },
};

/**
 * Every step of reading `ids` from zero: the state before, a_x, a_h, gates, the state after, and log p of the next
 * character. `changes` act on the way: on c and h as they are before a step is read, on the gates of a step, and with
 * "held" on the new state of the cell, which without them were `made`; `fixed(what, k)` tells which values they set.
 * The last step of another reading, given as `from`, is where this one goes on.
 */
export function run(net, ids, changes = [], from = null) {
  let state = from ?? { h: vector(net.H), c: vector(net.kind === "LSTM" ? net.H : 0) };
  return ids.map((id, t) => {
    const before = { h: state.h.slice(), c: state.c.slice() };
    for (const what of "hc") change(changes, what, t, before[what]);
    const a_x = Float64Array.from(net.b_ih, (bias, i) => bias + net.W_ih[i * net.V + id]);
    const a_h = affine(net.W_hh, before.h, net.b_hh);
    let made;
    const edit = (what, values) => {
      if (what === "held") made = values.slice();
      change(changes, what, t, values);
    };
    const step = STEP[net.kind](net, a_x, a_h, edit, before);
    state = { h: step.h, c: step.c ?? vector(0) };
    const fixed = (what, k) => set(changes, what, t, k);
    return { id, before, a_x, a_h, ...state, gates: step.gates, made, fixed, logp: logSoftmax(affine(net.W, step.h, net.b)) };
  });
}

function logSoftmax(z) {
  const top = Math.max(...z);
  const norm = top + Math.log(z.reduce((sum, value) => sum + Math.exp(value - top), 0));
  return z.map((value) => value - norm);
}

// Each kind goes back one step: from the gradient of the state after it to those of a_x, a_h and the state before.
const BACK = {
  RNN({ h }, d, fixed) {
    const da = h.map((value, k) => (fixed("held", k) ? 0 : d.h[k] * (1 - value * value)));
    return { da_x: da, da_h: da, dh: null, dc: d.c };
  },
  LSTM({ before, c, gates: { i, f, g, o } }, d, fixed) {
    const H = c.length;
    const da = vector(4 * H);
    const dc = vector(H);
    for (let k = 0; k < H; k += 1) {
      const shown = Math.tanh(c[k]);
      const into = fixed("held", k) ? 0 : d.c[k] + d.h[k] * o[k] * (1 - shown * shown);
      if (!fixed("i", k)) da[k] = into * g[k] * i[k] * (1 - i[k]);
      if (!fixed("f", k)) da[H + k] = into * before.c[k] * f[k] * (1 - f[k]);
      if (!fixed("g", k)) da[2 * H + k] = into * i[k] * (1 - g[k] * g[k]);
      if (!fixed("o", k)) da[3 * H + k] = d.h[k] * shown * o[k] * (1 - o[k]);
      dc[k] = into * f[k];
    }
    return { da_x: da, da_h: da, dh: null, dc };
  },
  GRU({ before, a_h, gates: { r, z, n } }, d, fixed) {
    const H = n.length;
    const [da_x, da_h, dh] = [vector(3 * H), vector(3 * H), vector(H)];
    for (let k = 0; k < H; k += 1) {
      const into = fixed("held", k) ? 0 : d.h[k];
      const da_n = fixed("n", k) ? 0 : into * (1 - z[k]) * (1 - n[k] * n[k]);
      da_x[k] = da_h[k] = fixed("r", k) ? 0 : da_n * a_h[2 * H + k] * r[k] * (1 - r[k]);
      da_x[H + k] = da_h[H + k] = fixed("z", k) ? 0 : into * (before.h[k] - n[k]) * z[k] * (1 - z[k]);
      da_x[2 * H + k] = da_n;
      da_h[2 * H + k] = da_n * r[k];
      dh[k] = into * z[k];
    }
    return { da_x, da_h, dh, dc: d.c };
  },
};

/** The gradient of log p(v) after step t with respect to every x up to then: vectors of V numbers, one for each step. */
export function backward(net, steps, t, v) {
  const dz = steps[t].logp.map((value, u) => (u === v ? 1 : 0) - Math.exp(value));
  let d = { h: transposed(net.W, dz, net.H), c: vector(net.kind === "LSTM" ? net.H : 0) };
  const dx = [];
  for (let s = t; s >= 0; s -= 1) {
    const { fixed } = steps[s];
    const { da_x, da_h, dh, dc } = BACK[net.kind](steps[s], d, fixed);
    dx[s] = transposed(net.W_ih, da_x, net.V);
    d = { h: transposed(net.W_hh, da_h, net.H), c: dc };
    if (dh) for (let k = 0; k < net.H; k += 1) d.h[k] += dh[k];
    for (const what of "hc") d[what] = d[what].map((value, k) => (fixed(what, k) ? 0 : value));
  }
  return dx;
}

/** Length of a vector. */
export const length = (vector) => Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
