import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { PaperImage, Patient } from './data-set.js';
import { keyOf, type Pass, type Unit, unitsOf } from './passes.js';
import type { ImageToSend, Researcher } from './researcher.js';
import type { State } from './state.js';
import { variantOf } from './variant.js';

export interface PaperRun {
  state: State;
  patients: readonly Patient[];
  periodSeconds: number;
}

/**
 * Stores every unit once, in order, and notes the times; what the state has already is left out. Each unit begins at some moment of a
 * block period, since people do not come in step with blocks; at the same with every method, so that chance favours none.
 */
export async function storePass(
  { state, patients, periodSeconds, onUnit }: PaperRun & { onUnit?: (unit: Unit) => void },
  method: Pick<Researcher, 'store'>,
  pass: Pass,
): Promise<void> {
  const { implementation, level, withPreview, repeat } = pass;
  for (const unit of unitsOf(patients, pass)) {
    const key = keyOf('stored', pass, unit);
    if (state.has(key)) continue;
    const number = state.begin(unit.patient.id);
    const patientId = `${implementation}-${level}-r${repeat}-${number}-${unit.id}`;
    const images = await readImages(unit.images, number);
    await delay(periodSeconds * 1000 * fractionOf(`${level}/${repeat}/${unit.id}`));
    const times = await method.store({ patientId, images }, { withPreview });
    const byteCount = images.reduce((sum, { bytes }) => sum + bytes.length, 0);
    state.add({
      ...{
        key,
        stored: true as const,
        implementation,
        level,
        withPreview,
        repeat,
        unit: unit.id,
        isAdded: unit.isAdded,
      },
      ...{ images: images.length, byteCount, patientId, number, ...times },
    });
    onUnit?.(unit);
  }
}

/** A number from 0 to 1 that looks random. */
function fractionOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE() / 2 ** 32;
}

/** Loads what `storePass` has stored at the other site. Throws when an image is not as it was stored. */
export async function loadPass(
  { state, patients, onLoaded }: PaperRun & { onLoaded?: (unit: Unit) => void },
  method: Pick<Researcher, 'load'>,
  pass: Pass,
): Promise<void> {
  const { implementation, level, withPreview, repeat } = pass;
  for (const unit of unitsOf(patients, pass)) {
    const key = keyOf('loaded', pass, unit);
    if (state.has(key)) continue;
    const stored = state.get(keyOf('stored', pass, unit));
    if (!stored || !('stored' in stored)) throw new Error(`${key}: it was not stored.`);
    const { patientId, number } = stored;
    const fileNames = unit.images.map(({ fileName }) => fileName);
    const { loaded, names, ...times } = await method.load({ patientId, fileNames }, { withPreview, level });
    for (const { fileName, bytes } of await readImages(unit.images, number))
      if (!loaded[names.indexOf(fileName)]?.equals(bytes))
        throw new Error(`${key}: ${fileName} did not come back as it was stored.`);
    state.add({ key, loaded: true, implementation, level, withPreview, repeat, unit: unit.id, ...times });
    onLoaded?.(unit);
  }
}

/** The images as variant `number` of their bytes. */
export function readImages(images: readonly PaperImage[], number: number): Promise<ImageToSend[]> {
  return Promise.all(
    images.map(async ({ fileName, mediaType, file }) => ({
      fileName,
      mediaType,
      bytes: variantOf(await readFile(file), { mediaType, number }),
    })),
  );
}
