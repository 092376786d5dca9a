import type { RequestHandler } from 'express';
import type { Worklist } from '../../worklist/worklist.js';
import { DICOMWEB_PATH } from '../message/dicomweb-root.js';
import { routesOf, type Answer, type Route } from '../route.js';
import { changeWorkitemState, createWorkitem, requestWorkitemCancellation, updateWorkitem } from './change-workitem.js';
import { createEventChannels, type EventChannelDependencies } from './event-channels.js';
import { retrieveWorkitem, searchWorkitems } from './search-workitems.js';
import { subscribeToWorkitems, suspendSubscription, unsubscribeFromWorkitems } from './subscribe.js';
import type { WorklistCall } from './worklist-call.js';

const WORKITEMS = `${DICOMWEB_PATH}/workitems`;
const WORKITEM = `${WORKITEMS}/:workitem`;
const SUBSCRIBER = `${WORKITEM}/subscribers/:aet`;

/** The rows of the worklist: workitems, who is told of them, and the WebSocket by which. */
export function worklistRoutes(
  dependencies: EventChannelDependencies & { worklist: Worklist },
  by: (answer: Answer) => RequestHandler,
): Route[] {
  const { worklist } = dependencies;
  const to = (answer: (call: WorklistCall) => Promise<void>): RequestHandler =>
    by((archive, call) => answer({ ...call, archive, worklist }));
  const write = { permission: 'write', writes: false, audit: 'procedure-record' } as const;
  return [
    ...routesOf({ service: 'Create a workitem (PS3.18 §11.4)', ...write }, [['POST', WORKITEMS, to(createWorkitem)]]),
    ...routesOf(
      {
        service: 'Search for workitems (PS3.18 §11.9)',
        work: 'search',
        permission: 'read',
        writes: false,
        audit: 'query',
      },
      [['GET', WORKITEMS, to(searchWorkitems)]],
    ),
    ...routesOf({ service: 'Retrieve a workitem (PS3.18 §11.5)', permission: 'read', writes: false, audit: 'access' }, [
      ['GET', WORKITEM, to(retrieveWorkitem)],
    ]),
    ...routesOf({ service: 'Change a workitem (PS3.18 §11.6–11.8)', ...write }, [
      ['POST', WORKITEM, to(updateWorkitem)],
      ['PUT', `${WORKITEM}/state`, to(changeWorkitemState)],
      ['POST', `${WORKITEM}/cancelrequest`, to(requestWorkitemCancellation)],
    ]),
    ...routesOf({ service: 'Subscribe to workitems (PS3.18 §11.10–11.12)', ...write }, [
      ['POST', SUBSCRIBER, to(subscribeToWorkitems)],
      ['DELETE', SUBSCRIBER, to(unsubscribeFromWorkitems)],
      ['POST', `${SUBSCRIBER}/suspend`, to(suspendSubscription)],
    ]),
    ...routesOf(
      { service: 'Events of workitems (PS3.18 §8.10.4)', permission: 'read', writes: false, audit: 'query' },
      [['GET', `${DICOMWEB_PATH}/subscribers/:aet`, to(createEventChannels(dependencies))]],
    ),
  ];
}
