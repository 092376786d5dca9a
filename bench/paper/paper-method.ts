import { EventEmitter, once } from 'node:events';
import { type BaseContractMethod, Contract, type InterfaceAbi, JsonRpcProvider, Wallet } from 'ethers';
import { startClock } from './clock.js';
import { previewOf } from './preview-of.js';
import type { Researcher } from './researcher.js';

/** C of §3.1. */
export const PIECE_BYTES = 30 * 1024;
/** A full piece in storage slots costs 21.9 M. */
const GAS_LIMIT = 25_000_000n;
/** ethers asks every 4 s for new blocks unless told; as often as this the paper's method loses nothing by it. */
const POLLING_INTERVAL_MS = 50;

export const pieceCountOf = (byteCount: number): number => Math.ceil(byteCount / PIECE_BYTES);

/** As an application talks to its own node: Fig. 4. */
export function connect(rpc: string, chainId: number): JsonRpcProvider {
  return new JsonRpcProvider(rpc, chainId, {
    staticNetwork: true,
    pollingInterval: POLLING_INTERVAL_MS,
    cacheTimeout: -1,
  });
}

/** Emits `block` for each new one that the node has. */
export function watchBlocks(provider: JsonRpcProvider): EventEmitter {
  const blocks = new EventEmitter().setMaxListeners(0);
  void provider.on('block', (number: number) => blocks.emit('block', number));
  return blocks;
}

export interface PaperSites {
  atA: JsonRpcProvider;
  atB: JsonRpcProvider;
  /** Of site A. */
  blocks: EventEmitter;
  chainId: number;
  abi: InterfaceAbi;
}

export interface PaperResearcher extends Researcher {
  readonly account: string;
  storePiece: (patientId: string, fileName: string, number: number, piece: Buffer) => Promise<void>;
}

/**
 * One researcher at each of two sites with the paper's method: site A sends one piece a transaction and waits until it is in a
 * block before the next (inferred: 18,396 transactions in 450 × 172.8 s), site B asks for one piece after the other.
 */
export function createPaperMethod(
  { atA, atB, blocks, chainId, abi }: PaperSites,
  { address, onPiece }: { address: string; onPiece?: (() => void) | undefined },
): PaperResearcher {
  const wallet = Wallet.createRandom();
  const loading = new Contract(address, abi, atB);
  const ask = <T>(name: string, ...values: unknown[]): Promise<T> =>
    loading.getFunction<BaseContractMethod<unknown[], T>>(name).staticCall(...values);
  let nonce = 0;

  async function storePiece(patientId: string, fileName: string, number: number, piece: Buffer): Promise<void> {
    const data = loading.interface.encodeFunctionData('storePiece', [patientId, fileName, number, piece]);
    const signed = await wallet.signTransaction({
      to: address,
      data,
      nonce,
      chainId,
      gasLimit: GAS_LIMIT,
      gasPrice: 1n,
      type: 0,
    });
    await atA.send('eth_sendRawTransaction', [signed]);
    nonce++;
    await untilInBlock();
    onPiece?.();
  }

  /** By the account's number of transactions: for a receipt geth decodes the whole block, with every other researcher's pieces. */
  async function untilInBlock(): Promise<void> {
    for (;;) {
      const nextBlock = once(blocks, 'block');
      if ((await atA.getTransactionCount(wallet.address, 'latest')) >= nonce) return;
      await nextBlock;
    }
  }

  async function loadPiece(patientId: string, fileName: string, number: number): Promise<Buffer> {
    const hex = await ask<string>('loadPiece', patientId, fileName, number);
    return Buffer.from(hex.slice(2), 'hex');
  }

  /** One after another. */
  const store: Researcher['store'] = async ({ patientId, images }, { withPreview }) => {
    const elapsed = startClock();
    let firstViewableMs = 0;
    let transactions = 0;
    let previewBytes = 0;
    for (const { fileName, bytes } of images) {
      if (withPreview) {
        const ofPreview = startClock();
        const preview = await previewOf(bytes, PIECE_BYTES);
        await storePiece(patientId, fileName, 0, preview);
        previewBytes += preview.length;
        firstViewableMs += ofPreview();
        transactions++;
      }
      for (let i = 0; i < pieceCountOf(bytes.length); i++) {
        await storePiece(patientId, fileName, i + 1, bytes.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES));
        transactions++;
      }
    }
    const storingMs = elapsed();
    return { storingMs, firstViewableStoringMs: withPreview ? firstViewableMs : storingMs, transactions, previewBytes };
  };

  /** Loads previews, then images, at the other site; image-level its name is known there without asking for the patient's. */
  const load: Researcher['load'] = async ({ patientId, fileNames }, { withPreview, level }) => {
    const elapsed = startClock();
    const names = level === 'patient' ? await fileNamesOf(patientId) : [...fileNames];
    let firstViewableMs: number | undefined;
    if (withPreview) {
      for (const name of names)
        if (await ask<boolean>('hasPreview', patientId, name)) await loadPiece(patientId, name, 0);
      firstViewableMs = elapsed();
    }
    const loaded: Buffer[] = [];
    for (const name of names) {
      const count = Number(await ask<bigint>('getPieceCount', patientId, name));
      const pieces: Buffer[] = [];
      for (let i = 1; i <= count; i++) pieces.push(await loadPiece(patientId, name, i));
      loaded.push(Buffer.concat(pieces));
    }
    const loadingMs = elapsed();
    return { loadingMs, firstViewableLoadingMs: firstViewableMs ?? loadingMs, loaded, names };
  };

  async function fileNamesOf(patientId: string): Promise<string[]> {
    const count = Number(await ask<bigint>('getImageCount', patientId));
    const names: string[] = [];
    for (let i = 0; i < count; i++) names.push(await ask<string>('getFileName', patientId, i));
    return names;
  }

  return { account: wallet.address, store, load, storePiece };
}
