import { AsyncLocalStorage } from 'node:async_hooks';

/** Whoever waits for what the running code works at. */
export interface Asker {
  /** As a key. */
  name: string;
  /** Nobody takes the answer any more. */
  hasGone: () => boolean;
}

/** For whom the running code works; what the server does of itself has none. */
export const onBehalfOf = new AsyncLocalStorage<Asker>();
