import type { Hex } from '../ethereum/hex.js';
import type { Body, ImageEvent, ImageNames, LedgerEvent } from '../ledger.js';
import { rejectionReason } from '../../standard/rejection-reason.js';
import type { RawLog } from '../rpc/rpc.js';
import { eventValues, type EventValues, topicAddress, topicNumber } from './event-values.js';
import { ringIdOfWord } from './images.js';
import { release2Interfaces } from './release2-interfaces.js';
import { imageLedgerInterface } from './revert-errors.js';

type Decode<Event, Base extends keyof Event> = (log: RawLog, base: Pick<Event, Base>) => Event;
type DecodeImage = Decode<ImageEvent, 'contract' | 'position' | 'imageId'>;
type DecodeFact = Decode<Exclude<LedgerEvent, ImageEvent>, 'contract' | 'position'>;

const { images: imagesInterface, consortium: consortiumInterface } = release2Interfaces;

/** The words of an `Announcement`, by release: of each of its three claims four, and where its two lists begin. */
const WORDS = {
  1: { pieceBytes: 2, header: 3, preview: 7, instance: 11, headerChunks: 15, previewChunks: 16 },
  2: { pieceBytes: 4, header: 5, preview: 9, instance: 13, headerChunks: 17, previewChunks: 18 },
};
/** Those of the names in release 2. */
const NAMES = { imageKey: 0, ringId: 1, studyKey: 2, patientKey: 3 };

/**
 * Events of images, by their first topic. Those of both releases stand together: an event that both have means the same. What a
 * catalogue does not need (sites, governors) is not among them.
 */
const imageDecoders = new Map<string, DecodeImage>([
  [
    imageLedgerInterface.getEvent('Announced')!.topicHash,
    ({ topics, data }, base) => ({
      ...base,
      kind: 'announced',
      siteId: topicNumber(topics[3]),
      names: { release: 1, imageKey: base.imageId, patientKey: topics[2]! },
      ...bodiesOf(base.contract, eventValues(data).at(0), WORDS[1]),
    }),
  ],
  [
    imagesInterface.getEvent('Announced')!.topicHash,
    ({ topics, data }, base) => {
      const announcement = eventValues(data).at(0);
      return {
        ...base,
        kind: 'announced',
        siteId: topicNumber(topics[2]),
        names: release2Names(announcement),
        ...bodiesOf(base.contract, announcement, WORDS[2]),
      };
    },
  ],
  [
    imagesInterface.getEvent('Sealed')!.topicHash,
    ({ topics, data }, base) => ({
      ...base,
      kind: 'sealed',
      siteId: topicNumber(topics[2]),
      pages: eventValues(data).at(0).addresses(),
    }),
  ],
  [
    imagesInterface.getEvent('Withdrawn')!.topicHash,
    ({ topics }, base) => ({
      ...base,
      kind: 'withdrawn',
      siteId: topicNumber(topics[2]),
      by: topicAddress(topics[3]),
    }),
  ],
  [
    imageLedgerInterface.getEvent('Retired')!.topicHash,
    ({ topics, data }, base) => ({
      ...base,
      kind: 'retired',
      siteId: topicNumber(topics[2]),
      by: topicAddress(topics[3]),
      reason: eventValues(data).at(0).text(),
      ruling: 0,
    }),
  ],
  [
    imagesInterface.getEvent('Retired')!.topicHash,
    ({ topics, data }, base) => ({
      ...base,
      kind: 'retired',
      siteId: topicNumber(topics[2]),
      by: topicAddress(topics[3]),
      reason: reasonOf(eventValues(data).number(0)),
      ruling: eventValues(data).number(1),
    }),
  ],
  [
    imagesInterface.getEvent('Restored')!.topicHash,
    ({ topics, data }, base) => ({
      ...base,
      kind: 'restored',
      siteId: topicNumber(topics[2]),
      by: topicAddress(topics[3]),
      ruling: eventValues(data).number(0),
    }),
  ],
]);

