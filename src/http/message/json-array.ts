/** A JSON array of texts that are JSON already, one at a time. */
export function* jsonArray(texts: Iterable<string>): Generator<string> {
  let separator = '[';
  for (const text of texts) {
    yield separator + text;
    separator = ',\n';
  }
  yield separator === '[' ? '[]' : ']';
}
