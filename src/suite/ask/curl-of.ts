import type { Asked } from './server.js';

/** Longer bodies do not fit into a command that one wants to paste. */
const MAX_BODY_BYTES = 24 * 1024;

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * The curl command that sends the same request, with its body in base64. The token stands in it as `$DICOMWEB_TOKEN`, never as it is.
 * Undefined for no request.
 */
export function curlOf(asked: Asked | undefined): string | undefined {
  if (!asked) return undefined;
  const words = ['curl', '-i', '--output -'];
  if (asked.method === 'HEAD') words.push('--head');
  else if (asked.method !== 'GET') words.push(`-X ${asked.method}`);
  if (asked.withToken) words.push('-H "Authorization: Bearer $DICOMWEB_TOKEN"');
  // curl adds Accept and a Content-Type of its own unless they are taken away.
  const headers = { Accept: '', ...(asked.body && { 'Content-Type': '' }), ...asked.headers };
  for (const [name, value] of Object.entries(headers))
    words.push(`-H ${quoted(value === '' ? `${name}:` : `${name}: ${value}`)}`);
  words.push(quoted(asked.url));
  if (!asked.body) return words.join(' ');
  if (asked.body.length > MAX_BODY_BYTES)
    return `${words.join(' ')} --data-binary @body   # a body of ${asked.body.length} bytes`;
  return `printf %s ${asked.body.toString('base64')} | base64 -d | ${words.join(' ')} --data-binary @-`;
}
