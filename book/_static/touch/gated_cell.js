// One memory cell with given gates: c_t = f_t c_{t−1} + i_t g_t, h_t = o_t tanh(c_t). No page is touched here.

/** Cell states, hidden states and the gradient's path ∂c_T/∂c_t = f_{t+1} … f_T of gates {i, f, g, o}, arrays of T. */
export function run({ i, f, g, o }) {
  const T = f.length;
  const c = [];
  const path = new Array(T).fill(1);
  for (let t = 0; t < T; t += 1) c.push(f[t] * (t ? c[t - 1] : 0) + i[t] * g[t]);
  for (let t = T - 2; t >= 0; t -= 1) path[t] = path[t + 1] * f[t + 1];
  return { c, h: c.map((value, t) => o[t] * Math.tanh(value)), path };
}
