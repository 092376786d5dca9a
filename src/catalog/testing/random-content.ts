import fc from 'fast-check';
import type { QuarantineReason, Reading } from '../change.js';
import { announced, CONTRACT, element, type Sample, uidOf } from './records.js';

/** Something that others may announce, and what reading it comes to: as others' are read, and once an admin has released it. */
export interface Content {
  sample: Sample;
  first: Exclude<Reading, { kind: 'waiting' }>;
  released: Exclude<Reading, { kind: 'waiting' }>;
}

/** Of images that histories are about; each on two contracts, of which the second is one of release 2. */
export const KEYS = ['a', 'b', 'c'];
export const SECOND_CONTRACT = '0xc2';
export const RINGS = ['0xa1', '0xa2'];
const REASONS: QuarantineReason[] = ['unreadable', 'image-key', 'foreign-issuer'];

const quarantined = (reason: QuarantineReason): Content['first'] => ({ kind: 'quarantined', reason, detail: reason });

/** Makes the content of a number. */
export const content: fc.Arbitrary<(index: number) => Content> = fc
  .record({
    key: fc.constantFrom(...KEYS),
    uid: fc.constantFrom(undefined, undefined, ...KEYS),
    contract: fc.constantFrom(CONTRACT, SECOND_CONTRACT),
    ringId: fc.constantFrom(...RINGS),
    studyKey: fc.constantFrom('1', '1', '2'),
    siteId: fc.constantFrom(1, 2, 2, 3),
    study: fc.constantFrom('s', 's', 't'),
    series: fc.constantFrom('r', 'u'),
    patient: fc.constantFrom('p', 'q'),
    text: fc.constantFrom('x', 'y'),
    hasName: fc.boolean(),
    names: fc.constantFrom('patient', 'patient', 'nobody', 'issuer', 'issuer'),
    hasMore: fc.boolean(),
    wrong: fc.constantFrom(undefined, undefined, undefined, ...REASONS),
    isStillWrong: fc.constantFrom(false, false, true),
  })
  .map(
    ({
      key,
      uid,
      contract,
      siteId,
      study,
      series,
      patient,
      text,
      hasName,
      names,
      hasMore,
      wrong,
      isStillWrong,
      ...keys
    }) =>
      (index) => {
        const second = contract === SECOND_CONTRACT ? { ...keys, imageKey: `key of ${key}` } : {};
        const sample: Sample = {
          name: key,
          study,
          series: study + series,
          patient,
          studyAttributes: {
            '00081030': element('LO', text),
            '00080020': element('DA', text === 'x' ? '20200101' : ''),
            '00100010': hasName ? element('PN', { Alphabetic: `${patient}^${text}` }) : element('PN'),
            ...(names === 'nobody' ? { '00100020': element('LO') } : {}),
            ...(names === 'issuer' ? { '00100021': element('LO', text) } : {}),
            ...(hasMore ? { '00080050': element('SH', key) } : {}),
          },
          seriesAttributes: {
            '00080060': hasName ? element('CS', text) : element('CS'),
            '00200011': element('IS', text === 'x' ? 1 : 'one'),
          },
          instanceAttributes: hasMore ? { '00200013': element('IS', 1), '00280010': element('US', 2) } : {},
          record: {
            SOPClassUID: text === 'x' ? '1.2.1' : '1.2.2',
            SOPInstanceUID: uidOf(uid ?? key),
            issuer: names === 'issuer' ? text : '',
          },
          image: { siteId, contract, contentKey: `content ${index}`, ...second },
        };
        const read = announced(sample).reading as Content['first'];
        const first = wrong === undefined ? read : quarantined(wrong);
        return { sample, first, released: wrong !== undefined && isStillWrong ? quarantined('preview') : read };
      },
  );
