import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { runCommand } from '../testing/command-line.js';
import { get, instancePath } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';

let server: RunningServer;
const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-files-'));
const ids = { study: newUid(), series: newUid(), instance: newUid() };
const over = { StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series };
const file = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  server = await startServer();
  const slice = ctSlice({ ...over, SOPInstanceUID: ids.instance }, { size: 32 });
  mkdirSync(file('ct/deeper'), { recursive: true });
  mkdirSync(file('empty'));
  writeFileSync(file('ct/a.dcm'), slice);
  // The same UID with another content: refused, because files are sent by name.
  writeFileSync(file('ct/b.dcm'), Buffer.concat([slice.subarray(0, -2), Buffer.from([1, 2])]));
  writeFileSync(file('ct/deeper/without-suffix'), ctSlice({ ...over, SOPInstanceUID: newUid() }, { size: 32 }));
  writeFileSync(file('ct/notes.txt'), 'not an image');
  writeFileSync(file('ct/broken.dcm'), 'not DICOM at all, in spite of its name');
  const picture = sharp({ create: { width: 20, height: 20, channels: 3, background: '#336699' } });
  mkdirSync(file('pictures'));
  writeFileSync(file('pictures/one.jpg'), await picture.jpeg().toBuffer());
  writeFileSync(file('pictures/two.png'), await picture.png().toBuffer());
  mkdirSync(file('listed/images'), { recursive: true });
  writeFileSync(file('listed/images/x.png'), await picture.negate().png().toBuffer());
  writeFileSync(file('listed/metadata.csv'), 'patientid,filename,date\nCSV-1,x.png,2010-05-04\n');
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const run = (...args: string[]) => runCommand([...args, '--url', server.url]);

describe('dicom-ledger store', () => {
  it('sends a folder, says what was refused and why, and ends with exit code 1', async () => {
    const { code, stdout } = await run('store', file('ct'));
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^refused \S+b\.dcm: 0x0111 .+/);
    expect(lines[1]).toMatch(/^refused \S+broken\.dcm: 0xC000 .+/);
    expect(lines[2]).toMatch(/^2 stored, 0 already there, 2 refused; [\d.]+ MB in [\d.]+ s/);
    expect(code).toBe(1);
    expect((await get(`${server.url}${instancePath(ids)}`)).status).toBe(200);
  });

  it('sends what links in a folder lead to, and names one that leads nowhere', async () => {
    mkdirSync(file('links'));
    symlinkSync(file('ct/a.dcm'), file('links/a'));
    expect((await run('store', file('links'))).stdout).toMatch(/^0 stored, 1 already there, 0 refused;/m);
    symlinkSync(file('nowhere'), file('links/b'));
    const { code, stderr } = await run('store', file('links'));
    expect([code, stderr]).toEqual([1, expect.stringMatching(/The link ".*links\/b" leads nowhere/)]);
  });

  it('ends with exit code 0 when all is there already', async () => {
    const { code, stdout } = await run('store', file('ct/a.dcm'), file('ct/deeper'));
    expect(stdout).toMatch(/^0 stored, 2 already there, 0 refused;/m);
    expect(code).toBe(0);
  });

  it('stores pictures of --patient-id, and those that a metadata.csv names', async () => {
    const pictures = await run('store', file('pictures'), '--patient-id', 'CLI-1');
    expect(pictures.stdout).toMatch(/^2 stored, 0 already there, 0 refused;/m);
    expect(pictures.code).toBe(0);
    const listed = await run('store', file('listed'));
    expect(listed.stdout).toMatch(/^1 stored, 0 already there, 0 refused;/m);
    const names = async (PatientID: string) =>
      (await (await get(`${server.url}/dicom-web/patients/${PatientID}/images`)).json()) as unknown[];
    expect(await names('CLI-1')).toHaveLength(2);
    expect(await names('CSV-1')).toMatchObject([{ name: 'x.png', acquisition: '20100504' }]);
  });

  it('refuses pictures of nobody', async () => {
    const { code, stdout } = await run('store', file('pictures'));
    expect(stdout).toMatch(/^refused \S+one\.jpg: .*--patient-id/m);
    expect(code).toBe(1);
  });

  it('says that a path is not there, and that a folder has nothing to send', async () => {
    const missing = await run('store', file('nowhere'));
    expect([missing.code, missing.stderr.includes(file('nowhere'))]).toEqual([1, true]);
    const empty = await run('store', file('empty'));
    expect(empty.stdout).toMatch(/^0 stored, 0 already there, 0 refused; 0\.0 MB in [\d.]+ s \(0\.00 MB\/s\)\.$/m);
  });
});

describe('dicom-ledger verify', () => {
  it('reads one instance or all from the chain', async () => {
    const one = await run('verify', ids.instance);
    expect(one).toMatchObject({ code: 0, stdout: expect.stringMatching(/^1 instances, \d+ bytes .*: all intact\.$/m) });
    const all = await run('verify', '--all');
    expect(all).toMatchObject({ code: 0, stdout: expect.stringMatching(/^5 instances, \d+ bytes .*: all intact\.$/m) });
  });

  it('ends with exit code 1 for an unknown instance, and wants either a UID or --all', async () => {
    const unknown = await run('verify', newUid());
    expect(unknown.code).toBe(1);
    expect(unknown.stdout).toMatch(/There is no instance/);
    for (const args of [['verify'], ['verify', ids.instance, '--all']]) {
      const { code, stderr } = await run(...args);
      expect([code, stderr.trim()]).toEqual([1, 'Give either one SOPInstanceUID or --all.']);
    }
  });
});

describe('dicom-ledger retire', () => {
  it('retires an instance once', async () => {
    expect(await run('retire', ids.instance, '--reason', 'a test')).toMatchObject({
      code: 0,
      stdout: `${ids.instance} is retired.\n`,
    });
    expect((await get(`${server.url}${instancePath(ids)}`)).status).toBe(410);
    const again = await run('retire', ids.instance, '--reason', 'a test');
    expect([again.code, again.stderr]).toEqual([1, expect.stringMatching(/retired already/)]);
    const stored = await run('store', file('ct/a.dcm'));
    expect(stored.stdout).toMatch(/^refused \S+a\.dcm: 0x0110 /m);
  });

  it('wants a reason', async () => {
    const { code, stderr } = await run('retire', ids.instance);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/--reason/)]);
  });
});

describe('A command without a server', () => {
  const nobody = 'http://127.0.0.1:9';

  it.each([
    [['verify', '--all']],
    [['verify', '1.2.3']],
    [['retire', '1.2.3', '--reason', 'x']],
    [['store', file('ct/a.dcm')]],
  ])('%j says in one sentence that nobody answers', async (args) => {
    const { code, stdout, stderr } = await runCommand([...args, '--url', nobody]);
    expect(code).toBe(1);
    expect(stdout + stderr).toContain(`No answer from ${nobody}`);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('serve names every wrong setting together', async () => {
    const { code, stderr } = await runCommand(['serve'], { PORT: '99999', STORE_ACK: 'maybe', DATA_DIR: folder });
    expect(code).toBe(1);
    expect(stderr).toMatch(/PORT="99999".*STORE_ACK="maybe"/);
  });
});
