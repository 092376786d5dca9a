import { createConsortiumAccount } from '../../src/ledger/consortium/consortium-account.js';
import { createConsortiumReader } from '../../src/ledger/consortium/consortium-reader.js';
import { contractsAt } from '../../src/ledger/consortium/contracts-at.js';
import { encodeCall } from '../../src/ledger/consortium/decode-call.js';
import { readRings } from '../../src/ledger/consortium/read-rings.js';
import { createConsortium } from '../../src/ledger/contract/consortium.js';
import { transact } from '../../src/ledger/contract/transact.js';
import type { Hex } from '../../src/ledger/ethereum/hex.js';
import { readKeystore } from '../../src/ledger/keys/keystore.js';
import { accountOf } from '../../src/ledger/keys/sign.js';
import { openHttpProvider } from '../../src/ledger/rpc/http-provider.js';
import { createRpc, type Rpc } from '../../src/ledger/rpc/rpc.js';
import type { KeptAccount, Network } from '../../src/network/network.js';
import { shareAmongAll, type SharingMember } from '../../src/network/share-among-all.js';
import { serverOf } from './network-under-test.js';
import type { RunningServer } from './server.js';

const keyOf = ({ keystoreFile: file, passwordFile }: KeptAccount): Promise<Buffer> =>
  readKeystore({ file, passwordFile });

async function withRpc<T>(network: Network, work: (rpc: Rpc) => Promise<T>): Promise<T> {
  const provider = openHttpProvider({ url: network.sites[0]!.node.rpc });
  try {
    return await work(createRpc(provider));
  } finally {
    await provider.close();
  }
}

async function consortiumOf(rpc: Rpc, { contract }: Network): Promise<Hex> {
  const contracts = await contractsAt(rpc, contract);
  if (contracts.release === 1) throw new Error(`${contract} is of release 1.`);
  return contracts.consortium;
}

/** Has the governors of a network admit one more site; in release 2 its champion joins and names the server's account. Gives its number. */
export function admitFourth(
  network: Network,
  { server, champion }: { server: Hex; champion: Buffer },
): Promise<number> {
  return withRpc(network, async (rpc) => {
    const keys = await Promise.all(network.governors.map(keyOf));
    if (network.release === 1) {
      const consortium = await createConsortium({ rpc }, { contract: network.contract, governorKey: keys[0]! });
      return consortium.admitSite({ name: 'Fourth', accounts: [server] });
    }
    const consortium = await consortiumOf(rpc, network);
    const as = (key: Buffer) => createConsortiumAccount({ rpc }, { consortium, key });
    const call = encodeCall('admitSite', 'Fourth', [accountOf(champion)]);
    const { id } = await as(keys[0]!).propose(call);
    await as(keys[1]!).approve(id, call.hash);
    await as(keys[2]!).execute(id);
    const siteId = network.sites.length + 1;
    await as(champion).join(siteId);
    await as(champion).nameAccount(server, 'writer');
    return siteId;
  });
}

/** In release 2: the fourth, whose SHARE names all, and the first share what they have. */
export function shareWithFourth(
  network: Network,
  { server, champion }: { server: RunningServer; champion: KeptAccount },
): Promise<void> {
  return withRpc(network, async (rpc) => {
    const siteId = network.sites.length + 1;
    const numbers = network.sites.map((site) => site.siteId);
    const members = network.sites.map((site): SharingMember => {
      const { url, dataFolder } = serverOf(site);
      const sharesWith = numbers.filter((other) => other !== site.siteId);
      return { siteId: site.siteId, url, dataFolder, champion: site.champion!, sharesWith };
    });
    const consortium = await consortiumOf(rpc, network);
    const reader = createConsortiumReader(rpc, consortium);
    const key = await keyOf(network.sites[0]!.champion!);
    for (const { ringId } of await readRings({ rpc, consortium }, 1)) {
      const data = reader.encode('share', ringId, siteId, 0n, false);
      await transact({ rpc }, { key, to: consortium, data, gasLimit: 1_000_000n });
    }
    const { url, dataFolder } = server;
    await shareAmongAll([...members, { siteId, url, dataFolder, champion, sharesWith: numbers }], {
      rpcUrl: network.sites[0]!.node.rpc,
      contract: network.contract,
    });
  });
}
