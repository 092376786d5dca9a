import { type DataSet, failureReasons } from '../../testing/dicomweb-client.js';
import { createCorpus } from '../corpus.js';
import type { Door } from '../door.js';
import { Find } from '../find.js';
import { startFuzzedServer } from '../fuzzed-server.js';
import { createInspector } from '../inspector.js';
import { smallImages } from '../mutate-image.js';
import { randomStore } from '../random-store.js';
import { requireStatus } from '../require-status.js';

/** 413 for what is larger than the server takes. */
const STATUSES = [200, 202, 400, 409, 413, 415];
/** Answers that say what became of each part. */
const TELLING_STATUSES = [200, 202, 409];
/**
 * Duplicate, out of resources (too large), data set mismatch, cannot understand, and the warnings that its study is another patient's,
 * and that the data set does not match its class (PS3.18 §10.5.3): everything but "the server has failed".
 */
const REASONS = [0x0111, 0xa700, 0xa900, 0xc000, 0xb000, 0xb007];
const MAX_FILE_BYTES = 300_000;

interface Label {
  path: string;
  type: string;
  coding?: string;
}

/** Damaged instances and images, alone, in multiparts and in forms, sent to a real server. */
export async function openHttpStoreDoor(): Promise<Door> {
  const server = await startFuzzedServer();
  const corpus = createCorpus({ of: 'dicom', isWanted: (bytes) => bytes.length < MAX_FILE_BYTES });
  const images = await smallImages();
  return {
    lanes: 4,
    make: (random, number) => {
      const { path, type, body, coding } = randomStore({ corpus, images }, random, number);
      const label: Label = { path, type, ...(coding !== undefined && { coding }) };
      return { label: JSON.stringify(label), bytes: body };
    },
    run: async ({ label, bytes }) => {
      const { path, type, coding } = JSON.parse(label) as Label;
      const headers = {
        'Content-Type': type,
        'Content-Length': bytes.length,
        ...(coding !== undefined && { 'Content-Encoding': coding }),
      };
      const answer = await server.ask({ method: 'POST', path, headers, body: bytes });
      requireStatus(answer, STATUSES, `POST ${path}`);
      if (!TELLING_STATUSES.includes(answer.status)) return;
      const wrong = reasonsOf(answer.bytes).find((reason) => !REASONS.includes(reason));
      if (wrong !== undefined)
        throw new Find(`A part has failed with 0x${wrong.toString(16)}: ${await server.takeErrors()}`);
    },
    inspect: createInspector(server),
    close: () => server.stop(),
  };
}

/** The reasons in the answer to a form, which is a list, or to STOW-RS. */
function reasonsOf(answer: Buffer): number[] {
  const told = JSON.parse(answer.toString()) as DataSet | { reason?: string }[];
  if (!Array.isArray(told)) return failureReasons(told) as number[];
  return told.flatMap(({ reason }) => (reason === undefined ? [] : [parseInt(reason, 16)]));
}
