import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { seeded } from '../../../conformance/testing/seeded.js';
import { silentLog } from '../../base/log.js';
import { createAuthenticate, type Authenticate } from '../authenticate.js';
import { bearerWay, createVerifyToken } from './bearer-way.js';
import { createOpenidProvider } from './openid-provider.js';
import { principalOfClaims } from './principal-of-claims.js';
import { createForger, mutateToken } from './testing/mutate-token.js';
import { AUDIENCE, openTokenIssuer, SIGNING_ALGORITHMS, type TokenIssuer } from './testing/token-issuer.js';

const MUTATED = 2000;

let tokens: TokenIssuer;
beforeAll(async () => (tokens = await openTokenIssuer()));
afterAll(() => tokens.close());

function authenticateBy({ issuer }: { issuer: string }): Authenticate {
  const provider = createOpenidProvider({ issuer: () => issuer, clientId: 'archive', log: silentLog });
  const verify = createVerifyToken(provider, { audience: () => AUDIENCE });
  const rolesOf = () => ({ permissions: new Set(['read'] as const), sees: 'everything' as const });
  return createAuthenticate([
    bearerWay({ verify, principalOf: (claims) => principalOfClaims(claims, { issuer, rolesOf }) }),
  ]);
}

const showing = (token: string): IncomingMessage =>
  ({ headers: { authorization: `Bearer ${token}` } }) as IncomingMessage;
const failing = (code: string): unknown => expect.objectContaining({ code });

describe('bearerWay', () => {
  it.each(SIGNING_ALGORITHMS)('lets in whoever has a token signed by %s', async (alg) => {
    const authenticate = authenticateBy(tokens);
    const token = await tokens.sign({ name: 'Dr. Some Body' }, { alg });
    expect(await authenticate(showing(token))).toMatchObject({
      subject: 'somebody',
      issuer: tokens.issuer,
      name: 'Dr. Some Body',
      via: 'bearer',
    });
  });

  it('takes an audience that is a list with this server in it, a type JWT or none, and 60 s of skew', async () => {
    const authenticate = authenticateBy(tokens);
    const nowS = Date.now() / 1000;
    const valid = [
      tokens.sign({ aud: ['account', AUDIENCE] }),
      tokens.sign({ typ: 'Bearer' }, { typ: 'JWT' }),
      tokens.sign({}, { typ: undefined as never }),
      tokens.sign({ exp: Math.floor(nowS) - 30 }),
      tokens.sign({ nbf: Math.floor(nowS) + 30 }),
    ];
    for (const token of valid) expect(await authenticate(showing(await token))).toMatchObject({ via: 'bearer' });
    await expect(authenticate(showing(await tokens.sign({ exp: Math.floor(nowS) - 62 })))).rejects.toEqual(
      failing('unauthenticated'),
    );
  });

  it(`lets in none of ${MUTATED} mutated tokens`, async () => {
    const authenticate = authenticateBy(tokens);
    const forger = await createForger(tokens);
    const random = seeded(12);
    const wrong: string[] = [];
    const labels = new Set<string>();
    for (let number = 0; number < MUTATED; number++) {
      const { label, token } = await mutateToken(random, forger);
      labels.add(label);
      const answer = await authenticate(showing(token)).catch((error: { code?: string }) => error.code);
      if (answer !== 'unauthenticated') wrong.push(`${label}: ${JSON.stringify(answer)} for ${token}`);
    }
    expect(wrong).toEqual([]);
    expect(labels.size).toBe(15);
  });

  it('asks the provider for its keys once, however many tokens come', async () => {
    const authenticate = authenticateBy(tokens);
    const before = tokens.keysAsked();
    const forger = await createForger(tokens);
    const random = seeded(7);
    for (let number = 0; number < 50; number++) {
      await authenticate(showing(await tokens.sign()));
      await authenticate(showing((await mutateToken(random, forger)).token)).catch(() => undefined);
    }
    expect(tokens.keysAsked()).toBe(before + 1);
  });

  it('says unavailable, and not that the token is wrong, while the provider cannot be asked', async () => {
    const broken = await openTokenIssuer();
    broken.broken = true;
    const authenticate = authenticateBy(broken);
    await expect(authenticate(showing(await broken.sign()))).rejects.toEqual(failing('unavailable'));
    await broken.close();
  });

  it('leaves credentials of other kinds to other ways', async () => {
    const authenticate = authenticateBy(tokens);
    for (const token of ['dl_local_x', 'opaque', 'a.b.c.d.e'])
      await expect(authenticate(showing(token))).rejects.toThrow('Nobody is logged in');
    await expect(authenticate({ headers: {} } as IncomingMessage)).rejects.toThrow('Nobody is logged in');
  });
});
