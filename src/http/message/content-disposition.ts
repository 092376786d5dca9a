/**
 * `inline` with the name under which a browser saves the bytes (RFC 6266 §4.3): plain ASCII for old clients, and the whole
 * name as RFC 8187 §3.2 has it.
 */
export function inlineAs(fileName: string): string {
  const ascii = fileName.replace(/[^\x20-\x7e]/g, '_').replace(/["\\%/]/g, '_');
  const encoded = encodeURIComponent(Buffer.from(fileName).toString()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `inline; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
