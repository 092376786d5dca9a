/** An element of XML without text, as the JSON form of WADL has it. */
export interface ReadElement {
  [name: string]: string | ReadElement[];
}

/** Reads XML that has elements and attributes alone. Throws where it is not well-formed. */
export function readElements(xml: string): { name: string; element: ReadElement } {
  const text = xml.replace(/^<\?xml version="1.0" encoding="UTF-8"\?>\s*/, '').trim();
  const root: ReadElement = {};
  const open: { name: string; element: ReadElement }[] = [{ name: '', element: root }];
  let end = 0;
  for (const tag of text.matchAll(/<(\/?)([\w:]+)((?: [\w:]+="[^"<]*")*)(\/?)>/g)) {
    if (tag.index !== end) throw new Error(`"${text.slice(end, tag.index)}" is no element.`);
    end = tag.index + tag[0].length;
    const [, closes, name = '', attributes = '', isEmpty] = tag;
    if (closes) {
      const closed = open.pop();
      if (closed?.name !== name) throw new Error(`</${name}> closes <${closed?.name}>.`);
      continue;
    }
    const element: ReadElement = {};
    for (const [, key = '', value = ''] of attributes.matchAll(/ ([\w:]+)="([^"]*)"/g)) element[key] = unescaped(value);
    ((open.at(-1)!.element[name] ??= []) as ReadElement[]).push(element);
    if (!isEmpty) open.push({ name, element });
  }
  const [[name, elements] = ['', []]] = Object.entries(root);
  if (end !== text.length || open.length !== 1) throw new Error('The document does not end.');
  return { name, element: (elements as ReadElement[])[0]! };
}

const unescaped = (text: string): string =>
  text.replace(/&#(\d+);/g, (_whole, code: string) => String.fromCharCode(Number(code)));
