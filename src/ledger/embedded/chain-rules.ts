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
    this.#remember();
  }

  override copy(): this {
    return this;
  }

  /** Each library hands in its one table with every transaction and block: 0.1 ms each time. */
  override updateParams(parameters: ParamsDict): void {
    if (this.#known.has(parameters)) return;
    this.#known.add(parameters);
    super.updateParams(parameters);
    this.#remember();
  }

  /** The libraries ask several times for each instruction. */
  #remember(): void {
    this.isActivatedEIP = remembering((eip: number) => super.isActivatedEIP(eip));
    this.gteHardfork = remembering((hardfork: string) => super.gteHardfork(hardfork));
    this.param = remembering((name: string) => super.param(name));
  }
}

function remembering<K, V>(find: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) known.set(key, (value = find(key)));
    return value;
  };
}
