import type { PaperImage, Patient } from './data-set.js';

/** Whose method: the paper's, or dicom-ledger. */
export type Implementation = 'paper' | 'ours';
export type Level = 'patient' | 'image';
export const LEVELS: readonly Level[] = ['patient', 'image'];

export interface Method {
  level: Level;
  withPreview: boolean;
  name: string;
}

export interface Pass extends Method {
  implementation: Implementation;
  repeat: number;
}

/** What is stored and loaded together. */
export interface Unit {
  id: string;
  patient: Patient;
  images: PaperImage[];
  isAdded: boolean;
}

/** The four methods of §3.4. */
export const METHODS: readonly Method[] = LEVELS.flatMap((level) =>
  [false, true].map((withPreview) => ({ level, withPreview, name: nameOf({ level, withPreview }) })),
);

function nameOf({ level, withPreview }: Omit<Method, 'name'>): string {
  return `${level}-level ${withPreview ? 'with' : 'without'} preview`;
}

/** Every method so often; those of one repeat follow one another, so that what is compared was measured at the same time. */
export function passesOf(implementation: Implementation, repeats: number): Pass[] {
  return Array.from({ length: repeats }, (_, i) =>
    METHODS.map((method) => ({ ...method, implementation, repeat: i + 1 })),
  ).flat();
}

/**
 * What a pass stores and loads together: a patient's images, or each image as if it had a patient of its own. An added image takes
 * the paper's method a third of an hour, so only the first repeat has it.
 */
export function unitsOf(patients: readonly Patient[], { level, repeat }: Pick<Pass, 'level' | 'repeat'>): Unit[] {
  const own = patients.filter(({ isAdded }) => !isAdded || repeat === 1);
  return own.flatMap((patient) => {
    const { id, images, isAdded = false } = patient;
    if (level === 'patient') return [{ id, patient, images, isAdded }];
    return images.map((image, i) => ({ id: `${id}#${i + 1}`, patient, images: [image], isAdded }));
  });
}

/** Of a record; `what` is stored or loaded. */
export const keyOf = (
  what: 'stored' | 'loaded',
  { implementation, level, withPreview, repeat }: Omit<Pass, 'name'>,
  { id }: Pick<Unit, 'id'>,
): string => [what, implementation, level, withPreview ? 'with' : 'without', repeat, id].join('/');
