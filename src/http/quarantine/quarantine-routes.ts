import type { RequestHandler } from 'express';
import { routesOf, type Answer, type Route } from '../route.js';
import { decideImage, decideRetirements } from './decide.js';
import { sendConflicts, sendQuarantine, sendRetirements } from './send-quarantine.js';
import { showQuarantine } from './show-quarantine.js';

const IMAGE = '/ledger/quarantine/:contentKey';
const RETIREMENTS = '/ledger/retirements';
const HOUR = `${RETIREMENTS}/:site/:hour`;

/**
 * The rows by which an admin looks at what other sites announce, and decides on it: for programs in JSON, and for the page of
 * `/quarantine` by its forms. Each is for those alone who see everything.
 */
export function quarantineRoutes(by: (answer: Answer) => RequestHandler): Route[] {
  return [
    ...routesOf({ service: 'Conflicts of UIDs', permission: 'audit', writes: false, audit: 'query' }, [
      ['GET', '/ledger/conflicts', by(sendConflicts)],
    ]),
    ...routesOf({ service: 'Quarantine', permission: 'admin', writes: false, audit: 'query' }, [
      ['GET', '/ledger/quarantine', by(sendQuarantine)],
      ['GET', RETIREMENTS, by(sendRetirements)],
      ['GET', '/quarantine', by(showQuarantine)],
    ]),
    ...routesOf({ service: 'Quarantine', permission: 'admin', writes: false, audit: 'security' }, [
      ['POST', `${IMAGE}/release`, by(decideImage('released'))],
      ['POST', `${IMAGE}/refuse`, by(decideImage('refused'))],
      ['POST', `${HOUR}/accept`, by(decideRetirements('accepted'))],
      ['POST', `${HOUR}/refuse`, by(decideRetirements('refused'))],
    ]),
  ];
}
