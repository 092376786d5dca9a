import { setTimeout as sleep } from 'node:timers/promises';
import { LedgerError } from '../base/errors.js';
import { createConsortiumAccount, type ConsortiumAccount } from '../ledger/consortium/consortium-account.js';
import { createConsortiumReader } from '../ledger/consortium/consortium-reader.js';
import { encodeCall } from '../ledger/consortium/decode-call.js';
import { deployRelease2 } from '../ledger/consortium/deploy-release2.js';
import { readSites } from '../ledger/consortium/read-sites.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import { readKeystore } from '../ledger/keys/keystore.js';
import type { LedgerProvider } from '../ledger/rpc/provider.js';
import { createRpc } from '../ledger/rpc/rpc.js';
import type { KeptAccount } from './network.js';

/** As long as a consortium of hospitals has to wait at least, whose form this is. */
const WAIT_SECONDS = 72 * 3_600;
/** What the consortium says of a site that isn't admitted yet, of an account that wasn't named, and of one that has not joined. */
const UNDONE: readonly string[] = ['UnknownSite', 'NotNamed', 'NotAChampion'];
const ATTEMPTS = 40;
const PAUSE_MS = 250;

/** A site that is to be founded: the account of its server, and who speaks for it. */
export type FoundedSite = KeptAccount & { name: string; champion: KeptAccount | undefined };

/**
 * Founds a consortium of three governors, and has each site admitted by their votes, its server named by its champion and joined, as far as that was not
 * done before. All keys are of this machine; on a network each of those steps is a command of somebody else.
 */
export async function foundRelease2(
  provider: LedgerProvider,
  { governors, sites }: { governors: readonly KeptAccount[]; sites: readonly FoundedSite[] },
): Promise<{ contract: Hex; consortium: Hex }> {
  const [first, ...others] = sites;
  const [founder] = governors;
  const { consortium, images } = await deployRelease2(provider, {
    key: await keyOf(founder!),
    governors: governors.map(({ account }) => account),
    waitSeconds: WAIT_SECONDS,
    siteName: first!.name,
    writers: [first!.account],
    champions: [first!.champion!.account],
  });
  const rpc = createRpc(provider);
  const as = async (kept: KeptAccount): Promise<ConsortiumAccount> =>
    createConsortiumAccount({ rpc }, { consortium, key: await keyOf(kept) });
  const [proposer, approver, executor] = (await Promise.all(governors.map(as))) as [
    ConsortiumAccount,
    ConsortiumAccount,
    ConsortiumAccount,
  ];
  const admitted = (await readSites({ rpc, consortium })).length;
  const reader = createConsortiumReader(rpc, consortium);
  const siteIdOf = async (account: Hex): Promise<number> => Number((await reader.read('getAccount', account))[0]);

  // One account sends one transaction after the other; different ones need not wait for each other.
  let [proposed, approved, executed]: Promise<unknown>[] = [Promise.resolve(), Promise.resolve(), Promise.resolve()];
  const admissions = others.map(async ({ name, champion, ...site }, i) => {
    const siteId = i + 2;
    if (siteId > admitted) {
      const call = encodeCall('admitSite', name, [champion!.account]);
      const before = { approved, executed };
      const proposal = proposed!.then(() => proposer.propose(call));
      proposed = proposal;
      const approval = Promise.all([proposal, before.approved]).then(([{ state, id }]) =>
        state === 'open' ? approver.approve(id, call.hash) : undefined,
      );
      approved = approval;
      const execution = Promise.all([proposal, approval, before.executed]).then(([{ id }]) => executor.execute(id));
      executed = execution;
      await execution;
    }
    if ((await siteIdOf(site.account)) === siteId) return;
    const asChampion = await as(champion!);
    await onceThatStands(() => asChampion.join(siteId));
    await onceThatStands(() => asChampion.nameAccount(site.account, 'writer'));
    const asWriter = await as(site);
    await onceThatStands(() => asWriter.join(siteId));
  });
  // Each is awaited to its end, so that no transaction is on its way when this throws.
  for (const one of await Promise.allSettled(admissions)) if (one.status === 'rejected') throw one.reason;
  return { contract: images, consortium };
}

/** Several nodes have just begun to make blocks: the one that has what went before may be undone, and the next has it. */
async function onceThatStands(act: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++)
    try {
      await act();
      return;
    } catch (error) {
      const reason = error instanceof LedgerError ? error.details['reason'] : undefined;
      if (!UNDONE.includes(String(reason)) || attempt === ATTEMPTS) throw error;
      await sleep(PAUSE_MS);
    }
}

function keyOf({ keystoreFile, passwordFile }: KeptAccount): Promise<Buffer> {
  return readKeystore({ file: keystoreFile, passwordFile });
}
