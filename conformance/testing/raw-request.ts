import { connect, type Socket } from 'node:net';
import { authorizationOf } from './let-in.js';

/** A connection to the server on which bytes are written as they are: no client corrects them. */
export function openRaw(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => resolve(socket)).on('error', reject);
  });
}

/** Sends bytes and resolves with everything that comes until `isEnough` says so or the connection closes. */
export async function rawRequest(
  url: string,
  bytes: string | Buffer,
  isEnough: (answer: string) => boolean = (answer) => answer.includes('\r\n\r\n'),
): Promise<string> {
  const socket = await openRaw(url);
  let answer = '';
  try {
    await new Promise<void>((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        answer += chunk.toString('latin1');
        if (isEnough(answer)) resolve();
      });
      socket.on('close', resolve);
      socket.write(bytes);
    });
  } finally {
    socket.destroy();
  }
  return answer;
}

/** A GET of whoever is let in, whose path no client has made tidy (`..` and all). Resolves with status and everything that follows. */
export async function rawGet(url: string, path: string, headers: Record<string, string> = {}) {
  const lines = Object.entries({
    Host: new URL(url).host,
    Connection: 'close',
    ...authorizationOf(url),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}`);
  const answer = await rawRequest(url, `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, () => false);
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]), answer };
}
