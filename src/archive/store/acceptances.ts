import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { writeDurably } from '../../base/write-durably.js';
import type { FailureReason } from '../../standard/failure-reasons.js';

/** One content under one SOP Instance UID: a UID can be accepted with two contents, of which one is refused in the end. */
export interface AcceptanceEntry {
  SOPInstanceUID: string;
  /** Of the bytes that were accepted, hex. */
  sha256: string;
  /** Undefined in acceptances of earlier releases. */
  StudyInstanceUID?: string;
}

/** What one request was told is stored, before it was on the chain. */
export interface Acceptance {
  /** ISO 8601. */
  issuedAt: string;
  instances: AcceptanceEntry[];
}

export interface Refusal {
  reason: FailureReason;
  message: string;
}

/** What this site has accepted and answered before it was on the chain: one small synced file a request, without patient attributes. */
export interface Acceptances {
  /** Writes an acceptance of these instances. Resolves with its id when it is on disk. */
  issue(instances: readonly AcceptanceEntry[]): Promise<string>;
  read(id: string): Promise<Acceptance | undefined>;
  /** Notes that what was accepted could not be stored after all. */
  refuse(entry: AcceptanceEntry, refusal: Refusal): Promise<void>;
  /** Takes a refusal back: the same content is tried anew. */
  forget(entry: AcceptanceEntry): Promise<void>;
  refusal(entry: AcceptanceEntry): Promise<Refusal | undefined>;
}

const KEPT_MS = 30 * 86_400_000;
const SWEEP_MS = 86_400_000;

/** Opens the folder, or makes it. Acceptances and refusals of more than 30 days ago are removed at once and then daily. */
export async function openAcceptances({ folder }: { folder: string }): Promise<Acceptances> {
  await mkdir(folder, { recursive: true });
  let sweptAt = 0;
  const sweep = async (): Promise<void> => {
    const now = Date.now();
    if (now - sweptAt < SWEEP_MS) return;
    sweptAt = now;
    for (const name of await readdir(folder)) {
      const file = path.join(folder, name);
      const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: now }));
      if (now - mtimeMs > KEPT_MS) await rm(file, { force: true });
    }
  };
  await sweep();

  const acceptanceFile = (id: string): string => path.join(folder, `${id}.json`);
  const refusalFile = ({ SOPInstanceUID, sha256 }: AcceptanceEntry): string =>
    path.join(folder, `refused-${createHash('sha256').update(`${SOPInstanceUID} ${sha256}`).digest('hex')}.json`);
  const write = (file: string, value: object): Promise<void> =>
    writeDurably(file, `${JSON.stringify(value)}\n`, { mode: 0o600 });

  return {
    issue: async (instances) => {
      const id = randomUUID();
      const acceptance: Acceptance = {
        issuedAt: new Date().toISOString(),
        instances: instances.map(({ SOPInstanceUID, sha256, StudyInstanceUID }) => ({
          SOPInstanceUID,
          sha256,
          ...(StudyInstanceUID !== undefined && { StudyInstanceUID }),
        })),
      };
      await write(acceptanceFile(id), acceptance);
      await sweep();
      return id;
    },
    read: async (id) =>
      /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? readJson<Acceptance>(acceptanceFile(id)) : undefined,
    refuse: (entry, { reason, message }) => write(refusalFile(entry), { reason, message }),
    forget: (entry) => rm(refusalFile(entry), { force: true }),
    refusal: (entry) => readJson<Refusal>(refusalFile(entry)),
  };
}

async function readJson<T>(file: string): Promise<T | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : (JSON.parse(text) as T);
}
