/** A network between sites: bytes a second each way, and one way's seconds. */
export interface Link {
  bytesPerSecond: number;
  latencySeconds: number;
  /** Of one site, which only reads. */
  slow?: Link;
}

export const LINKS = {
  LAN: { bytesPerSecond: 125e6, latencySeconds: 0.001 },
  WAN: { bytesPerSecond: 12.5e6, latencySeconds: 0.015 },
  'WAN, one site at 20 Mbit/s': {
    bytesPerSecond: 12.5e6,
    latencySeconds: 0.015,
    slow: { bytesPerSecond: 2.5e6, latencySeconds: 0.02 },
  },
} satisfies Record<string, Link>;
