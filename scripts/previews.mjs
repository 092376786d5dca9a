// A page of all previews of a folder beside dcmtk's pictures of the same files: npm run previews -- <folder> [--out page.html]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { fileSource } from '../dist/base/byte-source.js';
import { makeIcon } from '../dist/dicom/render/icon.js';
import { scanPart10 } from '../dist/dicom/part10/part10.js';
import { middleFrame } from '../dist/dicom/render/picture-input.js';
import { openPictures } from '../dist/dicom/render/picture-workers.js';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'previews-'));

/** Our preview; undefined picture with a reason for a file that is refused. */
async function ours(pictures, file) {
  const handle = await open(file);
  try {
    const source = fileSource(handle, statSync(file).size);
    const result = await scanPart10(source);
    if (result.kind === 'refused') return { note: `refused: ${result.message}` };
    const { header } = result;
    const preview = await pictures.preview(header, source);
    const isIcon = preview.equals(await makeIcon(header));
    return { preview, isIcon, frame: header.frames ? middleFrame(header.frames) : 1, syntax: header.transferSyntaxUID };
  } finally {
    await handle.close();
  }
}

/** dcmj2pnm's picture with the first window, else from the lowest to the highest value; gdcm unpacks what dcmtk does not know. */
function theirs(file, frame) {
  const plain = path.join(scratch, 'plain.dcm');
  const picture = path.join(scratch, 'picture.png');
  const draw = (from) =>
    [['+Wi', '1'], ['+Wm'], []].some(
      (window) => spawnSync('dcmj2pnm', ['+on', '+F', String(frame), ...window, from, picture]).status === 0,
    );
  const unpack = () => spawnSync('gdcmconv', ['--raw', file, plain]).status === 0;
  return draw(file) || (unpack() && draw(plain)) ? readFileSync(picture) : undefined;
}

/** Mean gray levels of both at the preview's size, and the mean difference of their pixels. */
async function compare(preview, other) {
  const { width, height } = await sharp(preview).metadata();
  const gray = (picture) =>
    sharp(picture).resize(width, height, { fit: 'fill' }).removeAlpha().toColourspace('srgb').raw().toBuffer();
  const [mine, dcmtk] = [await gray(preview), await gray(other)];
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const difference = mine.reduce((sum, value, at) => sum + Math.abs(value - dcmtk[at]), 0) / mine.length;
  return { mean: mean(mine), dcmtkMean: mean(dcmtk), difference };
}

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const image = (bytes, type) =>
  bytes ? `<img src="data:image/${type};base64,${bytes.toString('base64')}">` : '<i>none</i>';

async function row(pictures, { file, name }) {
  const { preview, isIcon, frame, syntax, note } = await ours(pictures, file);
  if (preview === undefined) return { name, text: note, html: `<tr><td>${escaped(name)}<br>${escaped(note)}` };
  const dcmtk = theirs(file, frame);
  const numbers = dcmtk && !isIcon ? await compare(preview, dcmtk) : undefined;
  const small = dcmtk && (await sharp(dcmtk).resize({ width: 256, height: 256, fit: 'inside' }).png().toBuffer());
  const told = numbers
    ? `mean ${numbers.mean.toFixed(1)}, dcmtk ${numbers.dcmtkMean.toFixed(1)}, difference ${numbers.difference.toFixed(1)}`
    : `${isIcon ? 'icon' : 'preview'}${dcmtk ? '' : '; dcmtk draws nothing'}`;
  const mark = isIcon ? ' class="icon"' : (numbers?.difference ?? 0) > 6 ? ' class="differs"' : '';
  return {
    text: told,
    html: `<tr${mark}><td>${escaped(name)}<br>${syntax}, frame ${frame}<br>${told}<td>${image(preview, 'jpeg')}<td>${image(small, 'png')}`,
  };
}

const { values, positionals } = parseArgs({ options: { out: { type: 'string' } }, allowPositionals: true });
const [folder] = positionals;
if (folder === undefined) {
  console.error('Give a folder: npm run previews -- <folder> [--out page.html]');
  process.exit(2);
}
const out = values.out ?? 'previews.html';
const names = readdirSync(folder, { recursive: true })
  .filter((name) => statSync(path.join(folder, name)).isFile())
  .sort();
const pictures = openPictures({ threads: os.availableParallelism(), timeoutMs: 20_000 });
const rows = [];
try {
  for (const name of names) {
    const { text, html } = await row(pictures, { file: path.join(folder, name), name });
    console.log(`${name.padEnd(40)} ${text}`);
    rows.push(html);
  }
} finally {
  await pictures.close();
  rmSync(scratch, { recursive: true });
}
const style =
  'img{max-width:256px;max-height:256px}.icon td{background:#fec}.differs td{background:#fcc}td{font:13px sans-serif}';
writeFileSync(
  out,
  `<!doctype html><meta charset="utf-8"><title>Previews</title><style>${style}</style><table><tr><th>File<th>Preview<th>dcmj2pnm\n${rows.join('\n')}</table>\n`,
);
console.log(`${rows.length} files in ${out}; red: differs by more than 6 gray levels, orange: an icon.`);