/** Events of the consortium that a catalogue needs, by their first topic. */
const factDecoders = new Map<string, DecodeFact>([
  [
    consortiumInterface.getEvent('SiteDismissed')!.topicHash,
    ({ topics, data }, base) => {
      const hiddenSince = eventValues(data).number(0);
      const siteId = topicNumber(topics[1]);
      return { ...base, kind: 'site-dismissed', siteId, hiddenSince: hiddenSince === 0 ? undefined : hiddenSince };
    },
  ],
  [
    consortiumInterface.getEvent('SiteReadmitted')!.topicHash,
    ({ topics }, base) => ({
      ...base,
      kind: 'site-dismissed',
      siteId: topicNumber(topics[1]),
      hiddenSince: undefined,
    }),
  ],
  [
    consortiumInterface.getEvent('IssuerAssigned')!.topicHash,
    ({ topics }, base) => ({
      ...base,
      kind: 'issuer-assigned',
      siteId: topicNumber(topics[2]),
      issuerHash: eventValues(topics[1]!).bytes32(0),
    }),
  ],
  [
    consortiumInterface.getEvent('Shared')!.topicHash,
    ({ topics, data }, base) => ({
      ...base,
      kind: 'shared',
      siteId: topicNumber(topics[1]),
      ringId: ringIdOfWord(eventValues(topics[2]!).bytes32(0)),
      toSite: topicNumber(topics[3]),
      studyKey: eventValues(data).bigint(0),
      mayAdd: eventValues(data).number(1) === 1,
    }),
  ],
]);

/** First topics of the events that are decoded. */
export const EVENT_TOPICS = [...imageDecoders.keys(), ...factDecoders.keys()] as readonly Hex[];
/** That of a seal, in either release. */
export const SEALED_TOPIC = imagesInterface.getEvent('Sealed')!.topicHash as Hex;

/** Decodes a log of a contract of images, or of the consortium; gives undefined for what a catalogue does not need. */
export type DecodeEvent = (log: RawLog) => LedgerEvent | undefined;

/**
 * Of contracts of which some have other site numbers than now: `formerSites` has the number that a site has now by the one that it has
 * at a contract. By hand, because a catalogue that begins anew reads every event there is: it takes a twentieth of what ethers takes.
 */
export function createDecodeEvent({
  formerSites = new Map(),
  consortium,
}: {
  formerSites?: ReadonlyMap<Hex, ReadonlyMap<number, number>>;
  /** In release 2 the address of the consortium, whose events no other contract can give. */
  consortium?: Hex | undefined;
} = {}): DecodeEvent {
  return (log) => {
    const [topic, imageId] = log.topics;
    const position = { blockNumber: BigInt(log.blockNumber), logIndex: Number(log.logIndex) };
    const contract = log.address.toLowerCase() as Hex;
    if (contract === consortium) return factDecoders.get(topic ?? '')?.(log, { contract, position });
    const decode = imageDecoders.get(topic ?? '');
    if (decode === undefined || imageId === undefined) return undefined;
    const event = decode(log, { contract, position, imageId });
    const siteId = formerSites.get(contract)?.get(event.siteId);
    return siteId === undefined ? event : { ...event, siteId };
  };
}

/** The meaning of a code, with the code. */
function reasonOf(code: number): string {
  return rejectionReason({ code: String(code), scheme: 'DCM' }) ?? String(code);
}

function release2Names(announcement: EventValues): ImageNames {
  return {
    release: 2,
    imageKey: announcement.bytes32(NAMES.imageKey),
    ringId: ringIdOfWord(announcement.bytes32(NAMES.ringId)),
    studyKey: announcement.bigint(NAMES.studyKey),
    patientKey: announcement.bigint(NAMES.patientKey),
  };
}

function bodiesOf(
  contract: Hex,
  announcement: EventValues,
  words: (typeof WORDS)[1],
): { header: Body; preview: Body; instance: Body } {
  const pieceBytes = announcement.number(words.pieceBytes);
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
    header: body(words.header, announcement.at(words.headerChunks).addresses()),
    preview: body(words.preview, announcement.at(words.previewChunks).addresses()),
    instance: body(words.instance, []),
  };
}
