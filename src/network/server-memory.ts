/** What a server is started with, as in `npm start`: pieces come and go by the thousand. */
export const serverMemory = {
  /** Of node, before the program. */
  options: ['--max-semi-space-size=8', '--max-old-space-size=1536'],
  /** Of glibc. */
  environment: { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' },
};
