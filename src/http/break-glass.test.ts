import { describe, expect, it } from '@jest/globals';
import type { Request, Response } from 'express';
import { PassThrough } from 'node:stream';
import pino from 'pino';
import request from 'supertest';
import { letWhoeverIn, whoever } from '../access/testing/whoever.js';
import type { Principal } from '../access/principal.js';
import { silentLog } from '../base/log.js';
import type { Archive } from '../archive/archive.js';
import type { Visibility } from '../catalog/visibility.js';
import { createHttpApp } from './create-http-app.js';
import { breakGlass, emergencyOf } from './break-glass.js';
import { httpPartsOver } from './testing/http-app-over.js';

const surgeon: Partial<Principal> = {
  subject: 'u-7',
  issuer: 'https://idp',
  sees: { labels: ['surgery'] },
  mayBreakGlass: true,
};

/** An application, with what its searches were made for. */
function appOf(differs: Partial<Principal>) {
  const seenBy: Visibility[] = [];
  const lines: string[] = [];
  const stream = new PassThrough().on('data', (line: Buffer) => lines.push(line.toString()));
  let alarms = 0;
  const archive = (visibility: Visibility): Archive =>
    ({
      seenBy: archive,
      attribute: () => undefined,
      search: async () => {
        seenBy.push(visibility);
        return { matches: [], remaining: 0 };
      },
      labels: async () => {
        seenBy.push(visibility);
        return [];
      },
    }) as unknown as Archive;
  const app = createHttpApp({
    ...httpPartsOver(archive('everything')),
    authenticate: letWhoeverIn(differs),
    log: pino({ level: 'warn' }, stream),
    onBrokenGlass: () => alarms++,
  });
  const search = (prefer?: string) => {
    const asked = request(app).get('/dicom-web/studies');
    return prefer === undefined ? asked : asked.set('Prefer', prefer);
  };
  return { app, seenBy, lines, search, alarms: () => alarms };
}

describe('breakGlass', () => {
  it('lets one who may see everything for this request, raises the alarm, and logs who without the reason', async () => {
    const { search, seenBy, lines, alarms } = appOf(surgeon);
    const { status, headers } = await search('respond-async, Purpose=ETREAT; reason="bleeding, room 2; \\"now\\""');
    expect([status, headers['preference-applied']]).toEqual([200, 'purpose=ETREAT']);
    expect(headers['vary']).toMatch(/\bPrefer\b/);
    await search();
    expect(seenBy).toEqual(['everything', surgeon.sees]);
    expect(alarms()).toBe(1);
    expect(lines.join('')).toContain('u-7');
    expect(lines.join('')).not.toMatch(/bleeding/);
  });

  it.each([
    ['purpose=BTG; reason=stroke', 'BTG', 'stroke'],
    ['purpose="etreat";reason="Kopfverletzung Müller"', 'ETREAT', 'Kopfverletzung Müller'],
    ['handling=lenient; x=1, purpose=ETREAT; y; reason="a, b; c \\\\ \\"d\\""', 'ETREAT', 'a, b; c \\ "d"'],
    [`purpose=ETREAT; reason=${'r'.repeat(256)}`, 'ETREAT', 'r'.repeat(256)],
  ])('hands on the purpose and the reason of %s', (prefer, purpose, reason) => {
    const response = { locals: {}, vary: () => undefined, setHeader: () => undefined } as unknown as Response;
    // As node has headers.
    const asked = { headers: { prefer: Buffer.from(prefer).toString('latin1') } } as unknown as Request;
    const dependencies = { log: silentLog, onBrokenGlass: () => undefined };
    const caller = breakGlass(dependencies, { principal: whoever(surgeon), request: asked, response });
    expect(caller.sees).toBe('everything');
    expect(emergencyOf(response)).toEqual({ purpose, reason });
  });

  it.each([
    ['purpose=ETREAT', 400],
    ['purpose=ETREAT; reason=""', 400],
    ['purpose=ETREAT; reason="  "', 400],
    [`purpose=ETREAT; reason=${'r'.repeat(257)}`, 400],
    ['purpose=TREAT; reason=x', 200],
    ['reason=x; purpose=ETREAT', 200],
    ['"purpose=ETREAT; reason=x"', 200],
  ])('sees no more by %s', async (prefer, status) => {
    const { search, seenBy, alarms } = appOf(surgeon);
    expect((await search(prefer)).status).toBe(status);
    expect(seenBy).toEqual(status === 200 ? [surgeon.sees] : []);
    expect(alarms()).toBe(0);
  });

  it('refuses one whose role does not allow it', async () => {
    const { search, seenBy } = appOf({ ...surgeon, mayBreakGlass: false });
    expect((await search('purpose=ETREAT; reason=x')).status).toBe(403);
    expect(seenBy).toEqual([]);
  });

  it('is for reading alone', async () => {
    const { app, seenBy, alarms } = appOf(surgeon);
    await request(app).get('/ledger/studies/1.2/labels').set('Prefer', 'purpose=ETREAT; reason=x');
    expect(seenBy).toEqual([surgeon.sees]);
    expect(alarms()).toBe(0);
  });
});
