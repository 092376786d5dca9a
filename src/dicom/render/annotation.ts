import { characterSetOf } from '../data-set/character-set.js';
import { dataSetOf, elementOf } from '../data-set/data-set.js';
import type { InstanceHeader } from '../data-set/instance-header.js';
import { textValues } from '../data-set/json-value.js';
import type { Annotation } from '../../standard/rendering.js';

interface Item {
  tag: number;
  vr: string;
  label?: string;
  unit?: string;
}

const ITEMS: Record<Annotation, readonly Item[]> = {
  patient: [
    { tag: 0x00100010, vr: 'PN' },
    { tag: 0x00100020, vr: 'LO', label: 'ID' },
    { tag: 0x00100030, vr: 'DA', label: 'Born' },
    { tag: 0x00100040, vr: 'CS' },
  ],
  technique: [
    { tag: 0x00080060, vr: 'CS' },
    { tag: 0x00080020, vr: 'DA' },
    { tag: 0x0008103e, vr: 'LO' },
    { tag: 0x00180050, vr: 'DS', label: 'Slice', unit: 'mm' },
    { tag: 0x00180060, vr: 'DS', unit: 'kV' },
    { tag: 0x00181151, vr: 'IS', unit: 'mA' },
    { tag: 0x00180080, vr: 'DS', label: 'TR', unit: 'ms' },
    { tag: 0x00180081, vr: 'DS', label: 'TE', unit: 'ms' },
  ],
};

/** A line for each attribute that the object has of its patient, or of how the image was made (PS3.18 §8.3.5.1.1). */
export function annotationLines(header: InstanceHeader, kinds: readonly Annotation[]): string[] {
  if (kinds.length === 0) return [];
  const dataSet = dataSetOf(header);
  const characterSet = characterSetOf(dataSet);
  return kinds.flatMap((kind) =>
    ITEMS[kind].flatMap(({ tag, vr, label, unit }) => {
      const element = elementOf(dataSet, tag);
      const [first] = element ? textValues({ vr, value: element.value, characterSet }) : [];
      const text = asText(first, vr);
      return text === '' ? [] : [[label, text, unit].filter(Boolean).join(' ')];
    }),
  );
}

/** A value of the DICOM JSON Model as people read it. */
export function asText(value: unknown, vr: string): string {
  if (typeof value === 'object' && value !== null) {
    const names = Object.values(value as Record<string, string>).map((name) => name.replaceAll('^', ' ').trim());
    return names.filter((name) => name !== '').join(' = ');
  }
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  return vr === 'DA' ? text.replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3') : text;
}
