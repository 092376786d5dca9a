import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { accessInMemory } from '../../access/testing/access-in-memory.js';
import { whoever } from '../../access/testing/whoever.js';
import type { Archive } from '../../archive/archive.js';
import type { AuditEvent } from '../../audit/audit.js';
import { readConfig } from '../../config.js';
import { createHttpApp } from '../create-http-app.js';
import { httpPartsOver } from '../testing/http-app-over.js';

const archive = {
  attribute: () => undefined,
  search: async () => ({ matches: [{ '0020000D': { vr: 'UI', Value: ['1.2'] } }], remaining: 0 }),
} as unknown as Archive;
const events: AuditEvent[] = [];
const parts = httpPartsOver(archive);
const access = accessInMemory();

function appBehind(TRUST_PROXY: string) {
  const config = readConfig({ TRUST_PROXY, ALLOWED_HOSTS: 'pacs.example', CORS_ORIGINS: 'https://viewer.example' });
  const note = (event: AuditEvent) => void events.push(event);
  const audit = { ...parts.audit, note };
  return createHttpApp({ ...parts, access, audit, config });
}
const app = appBehind('127.0.0.1');
const FORWARDED = { Forwarded: 'for=203.0.113.9;proto=https;host=pacs.example' };
const USUAL = { 'X-Forwarded-For': '203.0.113.9', 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'pacs.example' };

async function linkIn(from: typeof app, headers: Record<string, string>): Promise<string> {
  const { text } = await request(from).get('/dicom-web/studies').set('Host', 'localhost:8080').set(headers);
  return String((JSON.parse(text) as Record<string, { Value: unknown[] }>[])[0]?.['00081190']?.Value[0]);
}

describe('followProxies', () => {
  it.each([FORWARDED, USUAL])('has links as the client has asked: %j', async (headers) => {
    expect(await linkIn(app, headers)).toBe('https://pacs.example/dicom-web/studies/1.2');
  });

  it('has them as the request was addressed for whom is not believed', async () => {
    for (const headers of [FORWARDED, USUAL])
      expect(await linkIn(appBehind('192.0.2.1'), headers)).toBe('http://localhost:8080/dicom-web/studies/1.2');
  });

  it('adds no port of this machine to what was asked of a proxy', async () => {
    const headers = { Forwarded: 'for=127.0.0.1;proto=https;host=localhost' };
    expect(await linkIn(app, headers)).toBe('https://localhost/dicom-web/studies/1.2');
  });

  it('answers 421 to another name, whoever names it, and 400 to two that differ', async () => {
    const evil = { 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-For': '203.0.113.9' };
    expect((await request(app).get('/dicom-web/studies').set(evil)).status).toBe(421);
    const two = { ...USUAL, Forwarded: 'for=127.0.0.1' };
    expect((await request(app).get('/dicom-web/studies').set(two)).status).toBe(400);
    expect((await request(appBehind('')).get('/dicom-web/studies').set(two)).status).toBe(200);
  });

  it('records the client’s address', async () => {
    events.length = 0;
    await linkIn(app, FORWARDED);
    await linkIn(appBehind(''), FORWARDED);
    expect(events.map((event) => /203\.0\.113\.9|127\.0\.0\.1/.exec(JSON.stringify(event))?.[0])).toEqual([
      '203.0.113.9',
      '127.0.0.1',
    ]);
  });

  it('makes cookies Secure for a client that speaks https, and for no other', async () => {
    await access.sessions.open(whoever());
    const cookieOf = async (headers: Record<string, string>) => {
      const answer = await request(app).post('/logout').set('Host', 'localhost').set(headers);
      return String(answer.headers['set-cookie']);
    };
    for (const headers of [FORWARDED, USUAL]) expect(await cookieOf(headers)).toMatch(/; Secure$/);
    expect(await cookieOf({})).not.toContain('Secure');
    expect(await cookieOf({ 'X-Forwarded-Proto': 'http' })).not.toContain('Secure');
  });

  it('knows pages of this server by the address that they have', async () => {
    const retire = (headers: Record<string, string>) =>
      request(app)
        .post('/dicom-web/studies')
        .set({ ...headers, Origin: 'https://pacs.example' });
    expect((await retire(FORWARDED)).status).not.toBe(403);
    expect((await retire({ Host: 'pacs.example' })).status).toBe(403);
  });
});
