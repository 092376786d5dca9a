import { readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import type { Check } from './finding.js';

const GIB = 2 ** 30;
/** The heap that `npm start` gives the server, and what lies beside it. */
const LEAST_GIB = 2;

/** Whether this machine, or the container that this runs in, has the memory that the server may take. */
export const memory: Check = {
  name: 'memory',
  look: async ({ ok, warning }) => {
    const limit = Number(await readFile('/sys/fs/cgroup/memory.max', 'utf8').catch(() => 'max'));
    const bytes = Math.min(totalmem(), Number.isNaN(limit) ? Infinity : limit);
    const says = `There are ${(bytes / GIB).toFixed(1)} GiB of memory.`;
    if (bytes >= LEAST_GIB * GIB) ok(says);
    else warning(`${says} The server may take ${LEAST_GIB}.`, 'Give it more memory.');
  },
};
