import pLimit from 'p-limit';
import { LedgerError } from '../base/errors.js';
import { copyInstance, type Servers } from './copy-instance.js';
import { type Planned, planCopy, sealedSOPInstanceUIDs } from './plan-copy.js';
import { retry } from './retry.js';
import type { ServerAddress } from './server-address.js';
import { callServer } from './call-server.js';
import { type StoreResult, startProgressReport } from './progress-report.js';
import { createStoreOrder } from './store-order.js';

const IN_FLIGHT = 8;
/** Instances that are looked at ahead of those in flight, so that one study that waits for its first does not hold up the next. */
const AHEAD = 128;

/**
 * Copies every sealed instance of one server into another, by HTTP alone and in chain order as far as eight in flight can keep
 * it: the first instance of a study and of a series, which describe it, are there before the others, and images of one patient
 * and name come one by one. What is there already is left, so that it can be repeated. Ends with exit code 1 when anything was
 * refused. Throws `unavailable` or `out-of-space` when a server could not for `patienceMs`.
 */
export async function copy(servers: Servers, { patienceMs = 300_000 }: { patienceMs?: number } = {}): Promise<void> {
  const { from, to } = servers;
  requireDifferent(servers);
  const uids = await sealedSOPInstanceUIDs(from);
  await requireServer(to);

  const tally = startProgressReport({ total: uids.length, noun: 'instances' });
  const turns = createStoreOrder();
  const limit = pLimit(IN_FLIGHT);
  const underWay = new Set<Promise<void>>();
  let givenUp: unknown;

  for await (const { uid, plan } of planned()) {
    if (givenUp !== undefined) break;
    if (underWay.size >= AHEAD) await Promise.race(underWay);
    const { turn, done } = turns.take(turnKeys(plan));
    const job: Promise<void> = turn
      .then(() => limit(() => copyOne(uid, plan)))
      .catch((error: unknown) => {
        givenUp ??= error;
      })
      .finally(() => {
        underWay.delete(job);
        done();
      });
    underWay.add(job);
  }
  await Promise.all(underWay);
  tally.finish();
  if (givenUp !== undefined) throw toldHowToGoOn(givenUp);
  console.log(`Check it by reading all of it from the chain again: dicom-ledger verify --all --url ${to.url}`);

  async function copyOne(uid: string, plan: Planned | Error): Promise<void> {
    if (givenUp !== undefined) return;
    const fate = await (
      plan instanceof Error ? Promise.reject(plan) : retry(patienceMs, () => copyInstance(servers, plan))
    ).catch((error: unknown): StoreResult => {
      if (error instanceof LedgerError && !error.retryable) return { kind: 'refused', why: error.message };
      throw error;
    });
    tally.count(uid, fate, fate.kind === 'stored' && !(plan instanceof Error) ? plan.record.byteCount : 0);
  }

  /** In order, some asked for ahead. */
  async function* planned(): AsyncGenerator<{ uid: string; plan: Planned | Error }> {
    const asked: Promise<{ uid: string; plan: Planned | Error }>[] = [];
    for (const uid of uids) {
      const plan = retry(patienceMs, () => planCopy(from, uid)).catch((error: Error) => error);
      asked.push(plan.then((plan) => ({ uid, plan })));
      if (asked.length > IN_FLIGHT) yield* asked.splice(0, 1);
    }
    yield* asked;
  }
}

function turnKeys(plan: Planned | Error): { groups: string[]; queue?: string } {
  if (plan instanceof Error) return { groups: [] };
  const { record, image } = plan;
  const groups = [record.StudyInstanceUID, record.SeriesInstanceUID];
  return image === undefined ? { groups } : { groups, queue: `${record.patientKey}/${image.fileName ?? ''}` };
}

function requireDifferent({ from, to }: Servers): void {
  if (comparable(from.url) === comparable(to.url))
    throw new LedgerError('bad-request', `--from ${from.url} and --to ${to.url} are the same server; name two.`);
}

/** The names of the loopback are one. */
function comparable(url: string): string {
  const { protocol, hostname, port, pathname } = new URL(url);
  const host = ['localhost', '127.0.0.1', '[::1]'].includes(hostname) ? 'localhost' : hostname;
  return `${protocol}//${host}:${port}${pathname.replace(/\/+$/, '')}`;
}

async function requireServer(server: ServerAddress): Promise<void> {
  const response = await callServer(server, '/healthz');
  await response.body?.cancel();
  if (!response.ok)
    throw new LedgerError(
      'unavailable',
      `${server.url} answers HTTP ${response.status} at /healthz; is it a dicom-ledger?`,
    );
}

function toldHowToGoOn(error: unknown): unknown {
  if (!(error instanceof LedgerError)) return error;
  return new LedgerError(error.code, `${error.message} Given up; the same command goes on from here.`, {
    cause: error,
  });
}
