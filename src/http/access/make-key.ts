import type { Request } from 'express';
import type { ApiKeys, NewApiKey } from '../../access/api-keys.js';
import { covers } from '../../access/grant.js';
import { isNetwork } from '../../base/networks.js';
import { PERMISSIONS, type Permission, type Principal } from '../../access/principal.js';
import { isLabel } from '../../access/roles-file-faults.js';
import { LedgerError } from '../../base/errors.js';
import { numberOf, textsOf } from './read-fields.js';

const MAX_NAME_LENGTH = 100;
const MAX_LIST_LENGTH = 64;
const MAX_DAYS = 3650;
const DAY_MS = 86_400_000;

/**
 * Makes the API key that `values` describe: `name`, `permissions`, and if wanted `sees` (labels), `setsLabels`, `networks`,
 * `expiresInDays`. Throws `bad-request`, naming all faults together, and `forbidden` for a key that could do or see more than who
 * makes it.
 */
export function makeKey(
  apiKeys: ApiKeys,
  values: Record<string, unknown>,
  maker: Principal,
): { id: string; key: string } {
  const faults: string[] = [];
  const name = typeof values['name'] === 'string' ? values['name'].trim() : '';
  if (name === '' || name.length > MAX_NAME_LENGTH || /\p{Cc}/u.test(name))
    faults.push(`"name" has to say in 1 to ${MAX_NAME_LENGTH} characters what uses the key`);
  const listOf = (field: string, isOne: (text: string) => boolean, what: string): string[] => {
    const texts = textsOf(values[field]);
    if (texts === undefined || texts.length > MAX_LIST_LENGTH || !texts.every(isOne))
      faults.push(`"${field}" has to be a list of at most ${MAX_LIST_LENGTH} ${what}`);
    return texts ?? [];
  };
  const isPermission = (text: string): text is Permission => (PERMISSIONS as readonly string[]).includes(text);
  const permissions = listOf('permissions', isPermission, `of ${PERMISSIONS.join(', ')}`).filter(isPermission);
  const labels = listOf('sees', isLabel, 'labels (letters, digits, ".", "_", "-")');
  const setsLabels = listOf('setsLabels', isLabel, 'labels (letters, digits, ".", "_", "-")');
  const networks = listOf('networks', isNetwork, 'addresses or CIDR blocks such as 10.2.0.0/16');
  const days = numberOf(values['expiresInDays']);
  if (days !== undefined && !(days >= 1 && days <= MAX_DAYS))
    faults.push(`"expiresInDays" has to be a whole number from 1 to ${MAX_DAYS}`);
  if (faults.length > 0) throw new LedgerError('bad-request', `This makes no key: ${faults.join('; ')}.`);

  const key: NewApiKey = {
    name,
    permissions,
    sees: isGiven(values['sees']) ? { labels } : 'everything',
    setsLabels,
    networks,
    expiresAt: days === undefined ? undefined : Date.now() + days * DAY_MS,
    madeBy: maker.name,
  };
  if (!covers(maker, { permissions: new Set(permissions), sees: key.sees }))
    throw new LedgerError(
      'forbidden',
      `${maker.name} cannot give away more than ${maker.name} has; leave permissions out, or name labels.`,
    );
  return apiKeys.add(key);
}

/** An empty field of a form was left out; an empty list of JSON means that nothing is seen. */
const isGiven = (sees: unknown): boolean => sees !== undefined && sees !== '';

/** Throws `not-found`. */
export function revokeKey(apiKeys: ApiKeys, request: Request): void {
  if (!apiKeys.revoke(String(request.params['key'])))
    throw new LedgerError(
      'not-found',
      'No API key of this id can be revoked; GET /access/keys lists those that there are.',
    );
}
