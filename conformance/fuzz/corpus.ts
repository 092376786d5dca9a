import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import {
  encapsulated,
  image,
  object,
  offsets,
  part10,
  sequence,
  text,
  words,
} from '../../dist/dicom/part10/hand-made.js';

const samples = path.resolve(import.meta.dirname, '../../../shared/data');
const keptBytes = 1024 * 1024;
const largest = 16 * 1024 * 1024;

/**
 * Files to damage, small ones most often: the real ones that lie beside the checkout, else made ones.
 * @param {{ of: 'dicom' | 'image', isWanted?: (bytes: Buffer) => boolean }} options
 */
export function openCorpus({ of, isWanted = () => true }) {
  const files = [...(of === 'dicom' ? made() : []), ...found(of)].filter(({ read }) => isWanted(read()));
  if (files.length === 0) throw new Error(`There is nothing to begin with for ${of}.`);
  let total = 0;
  // A file ten times as long comes a tenth as often, so that no time goes into copying.
  const upTo = files.map(({ byteCount }) => (total += 1 / Math.max(byteCount, 4096)));
  return {
    pick: (random) => {
      const at = random.next() * total;
      const file = files[upTo.findIndex((end) => at < end)] ?? files[0];
      return { name: file.name, bytes: file.read() };
    },
  };
}

function found(of) {
  const folder = path.join(samples, of === 'dicom' ? 'dicom' : 'chest-xray/images');
  const endings = of === 'dicom' ? /\.dcm$|^[^.]*$/i : /\.(png|jpe?g)$/i;
  let names;
  try {
    names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const file = path.join(folder, name);
    const { size: byteCount } = statSync(file);
    if (!endings.test(path.basename(name)) || !statSync(file).isFile() || byteCount > largest) return [];
    let kept;
    const read = () => {
      if (kept) return kept;
      const bytes = readFileSync(file);
      if (byteCount <= keptBytes) kept = bytes;
      return bytes;
    };
    return [{ name, byteCount, read }];
  });
}

function made() {
  const elements = object(
    text(0x00080005, 'CS', 'ISO_IR 192'),
    text(0x00080060, 'CS', 'OT'),
    text(0x00100010, 'PN', 'Yamada^Tarou=山田^太郎=やまだ^たろう'),
    text(0x00100020, 'LO', 'P-1'),
    text(0x00090010, 'LO', 'HAND MADE'),
    { tag: 0x00091001, vr: 'UN', value: Buffer.from('private ') },
    sequence(0x00081140, [object(words(0x00280103, 'US', 1))], true),
    sequence(0x00400275, [[sequence(0x00400008, [object()])], []]),
    text(0x00281050, 'DS', '40\\400'),
    text(0x00281051, 'DS', '80\\2000'),
    ...image(8, 8, { frames: 2 }),
  );
  const pixels = { tag: 0x7fe00010, vr: 'OB', value: Buffer.alloc(128, 0x55) };
  const fragments = Array.from({ length: 4 }, (_, index) => Buffer.alloc(40, index + 1));
  const compressed = Buffer.concat([
    part10(elements, { transferSyntaxUID: '1.2.840.10008.1.2.4.90' }),
    encapsulated(fragments, offsets(0, 96)),
  ]);
  const files = ['explicit', 'implicit', 'big', 'deflated'].map((spelling) => [
    spelling,
    part10([...elements, pixels], { spelling }),
  ]);
  return [...files, ['encapsulated', compressed]].map(([name, bytes]) => ({
    name: `made ${name}`,
    byteCount: bytes.length,
    read: () => bytes,
  }));
}

const deflated = '1.2.840.10008.1.2.1.99';

/** Opens what is deflated, so that damage reaches what is in it. `close` deflates it again. */
export function opened(bytes, elements) {
  const meta = elements.filter(({ tag }) => tag >>> 16 === 2);
  const syntax = meta.find(({ tag }) => tag === 0x00020010);
  const end = meta.at(-1);
  if (!syntax || !bytes.toString('latin1', syntax.valueAt, syntax.valueAt + syntax.valueBytes).startsWith(deflated))
    return { bytes, close: (changed) => changed };
  const begin = end.valueAt + end.valueBytes;
  const inflated = inflateRawSync(bytes.subarray(begin));
  return {
    bytes: Buffer.concat([bytes.subarray(0, begin), inflated]),
    close: (changed) =>
      Buffer.concat([changed.subarray(0, begin), deflateRawSync(changed.subarray(begin), { level: 1 })]),
  };
}
