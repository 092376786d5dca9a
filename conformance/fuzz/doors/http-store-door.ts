import { Find } from '../allowed.mjs';
import { openCorpus } from '../corpus.mjs';
import { inspector } from '../inspect.mjs';
import { mutateBytes } from '../mutate-bytes.mjs';
import { mutateDicom, withUid } from '../mutate-dicom.mjs';
import { mutateImage, smallImages } from '../mutate-image.mjs';
import { randomText } from '../random-text.mjs';
import { requireStatus, startServer } from '../server.mjs';
import { multipartBody } from './multipart.mjs';

/** 413 for what is larger than the server takes. */
const statuses = [200, 202, 400, 409, 413, 415];
/** Duplicate, out of resources (too large), data set mismatch, cannot understand: everything but "the server has failed". */
const reasons = [0x0111, 0xa700, 0xa900, 0xc000];

/** Damaged instances and images, alone, in multiparts and in forms, sent to a real server. */
export async function openDoor() {
  const server = await startServer();
  const corpus = openCorpus({ of: 'dicom', isWanted: (bytes) => bytes.length < 300_000 });
  const images = await smallImages();
  const kinds = [single, single, parts, brokenParts, image, form];

  function instance(random, number) {
    const { bytes } = corpus.pick(random);
    const uid = `2.25.${number}${random.whole(100, 999)}`;
    return random.once(30)
      ? withUid(bytes, uid)
      : mutateDicom(random, bytes, { other: corpus.pick(random).bytes, uid });
  }
  function single(random, number) {
    return { path: studies(random), type: 'application/dicom', body: instance(random, number) };
  }
  function parts(random, number) {
    const boundary = 'frontier';
    const contents = Array.from({ length: random.whole(1, 4) }, () => instance(random, number));
    const pieces = contents.flatMap((content) => [
      Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`),
      content,
      Buffer.from('\r\n'),
    ]);
    const body = Buffer.concat([...pieces, Buffer.from(`--${boundary}--`)]);
    return { path: studies(random), type: `multipart/related; type="application/dicom"; boundary=${boundary}`, body };
  }
  function brokenParts(random, number) {
    const boundary = random.pick(['b', '--', 'x'.repeat(70)]);
    const body = multipartBody(random, boundary, [instance(random, number), random.bytes(20)]);
    const type = `multipart/related; type="${random.pick(['application/dicom', 'application/dicom', 'a/b'])}"; boundary=${boundary}`;
    return { path: studies(random), type, body: random.once(2) ? body : mutateBytes(random, body) };
  }
  function picture(random) {
    const { name, bytes } = random.pick(images);
    return { name, bytes: random.once(6) ? bytes : mutateImage(random, bytes, random.pick(images).bytes) };
  }
  function image(random) {
    const { name, bytes } = picture(random);
    const query = new URLSearchParams({ PatientID: 'P-1', fileName: name });
    if (random.once(3))
      query.set(random.pick(['PatientID', 'acquisition', 'fileName', 'StudyInstanceUID']), text(random));
    return {
      path: `/dicom-web/studies?${query}`,
      type: name.endsWith('png') ? 'image/png' : 'image/jpeg',
      body: bytes,
    };
  }
  function form(random) {
    const boundary = 'form';
    const files = Array.from({ length: random.whole(1, 3) }, () => picture(random));
    const fields = random.once(3) ? [random.pick(['acquisition', 'StudyInstanceUID', '__proto__', 'x[y]'])] : [];
    const pieces = [
      ...fields.flatMap((name) => [
        `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text(random)}\r\n`,
      ]),
      ...files.flatMap(({ name, bytes }) => [
        `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${random.once(3) ? quoted(random) : name}"\r\n` +
          `Content-Type: ${random.pick(['image/png', 'image/jpeg', 'application/octet-stream'])}\r\n\r\n`,
        bytes,
        '\r\n',
      ]),
      `--${boundary}--\r\n`,
    ];
    const body = Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'utf8') : piece)));
    return {
      path: `/dicom-web/patients/P-${random.whole(1, 3)}/images`,
      type: `multipart/form-data; boundary=${boundary}`,
      body: random.once(3) ? mutateBytes(random, body) : body,
    };
  }

  return {
    lanes: 4,
    make: (random, number) => {
      const { path, type, body } = random.pick(kinds)(random, number);
      return { label: JSON.stringify({ path, type }), bytes: body };
    },
    run: async ({ label, bytes }) => {
      const { path, type } = JSON.parse(label);
      const headers = { 'Content-Type': type, 'Content-Length': bytes.length };
      const answer = await server.ask({ method: 'POST', path, headers, body: bytes });
      requireStatus(answer, statuses, `POST ${path}`);
      if (![200, 202, 409].includes(answer.status)) return;
      const told = JSON.parse(answer.bytes);
      const failed = Array.isArray(told)
        ? told.flatMap(({ reason }) => (reason === undefined ? [] : [parseInt(reason, 16)]))
        : ['00081198', '0008119A'].flatMap((tag) =>
            (told[tag]?.Value ?? []).map((item) => item['00081197']?.Value?.[0]),
          );
      const wrong = failed.find((reason) => !reasons.includes(reason) && reason !== 0xb007);
      if (wrong !== undefined)
        throw new Find(`A part has failed with 0x${wrong.toString(16)}: ${await server.takeErrors()}`);
    },
    inspect: inspector(server),
    close: () => server.stop(),
  };
}

const studies = (random) => (random.once(20) ? `/dicom-web/studies/1.2.${random.whole(1, 9)}` : '/dicom-web/studies');
const text = (random) => randomText(random, 200).replace(/\p{Cs}/gu, '');
const quoted = (random) => text(random).replace(/["\r\n\0]/g, '_');
