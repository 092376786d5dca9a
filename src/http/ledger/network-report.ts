import type { RequestHandler } from 'express';
import type { ReviewCounts } from '../../archive/archive.js';

/** A block, its number as decimal text where it is shown. */
interface ReportedBlock {
  number: bigint;
  hash: string;
}

/** What the site knows of its chain, for IT people and auditors: no credentials, no patient attributes. */
export interface NetworkReport {
  chainId: bigint;
  /** The one that is written to, then the others that are read. */
  contracts: readonly string[];
  /** `id` 0: the account belongs to no site, and nothing can be stored. */
  site: { id: number; name: string };
  /** In blocks, 1 = in the head block. */
  depths: { sealed: number; final: number };
  head: ReportedBlock | undefined;
  /** How far the catalogue has come. */
  catalogue: { head: ReportedBlock | undefined };
  nodes: { name: string; reachable: boolean; head: ReportedBlock | undefined; wrongAnswers: number }[];
  /** Signed transactions that are not in a block yet, and how many bytes of them there may be. */
  outbox: { transactions: number; bytes: number; windowBytes: number };
  /** How far this site has come with what other sites announce. */
  review: ReviewCounts;
  alarms: readonly { code: string; sentence: string; stopsStoring: boolean }[];
  /** Images whose transactions blocks took without effect since the start; `at` in milliseconds since 1970. */
  reverted: { count: number; newest: readonly { imageId: string; at: number; reason: string; resolution: string }[] };
}

/** The report as JSON; block numbers and chain id as decimal text, times in ISO 8601. */
export function sendNetworkReport(report: () => Promise<NetworkReport>): RequestHandler {
  return async (_request, response) => {
    const { reverted, ...rest } = await report();
    const newest = reverted.newest.map((image) => ({ ...image, at: new Date(image.at).toISOString() }));
    const shown = { ...rest, reverted: { ...reverted, newest } };
    const text = JSON.stringify(
      shown,
      (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
      2,
    );
    response.setHeader('Content-Type', 'application/json');
    response.setHeader('Cache-Control', 'no-store');
    response.end(`${text}\n`);
  };
}

/** By how many blocks the catalogue is behind the chain; undefined when that cannot be known. */
export function catalogueLag({ head, catalogue }: NetworkReport): number | undefined {
  if (head === undefined) return undefined;
  return Math.max(0, Number(head.number - (catalogue.head?.number ?? -1n)));
}
