import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { addressOf, NETWORK, openSite, RPC_PORT, type WanSite } from './wan-site.js';

export interface ConsortiumOptions {
  folder: string;
  sites: number;
  congestionControl: string;
  /** Gas of a block; about 218 for each byte of an image. */
  blockGas: number;
  periodSeconds: number;
}

/**
 * Founds a consortium by the commands that hospitals give (docs/operations/consortium.md), each in its site's namespace. `sites` gets
 * each site as soon as it is there, for whoever has to close it.
 */
export async function foundConsortium(sites: WanSite[], options: ConsortiumOptions): Promise<void> {
  const { folder, congestionControl, blockGas, periodSeconds } = options;
  for (let number = 1; number <= options.sites; number++) {
    const own = path.join(folder, `site-${number}`);
    mkdirSync(own, { recursive: true, mode: 0o700 });
    sites.push(await openSite({ number, folder: own, congestionControl }));
  }
  const [first] = sites as [WanSite];
  const keyOf = (name: string): string[] => [
    ...['--keystore', path.join(folder, `${name}.json`), '--password-file', path.join(folder, `${name}.password`)],
  ];
  const newKey = (name: string): Promise<string> => first.run(['key', 'new', ...keyOf(name)]);
  const governors = [await newKey('governor-1'), await newKey('governor-2')];
  const consortiumKeyFile = path.join(folder, 'consortium.key');
  await first.run(['key', 'consortium', '--file', consortiumKeyFile]);

  for (const [i, site] of sites.entries()) {
    const machine = ['--data', site.nodeFolder, '--host', site.address, '--netrestrict', NETWORK];
    const start = ['--block-gas', String(blockGas), '--period', String(periodSeconds)];
    const asGovernors = governors.flatMap((governor) => ['--governor', governor]);
    const join = (): string[] => ['--join', path.join(sites[i - 1]!.nodeFolder, 'join.json')];
    await (i === 0
      ? site.run(['network', 'init', ...machine, ...start, ...asGovernors])
      : site.run(['network', 'join', ...machine, ...join()]));
    await site.startNode();
    if (i > 0) await voteIn(sites.slice(0, i), signerOf(site));
  }

  const chain = ['--url', `http://${first.address}:${RPC_PORT}`];
  const contract = await first.run([
    'deploy',
    '--release',
    '1',
    ...chain,
    ...keyOf('governor-1'),
    '--governor',
    governors[1]!,
  ]);
  for (const [i, site] of sites.entries()) {
    await site.run(['network', 'contract', contract, '--data', site.nodeFolder]);
    const account = await newKey(`site-${i + 1}`);
    const admit = ['site', 'admit', `Site ${i + 1}`, '--account', account, '--contract', contract];
    await first.run([...admit, ...chain, ...keyOf('governor-1')]);
  }
  for (const [i, site] of sites.entries()) {
    const next = ((i + 1) % sites.length) + 1;
    await site.startServer({
      LEDGER_URL: `ws://${site.address}:${RPC_PORT},http://${addressOf(next)}:${RPC_PORT}`,
      LEDGER_CONTRACT: contract,
      NODE_DATA_DIR: site.nodeFolder,
      SITE_KEYSTORE_FILE: path.join(folder, `site-${i + 1}.json`),
      SITE_PASSWORD_FILE: path.join(folder, `site-${i + 1}.password`),
      CONSORTIUM_KEY_FILE: consortiumKeyFile,
      DEIDENTIFIED_ONLY: 'off',
    });
  }
}

const signerOf = ({ nodeFolder }: WanSite): string =>
  (JSON.parse(readFileSync(path.join(nodeFolder, 'node.json'), 'utf8')) as { signer: string }).signer;

/** More than half of those that sign have to want a new one, as soon as each has the blocks that let it vote. */
async function voteIn(voters: readonly WanSite[], signer: string): Promise<void> {
  const votes = voters.slice(0, Math.floor(voters.length / 2) + 1);
  for (const voter of votes)
    await until(
      'the vote',
      async () => voter.run(['network', 'propose', signer, '--data', voter.nodeFolder]).then(() => true),
      { timeoutMs: 300_000, pauseMs: 1_000 },
    );
}
