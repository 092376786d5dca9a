import path from 'node:path';
import { SETTINGS } from '../config.js';
import { findGeth } from '../network/open-node.js';
import type { Network } from '../network/network.js';
import { startNetwork } from '../network/start-network.js';

interface RunOptions {
  sites: number;
  period?: number;
  release?: '1' | '2';
  data: string;
  port: number;
  onlyChain?: boolean;
}

/** Settings of this environment reach every server; those that make a site a site are the network's own. */
export async function runNetwork({ sites, period, release, data, port, onlyChain }: RunOptions): Promise<void> {
  let stopNetwork = (): Promise<void> | undefined => undefined;
  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) return;
    isStopping = true;
    console.log(`${signal}: stopping.`);
    const stopped = stopNetwork();
    // While it starts: the exit ends what has started so far.
    if (!stopped) process.exit(1);
    stopped.then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);

  const network = await startNetwork({
    sites,
    folder: data,
    port,
    binary: await findGeth(),
    ...(period === undefined ? {} : { periodSeconds: period }),
    ...(release === undefined ? {} : { release: release === '1' ? 1 : 2 }),
    onlyChain: onlyChain ?? false,
    environment: settingsOf(process.env),
    say: (sentence) => console.log(sentence),
  });
  stopNetwork = () => network.stop();
  describe(network);
}

function settingsOf(environment: NodeJS.ProcessEnv): Record<string, string> {
  const set = Object.keys(SETTINGS).filter((name) => environment[name] !== undefined);
  return Object.fromEntries(set.map((name) => [name, environment[name]!]));
}

function describe({ folder, chainId, release, contract, governors, consortiumKeyFile, sites }: Network): void {
  console.log(`\nThe consortium runs: chain ${chainId}, contract ${contract} (release ${release}).\n`);
  for (const { name, siteId, account, node, server } of sites) {
    const where = server ? `${server.url}/ (DICOMweb: ${server.url}/dicom-web)` : 'no server';
    console.log(`${name}  ${where}\n        node ${node.rpc}, site ${siteId}, account ${account}`);
  }
  console.log(`
Keys, each with its password beside it:
  governors   ${governors.map(({ keystoreFile }) => keystoreFile).join(', ')}
  sites       ${sites.map(({ keystoreFile }) => keystoreFile).join(', ')}
${release === 1 ? `  all sites   ${consortiumKeyFile}` : `  champions   ${sites.map(({ champion }) => champion!.keystoreFile).join(', ')}`}
What runs where: ${path.join(folder, 'network.json')}. For nodes that join: ${path.join(folder, 'join.json')}.

${release === 1 ? 'Every member can read everything on the chain, for ever: de-identified data only.' : 'This is for trying: on a network each of these keys is in the hands of somebody else.'}
Ctrl-C stops all of it; the same command goes on with it.`);
}
