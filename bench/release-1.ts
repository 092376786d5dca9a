/** For a network whose sites see all of each other, as measurements from before release 2 have it: what is stored names made patients. */
export const RELEASE_1 = { release: 1, environment: { DEIDENTIFIED_ONLY: 'off' } } as const;
