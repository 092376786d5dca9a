import type { DicomJson } from '../../standard/dicom-json.js';

type KeywordOf = (tag: string) => string | undefined;

/**
 * A data set as XML (PS3.19 §A.1, Native DICOM Model), attributes in ascending order of their tags. `keywordOf` gives a
 * tag's PS3.6 keyword, nothing for those that have none. Characters that XML 1.0 cannot hold become U+FFFD.
 */
export function nativeModelXml(dataSet: DicomJson, keywordOf: KeywordOf): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    '<NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM" xml:space="preserve">',
    attributesXml(dataSet, keywordOf),
    '</NativeDicomModel>\n',
  ].join('');
}

function attributesXml(dataSet: DicomJson, keywordOf: KeywordOf): string {
  const names = privateNames(dataSet);
  return Object.keys(dataSet)
    .sort()
    .map((key) => {
      const element = dataSet[key]!;
      const { tag, privateCreator } = names.get(key) ?? { tag: key };
      const attributes = [
        ` tag="${tag}" vr="${escapeXml(element.vr)}"`,
        attributeXml('keyword', keywordOf(key)),
        attributeXml('privateCreator', privateCreator),
      ].join('');
      return `<DicomAttribute${attributes}>${contentXml(element, keywordOf)}</DicomAttribute>`;
    })
    .join('');
}

function attributeXml(name: string, value: string | undefined): string {
  return value === undefined || value === '' ? '' : ` ${name}="${escapeXml(value)}"`;
}

function contentXml(element: DicomJson[string], keywordOf: KeywordOf): string {
  if (element.BulkDataURI !== undefined) return `<BulkData uri="${escapeXml(element.BulkDataURI)}"/>`;
  if (element.InlineBinary !== undefined) return `<InlineBinary>${element.InlineBinary}</InlineBinary>`;
  return (element.Value ?? [])
    .map((value, index) => {
      const number = `number="${index + 1}"`;
      if (element.vr === 'SQ') return `<Item ${number}>${attributesXml((value ?? {}) as DicomJson, keywordOf)}</Item>`;
      if (element.vr === 'PN') return `<PersonName ${number}>${personNameXml(value)}</PersonName>`;
      return `<Value ${number}>${escapeXml((value as string | number | null)?.toString() ?? '')}</Value>`;
    })
    .join('');
}

const GROUPS = ['Alphabetic', 'Ideographic', 'Phonetic'] as const;
const COMPONENTS = ['FamilyName', 'GivenName', 'MiddleName', 'NamePrefix', 'NameSuffix'] as const;

/** What stands after a fifth component, which no name may have, stays in the last one. */
function personNameXml(value: unknown): string {
  const name = (value ?? {}) as Partial<Record<(typeof GROUPS)[number], string>>;
  return GROUPS.filter((group) => name[group] !== undefined)
    .map((group) => {
      const given = name[group]!.split('^');
      const parts = [...given.slice(0, 4), given.slice(4).join('^')];
      const partsXml = COMPONENTS.map((component, i) =>
        parts[i] ? `<${component}>${escapeXml(parts[i])}</${component}>` : '',
      );
      return `<${group}>${partsXml.join('')}</${group}>`;
    })
    .join('');
}

/**
 * Private elements are named by their creator instead of their block: `gggg00ee` (PS3.19 Table A.1.5-2). One whose creator
 * is missing keeps its tag, and so does one of a second block of the same creator, which would else be mistaken for the first.
 */
function privateNames(dataSet: DicomJson): Map<string, { tag: string; privateCreator?: string }> {
  const names = new Map<string, { tag: string; privateCreator?: string }>();
  const firstBlock = new Map<string, string>();
  for (const key of Object.keys(dataSet).sort()) {
    const group = key.slice(0, 4);
    const block = key.slice(4, 6);
    if (parseInt(group, 16) % 2 === 0) continue;
    const creator = dataSet[block === '00' ? key : `${group}00${block}`]?.Value?.[0];
    if (typeof creator !== 'string') continue;
    const owner = `${group}${creator}`;
    if (block === '00') {
      if (!firstBlock.has(owner)) firstBlock.set(owner, key.slice(6));
    } else {
      const tag = firstBlock.get(owner) === block ? `${group}00${key.slice(6)}` : key;
      names.set(key, { tag, privateCreator: creator });
    }
  }
  return names;
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** For text and attributes: also line ends and tabs as references, because readers would change them. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"\t\n\r]/g, (character) => ESCAPES[character] ?? `&#${character.charCodeAt(0)};`);
}
