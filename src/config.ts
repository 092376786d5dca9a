import { LedgerError } from './base/errors.js';
import {
  address,
  file,
  hosts,
  integer,
  list,
  networks,
  oneOf,
  origins,
  privateKey,
  setting,
  text,
  url,
  type Setting,
} from './base/setting.js';
import { AUDIT_SETTINGS } from './audit-settings.js';
import { CATALOG_SETTINGS } from './catalog-settings.js';
import { IDENTITY_SETTINGS, identityFaults } from './identity-settings.js';
import { KEY_SETTINGS } from './key-settings.js';
import { MEMBER_SETTINGS } from './member-settings.js';
import { BODY_SETTINGS } from './body-settings.js';
import { READING_SETTINGS, readingFaults } from './reading-settings.js';
import { networkFaults } from './network-faults.js';
import { tlsFaults } from './tls-faults.js';

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

/** Every setting of the server: one environment variable each. */
export const SETTINGS = {
  PORT: setting(integer(0, 65535), '8080', 'TCP port', 'Where the server listens; 0 takes a free one.'),
  HOST: setting(
    text,
    '127.0.0.1',
    'address',
    'The interface it listens on; beyond the loopback it needs TLS and a way to log in.',
  ),
  TLS_CERT_FILE: setting(
    file,
    undefined,
    'file',
    'Certificate of the server with those between it and the root (PEM): it then speaks HTTPS alone. Read again when it changes.',
  ),
  TLS_KEY_FILE: setting(file, undefined, 'file', 'Private key of TLS_CERT_FILE (PEM).'),
  TLS_CLIENT_CA_FILE: setting(
    file,
    undefined,
    'file',
    'Authorities (PEM) whose client certificates are asked for; a client without one goes on.',
  ),
  BEHIND_TLS_PROXY: setting(
    oneOf('on', 'off'),
    'off',
    'word',
    'Whether all clients come through a proxy that speaks TLS with them: HOST may then lie beyond the loopback without TLS here.',
  ),
  TRUST_PROXY: setting(
    networks,
    '',
    'list of addresses',
    'Proxies, by address or network, that are believed what they say in Forwarded or X-Forwarded headers: who the client is, and the protocol and host that it has asked for.',
  ),
  MAX_CONNECTIONS: setting(
    integer(10, 100_000),
    '1000',
    'connections',
    'Connections that are open at the same time; more are closed at once.',
  ),
  REQUESTS_PER_MINUTE: setting(
    integer(60, 10_000_000),
    '60000',
    'requests',
    'What one person or program may ask for in a minute; more is answered 429.',
  ),
  FRAME_COMPRESSION: setting(oneOf('on', 'off'), 'off', 'word', 'Whether uncompressed frames are sent in gzip.'),
  DATA_DIR: setting(file, './data', 'folder', 'Embedded chain, keys, outbox, spool, catalogue and cache.'),
  ...CATALOG_SETTINGS,
  LOCAL_TOKEN: setting(
    oneOf('on', 'off'),
    'on',
    'word',
    'Whether programs of this machine come in by the token in DATA_DIR/local.token, which is made at the first start.',
  ),
  ACCESS_FILE: setting(
    file,
    undefined,
    'file',
    'Who has which role, as JSON: roles of groups, people, certificates and API keys. SIGHUP reads it again. Unset, nobody has a role.',
  ),
  ...IDENTITY_SETTINGS,
  SESSION_IDLE_MINUTES: setting(
    integer(1, 1440),
    '60',
    'minutes',
    'A browser that asks for nothing so long has to log in again.',
  ),
  SESSION_HOURS: setting(integer(1, 168), '10', 'hours', 'So long after it logged in, a browser has to log in again.'),
  LEDGER_URL: setting(
    list,
    undefined,
    'list of URLs',
    'JSON-RPC of the chain: http(s) and ws(s) URLs of one or several nodes, the own node first; unset means the embedded chain.',
  ),
  LEDGER_CONTRACT: setting(
    address,
    undefined,
    'list of addresses',
    'Contracts to read, the newest first, which is written to. Needed with LEDGER_URL; unset on the embedded chain: deployed at first start.',
  ),
  SITE_KEYSTORE_FILE: setting(
    file,
    undefined,
    'file',
    "Encrypted key (Web3 Secret Storage, version 3) of this site's account. Needed with LEDGER_URL, unless SITE_KEY is set.",
  ),
  SITE_PASSWORD_FILE: setting(file, undefined, 'file', 'Password of SITE_KEYSTORE_FILE: the first line.'),
  SITE_KEY: setting(
    privateKey,
    undefined,
    '64 hex digits',
    'The private key itself, in place of a keystore: for trials, since other programs can read an environment.',
  ),
  JOIN_SITE: setting(
    integer(1, 2 ** 32 - 1),
    undefined,
    'number of a site',
    'In release 2: the site whose champion names the account of SITE_KEYSTORE_FILE as a writer. The server joins it at its start, and no other.',
  ),
  SEALED_DEPTH: setting(
    integer(1, 1000),
    undefined,
    'blocks',
    'Depth at which STOW-RS counts an instance as sealed, 1 = in the head block; unset: 2 with LEDGER_URL, 1 on the embedded chain. Set 1 on chains with immediate finality (QBFT, CometBFT).',
  ),
  FINAL_DEPTH: setting(
    integer(1, 1000),
    undefined,
    'blocks',
    'Depth at which it is final; unset: 3 with LEDGER_URL, 1 on the embedded chain. Outbox and spool keep it for 20 blocks, with FINAL_DEPTH=1 for one.',
  ),
  LEDGER_POOL_BYTES: setting(
    integer(256 * KiB, 2 ** 40),
    String(8 * MiB),
    'bytes',
    'What the transaction pool of one node holds; the sites that write share nine tenths of it.',
  ),
  NODE_DATA_DIR: setting(
    file,
    undefined,
    'folder',
    'Data of the node on this machine: its disk is watched too (MIN_FREE_BYTES).',
  ),
  PUBLIC_URL: setting(
    url,
    undefined,
    'URL',
    'How clients reach the server, for links in answers; unset means as each request was addressed.',
  ),
  ALLOWED_HOSTS: setting(
    hosts,
    '',
    'list of hosts',
    'Names by which clients may address the server, besides localhost, the host of PUBLIC_URL and the address HOST; any port.',
  ),
  CORS_ORIGINS: setting(
    origins,
    '',
    'list of origins',
    'Web pages of other origins that may read and store, by a bearer token of their own; `*` for all.',
  ),
  ...BODY_SETTINGS,
  ...READING_SETTINGS,
  MAX_INSTANCE_BYTES: setting(integer(1, 2 ** 50), String(2 * GiB), 'bytes', 'Largest instance that is taken.'),
  STORE_WINDOW_BYTES: setting(
    integer(64 * KiB, 2 ** 40),
    String(32 * MiB),
    'bytes',
    'Instances of together so many bytes are stored at the same time.',
  ),
  STORE_ACK: setting(
    oneOf('accepted', 'sealed', 'final'),
    'sealed',
    'word',
    'When STOW-RS answers: spooled and synced here with a receipt, sealed at SEALED_DEPTH, or sealed at FINAL_DEPTH.',
  ),
  PATIENT_ID_ISSUER: setting(
    text,
    '',
    'text',
    'Stands for IssuerOfPatientID where an object has none, so that two hospitals\' "12345" stay two patients.',
  ),
  CONSORTIUM_KEY_FILE: setting(
    file,
    undefined,
    'file',
    'Where a contract of release 1 is read: 32 bytes as hex that turn UIDs and patient IDs into keys, the same at every site. Needed then with LEDGER_URL; unset on the embedded chain: made in DATA_DIR.',
  ),
  ...KEY_SETTINGS,
  ...MEMBER_SETTINGS,
  LABEL_RULES_FILE: setting(
    file,
    undefined,
    'file',
    'JSON list of the rules by which studies get labels; unset means none (see access by labels).',
  ),
  EMBEDDED_PERIOD_MS: setting(
    integer(0, 600_000),
    '0',
    'milliseconds',
    'Block period of the embedded chain; 0 makes a block as soon as there is something in it.',
  ),
  MIN_FREE_BYTES: setting(
    integer(0, 2 ** 50),
    String(1 * GiB),
    'bytes',
    'Below so much free disk nothing more is stored (0xA700).',
  ),
  ...AUDIT_SETTINGS,
  LOG_LEVEL: setting(
    oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    'info',
    'word',
    'Least level that is logged.',
  ),
} as const;

