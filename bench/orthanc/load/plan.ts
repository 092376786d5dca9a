/** One request. An answer that is not 200 or has fewer bytes than `leastBytes` is wrong. */
export interface Ask {
  /** With the query. */
  path: string;
  headers: Record<string, string>;
  leastBytes: number;
}

/** Objects to store: copies of these files in turn, with numbers from `firstNumber`, so many in a request. */
export interface Stow {
  templates: Uint8Array[];
  firstNumber: number;
  perRequest: number;
  /** As many objects; without it, as many as the seconds allow. */
  count?: number;
}

/** What so many clients do, each with a connection of its own, one request after another. */
export interface Stage {
  clients: number;
  /** The requests, in turn. */
  asks?: Ask[];
  stow?: Stow;
  /** No new request after so long; without it each request is made once. */
  seconds?: number;
}

/** What the process of the load does with one server. */
export interface Plan {
  origin: string;
  headers: Record<string, string>;
  /** One after another; the stages of a step side by side. */
  steps: Stage[][];
  /** A path that is asked for all the while, to see how long the server stands still. */
  pulse?: string;
}

/** Milliseconds. */
export interface Latencies {
  p50: number;
  p99: number;
  most: number;
}

export interface StageOutcome {
  requests: number;
  objects: number;
  /** Of the bodies that were read, or of the objects that were stored. */
  bytes: number;
  /** From the first request to the last answer. */
  seconds: number;
  latencies: Latencies;
  /** How many answers were wrong or did not come, and what was wrong with the first. */
  wrong: number;
  fault?: string;
}

export interface Outcome {
  /** All stages, in order. */
  stages: StageOutcome[];
  seconds: number;
  pulse?: Latencies;
}
