import type { Result } from 'ethers/abi';
import { LedgerError } from '../../base/errors.js';
import { release2Interfaces } from '../contract/release2-interfaces.js';
import { fromHex, type Hex } from '../ethereum/hex.js';
import type { Rpc } from '../rpc/rpc.js';
import { refusalInWords } from './refusal.js';

export const { consortium: consortiumInterface, images: imagesInterface } = release2Interfaces;

/** A deployed contract of release 2, read at `latest` by the names of its functions. */
export interface ConsortiumReader {
  readonly address: Hex;
  /** Any getter. */
  read(name: string, ...values: unknown[]): Promise<Result>;
  /** Runs a call without sending it. Rejects with the contract's reason in words. */
  simulate(name: string, data: Buffer, from: Hex): Promise<void>;
  encode(name: string, ...values: unknown[]): Buffer;
}

/** Of the consortium, unless the interface of images is given. */
export function createConsortiumReader(rpc: Rpc, address: Hex, abi = consortiumInterface): ConsortiumReader {
  const encode = (name: string, ...values: unknown[]): Buffer => fromHex(abi.encodeFunctionData(name, values));
  const call = (name: string, data: Buffer, from?: Hex): Promise<Hex> =>
    rpc.call(address, data, from === undefined ? {} : { from }).catch((error: unknown) => {
      throw refusalInWords(error, { call: name, contract: address, abis: [consortiumInterface, imagesInterface] });
    });

  return {
    address,
    encode,
    read: async (name, ...values) => {
      const answer = await call(name, encode(name, ...values));
      if (answer !== '0x') return abi.decodeFunctionResult(name, answer);
      throw new LedgerError('unavailable', `The node gives nothing for ${name} at ${address}; it may be behind.`, {
        retryable: true,
      });
    },
    simulate: async (name, data, from) => {
      await call(name, data, from);
    },
  };
}