type Parsed<S> = S extends Setting<infer T> ? T : never;
type Optional =
  | 'ACCESS_FILE'
  | keyof typeof CATALOG_SETTINGS
  | keyof typeof KEY_SETTINGS
  | Exclude<keyof typeof IDENTITY_SETTINGS, 'OIDC_SCOPE' | 'ACCOUNTS' | 'ACCOUNTS_VIEWERS'>
  | 'LEDGER_URL'
  | 'LEDGER_CONTRACT'
  | 'SITE_KEYSTORE_FILE'
  | 'SITE_PASSWORD_FILE'
  | 'SITE_KEY'
  | 'JOIN_SITE'
  | 'SEALED_DEPTH'
  | 'FINAL_DEPTH'
  | 'NODE_DATA_DIR'
  | `TLS_${'CERT' | 'KEY' | 'CLIENT_CA'}_FILE`
  | 'PUBLIC_URL'
  | 'CONSORTIUM_KEY_FILE'
  | 'DEIDENTIFIED_ONLY'
  | 'LABEL_RULES_FILE'
  | 'READERS'
  | Exclude<keyof typeof AUDIT_SETTINGS, 'AUDIT_RETENTION_YEARS'>;
export type Config = Readonly<{
  [K in keyof typeof SETTINGS]: K extends Optional
    ? Parsed<(typeof SETTINGS)[K]> | undefined
    : Parsed<(typeof SETTINGS)[K]>;
}>;

/** Reads all settings at once. Throws `misconfigured`, naming every fault together. */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const faults: string[] = [];
  const config: Record<string, unknown> = {};
  for (const [key, { parse, default: fallback }] of Object.entries(SETTINGS) as [string, Setting<unknown>][]) {
    const given = environment[key];
    const value = given === undefined || given === '' ? fallback : given;
    if (value === undefined) continue;
    try {
      config[key] = parse(value);
    } catch (error) {
      const shown = key === 'SITE_KEY' ? key : `${key}="${value}"`;
      faults.push(`${shown} ${(error as Error).message}`);
    }
  }
  if (faults.length === 0)
    for (const faultsOf of [networkFaults, tlsFaults, identityFaults, readingFaults])
      faults.push(...faultsOf(config as Config));
  if (faults.length > 0)
    throw new LedgerError('misconfigured', `These settings have to be changed: ${faults.join('; ')}.`);
  return Object.freeze(config) as Config;
}
