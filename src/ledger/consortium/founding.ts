import { LedgerError } from '../../base/errors.js';
import { logsBetween } from '../contract/logs-between.js';
import type { Hex } from '../ethereum/hex.js';
import type { Rpc } from '../rpc/rpc.js';
import { consortiumInterface, createConsortiumReader } from './consortium-reader.js';

/** What a consortium begins with. */
export interface Founding {
  /** 3 to 32; with `waitSeconds` 0, 1 to 32. */
  governors: readonly Hex[];
  /** How long changes and erasures wait: 72 hours to 14 days, or 0 for a trial. */
  waitSeconds: number;
  /** Site 1, whose accounts act without joining; empty with no accounts: none yet. */
  siteName: string;
  writers: readonly Hex[];
  champions: readonly Hex[];
}

/** As the contract has them (Governors.sol). */
const MOST_GOVERNORS = 32;
const LEAST_GOVERNORS = 3;
const LEAST_WAIT_SECONDS = 72 * 3_600;
const MOST_WAIT_SECONDS = 14 * 86_400;

/** Of contract `Role`. */
const [WRITER, CHAMPION] = [1n, 2n];

export function encodeFounding({ governors, waitSeconds, siteName, writers, champions }: Founding): string {
  return consortiumInterface.encodeDeploy([governors, waitSeconds, siteName, writers, champions]);
}

/** With what a consortium that is there was founded, encoded in the same way: the events of the transaction that made it. */
export async function encodedFoundingOf({ rpc }: { rpc: Rpc }, consortium: Hex): Promise<string> {
  const logs = await logsBetween({ rpc }, { contract: consortium, topics: [] });
  const first = logs.filter(({ transactionHash }) => transactionHash === logs[0]!.transactionHash);
  const events = first.map((log) => consortiumInterface.parseLog(log)!);
  const accounts = (name: string, role?: bigint): Hex[] =>
    events
      .filter((event) => event.name === name && (role === undefined || event.args.role === role))
      .map(({ args }) => String(args.account) as Hex);
  const [waitSeconds] = await createConsortiumReader(rpc, consortium).read('waitSeconds');
  return encodeFounding({
    governors: accounts('GovernorAdded'),
    waitSeconds: Number(waitSeconds),
    siteName: String(events.find(({ name }) => name === 'SiteAdmitted')?.args.name ?? ''),
    writers: accounts('AccountJoined', WRITER),
    champions: accounts('AccountJoined', CHAMPION),
  });
}

/** Throws `bad-request` for what the constructor would refuse. The name of the site is for the contract to judge. */
export function requireFounding({ governors, waitSeconds, siteName, writers, champions }: Founding): void {
  const isTrial = waitSeconds === 0;
  if (!isTrial && (waitSeconds < LEAST_WAIT_SECONDS || waitSeconds > MOST_WAIT_SECONDS))
    throw refused(`Changes wait for 72 hours to 14 days, not for ${waitSeconds} seconds; 0 is for a trial.`);
  const least = isTrial ? 1 : LEAST_GOVERNORS;
  if (governors.length < least || governors.length > MOST_GOVERNORS)
    throw refused(
      `A consortium has ${least} to ${MOST_GOVERNORS} governors, not ${governors.length}: give --governor <address> for each, of keys that different people keep.`,
    );
  const all = [...governors, ...writers, ...champions].map((account) => account.toLowerCase());
  const twice = all.find((account, i) => all.indexOf(account) !== i);
  if (twice !== undefined) throw refused(`${twice} is named twice: an account has one role.`);
  if (siteName === '' && writers.length + champions.length > 0)
    throw refused('The accounts of the first site need its name.');
}

function refused(message: string): LedgerError {
  return new LedgerError('bad-request', message);
}
