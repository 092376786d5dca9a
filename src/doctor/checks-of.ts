import { readConfig, type Config } from '../config.js';
import { backups } from './backups.js';
import { catalogue } from './catalogue.js';
import { disks } from './disks.js';
import { exposedPort } from './exposed-port.js';
import type { Check } from './finding.js';
import { fonts } from './fonts.js';
import { issuer } from './issuer.js';
import { keyFiles } from './key-files.js';
import { membership } from './membership.js';
import { memory } from './memory.js';
import { nodeVersion } from './node-version.js';
import { type ReadEdition, oneNode } from './one-node.js';
import { privateFiles } from './private-files.js';
import { runningServer } from './running-server.js';
import { transport } from './transport.js';

export interface Installation {
  /** Settings as the server gets them. */
  environment: Record<string, string | undefined>;
  /** What tells the editions of geth from each other. */
  readEdition: ReadEdition;
  now?: Date;
}

/** What is to be looked at of an installation; with settings that the server does not take, what does not need them. */
export function checksOf({ environment, readEdition, now = new Date() }: Installation): Check[] {
  const machine = [nodeVersion({ version: process.version, today: now }), memory, fonts];
  let config: Config;
  try {
    config = readConfig(environment);
  } catch (error) {
    const { message } = error as Error;
    return [{ name: 'settings', look: ({ fault }) => fault(message, 'See docs/operations/settings.md; what needs them was not looked at.') }, ...machine]; // prettier-ignore
  }
  const { LEDGER_URL } = config;
  const isUrl = (url: string): boolean => /^(https?|wss?):$/.test(URL.canParse(url) ? new URL(url).protocol : '');
  const badUrls = (LEDGER_URL ?? []).flatMap((url, index) => (isUrl(url) ? [] : [index + 1]));
  if (badUrls.length > 0) return [{ name: 'settings', look: ({ fault }) => fault(`URL ${badUrls.join(', ')} of LEDGER_URL is none of http(s):// or ws(s)://.`, 'Write it like http://localhost:8545.') }, ...machine]; // prettier-ignore
  const set = Object.keys(config).filter((name) => environment[name] !== undefined && environment[name] !== '');
  const settings: Check = {
    name: 'settings',
    look: ({ ok }) =>
      ok(set.length === 0 ? 'All settings are as they are by default.' : `These are set: ${set.join(', ')}.`),
  };
  const chain: Check[] =
    LEDGER_URL === undefined
      ? [{ name: 'chain', look: ({ ok }) => ok('The chain is embedded in the server.') }]
      : [
          ...LEDGER_URL.map((url, index) => oneNode({ url, number: index + 1, readEdition })),
          ...LEDGER_URL.slice(0, 1).map((url) => exposedPort({ url })),
          membership(config),
        ];
  return [settings, ...machine, privateFiles(config), transport(config, { now }), issuer(config), disks(config), catalogue(config), keyFiles(config), ...chain, runningServer(config), backups(config)]; // prettier-ignore
}
