import { createHmac } from 'node:crypto';
import {
  CompactSign,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  SignJWT,
  type CryptoKey,
  type JWK,
  type JWTPayload,
} from 'jose';
import type { Random } from '../../../../conformance/testing/seeded.js';
import { AUDIENCE, SIGNING_ALGORITHMS, type SigningAlgorithm, type TokenIssuer } from './token-issuer.js';

/** What somebody has who would like to be let in: tokens of others, the public keys, and a key pair of their own. */
export interface Forger {
  issuer: TokenIssuer;
  foreign: Record<SigningAlgorithm, { publicKey: CryptoKey; privateKey: CryptoKey; jwk: JWK }>;
  /** The public keys in the forms in which a careless server would take one for a secret. */
  publicTexts: string[];
}

export async function createForger(issuer: TokenIssuer): Promise<Forger> {
  const foreign = await Promise.all(
    SIGNING_ALGORITHMS.map(async (alg) => {
      const pair = await generateKeyPair(alg);
      return [alg, { ...pair, jwk: await exportJWK(pair.publicKey) }] as const;
    }),
  );
  const texts = await Promise.all(
    Object.values(issuer.keys).map(async ({ publicKey }) => [
      await exportSPKI(publicKey),
      (await exportSPKI(publicKey)).trim(),
      JSON.stringify(await exportJWK(publicKey)),
    ]),
  );
  return { issuer, foreign: Object.fromEntries(foreign) as Forger['foreign'], publicTexts: texts.flat() };
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const read = (text: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>;
const nowS = (): number => Math.floor(Date.now() / 1000);

type Mutation = (random: Random, forger: Forger) => string | Promise<string>;

async function partsOf(random: Random, { issuer }: Forger): Promise<[string, string, string]> {
  const token = await issuer.sign({}, { alg: random.pick(SIGNING_ALGORITHMS) });
  return token.split('.') as [string, string, string];
}

/** Claims that the provider's own key may sign, and that let nobody in here all the same. */
const WRONG_CLAIMS: ((random: Random) => Record<string, unknown>)[] = [
  (random) => ({ exp: nowS() - random.whole(61, 1e9) }),
  (random) => ({ exp: nowS() - 61 - random.next() }),
  () => ({ exp: String(nowS() + 300) }),
  () => ({ exp: undefined }),
  () => ({ exp: null }),
  () => ({ exp: [nowS() + 300] }),
  (random) => ({ nbf: nowS() + random.whole(70, 1e6) }),
  () => ({ aud: undefined }),
  () => ({ aud: [] }),
  () => ({ aud: [`${AUDIENCE}/`, 'https://other.example'] }),
  () => ({ aud: [[AUDIENCE]] }),
  () => ({ aud: { 0: AUDIENCE } }),
  () => ({ aud: AUDIENCE.toUpperCase() }),
  () => ({ aud: `${AUDIENCE}\u0000` }),
  () => ({ iss: undefined }),
  () => ({ iss: 'https://other.example' }),
  () => ({ sub: undefined }),
  () => ({ sub: '' }),
  () => ({ sub: 7 }),
  () => ({ sub: 'x'.repeat(256) }),
  () => ({ at_hash: 'x' }),
  () => ({ events: {} }),
  () => ({ typ: 'ID' }),
  () => ({ typ: 'Refresh' }),
];

const UNSIGNED: Record<string, unknown>[] = [
  { sub: 'admin' },
  { aud: [AUDIENCE, 'https://other.example'] },
  { exp: 4e9 + 0.5 },
  { exp: Number.MAX_SAFE_INTEGER },
  { roles: ['admin'] },
  { sub: 'somebody\u202e' },
];

const MUTATIONS: Record<string, Mutation> = {
  'alg none': async (random, forger) => {
    const [head, body, signature] = await partsOf(random, forger);
    const alg = random.pick(['none', 'None', 'NONE', 'nOnE', '', null, undefined]);
    return `${part({ ...read(head), alg })}.${body}.${random.pick(['', signature])}`;
  },
  'a public key as the secret': async (random, forger) => {
    const [head, body] = await partsOf(random, forger);
    const [alg, hash] = random.pick([['HS256', 'sha256'], ['HS384', 'sha384'], ['HS512', 'sha512']] as const); // prettier-ignore
    const signed = `${part({ ...read(head), alg })}.${body}`;
    return `${signed}.${createHmac(hash, random.pick(forger.publicTexts)).update(signed).digest('base64url')}`;
  },
  'another kid or algorithm': async (random, forger) => {
    const [head, body, signature] = await partsOf(random, forger);
    const kid = random.pick(['key-RS256', 'key-ES256', 'nobody', '', '../../../dev/null', "' OR 1=1", 7, null, {}]);
    const alg = random.pick([...SIGNING_ALGORITHMS, 'RS512', 'ES384', 'ES256K', 'Ed25519', 'HS256', 'RSA-OAEP', 5]);
    return `${part({ ...read(head), kid, alg, changed: true })}.${body}.${signature}`;
  },
  'another key under the right kid': async (random, { issuer, foreign }) => {
    const alg = random.pick(SIGNING_ALGORITHMS);
    const payload = { iss: issuer.issuer, aud: AUDIENCE, sub: 'admin', exp: nowS() + 300 };
    const { kid } = issuer.keys[alg];
    const bring = random.pick([{}, { jwk: foreign[alg].jwk }, { jku: 'http://127.0.0.1:1/keys' }, { x5u: 'https://127.0.0.1:1/' }, { x5c: ['AA=='] }]); // prettier-ignore
    const header = { alg, kid: random.pick([kid, 'mine', undefined]) as string, ...bring };
    return new SignJWT(payload).setProtectedHeader(header).sign(foreign[alg].privateKey);
  },
  'other claims under an old signature': async (random, forger) => {
    const [head, body, signature] = await partsOf(random, forger);
    return `${head}.${part({ ...read(body), ...random.pick(UNSIGNED) })}.${signature}`;
  },
  'signed claims that are not for here': (random, { issuer }) =>
    issuer.sign(random.pick(WRONG_CLAIMS)(random), { alg: random.pick(SIGNING_ALGORITHMS) }),
  'signed, but of another type': (random, { issuer }) =>
    issuer.sign({}, { typ: random.pick(['logout+jwt', 'id+jwt', 'dpop+jwt', 'secevent+jwt', 'JOSE', 'at+jwt2']) }),
  'signed with a critical header': async (random, { issuer }) => {
    const alg = random.pick(SIGNING_ALGORITHMS);
    const { kid, privateKey } = issuer.keys[alg];
    const payload: JWTPayload = { iss: issuer.issuer, aud: AUDIENCE, sub: 'somebody', exp: nowS() + 300 };
    const signed = await new CompactSign(Buffer.from(JSON.stringify(payload)))
      .setProtectedHeader({ alg, kid, crit: ['urn:x'], 'urn:x': 1 })
      .sign(privateKey, { crit: { 'urn:x': true } });
    return signed;
  },
  'signed text that is no claims': async (random, { issuer }) => {
    const { kid, privateKey } = issuer.keys.ES256;
    const text = random.pick(['null', '[]', '7', '"x"', '{', '', '\u0000', '{"__proto__":{"sub":"x"}}']);
    return new CompactSign(Buffer.from(text)).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey);
  },
  truncated: async (random, forger) => {
    const token = (await partsOf(random, forger)).join('.');
    return token.slice(0, random.whole(0, token.length - 1));
  },
  'one character another': async (random, forger) => {
    const token = (await partsOf(random, forger)).join('.');
    const at = random.whole(0, token.length - 1);
    const others = [...'ABCXYZabcxyz0189-_.=+/~ %é\u0000\u202e😀'].filter((one) => one !== token[at]);
    return `${token.slice(0, at)}${random.pick(others)}${token.slice(at + 1)}`;
  },
  'parts swapped, doubled or left out': async (random, forger) => {
    const [head, body, signature] = await partsOf(random, forger);
    const order = random.pick([[1, 0, 2], [0, 2, 1], [2, 1, 0], [0, 0, 2], [0, 1, 1], [0, 1], [0, 1, 2, 2], [0, 1, 2, 0, 1], [1, 2, 0]]); // prettier-ignore
    return order.map((index) => [head, body, signature][index]).join('.');
  },
  'another signature': async (random, forger) => {
    const [head, body, signature] = await partsOf(random, forger);
    const other = random.pick([Buffer.alloc(64), Buffer.alloc(256), Buffer.from(signature, 'base64url').reverse(), random.bytes(random.whole(0, 300))]); // prettier-ignore
    return `${head}.${body}.${other.toString('base64url')}`;
  },
  'bits that no byte has': async (random, { issuer }) => {
    const token = await issuer.sign({}, { alg: random.pick(SIGNING_ALGORITHMS) });
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    // 64 and 256 bytes leave 4 bits of the last letter over (RFC 4648 §3.5).
    const last = letters.indexOf(token.at(-1) ?? '');
    return `${token.slice(0, -1)}${letters[last + random.whole(1, 15)]}`;
  },
  'something round it': async (random, forger) => {
    const token = (await partsOf(random, forger)).join('.');
    return random.pick([`${token}.`, `.${token}`, `${token}=`, `${token},${token}`, `"${token}"`, `${token}%00`, `${token}${'A'.repeat(20_000)}`]); // prettier-ignore
  },
};

/** A token that nobody may be let in with, and what is wrong with it. */
export async function mutateToken(random: Random, forger: Forger): Promise<{ label: string; token: string }> {
  const [label, mutation] = random.pick(Object.entries(MUTATIONS));
  return { label, token: await mutation(random, forger) };
}
