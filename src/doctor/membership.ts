import { readFile } from 'node:fs/promises';
import type { Config } from '../config.js';
import { createImageContract } from '../ledger/contract/create-image-contract.js';
import { findContracts } from '../ledger/contract/find-contracts.js';
import { rationsLeft } from '../ledger/contract/ration.js';
import { LOW_RATION } from '../ledger/nodes/ledger-health.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import { parseKey } from '../ledger/keys/keys.js';
import { accountOf } from '../ledger/keys/sign.js';
import type { Rpc } from '../ledger/rpc/rpc.js';
import type { Check, Findings } from './finding.js';
import { openNodeRpc } from './open-node-rpc.js';

/** Whether the contracts are released ones, and this site is admitted and can pay. */
export function membership(config: Config): Check {
  const { LEDGER_URL = [], LEDGER_CONTRACT = [] } = config;
  return {
    name: 'contract',
    look: async (findings) => {
      for (const [index, url] of LEDGER_URL.entries()) {
        const { rpc, close } = openNodeRpc(url);
        try {
          await rpc.chainId();
        } catch {
          // The checks of the nodes say so.
          await close().catch(() => undefined);
          if (index < LEDGER_URL.length - 1) continue;
          return findings.fault(
            'No node answers: of contract and account nothing is known.',
            'Start a node of LEDGER_URL.',
          );
        }
        try {
          await judge(findings, { rpc, config, contracts: LEDGER_CONTRACT });
        } finally {
          await close().catch(() => undefined);
        }
        return;
      }
    },
  };
}

async function judge(
  findings: Findings,
  { rpc, config, contracts }: { rpc: Rpc; config: Config; contracts: readonly Hex[] },
): Promise<void> {
  const [newest] = contracts;
  if (newest === undefined) return;
  const [own] = await findContracts([{ name: 'the node', rpc }], contracts);
  const contract = createImageContract(rpc, own!);
  const release = `${newest} is release ${contract.release} of the contract`;
  if (contract.release === 2) findings.ok(`${release}: what is written to it is encrypted.`);
  else findings.warning(`${release}: every member can read what is written to it, for ever.`, 'See docs/operations/consortium.md#a-consortium-of-release-1.'); // prettier-ignore
  const account = await accountOfSite(config);
  if (account === undefined) return findings.warning('The keystore does not say whose account it is.', 'Make a keystore with "dicom-ledger key new".'); // prettier-ignore
  const siteId = await contract.siteOf(account);
  if (siteId === 0)
    return findings.fault(`The account ${account} is of no admitted site: nothing can be stored.`, howToLetIn(contract.release, account)); // prettier-ignore
  findings.ok(`The account ${account} is of site ${siteId}.`);
  const left = await rationsLeft(rpc, account);
  if (left === Infinity) findings.ok('Gas is free.');
  else {
    const says = `The account can pay for ${Math.floor(60 * left)} minutes of full blocks.`;
    if (left >= LOW_RATION) findings.ok(says);
    else findings.warning(says, `See that the signers give fees back ("network status"), and let a governor give it more: dicom-ledger site fund ${account}`); // prettier-ignore
  }
}

function howToLetIn(release: 1 | 2, account: Hex): string {
  return release === 1
    ? `Let a governor admit it: dicom-ledger site admit "<name>" --account ${account}`
    : `Let the champion of the site name it, and set JOIN_SITE: dicom-ledger site name-writer ${account}`;
}

/** Without its password: a keystore tells the address (Web3 Secret Storage). */
async function accountOfSite({ SITE_KEY, SITE_KEYSTORE_FILE }: Config): Promise<Hex | undefined> {
  if (SITE_KEY !== undefined) return accountOf(parseKey('SITE_KEY', SITE_KEY));
  if (SITE_KEYSTORE_FILE === undefined) return undefined;
  const { address } = JSON.parse(await readFile(SITE_KEYSTORE_FILE, 'utf8')) as { address?: unknown };
  if (typeof address !== 'string' || !/^(0x)?[0-9a-fA-F]{40}$/.test(address)) return undefined;
  return `0x${address.replace(/^0x/, '').toLowerCase()}`;
}
