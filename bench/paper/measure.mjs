import { readFile } from 'node:fs/promises';
import { keyOf, unitsOf } from './passes.mjs';
import { variantOf } from './variant.mjs';

/**
 * One pass: stores and loads every unit once, in order, with the method of one implementation, and notes the times. What the state
 * has already is left out. Throws when a loaded image is not the one that was stored.
 */
export async function measurePass({ state, patients, method, implementation, onUnit }, pass) {
  for (const unit of unitsOf(patients, pass.level)) {
    const key = keyOf(implementation, pass, unit);
    if (state.has(key)) continue;
    const stored = await freshUnit(state, { unit, prefix: `${implementation}-${pass.level}-r${pass.repeat}` });
    const { loaded, names, ...times } = await storeAndLoad(method, stored, pass);
    requireSame(stored, { loaded, names, key });
    const byteCount = stored.images.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const { level, withPreview, repeat } = pass;
    state.add(key, {
      ...{ implementation, level, withPreview, repeat, unit: unit.id, isAdded: unit.isAdded },
      ...{ images: unit.images.length, byteCount, ...times },
    });
    onUnit(unit);
  }
}

async function storeAndLoad(method, stored, pass) {
  const storing = await method.store(stored, pass);
  return { ...storing, ...(await method.load(stored, pass)) };
}

/** The unit's images in bytes that were never stored, under a patient ID of their own. */
export async function freshUnit(state, { unit, prefix }) {
  const number = state.begin(unit.patient.id);
  const images = await Promise.all(
    unit.images.map(async ({ fileName, mediaType, file }) => {
      const bytes = variantOf(await readFile(file), { mediaType, number });
      return { fileName, mediaType, bytes };
    }),
  );
  return { patientId: `${prefix}-${number}-${unit.id}`, images };
}

function requireSame({ images }, { loaded, names, key }) {
  for (const { fileName, bytes } of images) {
    const found = loaded[names.indexOf(fileName)];
    if (!found?.equals(bytes)) throw new Error(`${key}: ${fileName} did not come back as it was stored.`);
  }
}
