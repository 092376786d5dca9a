import { LedgerError } from '../../base/errors.js';
import { fromHex, type Hex } from '../ethereum/hex.js';
import type { Rpc } from '../rpc/rpc.js';
import type { ContractRef } from './image-contract.js';
import { release2Interfaces } from './release2-interfaces.js';
import { requireReleasedAt } from './releases.js';

/** A node to be asked, by its name. */
interface AskedNode {
  name: string;
  rpc: Pick<Rpc, 'codes' | 'call'>;
}

/**
 * What the contracts at these addresses are, and where the Consortium of each lies, by all nodes alike; nodes that do not answer are left
 * out. Throws `misconfigured` for one that is no released contract of images, and when no node has it.
 */
export async function findContracts(nodes: readonly AskedNode[], addresses: readonly Hex[]): Promise<ContractRef[]> {
  const releases = await requireReleasedAt(addresses, await codesOf(nodes, addresses));
  const refs: ContractRef[] = [];
  for (const [i, { name, release }] of releases.entries()) {
    const address = addresses[i]!;
    if (name === 'Consortium')
      throw new LedgerError(
        'misconfigured',
        `The contract at ${address} is a Consortium: LEDGER_CONTRACT is the address of the Images that belong to it.`,
      );
    const consortium = name === 'Images' ? await consortiumOf(nodes, address) : undefined;
    refs.push({ address, release, consortium });
  }
  return refs;
}

const { images } = release2Interfaces;

async function consortiumOf(nodes: readonly AskedNode[], address: Hex): Promise<Hex> {
  const data = fromHex(images.encodeFunctionData('consortium'));
  const answers = await Promise.allSettled(nodes.map(({ rpc }) => rpc.call(address, data)));
  const said = answers.flatMap((one) => (one.status === 'fulfilled' && one.value !== '0x' ? [one.value] : []));
  const found = new Set(
    said.map((value) => (images.decodeFunctionResult('consortium', value)[0] as Hex).toLowerCase()),
  );
  const [consortium] = [...found] as Hex[];
  if (consortium === undefined)
    throw new LedgerError('unavailable', `No node says which Consortium ${address} has.`, { retryable: true });
  const [release] = await requireReleasedAt([consortium], await codesOf(nodes, [consortium]));
  if (found.size === 1 && release?.name === 'Consortium') return consortium;
  throw new LedgerError(
    'misconfigured',
    `The nodes name ${[...found].join(' and ')} as the Consortium of ${address}, which is not one that was released: check LEDGER_URL.`,
  );
}

async function codesOf(nodes: readonly AskedNode[], addresses: readonly Hex[]) {
  const answers = await Promise.allSettled(
    nodes.map(async ({ name, rpc }) => ({ name, codes: await rpc.codes(addresses) })),
  );
  const found = answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  if (found.length === 0) throw (answers[0] as PromiseRejectedResult).reason;
  return found;
}
