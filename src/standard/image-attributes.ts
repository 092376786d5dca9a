/** What may be said of an uploaded image besides whose it is, by PS3.6 keyword. */
export const IMAGE_ATTRIBUTES = {
  PatientName: { tag: '00100010', vr: 'PN' },
  PatientBirthDate: { tag: '00100030', vr: 'DA' },
  PatientSex: { tag: '00100040', vr: 'CS' },
  Modality: { tag: '00080060', vr: 'CS' },
  StudyDescription: { tag: '00081030', vr: 'LO' },
  BodyPartExamined: { tag: '00180015', vr: 'CS' },
} as const;

export type ImageAttribute = keyof typeof IMAGE_ATTRIBUTES;

/** Undefined for what is not said. */
export type ImageDescription = Partial<Record<ImageAttribute, string>>;

export const IMAGE_ATTRIBUTE_NAMES = Object.keys(IMAGE_ATTRIBUTES) as ImageAttribute[];

/** PS3.5 §6.2, of one value without blanks around it. */
const FORMS = {
  PN: /^[^\\\p{Cc}]{1,64}$/u,
  LO: /^[^\\\p{Cc}]{1,64}$/u,
  CS: /^[A-Z0-9_ ]{1,16}$/,
  DA: /^(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/,
} as const;

const SENTENCES = {
  PN: 'has 1 to 64 characters, without backslash and control characters (Family^Given)',
  LO: 'has 1 to 64 characters, without backslash and control characters',
  CS: 'has 1 to 16 characters of A to Z, 0 to 9, blank and underscore',
  DA: 'is a date as YYYYMMDD or YYYY-MM-DD',
} as const;

/** What is wrong with a value, in a sentence that does not repeat it; undefined when nothing is. */
export function imageAttributeFault(name: ImageAttribute, value: string): string | undefined {
  if (name === 'PatientSex') return /^[MFO]$/.test(value) ? undefined : 'PatientSex is M, F or O.';
  const { vr } = IMAGE_ATTRIBUTES[name];
  return FORMS[vr].test(value) ? undefined : `${name} ${SENTENCES[vr]}; this one does not fit.`;
}
