export interface MediaType {
  /** In lower case: `multipart/related`. */
  type: string;
  /** Names in lower case, values without their quotes. */
  parameters: ReadonlyMap<string, string>;
}

/** A Content-Type, as far as it can be read (RFC 9110 §8.3.1). */
export function mediaType(header: string): MediaType {
  const [type = '', ...rest] = header.match(/(?:"(?:\\.|[^"\\])*"|[^;"])+/g) ?? [];
  const parameters = new Map<string, string>();
  for (const one of rest) {
    const [, name = '', value = ''] = /^\s*([^=\s]+)\s*=\s*([^]*?)\s*$/.exec(one) ?? [];
    if (name !== '') parameters.set(name.toLowerCase(), value.replace(/^"([^]*)"$/, '$1').replace(/\\(.)/g, '$1'));
  }
  return { type: type.trim().toLowerCase(), parameters };
}
