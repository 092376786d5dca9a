import { dicomJsonText, type DicomJson } from '../../standard/dicom-json.js';
import { CREATION } from '../../worklist/require-new-workitem.js';
import { WORKITEM_TAGS } from '../../worklist/workitem.js';
import { addWarning, ignoredParameters } from '../message/add-warning.js';
import { dicomwebRoot, queryOf } from '../message/dicomweb-root.js';
import { requireUid } from '../message/find-instances.js';
import { negotiate } from '../message/negotiate.js';
import { negotiateDataSet, sendDataSet } from '../message/send-data-set.js';
import { modelOffers, sendNativeModel, XML_MEDIA_TYPE } from '../message/send-native-model.js';
import { sendJson } from '../message/send-json.js';
import { parseQidoKeys } from '../qido/qido-keys.js';
import { worklistCaller, withWarning, type WorklistCall } from './worklist-call.js';

/** What a search gives of each workitem unless more is asked for (PS3.4 Table CC.2.5-3, return keys of type 1 and 2). */
const RETURNED = new Set<string>([
  ...Object.keys(CREATION),
  ...['00080005', '0020000D', '00100020', '00100021', '00404034', '00404011'],
  WORKITEM_TAGS.SOPClassUID,
  WORKITEM_TAGS.SOPInstanceUID,
  WORKITEM_TAGS.ScheduledProcedureStepModificationDateTime,
]);

/** Retrieve (PS3.18 §11.5). The Transaction UID is in no answer. */
export async function retrieveWorkitem(call: WorklistCall): Promise<void> {
  const { worklist, archive, request, response, publicUrl } = call;
  const offer = negotiateDataSet(request);
  const uid = requireUid(request.params.workitem);
  const { dataSet } = await withWarning(call, () => worklist.retrieve(worklistCaller(call.caller), uid));
  response.setHeader('Content-Location', `${dicomwebRoot(request, publicUrl)}/workitems/${uid}`);
  sendDataSet(archive, { response, offer, dataSet });
}

/** Search (PS3.18 §11.9): 206 while there are more than were given, and 200 with nothing found (CP-2473). */
export async function searchWorkitems(call: WorklistCall): Promise<void> {
  const { worklist, archive, request, response, publicUrl } = call;
  const { query, warnings } = parseQidoKeys(archive, { level: 'study', parameters: queryOf(request) });
  const { value: mediaType } = negotiate(request, modelOffers({ single: false }));
  const { match: keys, fuzzy, include, offset, limit } = query;
  const { matches, remaining } = await worklist.search(worklistCaller(call.caller), { keys, fuzzy, offset, limit });
  const root = dicomwebRoot(request, publicUrl);
  for (const sentence of warnings) addWarning(response, root, sentence);
  if (query.orderBy !== undefined) addWarning(response, root, ignoredParameters(['orderby']));
  if (remaining > 0) {
    addWarning(response, root, `There are ${remaining} additional results that can be requested`);
    response.status(206);
  }
  const wanted = include === 'all' ? undefined : new Set([...RETURNED, ...include.flatMap(([tag]) => tag ?? [])]);
  const found = matches.map(({ dataSet }) => chosen(dataSet, wanted));
  if (mediaType === XML_MEDIA_TYPE)
    await sendNativeModel(archive, {
      ...{ request, response, multipart: true, etagParts: [found.map(dicomJsonText).join('\n')] },
      async *dataSets() {
        yield* found;
      },
    });
  else {
    const text = `[${found.map(dicomJsonText).join(',\n')}]`;
    await sendJson(request, response, { mediaType, etagParts: undefined, chunks: () => [text] });
  }
}

/** Of a data set what is wanted; all of it when that is undefined. */
function chosen(dataSet: DicomJson, wanted: ReadonlySet<string> | undefined): DicomJson {
  if (wanted === undefined) return dataSet;
  return Object.fromEntries(Object.entries(dataSet).filter(([tag]) => wanted.has(tag)));
}
