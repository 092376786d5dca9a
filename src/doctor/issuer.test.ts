import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readConfig } from '../config.js';
import { issuer } from './issuer.js';
import { foundBy } from './testing/found-by.js';
import { serveAnswers } from './testing/serve-answers.js';

let provider: Awaited<ReturnType<typeof serveAnswers>>;
let url: string;
/** How its clock and its name differ. */
const says = { seconds: 0, name: '', status: 200 };

beforeAll(async () => {
  provider = await serveAnswers((request, response) => {
    response.setHeader('Date', new Date(Date.now() + 1000 * says.seconds).toUTCString());
    response.statusCode = request.url === '/realm/.well-known/openid-configuration' ? says.status : 404;
    response.end(JSON.stringify({ issuer: says.name }));
  });
  url = `http://127.0.0.1:${provider.port}/realm`;
});
afterAll(() => provider.close());

const found = (over: Partial<typeof says>): Promise<string[]> => {
  Object.assign(says, { seconds: 0, name: url, status: 200 }, over);
  return foundBy(issuer(readConfig({ OIDC_ISSUER: url, OIDC_AUDIENCE: 'us' })));
};

describe('issuer', () => {
  it('takes one that answers by its name, with the same time', async () => {
    expect(await found({})).toEqual([`ok: ${url} answers.`, 'ok: This clock and that of the issuer agree.']);
    expect(await foundBy(issuer(readConfig({})))).toEqual(['ok: No OpenID provider is set.']);
  });

  it('finds a clock that differs, and says which way', async () => {
    expect((await found({ seconds: 600 })).at(-1)).toMatch(/^fault: This clock is (599|600|601) s behind that of the issuer\. -> Set both by NTP/); // prettier-ignore
    expect((await found({ seconds: -30 })).at(-1)).toMatch(/^warning: This clock is (29|30|31) s before that/);
  });

  it('finds one of another name, one that fails, and one that is not there', async () => {
    expect((await found({ name: `${url}/` }))[0]).toMatch(/^fault: .* is of ".*\/realm\/", not of /);
    expect((await found({ status: 500 }))[0]).toMatch(/^fault: .* answers 500\./);
    const gone = await serveAnswers(() => undefined);
    await gone.close();
    const OIDC_ISSUER = `http://127.0.0.1:${gone.port}`;
    const [fault] = await foundBy(issuer(readConfig({ OIDC_ISSUER, OIDC_AUDIENCE: 'us' })));
    expect(fault).toMatch(/^fault: .* does not answer \(.*ECONNREFUSED.*\)\. -> Check OIDC_ISSUER/);
  });
});
