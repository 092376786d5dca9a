import type { Hex } from '../ethereum/hex.js';
import type { Body, LedgerEvent } from '../ledger.js';
import type { RawLog } from '../rpc/rpc.js';
import { eventValues, type EventValues, topicAddress, topicNumber } from './event-values.js';
import { imageLedgerInterface } from './revert-errors.js';

type Decode = (log: RawLog, base: Pick<LedgerEvent, 'contract' | 'position' | 'imageId'>) => LedgerEvent;

/** Of `IImageLedger.sol`, by their first topic. What a catalogue does not need (sites, governors) is not among them. */
const decoders = new Map<string, Decode>([
  [
    topicOf('Announced'),
    ({ topics, data }, base) => ({
      ...base,
      kind: 'announced',
      patientKey: topics[2]!,
      siteId: topicNumber(topics[3]),
      ...bodiesOf(base.contract, eventValues(data).at(0)),
    }),
  ],
  [
    topicOf('Sealed'),
    ({ topics, data }, base) => ({
      ...base,
      kind: 'sealed',
      siteId: topicNumber(topics[2]),
      pages: eventValues(data).at(0).addresses(),
    }),
  ],
  [
    topicOf('Withdrawn'),
    ({ topics }, base) => ({
      ...base,
      kind: 'withdrawn',
      siteId: topicNumber(topics[2]),
      by: topicAddress(topics[3]),
    }),
  ],
  [
    topicOf('Retired'),
    ({ topics, data }, base) => ({
      ...base,
      kind: 'retired',
      siteId: topicNumber(topics[2]),
      by: topicAddress(topics[3]),
      reason: eventValues(data).at(0).text(),
    }),
  ],
]);

/**
 * A log of the contract as LedgerEvent; undefined for what a catalogue does not need. By hand, because a catalogue that begins anew reads
 * every event there is: it takes a twentieth of what ethers takes.
 */
export function decodeEvent(log: RawLog): LedgerEvent | undefined {
  const [topic, imageId] = log.topics;
  const decode = decoders.get(topic ?? '');
  if (decode === undefined || imageId === undefined) return undefined;
  const position = { blockNumber: BigInt(log.blockNumber), logIndex: Number(log.logIndex) };
  return decode(log, { contract: log.address.toLowerCase() as Hex, position, imageId });
}

function topicOf(name: 'Announced' | 'Sealed' | 'Withdrawn' | 'Retired'): string {
  return imageLedgerInterface.getEvent(name)!.topicHash;
}

/** The words of an `Announcement`: of each of its three claims four, and where its two lists begin. */
const WORDS = { pieceBytes: 2, header: 3, preview: 7, instance: 11, headerChunks: 15, previewChunks: 16 };

function bodiesOf(contract: Hex, announcement: EventValues): { header: Body; preview: Body; instance: Body } {
  const pieceBytes = announcement.number(WORDS.pieceBytes);
  const body = (claim: number, list: Hex[]): Body => ({
    contract,
    scheme: announcement.number(claim),
    byteCount: announcement.number(claim + 1),
    sha256: announcement.bytes32(claim + 2),
    root: announcement.bytes32(claim + 3),
    pieceBytes,
    list,
  });
  return {
    header: body(WORDS.header, announcement.at(WORDS.headerChunks).addresses()),
    preview: body(WORDS.preview, announcement.at(WORDS.previewChunks).addresses()),
    instance: body(WORDS.instance, []),
  };
}
