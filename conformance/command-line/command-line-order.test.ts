import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommand } from '../testing/command-line.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';

/** How many files `store` has under way at most. */
const IN_FLIGHT = 32;
const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-order-'));
const number = (file: Buffer): number => file.readUInt16LE(file.length - 2);
const uidOf = new Map<number, string>();
const twice = newUid();

/** Numbers of the files in the order in which they came, and what was under way with each. */
const came: number[] = [];
const underWay = new Set<number>();
const together: number[][] = [];
let server: Server;
let url: string;

/** A file whose last pixel is its number. */
function writeSlice(name: string, SOPInstanceUID = newUid()): void {
  const file = ctSlice({ SOPInstanceUID }, { size: 16 });
  file.writeUInt16LE(uidOf.size, file.length - 2);
  uidOf.set(uidOf.size, SOPInstanceUID);
  writeFileSync(path.join(folder, name), file);
}

beforeAll(async () => {
  for (const name of ['z', 'a', 'a/deeper']) mkdirSync(path.join(folder, name));
  // Numbered in the order in which they have to go: folders as given, their files by name.
  for (let i = 10; i < 60; i++) writeSlice(`z/${i}.dcm`, i % 5 === 0 ? twice : undefined);
  for (let i = 10; i < 20; i++) writeSlice(`a/${i}.dcm`);
  for (let i = 0; i < 5; i++) writeSlice(`a/deeper/${i}`, i === 2 ? twice : undefined);
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const file = number(Buffer.concat(chunks));
      came.push(file);
      underWay.add(file);
      together.push([...underWay]);
      setTimeout(() => {
        underWay.delete(file);
        response.writeHead(200, { 'Content-Type': 'application/dicom+json' });
        response.end(JSON.stringify({ '00081199': { vr: 'SQ', Value: [{}] } }));
      }, 200);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { code, stdout } = await runCommand(['store', path.join(folder, 'z'), path.join(folder, 'a'), '--url', url]);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^65 stored, 0 already there, 0 refused;/)]);
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('dicom-ledger store', () => {
  it('sends folders in the order given and their files by name', () => {
    expect([...came].sort((a, b) => a - b)).toEqual([...uidOf.keys()]);
    const alone = came.filter((file) => uidOf.get(file) !== twice);
    const wanted = [...uidOf.keys()].filter((file) => uidOf.get(file) !== twice);
    // Those under way together may come in any order.
    alone.forEach((file, place) => expect(Math.abs(wanted.indexOf(file) - place)).toBeLessThan(IN_FLIGHT));
  });

  it('has several under way, and not more than 32', () => {
    const most = Math.max(...together.map((files) => files.length));
    expect(most).toBeGreaterThan(8);
    expect(most).toBeLessThanOrEqual(IN_FLIGHT);
  });

  it('never sends two of one UID at once, and those in their order', () => {
    const ofTwice = came.filter((file) => uidOf.get(file) === twice);
    expect(ofTwice).toEqual([...ofTwice].sort((a, b) => a - b));
    expect(ofTwice).toHaveLength(11);
    for (const files of together)
      expect(files.filter((file) => uidOf.get(file) === twice).length).toBeLessThanOrEqual(1);
  });
});
