import type { RequestHandler } from 'express';
import type { Worklist } from '../../worklist/worklist.js';
import { DICOMWEB_PATH } from '../message/dicomweb-root.js';
import { DATA_SET_MEDIA_TYPES } from '../message/data-set-media-types.js';
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
    ...routesOf(
      { service: 'Create a workitem (PS3.18 §11.4)', ...write, takes: DATA_SET_MEDIA_TYPES.taken, query: ['workitem'] },
      [['POST', WORKITEMS, to(createWorkitem), 'CreateUPS']],
    ),
    ...routesOf(
      {
        service: 'Search for workitems (PS3.18 §11.9)',
        ...{ work: 'search', permission: 'read', writes: false, audit: 'query' },
        query: [
          'accept',
          'fuzzymatching',
          'emptyvaluematching',
          'multiplevaluematching',
          'includefield',
          'limit',
          'offset',
        ],
        gives: DATA_SET_MEDIA_TYPES.several,
      },
      [['GET', WORKITEMS, to(searchWorkitems), 'SearchForUPS']],
    ),
    ...routesOf(
      {
        service: 'Retrieve a workitem (PS3.18 §11.5)',
        ...{ permission: 'read', writes: false, audit: 'access' },
        query: ['accept'],
        gives: DATA_SET_MEDIA_TYPES.one,
      },
      [['GET', WORKITEM, to(retrieveWorkitem), 'RetrieveUPS']],
    ),
    ...routesOf(
      {
        service: 'Update a workitem (PS3.18 §11.6)',
        ...write,
        takes: DATA_SET_MEDIA_TYPES.taken,
        query: ['transaction-uid'],
      },
      [['POST', WORKITEM, to(updateWorkitem), 'UpdateUPS']],
    ),
    ...routesOf(
      { service: 'Change the state of a workitem (PS3.18 §11.7)', ...write, takes: DATA_SET_MEDIA_TYPES.taken },
      [['PUT', `${WORKITEM}/state`, to(changeWorkitemState), 'ChangeUPSState']],
    ),
    ...routesOf(
      { service: 'Request the cancellation of a workitem (PS3.18 §11.8)', ...write, takes: DATA_SET_MEDIA_TYPES.taken },
      [['POST', `${WORKITEM}/cancelrequest`, to(requestWorkitemCancellation), 'RequestUPSCancellation']],
    ),
    ...routesOf(
      {
        service: 'Subscribe to workitems (PS3.18 §11.10)',
        ...write,
        takes: DATA_SET_MEDIA_TYPES.taken,
        query: ['deletionlock', 'filter'],
      },
      [['POST', SUBSCRIBER, to(subscribeToWorkitems), 'CreateSubscription']],
    ),
    ...routesOf({ service: 'Unsubscribe from workitems (PS3.18 §11.11)', ...write }, [
      ['DELETE', SUBSCRIBER, to(unsubscribeFromWorkitems), 'DeleteSubscription'],
    ]),
    ...routesOf({ service: 'Suspend a subscription (PS3.18 §11.12)', ...write, takes: DATA_SET_MEDIA_TYPES.taken }, [
      ['POST', `${SUBSCRIBER}/suspend`, to(suspendSubscription), 'SuspendGlobalSubscription'],
    ]),
    ...routesOf(
      {
        service: 'Events of workitems (PS3.18 §8.10.4)',
        ...{ permission: 'read', writes: false, audit: 'query' },
        gives: DATA_SET_MEDIA_TYPES.json,
      },
      [['GET', `${DICOMWEB_PATH}/subscribers/:aet`, to(createEventChannels(dependencies)), 'OpenEventChannel']],
    ),
  ];
}
