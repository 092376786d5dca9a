import { parentPort } from 'node:worker_threads';
import { DEMO_STUDIES } from './demo-studies.js';

/** All files of one study of `DEMO_STUDIES`. Crosses the thread boundary, where every Buffer becomes a Uint8Array. */
export interface MadeFiles {
  index: number;
  files: readonly Uint8Array[];
}

for (const [index, study] of DEMO_STUDIES.entries()) {
  const files: Buffer[] = [];
  for await (const file of study.instances()) files.push(file);
  parentPort?.postMessage({ index, files } satisfies MadeFiles);
}
