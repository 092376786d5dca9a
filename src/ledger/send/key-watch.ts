import type { Log } from '../../base/log.js';
import type { Hex } from '../ethereum/hex.js';

/** Whether something else signs with the key of an account. */
export interface KeyWatch {
  /** It has, since the start. */
  readonly isShared: boolean;
  /** From now on it is known what was before the start: until then a node may have been behind, and nobody is blamed. */
  began(): void;
  /** The chain has a transaction of this nonce or one before it that was not signed here. */
  foreign(nonce: number): void;
}

export function createKeyWatch({ account, log }: { account: Hex; log: Log }): KeyWatch {
  let [isShared, isLogged, hasBegun] = [false, false, false];
  return {
    get isShared() {
      return isShared;
    },
    began: () => void (hasBegun = true),
    foreign: (nonce) => {
      if (!isLogged)
        log.warn({ account, nonce }, 'Something else uses the key of this account: give each program its own');
      isLogged = true;
      isShared ||= hasBegun;
    },
  };
}
