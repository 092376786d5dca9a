import type { Client } from 'undici';

/** So long a client waits; then the server is started anew, so that it does not go on with what nobody waits for. */
const PATIENCE_MS = 120_000;

export interface Answer {
  /** 0 when none came. */
  status: number;
  byteCount: number;
  /** Of an answer to a POST. */
  text: string;
  fault?: string;
}

export interface AskOptions {
  path: string;
  headers: Record<string, string>;
  /** POSTed. */
  body?: Buffer;
}

/** One request on a connection, by undici's own handlers, which make nothing for each chunk. A read is asked once more when the connection was closed before the answer began. */
export async function ask(client: Client, options: AskOptions): Promise<Answer> {
  const answer = await askOnce(client, options);
  return answer.status === 0 && !options.body && /closed|ECONNRESET/.test(answer.fault ?? '')
    ? askOnce(client, options)
    : answer;
}

function askOnce(client: Client, { path, headers, body }: AskOptions): Promise<Answer> {
  const answer: Answer = { status: 0, byteCount: 0, text: '' };
  return new Promise((resolve) => {
    client.dispatch(
      {
        ...{ path, headers, method: body ? 'POST' : 'GET', body: body ?? null },
        ...{ headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS },
      },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_controller, status) => void (answer.status = status),
        onResponseData: (_controller, chunk) => {
          answer.byteCount += chunk.length;
          if (body) answer.text += chunk.toString('utf8');
        },
        onResponseEnd: () => resolve(answer),
        onResponseError: (_controller, error) => resolve({ ...answer, fault: error.message }),
      },
    );
  });
}
