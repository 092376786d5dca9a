import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { until } from '../../base/testing/until.js';
import { freePorts } from '../../network/ports.js';

const PROGRAMS = '/usr/lib/postgresql';
const USER = 'ledger';
const USER_WITH_PASSWORD = 'keyed';

/** A PostgreSQL server of its own, in a temporary folder and on a port of the loopback. */
export interface PostgresServer {
  /** Makes a database as the catalogue needs it, or a copy of one to which nobody is connected, and gives its URL. */
  createDatabase(options?: { locale?: string; encoding?: string; copyOf?: string }): Promise<string>;
  /** Makes one for a user who has to give this password, and gives its URL without it. Once for a server. */
  createKeyedDatabase(password: string): Promise<string>;
  /** Runs one statement in a database; as its operator where none is given. */
  run(sql: string, url?: string): Promise<void>;
  start(): Promise<void>;
  /** Ends it as a power cut would. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** Debian's `postgresql`; where it is missing the test fails. */
export async function startPostgres(): Promise<PostgresServer> {
  const programs = programFolder();
  const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-postgres-'));
  const data = path.join(folder, 'data');
  const user = serverUser();
  if (user) chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o700);
  execFileSync(path.join(programs, 'initdb'), ['-D', data, '-A', 'trust', '-U', USER, '--locale=C', '-E', 'UTF8'], {
    ...user,
    cwd: folder,
    stdio: 'ignore',
  });
  // Whoever has that name has to know its password; all others come in.
  const access = path.join(data, 'pg_hba.conf');
  writeFileSync(access, `host all ${USER_WITH_PASSWORD} 127.0.0.1/32 scram-sha-256\n${readFileSync(access, 'utf8')}`);
  const [port = 0] = await freePorts(1);
  const options = { host: '127.0.0.1', port, user: USER };
  let server: ChildProcess | undefined;
  let databases = 0;

  const isThere = async (): Promise<true | undefined> => {
    const client = new pg.Client({ ...options, database: 'postgres' });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return true;
    } catch {
      return undefined;
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  const start = async (): Promise<void> => {
    const settings = ['fsync=off', 'max_connections=400', `unix_socket_directories=${folder}`];
    server = spawn(
      path.join(programs, 'postgres'),
      ['-D', data, '-h', '127.0.0.1', '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
      { ...user, cwd: folder, stdio: 'ignore' },
    );
    await until('PostgreSQL to answer', isThere);
  };
  const stop = async (): Promise<void> => {
    if (!server) return;
    const ended = new Promise((resolve) => server?.once('exit', resolve));
    // Immediate shutdown (PostgreSQL, §19.5).
    server.kill('SIGQUIT');
    await ended;
    server = undefined;
  };
  const run: PostgresServer['run'] = async (sql, url) => {
    const client = new pg.Client(url ?? { ...options, database: 'postgres' });
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  const urlOf = (name: string, as = USER): string => `postgres://${as}@127.0.0.1:${port}/${name}`;
  const newDatabase = async ({
    locale = 'C',
    encoding = 'UTF8',
    copyOf,
  }: Parameters<PostgresServer['createDatabase']>[0] = {}): Promise<string> => {
    const name = `catalog_${++databases}`;
    const template = copyOf === undefined ? 'template0' : path.basename(copyOf);
    await run(`CREATE DATABASE ${name} TEMPLATE ${template} ENCODING '${encoding}' LOCALE '${locale}'`);
    return name;
  };
  await start();
  return {
    run,
    createDatabase: async (like) => urlOf(await newDatabase(like)),
    createKeyedDatabase: async (password) => {
      await run(`CREATE ROLE ${USER_WITH_PASSWORD} LOGIN SUPERUSER PASSWORD '${password}'`);
      return urlOf(await newDatabase(), USER_WITH_PASSWORD);
    },
    start,
    stop,
    close: async () => {
      await stop();
      rmSync(folder, { recursive: true });
    },
  };
}

function programFolder(): string {
  const versions = existsSync(PROGRAMS) ? readdirSync(PROGRAMS).sort((a, b) => Number(b) - Number(a)) : [];
  const [version] = versions;
  if (version === undefined) throw new Error('There is no PostgreSQL: apt-get install postgresql.');
  return path.join(PROGRAMS, version, 'bin');
}

/** PostgreSQL does not run as root. */
function serverUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const of = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: of('-u'), gid: of('-g') };
}
