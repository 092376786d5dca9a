import { createBodySecrets } from '../secrecy/body-secrets.js';

/** Of a site that has no key for anything. */
export const noSecrets = createBodySecrets({ chainId: 1n });
