// A network of the RNN Explainer writes: pure functions, which tests/site/test_live_line.py compares with NumPy.
import { encode, run } from "../explainer/model.js";

const [MULTIPLIER, WHOLE, HALF] = [0x2360ed051fc65da44385df649fccf645n, (1n << 128n) - 1n, (1n << 64n) - 1n];

/** The numbers in [0, 1) that NumPy's `default_rng` (PCG64) draws from a state and increment, both in hexadecimal. */
export function uniforms([state, increment]) {
  let now = BigInt(`0x${state}`);
  const inc = BigInt(`0x${increment}`);
  return () => {
    now = (now * MULTIPLIER + inc) & WHOLE;
    const mixed = (now >> 64n) ^ (now & HALF), turn = now >> 122n;
    const bits = ((mixed >> turn) | (mixed << (64n - turn))) & HALF;
    return Number(bits >> 11n) / 2 ** 53;
  };
}

/** Draw from softmax(logp / tau) by a number u in [0, 1), as `rnn_utils.sampling.temperature` does. */
export function draw(logp, tau, u) {
  const top = Math.max(...logp);
  let sum = 0;
  const below = Array.from(logp, (value) => (sum += Math.exp((value - top) / tau)));
  return below.findIndex((value) => value / sum > u);
}

/** The characters that a network writes after `text`, one at a time and without end. */
export function* write(net, text, tau, random) {
  const read = encode(net, text).map(({ id }) => id).filter((id) => id >= 0);
  let step = run(net, read.length ? read : [net.tokens.indexOf("\n")]).at(-1); // what stands before a beginning
  for (;;) {
    const id = draw(step.logp, tau, random());
    yield net.tokens[id];
    [step] = run(net, [id], [], step);
  }
}
