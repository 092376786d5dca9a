import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Authenticate } from '../../access/authenticate.js';
import type { ClientOf } from '../../access/client-of.js';
import type { Principal } from '../../access/principal.js';
import type { Archive } from '../../archive/archive.js';
import { auditAgentOf, type Audit, type AuditEvent, type AuditOutcome, type AuditSubject } from '../../audit/audit.js';
import type { AuditKind } from '../../audit/audit-kinds.js';
import type { Log } from '../../base/log.js';
import { emergencyOf } from '../break-glass.js';
import { usedStudies } from '../message/used-studies.js';
import type { Route } from '../route.js';
import { describeRequest, subjectOf, traceOf } from './describe-request.js';

export interface WatchDependencies {
  audit: Pick<Audit, 'record' | 'note'>;
  archive: Pick<Archive, 'instance'>;
  /** Who makes a request: for rows that anybody may have, and by which people log in and out. */
  authenticate: Authenticate;
  clientOf: ClientOf;
  log: Log;
}

/** What is not done without a record of it: the event is on the disk before the answer goes out. */
const RECORDED: readonly AuditKind[] = ['transfer', 'import', 'export', 'delete', 'security', 'procedure-record'];

/** What is to be seen in the record at once, though it is done without one. */
const AT_ONCE: readonly AuditKind[] = ['emergency', 'emergency-ended'];

/** There was no answer any more that anybody waited for. */
const BROKEN_OFF = { status: undefined, outcome: 4, detail: 'The client broke off.' } as const;

/** What is known of one request. */
interface Watched {
  /** Asked for when something is written down only: it may be a search of the catalogue. */
  subject: () => Promise<AuditSubject | undefined>;
  request: string;
  /** Of the client, not of the proxy between. */
  address: string;
  /** It was written down that it is about to be tried. */
  isBegun: boolean;
}

/**
 * Goes before everything of a row: when the answer ends, it is written down what the row is recorded as, or that the request was
 * refused (401, 403). The answer of a row that changes something is held until that is on the disk, and becomes 503 when it
 * cannot be. A row that gives out data answers all the same: patients are treated by it, and the alarm `audit-stopped` is raised.
 */
export function watchRow(row: Route, dependencies: WatchDependencies): RequestHandler {
  const { archive, audit, authenticate, clientOf, log } = dependencies;
  const kind = row.audit === 'none' ? undefined : row.audit;
  const isRecorded = kind !== undefined && RECORDED.includes(kind);
  return (request, response, next) => {
    // Once an error has left the router, the request has none any more.
    const { params } = request;
    const watched: Watched = {
      subject: () => subjectOf({ request, params }, archive).catch(() => undefined),
      request: describeRequest(request, row),
      address: clientOf(request).address,
      isBegun: false,
    };
    response.locals['watched'] = watched;
    const leaving = kind === 'logout' ? authenticate(request).catch(() => undefined) : undefined;
    if (isRecorded)
      holdAnswer(response, next, async () => {
        if (watched.isBegun)
          await Promise.all((await eventsOf(kind, row, { request, response })).map((event) => audit.record(event)));
      });
    response.once('close', () => {
      const work = async (): Promise<void> => {
        if (kind === 'login') response.locals['principal'] = await letInBy({ request, response }, authenticate);
        if (kind === 'logout') response.locals['principal'] = await leaving;
        await noteEnd(audit, row, { request, response, isHeld: isRecorded });
      };
      work().catch((error: unknown) => log.error({ err: error }, 'What was asked could not be written down.'));
    });
    next();
  };
}

/** Goes before the handler of a row that changes something: it is on the disk that it will be tried, before it is. */
export function beginRow(row: Route, { audit }: WatchDependencies): RequestHandler[] {
  const { audit: kind } = row;
  if (kind === 'none' || !RECORDED.includes(kind)) return [];
  return [
    async (request, response, next) => {
      const watched = watchedOf(response);
      const subject = await watched.subject();
      await audit.record({
        ...eventOf(kind, row, { request, response }),
        status: undefined,
        outcome: 0,
        phase: 'begun',
        subject,
      });
      watched.isBegun = true;
      next();
    },
  ];
}

interface Exchange {
  request: Request;
  response: Response;
}

