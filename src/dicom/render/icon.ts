import { isVideo } from '../../standard/transfer-syntaxes.js';
import sharp from 'sharp';
import { dataSetOf, textOf } from '../data-set/data-set.js';
import type { InstanceHeader } from '../data-set/instance-header.js';

const SOP_CLASS_UID = 0x00080016;

/** What an object is, as far as an icon tells it. */
export type IconKind =
  'picture' | 'document' | 'report' | 'waveform' | 'radiotherapy' | 'video' | 'segmentation' | 'data';

const LINE = 'fill="none" stroke="#9fb3c8" stroke-width="8" stroke-linecap="round" stroke-linejoin="round"';
const FILL = 'fill="#9fb3c8" stroke="none"';

/** Drawn on 256 × 256. No text: it would need the fonts of the machine. */
const DRAWINGS: Record<IconKind, string> = {
  picture: `<rect x="48" y="64" width="160" height="128" rx="10" ${LINE}/><circle cx="92" cy="104" r="14" ${FILL}/>
    <path d="M58 180 L112 132 L142 158 L168 134 L200 168" ${LINE}/>`,
  document: `<path d="M76 40 H152 L188 76 V216 H76 Z M152 40 V76 H188" ${LINE}/>`,
  report: `<path d="M76 40 H152 L188 76 V216 H76 Z M152 40 V76 H188 M100 112 H164 M100 144 H164 M100 176 H140" ${LINE}/>`,
  waveform: `<path d="M36 136 H84 L100 112 L116 136 L130 60 L148 200 L164 136 H220" ${LINE}/>`,
  radiotherapy: `<circle cx="128" cy="128" r="72" ${LINE}/><circle cx="128" cy="128" r="36" ${LINE}/>
    <path d="M128 32 V88 M128 168 V224 M32 128 H88 M168 128 H224" ${LINE}/>`,
  video: `<rect x="44" y="68" width="168" height="120" rx="10" ${LINE}/><path d="M112 100 V156 L160 128 Z" ${FILL}/>`,
  segmentation: `<path d="M70 176 C40 120 84 52 140 64 C204 76 220 148 180 184 C148 212 92 212 70 176 Z" ${LINE}/>
    <path d="M104 152 C96 120 124 96 148 112 C172 128 164 164 136 168 C120 170 108 164 104 152 Z" ${FILL}/>`,
  data: `<path d="M128 44 L204 86 V170 L128 212 L52 170 V86 Z M52 86 L128 128 L204 86 M128 128 V212" ${LINE}/>`,
};

/** The kind by SOP Class (PS3.4 §B.5), or `picture` for every class that holds pixels. */
export function iconKind(SOPClassUID: string, transferSyntaxUID: string): IconKind {
  const root = '1.2.840.10008.5.1.4.1.1.';
  const number = SOPClassUID.startsWith(root) ? SOPClassUID.slice(root.length) : '';
  if (isVideo(transferSyntaxUID) || /^77\.1\.[124]\.1$/.test(number)) return 'video';
  if (/^104\./.test(number)) return 'document';
  if (/^(88|78|79)\./.test(number)) return 'report';
  if (/^9\./.test(number)) return 'waveform';
  if (/^481\./.test(number)) return 'radiotherapy';
  if (/^66\.[456]$/.test(number)) return 'segmentation';
  if (/^(11|66|67|200)(\.|$)/.test(number)) return 'data';
  return number === '' ? 'data' : 'picture';
}

/** A small plain JPEG for an object that has no picture, or none that can be made here: the same bytes for each kind. */
export async function makeIcon(header: InstanceHeader): Promise<Buffer> {
  return drawIcon(iconKind(sopClass(header), header.transferSyntaxUID));
}

const drawn = new Map<IconKind, Promise<Buffer>>();

export function drawIcon(kind: IconKind): Promise<Buffer> {
  const known = drawn.get(kind) ?? draw(kind);
  drawn.set(kind, known);
  return known;
}

async function draw(kind: IconKind): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256"><rect width="256" height="256"
    fill="#10202f"/>${DRAWINGS[kind]}</svg>`;
  return sharp(Buffer.from(svg)).flatten({ background: '#10202f' }).jpeg({ quality: 85 }).toBuffer();
}

function sopClass(header: InstanceHeader): string {
  try {
    return textOf(dataSetOf(header), SOP_CLASS_UID);
  } catch {
    return '';
  }
}
