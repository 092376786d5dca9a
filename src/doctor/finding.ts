/** What a check has found: that something is as it should be, what should be better, or what stops the server or endangers it. */
export interface Finding {
  /** What was looked at, a word or two. */
  check: string;
  verdict: 'ok' | 'warning' | 'fault';
  /** A sentence, without secrets. */
  says: string;
  /** What to do, a sentence; undefined where all is well. */
  toDo?: string;
}

/** The findings of one check. */
export interface Findings {
  ok: (says: string) => void;
  warning: (says: string, toDo: string) => void;
  fault: (says: string, toDo: string) => void;
}

/** One thing that is looked at. It changes nothing, and says what it has found. */
export interface Check {
  name: string;
  look: (findings: Findings, signal: AbortSignal) => Promise<void> | void;
}
