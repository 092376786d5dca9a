/** One way in which the key of the ring file is kept. */
export interface Wrap {
  /** Wraps a file key of 32 bytes. Throws `misconfigured`. */
  wrap(fileKey: Buffer): Promise<Buffer>;
  /** Takes `wrap` back. `isOutdated` when `wrap` would not do it in the same way today. Throws `misconfigured`. */
  unwrap(wrapped: Buffer): Promise<{ fileKey: Buffer; isOutdated: boolean }>;
}
