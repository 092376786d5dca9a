import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { openEmbeddedChain } from '../../src/ledger/embedded/embedded-chain.js';
import { serveChain } from '../testing/chain-over-http.js';
import { type DataSet, failureReasons, get, multipartBody, stow, stowSingle } from '../testing/dicomweb-client.js';
import { foundRelease1, newActing } from '../testing/found-contracts.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';

const NAMED = {};
const REMOVED = { PatientIdentityRemoved: 'YES' };
const UNNAMED = { PatientName: '', PatientID: '' };

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ env: { DEIDENTIFIED_ONLY: 'on' } });
});
afterAll(() => server.stop());

const counted = async (): Promise<number> =>
  ((await (await get(`${server.url}/dicom-web/instances`)).json()) as unknown[]).length;
const leftInSpool = (): string[] => readdirSync(path.join(server.dataFolder, 'spool'));

/** The one refusal of a store: its reason, and the sentence that goes with it. */
async function refusalOf(answer: Response): Promise<{ status: number; reasons: unknown[]; text: string }> {
  const body = await answer.text();
  const text = `${answer.headers.get('Warning')}\n${body}`;
  return { status: answer.status, reasons: failureReasons(JSON.parse(body) as DataSet), text };
}

function expectRefused({ status, reasons, text }: Awaited<ReturnType<typeof refusalOf>>): void {
  expect([status, reasons]).toEqual([409, [0x0124]]);
  expect(text).toContain('(0012,0062)');
  expect(text).toContain('DEIDENTIFIED_ONLY=off');
  // Of the patient it says nothing.
  expect(text).not.toContain('Muster');
}

describe('DEIDENTIFIED_ONLY=on', () => {
  it('refuses a file that names a patient, in a multipart request and alone, and keeps nothing of it', async () => {
    const before = await counted();
    expectRefused(await refusalOf(await stow(server.url, [ctSlice(NAMED)])));
    expectRefused(await refusalOf(await stowSingle(server.url, ctSlice(NAMED))));
    expectRefused(await refusalOf(await stowSingle(server.url, ctSlice({ PatientName: '' }))));
    expectRefused(await refusalOf(await stowSingle(server.url, ctSlice({ ...REMOVED, PatientIdentityRemoved: 'NO' }))));
    expect([await counted(), leftInSpool()]).toEqual([before, []]);
  });

  it('stores what says that the identity is removed, or names nobody, beside what it refuses', async () => {
    const before = await counted();
    const answer = await stow(server.url, [ctSlice(REMOVED), ctSlice(NAMED), ctSlice(UNNAMED)]);
    const { status, reasons } = await refusalOf(answer);
    expect([status, reasons]).toEqual([202, [0x0124]]);
    expect((await counted()) - before).toBe(2);
  });

  it('refuses metadata that name a patient (PS3.18 §10.5)', async () => {
    const of = (vr: string, ...Value: unknown[]): object => ({ vr, Value });
    const send = async (over: object): Promise<Response> => {
      const metadata = {
        '00080016': of('UI', '1.2.840.10008.5.1.4.1.1.66'),
        '00080018': of('UI', newUid()),
        '0020000D': of('UI', newUid()),
        '0020000E': of('UI', newUid()),
        '00080060': of('CS', 'OT'),
        '00100010': of('PN', { Alphabetic: 'Muster^Erika' }),
        '00100020': of('LO', 'P-1'),
        ...over,
      };
      const type = 'application/dicom+json';
      return fetch(`${server.url}/dicom-web/studies`, {
        method: 'POST',
        headers: { 'Content-Type': `multipart/related; type="${type}"; boundary="b-1"` },
        body: new Uint8Array(multipartBody([Buffer.from(JSON.stringify([metadata]))], { type })),
      });
    };
    expectRefused(await refusalOf(await send({})));
    expect((await send({ '00120062': of('CS', 'YES') })).status).toBe(200);
  });

  it('refuses pictures of a patient, in a form and alone', async () => {
    const before = await counted();
    const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const form = new FormData();
    form.append('file', new Blob([new Uint8Array(png)], { type: 'image/png' }), 'film.png');
    const answers = await fetch(`${server.url}/dicom-web/patients/P1/images`, { method: 'POST', body: form });
    const said = await answers.text();
    expect(said).toContain('DEIDENTIFIED_ONLY=off');
    const alone = await fetch(`${server.url}/dicom-web/studies?PatientID=P1&fileName=film.png`, {
      method: 'POST',
      headers: { 'Content-Type': 'image/png' },
      body: new Uint8Array(png),
    });
    expectRefused(await refusalOf(alone));
    expect([await counted(), leftInSpool()]).toEqual([before, []]);
  });
});

describe('Without DEIDENTIFIED_ONLY', () => {
  it('an archive that encrypts stores what names a patient', async () => {
    const open = await startServer();
    try {
      expect((await stowSingle(open.url, ctSlice(NAMED))).status).toBe(200);
    } finally {
      await open.stop();
    }
  });

  it('a site of a network whose contract is of release 1 refuses it, and takes what names nobody', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-deidentified-'));
    const closers: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
    try {
      const { governors, sites } = await newActing(folder, 1);
      const { writer } = sites[0]!;
      const chain = await openEmbeddedChain({
        folder: path.join(folder, 'chain'),
        periodMs: 0,
        genesisAccounts: [governors[0].account, writer.account],
      });
      closers.push(() => chain.close());
      const { address } = await foundRelease1(chain, { governor: governors[0].key, sites });
      const node = await serveChain(chain);
      closers.push(() => node.close());
      const consortiumKey = path.join(folder, 'consortium.key');
      writeFileSync(consortiumKey, '5a'.repeat(32), { mode: 0o600 });
      const member = await startServer({
        env: {
          ...{ LEDGER_URL: node.url, LEDGER_CONTRACT: address, CONSORTIUM_KEY_FILE: consortiumKey },
          ...{ SITE_KEYSTORE_FILE: writer.keystoreFile, SITE_PASSWORD_FILE: writer.passwordFile },
          ...{ SEALED_DEPTH: '1', FINAL_DEPTH: '1' },
        },
      });
      closers.push(() => member.stop());
      expectRefused(await refusalOf(await stowSingle(member.url, ctSlice(NAMED))));
      expect((await stowSingle(member.url, ctSlice(UNNAMED))).status).toBe(200);
    } finally {
      for (const close of closers.reverse()) await close();
    }
  });
});
