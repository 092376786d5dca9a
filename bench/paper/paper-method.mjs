import { EventEmitter, once } from 'node:events';
import { Contract, JsonRpcProvider, Wallet } from 'ethers';
import { startClock } from './clock.mjs';
import { previewOf } from './preview-of.mjs';

/** C of §3.1. */
export const pieceBytes = 30 * 1024;
/** A full piece in storage slots costs 21.9 M. */
const gasLimit = 25_000_000n;
/** ethers asks every 4 s for new blocks unless told; as often as this the paper's method loses nothing by it. */
const pollingInterval = 50;

export const pieceCountOf = (byteCount) => Math.ceil(byteCount / pieceBytes);

/** As an application talks to its own node: Fig. 4. */
export function connect(rpc, chainId) {
  return new JsonRpcProvider(rpc, chainId, { staticNetwork: true, pollingInterval, cacheTimeout: -1 });
}

/** Emits `block` for each new one that the node has. */
export function watchBlocks(provider) {
  const blocks = new EventEmitter().setMaxListeners(0);
  void provider.on('block', (number) => blocks.emit('block', number));
  return blocks;
}

/**
 * One researcher at each of two sites with the paper's method: site A sends one piece a transaction and waits until it is in a
 * block before the next (inferred: 18,396 transactions in 450 × 172.8 s), site B asks for one piece after the other.
 */
export function openPaperMethod({ atA, atB, blocks, chainId, abi }, { address, onPiece = () => undefined }) {
  const wallet = Wallet.createRandom();
  const loading = new Contract(address, abi, atB);
  let nonce = 0;

  async function storePiece(patientId, fileName, number, piece) {
    const data = loading.interface.encodeFunctionData('storePiece', [patientId, fileName, number, piece]);
    const signed = await wallet.signTransaction({ to: address, data, nonce, chainId, gasLimit, gasPrice: 1n, type: 0 });
    await atA.send('eth_sendRawTransaction', [signed]);
    nonce++;
    await untilInBlock();
    onPiece();
  }

  /** By the account's number of transactions: for a receipt geth decodes the whole block, with every other researcher's pieces. */
  async function untilInBlock() {
    for (;;) {
      const nextBlock = once(blocks, 'block');
      if ((await atA.getTransactionCount(wallet.address, 'latest')) >= nonce) return;
      await nextBlock;
    }
  }

  async function loadPiece(patientId, fileName, number) {
    const hex = await loading.loadPiece(patientId, fileName, number);
    return Buffer.from(hex.slice(2), 'hex');
  }

  /** Stores the images one after another; milliseconds. */
  async function store({ patientId, images }, { withPreview }) {
    const elapsed = startClock();
    let firstViewableMs = 0;
    let transactions = 0;
    let previewBytes = 0;
    for (const { fileName, bytes } of images) {
      if (withPreview) {
        const ofPreview = startClock();
        const preview = await previewOf(bytes, pieceBytes);
        await storePiece(patientId, fileName, 0, preview);
        previewBytes += preview.length;
        firstViewableMs += ofPreview();
        transactions++;
      }
      for (let i = 0; i < pieceCountOf(bytes.length); i++) {
        await storePiece(patientId, fileName, i + 1, bytes.subarray(i * pieceBytes, (i + 1) * pieceBytes));
        transactions++;
      }
    }
    const storingMs = elapsed();
    return { storingMs, firstViewableStoringMs: withPreview ? firstViewableMs : storingMs, transactions, previewBytes };
  }

  /** Loads previews, then images, at the other site; image-level its name is known there without asking for the patient's. */
  async function load({ patientId, fileNames }, { withPreview, level }) {
    const elapsed = startClock();
    const names = level === 'patient' ? await fileNamesOf(patientId) : fileNames;
    let firstViewableMs;
    if (withPreview) {
      for (const name of names) if (await loading.hasPreview(patientId, name)) await loadPiece(patientId, name, 0);
      firstViewableMs = elapsed();
    }
    const loaded = [];
    for (const name of names) {
      const count = Number(await loading.getPieceCount(patientId, name));
      const pieces = [];
      for (let i = 1; i <= count; i++) pieces.push(await loadPiece(patientId, name, i));
      loaded.push(Buffer.concat(pieces));
    }
    const loadingMs = elapsed();
    return { loadingMs, firstViewableLoadingMs: firstViewableMs ?? loadingMs, loaded, names };
  }

  async function fileNamesOf(patientId) {
    const count = Number(await loading.getImageCount(patientId));
    const names = [];
    for (let i = 0; i < count; i++) names.push(await loading.getFileName(patientId, i));
    return names;
  }

  return { account: wallet.address, store, load, storePiece };
}
