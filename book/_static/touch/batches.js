// From text to batches, as in rnn_utils.data: `words`, `Vocabulary.encode` and `contiguous_streams`.

/** Words and punctuation marks, in lower case. Combining marks, and the joiners of Persian and Hindi, belong to words. */
export function words(text) {
  const letter = String.raw`[\p{L}\p{N}\p{M}_\u200c\u200d]`;
  const token = new RegExp(`${letter}+(?:['\u2019]${letter}+)*|[^\\p{L}\\p{N}_\\s]`, "gu");
  return text.toLowerCase().match(token) ?? [];
}

/** Ids of the tokens: that of "<unk>" for one outside the vocabulary, undefined where there is no "<unk>". */
export function encode(tokens, vocabulary) {
  const ids = new Map(vocabulary.map((token, id) => [token, id]));
  return tokens.map((token) => ids.get(token) ?? ids.get("<unk>"));
}

/** The length S of B streams, and all batches {x, y}: T rows of B ids each. */
export function contiguousStreams(ids, B, T) {
  const S = Math.max(0, Math.floor((ids.length - 1) / B));
  const rows = (start) => Array.from({ length: T }, (_, t) => Array.from({ length: B }, (_, b) => ids[b * S + start + t]));
  const batches = Array.from({ length: Math.floor(S / T) }, (_, k) => ({ x: rows(k * T), y: rows(k * T + 1) }));
  return { S, batches };
}
