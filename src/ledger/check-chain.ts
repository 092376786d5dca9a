import { randomBytes } from 'node:crypto';
import { LedgerError } from '../base/errors.js';
import type { Log } from '../base/log.js';
import { storePiecesCalldata } from './contract/calldata.js';
import { createImageContract } from './contract/create-image-contract.js';
import { findContracts } from './contract/find-contracts.js';
import type { ContractRef } from './contract/image-contract.js';
import { readIdentity, requireOneChain } from './nodes/chain-identity.js';
import * as gas from './contract/gas.js';
import type { Hex } from './ethereum/hex.js';
import type { LedgerNode, Nodes } from './nodes/node.js';
import { rpcFailure } from './rpc/provider.js';
import { revertError } from './contract/revert-errors.js';
import type { Block } from './rpc/rpc.js';

export interface CheckChainParameters {
  /** Newest first. */
  contracts: readonly Hex[];
  /** This site's. */
  account: Hex;
  pieceBytes: number;
}

/** What the chain is like, as its nodes say it alike. */
export interface ChainCheck {
  /** What the contracts are, in the order in which they were named. */
  contracts: ContractRef[];
  chainId: bigint;
  gasPrice: bigint;
  /** The newest block of the best node. */
  head: Block;
}

/** The transaction with the most in it that a site sends: two pieces. */
const PIECES_OF_TRANSACTION = 2;

/**
 * Looks at the start whether this chain can hold images: one chain behind all nodes, released code at each contract, blocks and
 * transactions large enough, no base fee. Nothing is sent. Nodes that do not answer are left out. Throws `misconfigured` with one
 * sentence for what is wrong and what to do, `unavailable` when no node answers.
 */
export async function checkChain(
  { nodes, log }: { nodes: Nodes; log: Log },
  { contracts, account, pieceBytes }: CheckChainParameters,
): Promise<ChainCheck> {
  const found = await Promise.allSettled(nodes.all.map(meet));
  const answers = found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const [first] = answers;
  if (first === undefined) throw (found[0] as PromiseRejectedResult).reason;
  requireOneChain(answers);
  const refs = await findContracts(nodes.all, contracts);
  const prices = answers.map(({ gasPrice }) => gasPrice);
  const gasPrice = prices.reduce((most, one) => (one > most ? one : most));
  if (prices.some((one) => one !== gasPrice))
    log.warn({ gasPrices: prices.map(String) }, 'The nodes want different gas prices; the highest is paid');

  const newest = createImageContract(nodes.rpc, refs[0]!);
  const [head, maxPieceBytes, siteId] = await Promise.all([
    nodes.rpc.block('latest'),
    newest.maxPieceBytes(),
    newest.siteOf(account),
  ]);
  if (head === undefined) throw misconfigured('The chain has no block: check LEDGER_URL.');
  if (pieceBytes > maxPieceBytes)
    throw misconfigured(`PIECE_BYTES is ${pieceBytes}; the contract takes at most ${maxPieceBytes}.`);
  requireLimits(head);
  // Whoever is of no site may read only; the contract would refuse for that reason alone.
  if (siteId > 0) await requireLargest(nodes, { contract: contracts[0]!, account, pieceBytes, gasPrice });
  return { contracts: refs, chainId: first.identity.chainId, gasPrice, head };
}

/** All that one node says of the chain, or a rejection when it does not answer. */
async function meet({ name, rpc }: LedgerNode) {
  const [identity, gasPrice] = await Promise.all([readIdentity(rpc), rpc.gasPrice()]);
  return { name, identity, gasPrice };
}

function requireLimits({ gasLimit, baseFee }: Block): void {
  if (gasLimit < BigInt(gas.MAX_TRANSACTION_GAS))
    throw misconfigured(
      `The chain's blocks hold ${gasLimit} gas; ${gas.MAX_TRANSACTION_GAS} is the least that images need: raise the block gas limit.`,
    );
  if (baseFee !== undefined && baseFee > 0n)
    throw misconfigured(
      `The chain has a base fee (${baseFee} wei, EIP-1559), which grows by an eighth with each full block until nothing can be paid: run it under Berlin rules, or with zeroBaseFee.`,
    );
}

interface Largest {
  contract: Hex;
  account: Hex;
  pieceBytes: number;
  gasPrice: bigint;
}

/** Runs the largest transaction without sending it; its bytes are random, since what is there already costs nothing. */
async function requireLargest(nodes: Nodes, { contract, account, pieceBytes, gasPrice }: Largest): Promise<void> {
  const pieces = Array.from({ length: PIECES_OF_TRANSACTION }, () => randomBytes(pieceBytes));
  const options = { from: account, gas: gas.MAX_TRANSACTION_GAS, gasPrice };
  await nodes.rpc.call(contract, storePiecesCalldata(pieces), options).catch((error: unknown) => {
    throw failureOf(error, { account, pieceBytes });
  });
}

function failureOf(error: unknown, { account, pieceBytes }: Pick<Largest, 'account' | 'pieceBytes'>): unknown {
  const failure = rpcFailure(error);
  if (failure === undefined) return error;
  const said = failure.message;
  const refusal = revertError(error, 'storePieces');
  const reason = refusal instanceof LedgerError ? refusal.details.reason : undefined;
  if (reason === 'ChunkNotDeployed' || /code size/i.test(said))
    return misconfigured(
      `The chain does not take code of 24,576 bytes (EIP-170), of which images are made: its code size limit is lower (${said}).`,
    );
  if (/insufficient funds|upfront cost|balance/i.test(said))
    return misconfigured(
      `The account ${account} cannot pay for its transactions: send it ether, or make gas free (${said}).`,
    );
  if (/base fee|fee cap|gas price/i.test(said))
    return misconfigured(
      `The chain refuses the gas price that its own nodes name: check their fee settings (${said}).`,
    );
  if (/gas/i.test(said))
    return misconfigured(
      `The chain or its node does not let a transaction use ${gas.MAX_TRANSACTION_GAS} gas, which two pieces need: raise its limits on transactions and calls (${said}).`,
    );
  return misconfigured(`The chain does not take two pieces of ${pieceBytes} bytes in one transaction: ${said}.`);
}

function misconfigured(message: string): LedgerError {
  return new LedgerError('misconfigured', message);
}
