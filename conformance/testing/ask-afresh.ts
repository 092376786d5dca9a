import { once } from 'node:events';
import { request as askPlainly, type IncomingMessage } from 'node:http';
import { request as askByTls, type RequestOptions } from 'node:https';
import { buffer } from 'node:stream/consumers';

export interface Asking extends Omit<RequestOptions, 'headers'> {
  headers?: Record<string, string | undefined>;
  body?: Uint8Array | string;
}

export interface Answered {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

/** Asks on a connection of its own, unless `agent` is given: readers take turns at connections. */
export async function askAfresh(url: string, { headers = {}, body, ...options }: Asking = {}): Promise<Answered> {
  const ask = url.startsWith('https:') ? askByTls : askPlainly;
  const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
  const asking = ask(url, {
    agent: false,
    ...options,
    headers: { ...given, ...(body !== undefined && { 'Content-Length': Buffer.byteLength(body) }) },
  });
  asking.end(body);
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  return { status: Number(answer.statusCode), headers: answer.headers, body: await buffer(answer) };
}
