import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { secp256k1 } from '../ledger/ethereum/secp256k1.js';
import { fromHex, toHex } from '../ledger/ethereum/hex.js';
import { keccak256 } from '../ledger/ethereum/keccak256.js';
import { accountOf } from '../ledger/keys/sign.js';

/** What geth names the header of a Clique block, without its seal, in RLP (`accounts.MimetypeClique`). */
const CLIQUE_HEADER = 'application/x-clique-header';

/** JSON-RPC 2.0: method not found. */
const REFUSED = -32_601;

/**
 * Seals blocks for a geth that was started with `--signer stdio:`, and signs nothing else: geth itself has no key, so
 * `eth_sendTransaction` and `eth_sign` have nothing to sign with, whoever reaches its RPC. Nobody but the process at the other
 * end of the pipes can ask.
 */
export function startSealer({ input, output }: { input: Readable; output: Writable }, key: Buffer): void {
  const account = accountOf(key);

  function answer(method: string, [kind, signer, data]: string[]): unknown {
    if (method === 'account_version') return '6.0.0';
    if (method === 'account_list') return [account];
    if (method === 'account_signData' && kind === CLIQUE_HEADER && signer?.toLowerCase() === account)
      return sealOf(fromHex(data!), key);
    return undefined;
  }

  // The node has ended when a pipe breaks; its own process tells.
  output.on('error', () => undefined);
  const lines = createInterface({ input });
  lines.on('error', () => undefined);
  lines.on('line', (line) => {
    const { id, method, params = [] } = JSON.parse(line) as { id: number; method: string; params?: string[] };
    const result = answer(method, params);
    const message = `The sealer's key signs blocks only, not ${method}.`;
    const outcome = result === undefined ? { error: { code: REFUSED, message } } : { result };
    output.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...outcome })}\n`);
  });
}

/** r, s and the recovery number of 0 or 1: 65 bytes (EIP-225). */
function sealOf(header: Buffer, key: Buffer): string {
  const { signature, recid } = secp256k1().ecdsaSign(keccak256(header), key);
  return toHex(Buffer.concat([signature, Buffer.from([recid])]));
}
