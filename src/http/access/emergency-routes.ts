import type { RequestHandler } from 'express';
import { EMERGENCY_PURPOSES } from '../../access/emergency.js';
import { mayOpenEmergency } from '../../access/may-open-emergency.js';
import type { Principal } from '../../access/principal.js';
import type { Sessions } from '../../access/sessions.js';
import { LedgerError } from '../../base/errors.js';
import { principalOf } from '../authorize.js';
import { putOnRecord, raiseAlarm, type BreakGlassDependencies } from '../break-glass.js';
import { routesOf, type Route } from '../route.js';
import { MAX_REASON_CHARACTERS, MIN_REASON_CHARACTERS, sendEmergencyPage } from './emergency-page.js';
import { readFields } from './read-fields.js';

const PATH = '/emergency';

export interface EmergencyRouteParts extends BreakGlassDependencies {
  access: { sessions: Pick<Sessions, 'openEmergency' | 'endEmergency'> };
}

/** The rows by which people with a browser break the glass: viewers send no preference of their own (`break-glass.ts`). */
export function emergencyRoutes({ access: { sessions }, log, onBrokenGlass }: EmergencyRouteParts): Route[] {
  const show: RequestHandler = (_request, response) => {
    const principal = principalOf(response);
    requireMay(principal);
    sendEmergencyPage(response, { principal });
  };

  const open: RequestHandler = async (request, response) => {
    const principal = principalOf(response);
    requireMay(principal);
    const { values, isForm } = await readFields(request, response);
    const purpose = EMERGENCY_PURPOSES.find((known) => known === values['purpose']);
    const reason = oneLine(values['reason']);
    if (purpose === undefined || reason.length < MIN_REASON_CHARACTERS || reason.length > MAX_REASON_CHARACTERS) {
      const fault = `An emergency needs a purpose (${EMERGENCY_PURPOSES.join(' or ')}), and a reason of ${MIN_REASON_CHARACTERS} to ${MAX_REASON_CHARACTERS} characters.`;
      if (!isForm) throw new LedgerError('bad-request', fault);
      response.status(400);
      return sendEmergencyPage(response, { principal, fault, reason });
    }
    putOnRecord(response, sessions.openEmergency(request, { purpose, reason }));
    raiseAlarm({ log, onBrokenGlass }, { principal, purpose, what: 'a session sees everything for a time' });
    response.setHeader('Cache-Control', 'no-store');
    response.redirect(303, PATH);
  };

  const end: RequestHandler = (request, response) => {
    requireMay(principalOf(response));
    sessions.endEmergency(request);
    response.setHeader('Cache-Control', 'no-store');
    response.redirect(303, PATH);
  };

  const service = { service: 'Emergency access', permission: 'read', writes: false } as const;
  return [
    ...routesOf({ ...service, audit: 'none' }, [['GET', PATH, show]]),
    ...routesOf({ ...service, audit: 'emergency' }, [['POST', PATH, open]]),
    ...routesOf({ ...service, audit: 'emergency-ended' }, [['POST', `${PATH}/end`, end]]),
  ];
}

function requireMay(principal: Principal): void {
  if (mayOpenEmergency(principal)) return;
  const { name, mayBreakGlass, via } = principal;
  const why =
    mayBreakGlass !== true
      ? 'may not see more in an emergency; ask the operator of the server for a role that may.'
      : via === 'session'
        ? 'sees everything already.'
        : 'has no session of a browser; send the header Prefer with each request instead.';
  throw new LedgerError('forbidden', `${name} ${why}`);
}

const oneLine = (value: unknown): string => (typeof value === 'string' ? value.replace(/\s+/g, ' ').trim() : '');
