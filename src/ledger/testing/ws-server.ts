import { createHash } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** The server's end of one WebSocket, for tests: whole text messages. */
export interface TestSocket {
  send(text: string): void;
  /** Ends the connection as a killed node does. */
  cut(): void;
}

/** Lets an HTTP server speak WebSocket (RFC 6455): unfragmented text frames of any length, no extensions. */
export function acceptWebSockets(
  server: Server,
  onOpen: (socket: TestSocket) => (text: string) => void,
): { cutAll(): void } {
  const open = new Set<Duplex>();
  server.on('upgrade', (request: IncomingMessage, stream: Duplex) => {
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(key).digest('base64');
    stream.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    open.add(stream);
    stream.on('close', () => open.delete(stream));
    stream.on('error', () => stream.destroy());
    const receive = onOpen({ send: (text) => stream.write(textFrame(text)), cut: () => stream.destroy() });
    let received: Buffer = Buffer.alloc(0);
    stream.on('data', (part: Buffer) => {
      received = Buffer.concat([received, part]);
      for (let frame = readFrame(received); frame; frame = readFrame(received)) {
        received = received.subarray(frame.byteCount);
        if (frame.opcode === 1) receive(frame.payload.toString());
        if (frame.opcode === 8) stream.end(Buffer.from([0x88, 0]));
      }
    });
  });
  return { cutAll: () => open.forEach((stream) => stream.destroy()) };
}

function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.alloc(10);
  head[0] = 0x81;
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(payload.length), 2);
  if (payload.length > 0xffff) return Buffer.concat([head, payload]);
  const isShort = payload.length < 126;
  head[1] = isShort ? payload.length : 126;
  head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head.subarray(0, isShort ? 2 : 4), payload]);
}

/** The first frame of what a client sent, which is always masked; undefined until it is whole. */
function readFrame(bytes: Buffer): { opcode: number; payload: Buffer; byteCount: number } | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes[1]! & 0x7f;
  const maskAt = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < maskAt + 4) return undefined;
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  const byteCount = maskAt + 4 + length;
  if (bytes.length < byteCount) return undefined;
  const mask = bytes.subarray(maskAt, maskAt + 4);
  const payload = Buffer.from(bytes.subarray(maskAt + 4, byteCount));
  for (let i = 0; i < payload.length; i++) payload[i]! ^= mask[i & 3]!;
  return { opcode: bytes[0]! & 0x0f, payload, byteCount };
}
