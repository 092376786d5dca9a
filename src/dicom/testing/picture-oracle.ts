import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bufferSource } from '../../base/byte-source.js';
import { scanPart10 } from '../part10/part10.js';
import { readPictureInput } from '../render/picture-input.js';
import { describePixels } from '../codec/pixel-description.js';
import { renderFrame } from '../render/render.js';
import type { VoiWindow } from '../../standard/rendering.js';
import type { Picture } from '../render/picture.js';

/** For tests: pictures as dcmtk makes them, and as `renderFrame` does. */
export interface PictureOracle {
  /** Frame `frame` (from 1) with the options that dcmj2pnm is given. Throws when it makes nothing. */
  theirs(file: Buffer, options: { frame: number; args?: readonly string[] }): Picture;
  close(): void;
}

export function pictureOracle(): PictureOracle {
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'picture-oracle-'));
  const [input, raw, output] = ['in.dcm', 'raw.dcm', 'out.pnm'].map((name) => path.join(scratch, name)) as [
    string,
    string,
    string,
  ];
  return {
    theirs: (file, { frame, args = [] }) => {
      writeFileSync(input, file);
      // JPEG-LS and JPEG 2000 it cannot read.
      const syntax = /1\.2\.840\.10008\.1\.2\.4\.([89])[01](?!\d)/.exec(file.toString('latin1', 0, 1000))?.[1];
      if (syntax === '8') run('dcmdjpls', [input, raw]);
      if (syntax === '9') run('gdcmconv', ['--raw', input, raw]);
      run('dcmj2pnm', ['-q', '+op', '+F', String(frame), ...args, syntax === undefined ? input : raw, output]);
      return pnm(readFileSync(output));
    },
    close: () => rmSync(scratch, { recursive: true }),
  };
}

function run(command: string, args: string[]): void {
  const { status, error, stderr } = spawnSync(command, args);
  if (error) throw new Error(`${command} cannot be started (${error.message}); install dcmtk and gdcm.`);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${String(stderr)}`);
}

function pnm(bytes: Buffer): Picture {
  const head = /^(P[56])\s(?:#.*\s)?(\d+)\s(\d+)\s255\s/.exec(bytes.toString('latin1', 0, 200));
  if (!head) throw new Error('dcmj2pnm wrote something else than PNM.');
  return {
    width: Number(head[2]),
    height: Number(head[3]),
    channels: head[1] === 'P5' ? 1 : 3,
    pixels: bytes.subarray(head[0].length),
  };
}

/** For tests: frame `frame` (from 1) of a Part 10 file as this archive shows it. Throws for what it refuses. */
export async function ours(
  file: Buffer,
  { frame, window }: { frame: number; window?: VoiWindow },
): Promise<Picture | undefined> {
  const result = await scanPart10(bufferSource(file));
  if (result.kind === 'refused') throw new Error(result.message);
  const task = await readPictureInput(result.header, bufferSource(file), { frame, output: 'preview' });
  const description = describePixels(result.header, { frame, bulk: task?.bulk ?? {} });
  if (!task || !description) return undefined;
  const stored = { ...task.frame, bytes: Buffer.from(task.frame.bytes) };
  return renderFrame(stored, description, { overlays: task.overlays, ...(window && { window }) });
}

/** For tests: the largest difference of two pictures in grey levels; Infinity for pictures of different form. */
export function difference(a: Picture | undefined, b: Picture): number {
  if (!a || a.width !== b.width || a.height !== b.height || a.channels !== b.channels) return Infinity;
  let most = 0;
  for (let at = 0; at < a.pixels.length; at++)
    most = Math.max(most, Math.abs((a.pixels[at] ?? 0) - (b.pixels[at] ?? Infinity)));
  return most;
}
