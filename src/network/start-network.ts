import path from 'node:path';
import { foundConsortium } from './found-consortium.js';
import { writeJoinFile } from './join-file.js';
import { makeNetwork } from './make-network.js';
import type { Network, NetworkNode, NetworkOptions, NetworkProcess, NetworkSite } from './network.js';
import { writeNetworkFile } from './network-file.js';
import { openNode } from './open-node.js';
import { openServer } from './open-server.js';
import { requireFree } from './ports.js';
import { cutPeers, joinPeers, untilConnected } from './peers.js';

/**
 * Starts a consortium on this machine and returns once every server is ready. What it started ends with this process, or by
 * `stop`. Throws `misconfigured` when the folder has another network or a port is taken; nothing runs then.
 */
export async function startNetwork(options: NetworkOptions): Promise<Network> {
  const { binary, say = () => undefined } = options;
  const folder = path.resolve(options.folder);
  const made = await makeNetwork({ ...options, folder });
  const file = writeNetworkFile(path.join(folder, 'network.json'), { current: () => network, say });
  const changed = (): void => file.changed();

  const lost =
    (what: string, command: string) =>
    (how: string): void =>
      say(`${what} has ended (${how}). To start it again: ${command}`);

  const nodes: NetworkNode[] = [];
  for (const { name, nodeFolder } of made.sites)
    nodes.push(
      await openNode({
        binary,
        folder: nodeFolder,
        name: `${name}'s node`,
        changed,
        started: cutAgain,
        lost: lost(`${name}'s node`, `npx dicom-ledger network start --data ${nodeFolder}`),
      }),
    );
  const servers: NetworkProcess[] = [];
  /** Nodes that were cut off and not healed. */
  const cut = new Set<NetworkNode>();
  const othersOf = (node: NetworkNode): NetworkNode[] => nodes.filter((other) => other !== node);
  let network: Network | undefined;

  async function stop(): Promise<void> {
    await Promise.all(servers.map((server) => server.stop()));
    await Promise.all(nodes.map((node) => node.stop()));
    await file.written();
  }

  try {
    if (!options.onlyChain)
      for (const { name, serverPort } of made.sites) await requireFree(serverPort, `${name}'s server`);
    say(`Starting ${nodes.length} nodes.`);
    await startAll(nodes);
    await untilConnected(nodes);
    say('Deploying the contracts and admitting the sites.');
    const { contract, siteIds } = await foundConsortium({ rpcUrls: nodes.map(({ rpc }) => rpc) }, made);
    for (const one of [folder, ...nodes.map((node) => node.folder)])
      await writeJoinFile(one, { ...made.join, contract });
    const sites: NetworkSite[] = [];
    for (const [
      i,
      { name, account, keystoreFile, passwordFile, champion, keyPassphraseFile, folder: siteFolder, serverPort },
    ] of made.sites.entries()) {
      const node = nodes[i]!;
      const environment = {
        // One signer undoes none of its blocks.
        ...(nodes.length === 1 && { SEALED_DEPTH: '1', FINAL_DEPTH: '1' }),
        ...options.environment,
        // The own node first; the others for sending, and while it is away.
        LEDGER_URL: [node.ws, ...othersOf(node).map(({ rpc }) => rpc)].join(','),
        LEDGER_CONTRACT: contract,
        SITE_KEYSTORE_FILE: keystoreFile,
        SITE_PASSWORD_FILE: passwordFile,
        ...(made.consortiumKeyFile !== undefined && { CONSORTIUM_KEY_FILE: made.consortiumKeyFile }),
        ...(keyPassphraseFile !== undefined && { KEY_PASSPHRASE_FILE: keyPassphraseFile }),
        NODE_DATA_DIR: node.folder,
      };
      const server = options.onlyChain
        ? undefined
        : await openServer({
            name: `${name}'s server`,
            folder: siteFolder,
            port: serverPort,
            environment,
            changed,
            lost: lost(`${name}'s server`, `env $(cat ${path.join(siteFolder, 'server.env')}) npx dicom-ledger serve`),
          });
      if (server) servers.push(server);
      sites.push({ name, siteId: siteIds[i]!, account, keystoreFile, passwordFile, champion, node, server });
    }
    if (servers.length > 0) say(`Starting ${servers.length} servers.`);
    await startAll(servers);

    network = {
      folder,
      chainId: made.chainId,
      release: made.release,
      contract,
      governors: made.governors,
      consortiumKeyFile: made.consortiumKeyFile,
      sites,
      cutOff: async ({ node }) => {
        cut.add(node);
        await cutAgain();
      },
      heal: async ({ node }) => {
        cut.delete(node);
        await joinPeers(
          node,
          othersOf(node).filter((other) => !cut.has(other)),
        );
      },
      stop,
    };
    changed();
    await file.written();
    return network;
  } catch (error) {
    await stop();
    throw error;
  }

  /** Also for a node that has started: it looks for its peers. */
  async function cutAgain(): Promise<void> {
    for (const node of cut) if (node.pid !== undefined) await cutPeers(node, othersOf(node));
  }
}

/** Throws the first failure, when no start is under way any more: else one would begin after all were stopped. */
async function startAll(processes: readonly NetworkProcess[]): Promise<void> {
  const starts = await Promise.allSettled(processes.map((one) => one.start()));
  for (const start of starts) if (start.status === 'rejected') throw start.reason;
}
