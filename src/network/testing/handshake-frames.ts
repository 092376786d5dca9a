import { createCipheriv, createECDH, createHash, createHmac, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { secp256k1 } from '../../ledger/ethereum/secp256k1.js';

/** The prime of secp256k1's field (SEC 2 §2.4.1). */
const FIELD = 2n ** 256n - 2n ** 32n - 977n;
/** Uncompressed points: 0x04, x, y. */
const POINT_BYTES = 65;
const MAC_BYTES = 32;

/** What a frame holds instead of what a peer would send. */
export interface FrameFaults {
  /** In the message: who the sender says it is. */
  initiator?: Buffer;
  /** Zeros behind the message; EIP-8 has 100 to 300. */
  paddingBytes?: number;
}

/**
 * The first frame of an RLPx handshake (EIP-8, `auth`) to the node with that public key, 64 bytes, by a peer made for it: a node
 * answers it with its own, unless the faults keep it from doing so.
 */
export function authFrame(nodeKey: Buffer, { initiator, paddingBytes = 150 }: FrameFaults = {}): Buffer {
  const [staticKey, ephemeral] = [createECDH('secp256k1'), createECDH('secp256k1')];
  staticKey.generateKeys();
  ephemeral.generateKeys();
  const nonce = randomBytes(32);
  const shared = staticKey.computeSecret(Buffer.concat([Buffer.of(4), nodeKey]));
  const signed = nonce.map((byte, i) => byte ^ shared[i]!);
  const { signature, recid } = secp256k1().ecdsaSign(signed, ephemeral.getPrivateKey());
  const publicKey = initiator ?? staticKey.getPublicKey().subarray(1);
  // RLP of [signature, public key, nonce, version 4]; each length stands for itself in the bytes before.
  const message = Buffer.concat([
    Buffer.of(0xf8, 67 + 66 + 33 + 1, 0xb8, 65),
    signature,
    Buffer.of(recid, 0xb8, 64),
    publicKey,
    Buffer.of(0xa0),
    nonce,
    Buffer.of(4),
  ]);
  return sealed(nodeKey, (key) => {
    const iv = randomBytes(16);
    const cipher = createCipheriv('aes-128-ctr', key, iv);
    return Buffer.concat([iv, cipher.update(Buffer.concat([message, Buffer.alloc(paddingBytes)]))]);
  });
}

/** CVE-2026-22862: a frame whose message has fewer bytes than one block of its cipher, with a right checksum. */
export const shortFrame = (nodeKey: Buffer, messageBytes: number): Buffer =>
  sealed(nodeKey, () => randomBytes(messageBytes));

/** A frame that names this point for the agreement on its key. Its checksum can't be right. */
export function frameWithPoint(point: Buffer): Buffer {
  const body = Buffer.concat([Buffer.of(4), point, randomBytes(300), randomBytes(MAC_BYTES)]);
  return Buffer.concat([sizeOf(body.length), body]);
}

/** 64 bytes that are no point of the curve: 1² ≠ 1³ + 7. */
export const offCurvePoint = (): Buffer => Buffer.concat([coordinate(1n), coordinate(1n)]);

/** 64 bytes of a point of the curve whose x, 1, is written with the prime added: no element of the field. */
export function beyondFieldPoint(): Buffer {
  // 8 is a square of the field, whose prime is 3 modulo 4.
  const y = power(8n, (FIELD + 1n) / 4n);
  return Buffer.concat([coordinate(FIELD + 1n), coordinate(y)]);
}

/** Sends it and resolves with what the node does: its own frame back, or the end of the connection. */
export async function send(port: number, frame: Buffer): Promise<'answered' | 'hung up'> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(frame));
    socket.setTimeout(60_000, () => socket.destroy(new Error('The node neither answers nor hangs up.')));
    socket.once('data', () => {
      resolve('answered');
      socket.destroy();
    });
    socket.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve('hung up') : reject(error),
    );
    socket.once('close', () => resolve('hung up'));
  });
}

/** ECIES as RLPx has it (SEC 1 §5.1): size, point, what `encrypt` makes, and the checksum of that with the size. */
function sealed(nodeKey: Buffer, encrypt: (key: Buffer) => Buffer): Buffer {
  const once = createECDH('secp256k1');
  const point = once.generateKeys();
  const secret = once.computeSecret(Buffer.concat([Buffer.of(4), nodeKey]));
  // NIST SP 800-56 §5.8.1, one round of SHA-256.
  const derived = createHash('sha256')
    .update(Buffer.of(0, 0, 0, 1))
    .update(secret)
    .digest();
  const encrypted = encrypt(derived.subarray(0, 16));
  const size = sizeOf(POINT_BYTES + encrypted.length + MAC_BYTES);
  const macKey = createHash('sha256').update(derived.subarray(16)).digest();
  const mac = createHmac('sha256', macKey).update(encrypted).update(size).digest();
  return Buffer.concat([size, point, encrypted, mac]);
}

function sizeOf(bytes: number): Buffer {
  const size = Buffer.alloc(2);
  size.writeUInt16BE(bytes);
  return size;
}

const coordinate = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, '0'), 'hex');

/** base^exponent in the field. */
function power(base: bigint, exponent: bigint): bigint {
  let [result, factor] = [1n, base];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * factor) % FIELD;
    factor = (factor * factor) % FIELD;
  }
  return result;
}
