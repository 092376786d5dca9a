import { randomBytes } from 'node:crypto';
import type { QuarantineReason } from '../../../src/catalog/change.js';
import { newUid } from '../../testing/make-dicom.js';
import { RELEASE } from '../../testing/network-under-test.js';
import { sha256 } from '../../testing/dicomweb-client.js';
import { caseStudy, expectedStudy, type Lie, publish, RIGHT, untilSeen, WRONG } from './case-study.js';
import { type Forgery, randomKey } from './forgery.js';
import { honestParts, redSquare, withBytes } from './honest-parts.js';
import { FIRST_ISSUER, type TrustBed } from './trust-bed.js';

/** What a member says of an image that is not so, and why it comes into quarantine. */
export interface NamedLie {
  name: string;
  reason: QuarantineReason;
  /** Of the one file that is announced. */
  over?: Record<string, unknown>;
  lie: (bed: TrustBed) => Promise<Lie>;
}

/** Of another patient than the victim, in bytes and header. */
const otherPatient = caseStudy(WRONG, { instances: 1 }).files[0]!.file;

const OF_BOTH: NamedLie[] = [
  {
    name: "a header of the victim over another patient's bytes, with a red square as its preview",
    reason: 'bytes',
    lie: async ({ mallory }) => {
      const preview = await redSquare();
      const inside: Lie['inside'] = async (parts) => ({
        ...(await withBytes(mallory.naming(), parts, otherPatient)),
        preview,
      });
      return { inside };
    },
  },
  {
    name: 'a red square as the preview of true bytes',
    reason: 'picture',
    lie: async () => {
      const preview = await redSquare();
      return { inside: () => ({ preview }) };
    },
  },
  {
    name: 'a preview that is no picture',
    reason: 'preview',
    lie: async () => ({ inside: () => ({ preview: randomBytes(24_575) }) }),
  },
  { name: 'the image key of another instance', reason: 'image-key', lie: async () => ({ SOPInstanceUID: newUid() }) },
  {
    name: 'another digest than that of its bytes',
    reason: 'bytes',
    lie: async ({ mallory }) => ({
      inside: (parts) => withBytes(mallory.naming(), parts, parts.file, randomBytes(32).toString('hex')),
    }),
  },
  {
    name: 'an issuer of patient IDs that another site speaks for',
    reason: 'foreign-issuer',
    over: { IssuerOfPatientID: FIRST_ISSUER },
    lie: async () => ({}),
  },
];

const OF_RELEASE_1: NamedLie[] = [
  {
    name: 'a random patient key',
    reason: 'patient-key',
    lie: async () => ({ said: ({ names }) => ({ names: { ...names, patientKey: randomKey() } as typeof names }) }),
  },
  {
    name: 'bytes that are code which is no chunk',
    reason: 'bytes',
    lie: async ({ contract, rpc }) => {
      const [code] = await rpc.codes([contract]);
      return { said: () => ({ instanceAt: { address: contract, byteCount: code!.length - 1 } }) };
    },
  },
];

const OF_RELEASE_2: NamedLie[] = [
  {
    name: 'the study key of another study of hers',
    reason: 'study-key',
    lie: async ({ mallory, sites }) => {
      const before = caseStudy({ ...RIGHT, PatientID: 'L-1' }, { instances: 1 });
      const [{ names }] = (await publish(mallory, before)) as [Forgery];
      await untilSeen(sites, before.study, await expectedStudy(mallory, before, { ...RIGHT, PatientID: 'L-1' }));
      return { numbers: { studyKey: (names as typeof names & { release: 2 }).studyKey } };
    },
  },
  {
    name: 'bytes of another length than its header says',
    reason: 'unreadable',
    lie: async () => ({ said: ({ instance }) => of(instance.subarray(0, 32 + 28 + 100)) }),
  },
  {
    name: 'bytes of which one is flipped',
    reason: 'bytes',
    lie: async () => ({
      said: ({ instance }) => {
        const flipped = Buffer.from(instance);
        flipped[1_000]! ^= 1;
        return of(flipped);
      },
    }),
  },
  {
    name: 'a header that is not encrypted',
    reason: 'unreadable',
    lie: async ({ mallory }) => {
      const { made } = await honestParts(mallory.naming(), otherPatient);
      return { said: ({ header }) => ({ header: Buffer.concat([header.subarray(0, 32), made.header]) }) };
    },
  },
];

/** What is said on the chain of bytes that lie there. */
const of = (instance: Buffer): Partial<Forgery> => ({ instance, sha256: `0x${sha256(instance)}` });

export const LIES = [...OF_BOTH, ...(RELEASE === 1 ? OF_RELEASE_1 : OF_RELEASE_2)];
