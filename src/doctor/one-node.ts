import { withTimeout } from '../base/with-timeout.js';
import { httpUrlOf } from '../ledger/rpc/bulk-over-http.js';
import { readNodeUrl } from '../ledger/rpc/node-url.js';
import type { Block, Rpc } from '../ledger/rpc/rpc.js';
import { judgeClock, secondsAhead } from './clock.js';
import type { Check, Findings } from './finding.js';
import { openNodeRpc } from './open-node-rpc.js';

/** Says of the version that a node gives itself whether it has holes that are known; undefined for another program than geth. */
export type ReadEdition = (
  clientVersion: string,
) => { version: string; edition: number | undefined; hasHolesClosed: boolean } | undefined;

const TIMEOUT_MS = 6_000;
/** The period of a chain is seen in so many blocks. */
const MEASURED_BLOCKS = 10n;
/** As long as a chain of signers that were all restarted may stand still. */
const LEAST_STANDSTILL_SECONDS = 30;
const STANDSTILL_PERIODS = 10;
/** What a block may be ahead of this clock: geth takes none that is more than 15 s ahead of its own. */
const MOST_AHEAD_SECONDS = 15;

/** Whether a node of LEDGER_URL answers, is of a release without known holes, has peers, and goes on. `number` is its place in the list, from 1. */
export function oneNode({
  url,
  number,
  readEdition,
}: {
  url: string;
  number: number;
  readEdition: ReadEdition;
}): Check {
  const name = `node ${number}`;
  return {
    name,
    look: async (findings) => {
      const { host } = readNodeUrl(url);
      const { rpc, ask, close } = openNodeRpc(url);
      try {
        const inTime = <T>(asking: Promise<T>): Promise<T> =>
          withTimeout(asking, TIMEOUT_MS, () => new Error(`no answer within ${TIMEOUT_MS / 1000} s`));
        const head = await inTime(rpc.block('latest')).catch((error: Error) => {
          const toDo = number === 1 ? 'Start the node; check LEDGER_URL and the firewall: nothing is stored without one.' : 'Start it, or take it out of LEDGER_URL.'; // prettier-ignore
          findings[number === 1 ? 'fault' : 'warning'](`The node at ${host} does not answer (${error.message}).`, toDo);
        });
        if (head === undefined) return;
        await inTime(judgeHead(findings, { rpc, head, host }));
        const version = await inTime(ask('web3_clientVersion')).catch(() => undefined);
        if (typeof version === 'string') judgeVersion(findings, { version, host, readEdition });
        else findings.ok(`${host} does not tell which program it is (web3_clientVersion).`);
        const peers = await inTime(ask('net_peerCount')).catch(() => undefined);
        if (typeof peers === 'string') judgePeers(findings, { count: Number(peers), host });
        await judgeDate(findings, { url, host });
      } finally {
        await close().catch(() => undefined);
      }
    },
  };
}

async function judgeHead(
  findings: Findings,
  { rpc, head, host }: { rpc: Rpc; head: Block; host: string },
): Promise<void> {
  const ageSeconds = Date.now() / 1000 - Number(head.timestamp);
  if (ageSeconds < -MOST_AHEAD_SECONDS)
    return findings.fault(
      `Block ${head.number} of ${host} is of ${Math.round(-ageSeconds)} s after now: this clock or that of a signer is wrong.`,
      'Set all clocks by NTP (timedatectl set-ntp true).',
    );
  const earlier = head.number > MEASURED_BLOCKS ? await rpc.block(head.number - MEASURED_BLOCKS) : undefined;
  const period = earlier === undefined ? 1 : Number(head.timestamp - earlier.timestamp) / Number(MEASURED_BLOCKS);
  const most = Math.max(LEAST_STANDSTILL_SECONDS, STANDSTILL_PERIODS * period);
  const says = `Block ${head.number} of ${host} is ${Math.max(0, Math.round(ageSeconds))} s old`;
  if (ageSeconds <= most) findings.ok(`${says}: the chain goes on.`);
  else
    findings.warning(
      `${says}, at a period of ${period} s.`,
      'See at the signers whether more than half run, reach each other and have the right time ("dicom-ledger network status"). A chain that makes blocks on demand may stand still.',
    );
}

function judgeVersion(
  findings: Findings,
  { version, host, readEdition }: { version: string; host: string; readEdition: ReadEdition },
): void {
  const edition = readEdition(version);
  const shown = version.slice(0, 100);
  if (edition === undefined) return findings.ok(`${host} is ${shown}; of its holes nothing is known here.`);
  if (edition.hasHolesClosed) return findings.ok(`${host} is ${shown}, with the known holes closed.`);
  findings.fault(
    `${host} is ${shown}: whoever reaches its port 30303 can stop it, by holes that are known.`,
    'Run the geth that "npm run geth" builds (docs/operations/consortium.md, "Geth and its known holes").',
  );
}

function judgePeers(findings: Findings, { count, host }: { count: number; host: string }): void {
  if (count > 0) findings.ok(`${host} is connected to ${count} other ${count === 1 ? 'node' : 'nodes'}.`);
  else findings.warning(`${host} is connected to no other node.`, "Check the node's network and TCP port 30303, unless it is the only one."); // prettier-ignore
}

async function judgeDate(findings: Findings, { url, host }: { url: string; host: string }): Promise<void> {
  const { href, headers } = readNodeUrl(httpUrlOf(url));
  const askedMs = Date.now();
  const response = await fetch(href, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => undefined);
  await response?.body?.cancel();
  const ahead = secondsAhead(response?.headers.get('Date') ?? null, { askedMs });
  if (ahead !== undefined) judgeClock(findings, { whose: `the node at ${host}`, ahead });
}
