import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { shareAll } from './share-all.js';
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
 * Founds a consortium by the commands that hospitals give (docs/operations/consortium.md), each in its site's namespace, and lets all of its
 * sites share with each other. `sites` gets each site as soon as it is there, for whoever has to close it.
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
  const governors = [await newKey('governor-1'), await newKey('governor-2'), await newKey('governor-3')];
  const asGovernors = (some: readonly string[]): string[] => some.flatMap((governor) => ['--governor', governor]);

  for (const [i, site] of sites.entries()) {
    const machine = ['--data', site.nodeFolder, '--host', site.address, '--netrestrict', NETWORK];
    const start = ['--block-gas', String(blockGas), '--period', String(periodSeconds)];
    const join = (): string[] => ['--join', path.join(sites[i - 1]!.nodeFolder, 'join.json')];
    await (i === 0
      ? site.run(['network', 'init', ...machine, ...start, ...asGovernors(governors)])
      : site.run(['network', 'join', ...machine, ...join()]));
    await site.startNode();
    if (i > 0) await voteIn(sites.slice(0, i), signerOf(site));
  }

  const url = `http://${first.address}:${RPC_PORT}`;
  const by = (who: string, ...command: string[]): Promise<string> =>
    first.run([...command, '--url', url, ...keyOf(who)]);
  const keys: { champion: string; server: string }[] = [];
  for (const { number } of sites)
    keys.push({ champion: await newKey(`champion-${number}`), server: await newKey(`site-${number}`) });
  const [own] = keys as [(typeof keys)[0]];
  const founding = ['--site-name', 'Site 1', '--writer', own.server, '--champion', own.champion];
  const contract = await by('governor-1', 'deploy', ...asGovernors(governors.slice(1)), ...founding);
  const at = ['--contract', contract];
  for (const [i, { champion, server }] of keys.entries()) {
    const site = sites[i]!;
    const number = String(site.number);
    await site.run(['network', 'contract', contract, '--data', site.nodeFolder]);
    if (i === 0) continue;
    const said = await by('governor-1', 'site', 'admit', `Site ${number}`, '--champion', champion, ...at);
    const [, proposal = ''] = /^Proposal (\d+) stands/m.exec(said) ?? [];
    await by('governor-2', 'proposal', 'approve', proposal, '--yes', ...at);
    await by('governor-3', 'proposal', 'execute', proposal, ...at);
    await by(`champion-${number}`, 'site', 'join', number, ...at);
    await by(`champion-${number}`, 'site', 'name-writer', server, ...at);
  }
  for (const [i, site] of sites.entries()) {
    const next = ((i + 1) % sites.length) + 1;
    const passphraseFile = path.join(site.folder, 'keys.passphrase');
    writeFileSync(passphraseFile, randomBytes(32).toString('hex'), { mode: 0o600 });
    await site.startServer({
      LEDGER_URL: `ws://${site.address}:${RPC_PORT},http://${addressOf(next)}:${RPC_PORT}`,
      LEDGER_CONTRACT: contract,
      NODE_DATA_DIR: site.nodeFolder,
      SITE_KEYSTORE_FILE: path.join(folder, `site-${site.number}.json`),
      SITE_PASSWORD_FILE: path.join(folder, `site-${site.number}.password`),
      JOIN_SITE: String(site.number),
      KEY_PASSPHRASE_FILE: passphraseFile,
      SHARE: sites
        .filter((other) => other !== site)
        .map(({ number }) => number)
        .join(','),
    });
  }
  await shareAll(sites, { chain: ['--url', url, ...at], keyOf: ({ number }) => keyOf(`champion-${number}`) });
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
