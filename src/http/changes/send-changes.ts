import type { Archive } from '../../archive/archive.js';
import { dicomwebRoot } from '../message/dicomweb-root.js';
import { negotiate } from '../message/negotiate.js';
import { sendJson } from '../message/send-json.js';
import type { ChangeCall } from './change-call.js';
import { changeText } from './change-text.js';
import { readChangeQuery } from './read-change-query.js';
import type { StreamChanges } from './stream-changes.js';

const EVENT_STREAM = 'text/event-stream';
const JSON_TYPE = 'application/json';
const offer = (mediaType: string) => ({ mediaType, multipart: false, value: mediaType });

/**
 * The change feed: an array of changes, ascending by Sequence. Without times `offset` is the Sequence after which it begins, which a client
 * keeps; with them it is how many of that time are left out. As `text/event-stream` it goes on for ever.
 */
export function sendChanges(stream: StreamChanges): (archive: Archive, call: ChangeCall) => Promise<void> {
  return async (archive, call) => {
    const { request, response, publicUrl } = call;
    const { value: mediaType } = negotiate(request, [offer(JSON_TYPE), offer(EVENT_STREAM)]);
    const query = readChangeQuery(request);
    if (mediaType === EVENT_STREAM) return stream(archive, { ...call, query });
    const { offset = 0, from, to, limit, withMetadata } = query;
    const isOfTime = from !== undefined || to !== undefined;
    const found = await archive.changes({
      ...(isOfTime ? { skip: offset } : { after: offset }),
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      ...{ limit, withMetadata },
    });
    const root = dicomwebRoot(request, publicUrl);
    const text = `[${found.map((change) => changeText(change, root)).join(',\n')}]`;
    await sendJson(request, response, { mediaType, etagParts: undefined, chunks: () => [text] });
  };
}

/** The newest change alone; 204 when there is none. */
export async function sendLatestChange(archive: Archive, { request, response, publicUrl }: ChangeCall): Promise<void> {
  const { value: mediaType } = negotiate(request, [offer(JSON_TYPE)]);
  const { withMetadata } = readChangeQuery(request);
  const [latest] = await archive.changes({ newestFirst: true, limit: 1, withMetadata });
  if (latest === undefined) {
    response.setHeader('Cache-Control', 'no-store');
    response.status(204).end();
    return;
  }
  const text = changeText(latest, dicomwebRoot(request, publicUrl));
  await sendJson(request, response, { mediaType, etagParts: undefined, chunks: () => [text] });
}
