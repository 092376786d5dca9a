/** Settles as `asking` does, or rejects with `late()` after `timeoutMs`; undefined waits for ever. */
export async function withTimeout<T>(asking: Promise<T>, timeoutMs: number | undefined, late: () => Error): Promise<T> {
  if (timeoutMs === undefined) return asking;
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), timeoutMs);
  });
  return Promise.race([asking, timeout]).finally(() => clearTimeout(timer));
}
