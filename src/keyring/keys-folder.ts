import path from 'node:path';

/** Where a server has its keys and the numbers that it gives. */
export const keysFolder = (dataFolder: string): string => path.join(dataFolder, 'keys');
