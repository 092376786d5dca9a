const LANES = 8;

/** Runs `work` for 0 … `count` - 1, in this order, so many at a time (8 unless given). Rejects with the first failure. */
export async function inLanes(count: number, work: (i: number) => Promise<unknown>, lanes = LANES): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let i = next++; i < count; i = next++) await work(i);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
