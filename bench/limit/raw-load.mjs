// The ceiling of loading: code by address in batches, decoded to bytes and not checked.
const batches = [32, 64, 128];
const inFlights = [1, 2, 4];

/** MB/s of reading every address once. */
export async function loadRaw(node, addresses, { batch, inFlight }) {
  let at = 0;
  let byteCount = 0;
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (at < addresses.length) {
        const some = addresses.slice(at, (at += batch));
        for (const code of await node.codes(some)) {
          if (code.length === 0) throw new Error('A chunk is not at its address.');
          byteCount += code.length - 1;
        }
      }
    }),
  );
  return byteCount / 1e3 / (performance.now() - begun);
}

/** All combinations, and the best first. */
export async function tuneLoading(node, addresses) {
  const tried = [];
  // The first reading is of what the node has not in memory.
  await loadRaw(node, addresses, { batch: 64, inFlight: 2 });
  for (const batch of batches)
    for (const inFlight of inFlights)
      tried.push({ batch, inFlight, MBPerSecond: await loadRaw(node, addresses, { batch, inFlight }) });
  return tried.sort((a, b) => b.MBPerSecond - a.MBPerSecond);
}
