import type { Rpc } from '../rpc/rpc.js';
import type { ContractRef, ImageContract } from './image-contract.js';
import { createImageLedger } from './image-ledger.js';
import { createImages } from './images.js';

/** A deployed contract of images, of whichever release it is. */
export function createImageContract(rpc: Rpc, { address, release, consortium }: ContractRef): ImageContract {
  return release === 2 && consortium !== undefined
    ? createImages(rpc, { address, release, consortium })
    : createImageLedger(rpc, address);
}
