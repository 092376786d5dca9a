import { Agent, request as ask, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { json } from 'node:stream/consumers';
import type { ArchiveSite } from '../../archive/archive.js';
import type { ArchiveOwner } from '../../archive/create-reading-archive.js';
import { LedgerError } from '../../base/errors.js';
import { errorOf } from './hand-over.js';
import { introduce, type OwnerAddress } from './pass-on.js';
import type { Asked } from './serve-readers.js';

/** For short questions. Streams last as long as their clients take, whose number is bounded. */
const MOST_CONNECTIONS = 64;

/** What a reader asks the owner of the archive, over connections of its own. */
export function createAskOwner({ path, secret }: OwnerAddress): ArchiveOwner {
  const agentOf = (maxSockets: number): Agent => {
    const agent = new Agent({ keepAlive: true, maxSockets });
    agent.createConnection = () => introduce(connect(path), { secret, kind: 'archive' });
    return agent;
  };
  const [questions, streams] = [agentOf(MOST_CONNECTIONS), agentOf(Infinity)];

  const answerTo = (asked: Asked): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const fail = (cause: unknown): void => reject(ownerGone(cause));
      const agent = asked.what === 'bytes' ? streams : questions;
      const asking = ask({ agent, path: `/${encodeURIComponent(JSON.stringify(asked))}` });
      asking.once('error', fail).once('response', (answer) => {
        if (answer.statusCode === 200) resolve(answer);
        else json(answer).then((failure) => reject(errorOf(failure as Parameters<typeof errorOf>[0])), fail);
      });
      asking.end();
    });
  const valueOf = async (asked: Asked): Promise<unknown> => json(await answerTo(asked));

  return {
    fileNames: async (owner, range) => {
      const { imageId, contentKey } = owner;
      const names = (await valueOf({ what: 'file-names', owner: { imageId, contentKey }, range })) as (string | null)[];
      return names.map((name) => name ?? undefined);
    },
    bytes: async function* ({ siteId, SOPInstanceUID, contentKey }, offset, byteCount) {
      const answer = await answerTo({
        what: 'bytes',
        content: { siteId, SOPInstanceUID, contentKey },
        offset,
        byteCount,
      });
      let left = byteCount;
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        left -= chunk.length;
        yield chunk;
      }
      if (left !== 0) throw ownerGone();
    },
    verified: async ({ siteId, SOPInstanceUID, contentKey }) => {
      await valueOf({ what: 'verified', content: { siteId, SOPInstanceUID, contentKey } });
    },
    sites: async () => (await valueOf({ what: 'sites' })) as ArchiveSite[],
  };
}

const ownerGone = (cause?: unknown): LedgerError =>
  new LedgerError('unavailable', 'The server is stopping; ask again.', { cause, retryable: true });
