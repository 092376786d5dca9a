import type { RequestHandler } from 'express';
import type { Sharing } from '../../archive/sharing/sharing.js';
import { LedgerError } from '../../base/errors.js';
import { routesOf, type Route } from '../route.js';
import { sendSharing } from './send-sharing.js';
import { shareWithSite } from './share-with-site.js';
import { showSharing } from './show-sharing.js';

export interface SharingRouteParts {
  /** Undefined where this server has no rings. */
  sharing?: Sharing | undefined;
}

/** The rows by which an admin sees who can read what, and gives more to another site. */
export function sharingRoutes({ sharing }: SharingRouteParts): Route[] {
  const by = (answer: (sharing: Sharing) => RequestHandler): RequestHandler => (sharing ? answer(sharing) : refuse);
  const service = 'Who can read what';
  const query = ['StudyInstanceUID'];
  return [
    ...routesOf({ service, permission: 'admin', writes: false, audit: 'query', gives: ['application/json'], query }, [
      ['GET', '/ledger/sharing', by(sendSharing)],
    ]),
    ...routesOf({ service, permission: 'admin', writes: false, audit: 'query', gives: ['text/html'], query }, [
      ['GET', '/sharing', by(showSharing)],
    ]),
    ...routesOf(
      {
        ...{ service, permission: 'admin', writes: true, audit: 'export', gives: ['application/json'] },
        query: ['to', 'StudyInstanceUID', 'mayAdd', 'ring'],
      },
      [['POST', '/ledger/shares', by(shareWithSite)]],
    ),
  ];
}

const refuse: RequestHandler = () => {
  throw new LedgerError(
    'not-implemented',
    'This server has no rings to share: the contract that it writes to is of release 1, or its account belonged to no site when it started.',
  );
};
