import type { NodeCpu } from './chain-parts.js';

/** What was measured of one site, and what follows from it; CPU in seconds of one core. */
export interface Fitted {
  /** Of a site of its own. */
  coresEach: number;
  /** What node and server of a site take at rest. */
  idleCores: number;
  imageBytes: number;
  headBytes: number;
  chainBytesPerByte: number;
  rpcBytesPerByte: number;
  /** Bytes on a node's disk for each image byte, besides the blocks. */
  diskBesideBlocks: number;
  answerSeconds: number;
  viewSeconds: number;
  /** Of the server: per MB of images, and per byte on the chain for each node that it sends to. */
  cpu: NodeCpu & { serverPerMB: number; send: number };
}
