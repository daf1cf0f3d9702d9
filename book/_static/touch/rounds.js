// The rounds of a scan, and what they cost; rnn_utils/touch/scan.py computes the same.

/** For every round, which place takes in which earlier one: pairs [earlier, later]. */
export function rounds(way, T) {
  const found = [];
  const round = (first, gap, reach) => {
    const joins = [];
    for (let t = first; t < T; t += gap) joins.push([t - reach, t]);
    if (joins.length) found.push(joins);
  };
  let reach = 1;
  for (; reach < T; reach *= 2) round(way === "doubling" ? reach : 2 * reach - 1, way === "doubling" ? 1 : 2 * reach, reach);
  while (way === "tree" && reach > 1) {
    reach /= 2;
    round(3 * reach - 1, 2 * reach, reach);
  }
  return found;
}

/** Operations one after the other, when so many can be done at once. */
export function costs(T, units, processors) {
  const turns = (joins) => Math.ceil(joins * units / processors);
  const down = Math.floor(Math.log2(T));
  const total = (way) => rounds(way, T).reduce((sum, joins, i) => sum + (way === "doubling" || i < down ? 3 : 2) * turns(joins.length), 0);
  return { loop: 2 * turns(1) * T, doubling: total("doubling"), tree: total("tree") };
}
