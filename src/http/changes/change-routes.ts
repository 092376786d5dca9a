import type { RequestHandler } from 'express';
import { routesOf, type Answer, type Route } from '../route.js';
import { sendChanges, sendLatestChange } from './send-changes.js';
import type { StreamChanges } from './stream-changes.js';

/** The rows of the change feed below a DICOMweb root: that of all sites, and that of each one. */
export function changeRoutes(root: string, by: (answer: Answer) => RequestHandler, stream: StreamChanges): Route[] {
  const service = {
    service: 'Change feed',
    work: 'search',
    permission: 'read',
    writes: false,
    audit: 'query',
  } as const;
  const query = ['includeMetadata', 'accept'];
  return [
    ...routesOf(
      {
        ...service,
        query: ['offset', 'limit', 'startTime', 'endTime', ...query],
        gives: ['application/json', 'text/event-stream'],
      },
      [['GET', `${root}/changefeed`, by(sendChanges(stream))]],
    ),
    ...routesOf({ ...service, query, gives: ['application/json'] }, [
      ['GET', `${root}/changefeed/latest`, by(sendLatestChange)],
    ]),
  ];
}
