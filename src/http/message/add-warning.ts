import type { Response } from 'express';

/** Adds `Warning: 299 <service> "<sentence>"` (PS3.18 §8.3.4); `root` is the DICOMweb root. The sentence is plain ASCII. */
export function addWarning(response: Response, root: string, sentence: string): void {
  const ascii = sentence.replaceAll('§', 'section ').replace(/[^\x20-\x7e]|["\\]/g, '?');
  response.append('Warning', `299 ${root} "${ascii}"`);
}

/** Says which parameters had no effect; their names come from the client. */
export function ignoredParameters(names: readonly string[]): string {
  const shown = names.slice(0, 20).map((name) => name.slice(0, 64));
  return `The following parameters are not supported and have been ignored: ${shown.join(', ')}`;
}