async function noteEnd(
  audit: Pick<Audit, 'record' | 'note'>,
  row: Route,
  { request, response, isHeld }: Exchange & { isHeld: boolean },
): Promise<void> {
  const { isBegun } = watchedOf(response);
  const { statusCode } = response;
  if (!isBegun && (statusCode === 401 || statusCode === 403)) {
    const plain = `${request.method} ${row.path}`;
    return audit.note({ ...eventOf('refused', row, { request, response }), request: plain, outcome: 4 });
  }
  if (row.audit === 'none') return;
  const emergency = emergencyOf(response);
  // That of a session has been written down when it began.
  if (emergency !== undefined && emergency.endsAt === undefined)
    audit.note({
      ...eventOf('emergency', row, { request, response }),
      outcome: 0,
      request: undefined,
      service: undefined,
    });
  if (isHeld) {
    if (isBegun && !response.writableEnded)
      for (const event of await eventsOf(row.audit, row, { request, response }))
        await audit.record({ ...event, ...BROKEN_OFF });
    return;
  }
  if ((row.audit === 'login' || row.audit === 'logout') && agentOf(response) === undefined) return;
  for (const event of await eventsOf(row.audit, row, { request, response })) {
    const ended = response.headersSent ? event : { ...event, ...BROKEN_OFF };
    if (!AT_ONCE.includes(row.audit)) audit.note(ended);
    // When it cannot be written now, it is as soon as it can be: an emergency waits for no disk.
    else await audit.record(ended).catch(() => audit.note(ended));
  }
}

/** What there is to say once it has ended: an event for each study, or one where none is known. */
async function eventsOf(kind: AuditKind, row: Route, exchange: Exchange): Promise<AuditEvent[]> {
  const { response } = exchange;
  const event = eventOf(kind, row, exchange);
  const subject = await watchedOf(response).subject();
  const used = usedStudies(response);
  if (used === undefined) return [{ ...event, subject }];
  const detail = used.refused === 0 ? undefined : `${used.refused} of the request were refused.`;
  if (used.instances.size === 0) return [{ ...event, subject, detail, outcome: 4 }];
  return [...used.instances].map(([StudyInstanceUID, instances]) => ({
    ...event,
    subject: { StudyInstanceUID, ...(subject?.PatientID !== undefined && { PatientID: subject.PatientID }) },
    instances,
    detail,
  }));
}

function eventOf(kind: AuditKind, row: Route, { request, response }: Exchange): AuditEvent {
  const { statusCode } = response;
  return {
    kind,
    outcome: outcomeOf(statusCode),
    agent: agentOf(response),
    address: watchedOf(response).address,
    service: row.service,
    request: watchedOf(response).request,
    status: statusCode,
    purpose: emergencyOf(response)?.purpose,
    reason: emergencyOf(response)?.reason,
    trace: traceOf(request),
  };
}

/** Whom an answer has logged in: the one whom its own cookies name from now on. */
async function letInBy({ request, response }: Exchange, authenticate: Authenticate): Promise<Principal | undefined> {
  const cookies = [response.getHeader('Set-Cookie') ?? []].flat().map((cookie) => String(cookie).split(';', 1)[0]);
  if (cookies.length === 0 || response.statusCode >= 400) return undefined;
  const next = Object.create(request, { headers: { value: { cookie: cookies.join('; ') } } }) as Request;
  return authenticate(next).catch(() => undefined);
}

/** The address of the client of a request that is watched. */
export const addressOf = (response: Response): string => watchedOf(response).address;

const outcomeOf = (status: number): AuditOutcome => (status < 400 ? 0 : status < 500 ? 4 : 8);

const watchedOf = (response: Response): Watched => response.locals['watched'] as Watched;

function agentOf(response: Response): AuditEvent['agent'] {
  const principal = response.locals['principal'] as Principal | undefined;
  return principal && auditAgentOf(principal);
}

/** Lets an answer go out once `before` has resolved; otherwise it is what `next` makes of the failure. */
function holdAnswer(response: Response, next: NextFunction, before: () => Promise<void>): void {
  const end = response.end.bind(response) as (...given: unknown[]) => Response;
  response.end = ((...given: unknown[]) => {
    response.end = end as Response['end'];
    before().then(() => end(...given), next);
    return response;
  }) as Response['end'];
}
