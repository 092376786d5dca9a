import { examine } from '../examine.js';
import type { Check } from '../finding.js';

/** What a check finds, as texts: `fault: The sentence. -> What to do.` */
export async function foundBy(check: Check): Promise<string[]> {
  const findings = await examine([check]);
  return findings.map(({ verdict, says, toDo }) => `${verdict}: ${says}${toDo === undefined ? '' : ` -> ${toDo}`}`);
}
