import { Common, Hardfork, Mainnet, type ParamsDict } from '@ethereumjs/common';
import { fastCrypto } from './fast-crypto.js';

/** The rules of the chain: Berlin from block 0, so that no base fee grows. */
export function chainRules(chainId: number): Common {
  return new FixedRules(chainId);
}

/** Rules that never change, so that each transaction and each block shares the one object, which the library copies. */
class FixedRules extends Common {
  readonly #known = new Set<ParamsDict>();

  constructor(chainId: number) {
    const upToBerlin = Mainnet.hardforks.findIndex(({ name }) => name === Hardfork.Berlin) + 1;
    super({
      chain: {
        ...Mainnet,
        name: 'dicom-ledger',
        chainId,
        defaultHardfork: Hardfork.Berlin,
        // In name only: the libraries ask a signer of every proof-of-authority chain. Nothing is mined by work.
        consensus: { type: 'pow', algorithm: 'ethash', ethash: {} },
        hardforks: Mainnet.hardforks.slice(0, upToBerlin).map(({ name }) => ({ name, block: 0 })),
      },
      hardfork: Hardfork.Berlin,
      customCrypto: fastCrypto,
    });
  }

  override copy(): this {
    return this;
  }

  /** Each library hands in its one table with every transaction and block: 0.1 ms each time. */
  override updateParams(parameters: ParamsDict): void {
    if (this.#known.has(parameters)) return;
    this.#known.add(parameters);
    super.updateParams(parameters);
  }
}
