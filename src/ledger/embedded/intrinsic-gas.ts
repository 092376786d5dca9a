/** Gas of a transaction before its first instruction: Yellow Paper §6.2, with EIP-2028's 16 a byte. */
export function intrinsicGasOf({ to, data }: { to?: unknown; data: Uint8Array }): bigint {
  let zeros = 0;
  for (let index = 0; index < data.length; index++) if (data[index] === 0) zeros++;
  return BigInt((to === undefined ? 53_000 : 21_000) + 16 * (data.length - zeros) + 4 * zeros);
}
