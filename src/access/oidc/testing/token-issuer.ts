import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTHeaderParameters } from 'jose';

/** For whom its tokens are. */
export const AUDIENCE = 'https://archive.example';

/** A provider that has keys and gives tokens for whatever it is asked, without anybody logging in. */
export interface TokenIssuer {
  issuer: string;
  /** Those whose public halves it publishes, by algorithm. */
  keys: Record<SigningAlgorithm, { kid: string; publicKey: CryptoKey; privateKey: CryptoKey }>;
  /** A token that is valid for `AUDIENCE` but for what `claims` and `header` say; undefined takes a claim away. */
  sign(claims?: Record<string, unknown>, header?: Partial<JWTHeaderParameters>): Promise<string>;
  /** How often its keys were asked for. */
  keysAsked(): number;
  /** While true every request is answered 500. */
  broken: boolean;
  close(): Promise<void>;
}

export const SIGNING_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** Listens on the loopback, as providers do: a discovery document, and the keys that it names. */
export async function openTokenIssuer(): Promise<TokenIssuer> {
  const pairs = await Promise.all(
    SIGNING_ALGORITHMS.map(async (alg) => [alg, { kid: `key-${alg}`, ...(await generateKeyPair(alg)) }] as const),
  );
  const keys = Object.fromEntries(pairs) as TokenIssuer['keys'];
  const published = await Promise.all(
    pairs.map(async ([alg, { kid, publicKey }]) => ({ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' })),
  );
  let keysAsked = 0;
  const server = createServer((request, response) => {
    const documents: Record<string, unknown> = {
      '/.well-known/openid-configuration': {
        issuer: issuer.issuer,
        authorization_endpoint: `${issuer.issuer}/authorize`,
        token_endpoint: `${issuer.issuer}/token`,
        jwks_uri: `${issuer.issuer}/keys`,
        response_types_supported: ['code'],
      },
      '/keys': { keys: published },
    };
    if (request.url === '/keys') keysAsked++;
    const found = issuer.broken ? undefined : documents[request.url ?? ''];
    response.writeHead(found === undefined ? 500 : 200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(found ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer: TokenIssuer = {
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys,
    broken: false,
    keysAsked: () => keysAsked,
    sign: (claims = {}, header = {}) => {
      const alg = (header.alg ?? 'ES256') as SigningAlgorithm;
      const { kid, privateKey } = keys[alg];
      const now = Math.floor(Date.now() / 1000);
      const all = { iss: issuer.issuer, aud: AUDIENCE, sub: 'somebody', iat: now, exp: now + 300, ...claims };
      return new SignJWT(all).setProtectedHeader({ kid, typ: 'at+jwt', ...header, alg }).sign(privateKey);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return issuer;
}
