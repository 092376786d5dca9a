import type { RequestHandler } from 'express';
import type { Letters } from '../../archive/letters/letters.js';
import type { Audit } from '../../audit/audit.js';
import { LedgerError } from '../../base/errors.js';
import { routesOf, type Route } from '../route.js';
import { compareCard, makeCard, sendCards } from './cards.js';
import { createTakeLetter } from './take-letter.js';
import { sendLetter } from './send-letter.js';

export interface LetterRouteParts {
  letters?: Letters | undefined;
  audit: Pick<Audit, 'record'>;
  idleMs?: number | undefined;
}

const CARDS = '/ledger/cards';
const LETTERS = '/ledger/letters';

/**
 * The rows by which sites give each other rings. Anybody may bring a letter: it proves itself by its signature, and is taken in by the
 * word of the chain. What it has done is written down then, and not that somebody tries.
 */
export function letterRoutes({ letters, audit, idleMs }: LetterRouteParts): Route[] {
  const by = (answer: (letters: Letters) => RequestHandler): RequestHandler => (letters ? answer(letters) : refuse);
  const admin = { service: 'Cards of sites', permission: 'admin', writes: false } as const;
  const service = 'Letters with rings';
  return [
    ...routesOf({ ...admin, audit: 'none', gives: ['application/json'] }, [['GET', CARDS, by(sendCards)]]),
    ...routesOf({ ...admin, audit: 'security', gives: ['application/json'] }, [
      ['POST', '/ledger/card', by(makeCard)],
      ['POST', `${CARDS}/:site/comparison`, by(compareCard)],
    ]),
    ...routesOf(
      {
        ...{ service, permission: 'admin', writes: false, audit: 'security' },
        ...{ gives: ['application/octet-stream'], query: ['to', 'ring', 'study', 'site'] },
      },
      [['GET', LETTERS, by(sendLetter)]],
    ),
    ...routesOf(
      {
        ...{ service, permission: 'public', writes: false, audit: 'none' },
        ...{ takes: ['application/octet-stream'], gives: ['application/json'] },
      },
      [['POST', LETTERS, by((known) => createTakeLetter({ letters: known, audit }, { idleMs }))]],
    ),
  ];
}

const refuse: RequestHandler = () => {
  throw new LedgerError(
    'not-implemented',
    'This server has no rings to share: the contract that it writes to is of release 1, or its account belonged to no site when it started.',
  );
};
