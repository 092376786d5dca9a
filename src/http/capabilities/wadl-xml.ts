import type { WadlElement } from './capabilities-description.js';

const NAMESPACES = 'xmlns="http://wadl.dev.java.net/2009/02" xmlns:xsd="http://www.w3.org/2001/XMLSchema"' as const;

/** WADL as XML (W3C Submission, 31 August 2009). */
export function wadlXml(application: WadlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${elementXml('application', application, ` ${NAMESPACES}`)}\n`;
}

/** The same as JSON: attributes are text, and the child elements of one name are a list under it, left out where there are none. */
export function wadlJson(application: WadlElement): string {
  const withoutEmpty = (_name: string, value: unknown): unknown =>
    Array.isArray(value) && value.length === 0 ? undefined : value;
  return JSON.stringify({ application }, withoutEmpty, 1);
}

function elementXml(name: string, element: WadlElement, more = ''): string {
  let attributes = more;
  let content = '';
  for (const [key, value] of Object.entries(element)) {
    if (typeof value === 'string') attributes += ` ${key}="${escaped(value)}"`;
    else for (const child of value ?? []) content += elementXml(key, child);
  }
  return content === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${content}</${name}>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
}
