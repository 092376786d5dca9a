import { isIPv4 } from 'node:net';
import { secp256k1 } from '../ledger/ethereum/secp256k1.js';
import { LedgerError } from '../base/errors.js';

/** What an `enode://key@address:port` says. */
export interface Enode {
  /** 128 hex digits, a point of secp256k1. */
  publicKey: string;
  address: string;
  port: number;
}

/** Throws `bad-request` for what names no node, its IPv4 address and its port. */
export function parseEnode(text: string): Enode {
  const [, publicKey = '', address = '', port = ''] = /^enode:\/\/([0-9a-f]{128})@([\d.]+):(\d{1,5})$/.exec(text) ?? [];
  if (isIPv4(address) && Number(port) >= 1 && Number(port) <= 65_535 && isPoint(publicKey))
    return { publicKey, address, port: Number(port) };
  throw new LedgerError(
    'bad-request',
    `"${text}" names no node: give its enode as "network init", "network join" or "network rotate-node-key" printed it.`,
  );
}

const isPoint = (publicKey: string): boolean =>
  secp256k1().publicKeyVerify(Buffer.concat([Buffer.of(4), Buffer.from(publicKey, 'hex')]));
