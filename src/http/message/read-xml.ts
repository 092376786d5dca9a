import { LedgerError } from '../../base/errors.js';

export interface XmlElement {
  /** Without its prefix. */
  name: string;
  attributes: Record<string, string>;
  children: XmlElement[];
  /** All text directly in it. */
  text: string;
}

const MAX_DEPTH = 128;
const MAX_ELEMENTS = 1_000_000;
const ENTITIES: Partial<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const TAG = /<(\/?)([A-Za-z_][\w.:-]*)((?:\s+[A-Za-z_][\w.:-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y;
const ATTRIBUTE = /([A-Za-z_][\w.:-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/g;

/**
 * Reads an XML document without a document type: elements, attributes, text, comments, CDATA and references to characters (XML 1.0). It
 * knows no other entity, so that a small text cannot stand for a large one. Throws `bad-request` for what is not well formed.
 */
export function readXml(text: string): XmlElement {
  const root: XmlElement = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  let elementCount = 0;
  for (let at = 0; at < text.length;) {
    const current = open[open.length - 1]!;
    const next = text.indexOf('<', at);
    if (next !== at) {
      const end = next < 0 ? text.length : next;
      current.text += unescaped(text.slice(at, end));
      at = end;
      continue;
    }
    if (text.startsWith('<!--', at)) at = after(text, '-->', at + 4);
    else if (text.startsWith('<![CDATA[', at)) {
      const end = after(text, ']]>', at + 9);
      current.text += text.slice(at + 9, end - 3);
      at = end;
    } else if (text.startsWith('<?', at)) at = after(text, '?>', at + 2);
    else {
      TAG.lastIndex = at;
      const [whole = '', isEnd, name = '', attributes = '', isEmpty] = TAG.exec(text) ?? [];
      if (whole === '') throw fault('it has a tag that is none, or a document type');
      at += whole.length;
      if (isEnd) {
        if (open.length < 2 || current.name !== localName(name)) throw fault('an end tag has no start');
        open.pop();
        continue;
      }
      if (++elementCount > MAX_ELEMENTS) throw fault(`it has more than ${MAX_ELEMENTS} elements`);
      const element = { name: localName(name), attributes: attributesOf(attributes), children: [], text: '' };
      current.children.push(element);
      if (!isEmpty) open.push(element);
      if (open.length > MAX_DEPTH) throw fault(`its elements are nested more than ${MAX_DEPTH} deep`);
    }
  }
  const [element, ...more] = root.children;
  if (open.length !== 1 || element === undefined || more.length > 0 || root.text.replace(/^\uFEFF/, '').trim() !== '')
    throw fault('it is not one whole element');
  return element;
}

const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

function attributesOf(text: string): Record<string, string> {
  const found = [...text.matchAll(ATTRIBUTE)];
  return Object.fromEntries(found.map(([, name = '', double, single]) => [name, unescaped(double ?? single ?? '')]));
}

function unescaped(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(
    /&(?:#x([0-9A-Fa-f]{1,6})|#(\d{1,7})|(\w+));|&/g,
    (_whole, hex?: string, decimal?: string, name?: string) => {
      const code = hex !== undefined ? parseInt(hex, 16) : decimal !== undefined ? Number(decimal) : undefined;
      const character =
        code === undefined ? ENTITIES[name ?? ''] : code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
      if (character === undefined) throw fault('it has a reference to what is not known');
      return character;
    },
  );
}

function after(text: string, end: string, from: number): number {
  const at = text.indexOf(end, from);
  if (at < 0) throw fault(`"${end}" is missing`);
  return at + end.length;
}

function fault(what: string): LedgerError {
  return new LedgerError('bad-request', `The metadata is no XML: ${what}; correct it and send it again.`);
}
