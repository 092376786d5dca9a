import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import type { Archive } from '../../archive/archive.js';
import type { AcceptanceState } from '../../archive/store/acceptance-state.js';
import { httpAppOver } from '../testing/http-app-over.js';
import { multipartOf, refused, stored, uploadApp, type Fate } from '../testing/upload-app.js';

const id = '1b671a64-40d5-491e-99b0-da01ff1f3341';
const link = `<http://h/ledger/receipts/${id}>; rel="status"`;

describe('linkReceipt', () => {
  const send = (fates: Fate[]) => {
    const uploads = uploadApp();
    uploads.receipt = id;
    return request(uploads.app)
      .post('/dicom-web/studies')
      .set('Content-Type', 'multipart/related; type="application/dicom"; boundary=b')
      .send(multipartOf(fates));
  };

  it('names the receipt of what was accepted, and the resource as ever', async () => {
    for (const fates of [[stored()], [stored(), refused('duplicateSopInstance', '1.2.9')]]) {
      const { headers } = await send(fates);
      expect(headers).toMatchObject({ link, location: 'http://h/dicom-web/studies/1.1' });
    }
  });

  it('names none when nothing was accepted, and when the answer has waited for the chain', async () => {
    expect((await send([refused('duplicateSopInstance', '1.2.9')])).headers).not.toHaveProperty('link');
    const uploads = uploadApp();
    const answer = await request(uploads.app)
      .post('/dicom-web/studies')
      .set('Content-Type', 'application/dicom')
      .send('x');
    expect([answer.status, answer.headers.link]).toEqual([200, undefined]);
  });

  it('names the receipt of uploaded images, single and of a form', async () => {
    const uploads = uploadApp();
    uploads.receipt = id;
    const single = request(uploads.app)
      .post('/dicom-web/studies?PatientID=P')
      .set('Content-Type', 'image/png')
      .send('x');
    const form = request(uploads.app).post('/dicom-web/patients/P/images').attach('f', Buffer.from('x'), 'x.png');
    for (const { status, headers } of [await single, await form]) expect([status, headers.link]).toEqual([200, link]);
  });
});

describe('sendAcceptance', () => {
  const state: AcceptanceState = {
    issuedAt: '2026-01-01T00:00:00.000Z',
    instances: [
      { SOPInstanceUID: '1.2.3', state: 'final' },
      { SOPInstanceUID: '1.2.4', state: 'refused', reason: 0x0111, message: 'Another content is stored.' },
    ],
  };
  const app = httpAppOver({ acceptance: async (of: string) => (of === id ? state : undefined) } as Archive);

  it('tells where each instance stands, with reasons as DICOM writes them', async () => {
    const answer = await request(app).get(`/ledger/receipts/${id}`);
    expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'no-store']);
    expect(answer.body).toEqual({
      issuedAt: state.issuedAt,
      instances: [state.instances[0], { ...state.instances[1], reason: '0111' }],
    });
  });

  it('answers 404 for an unknown receipt and 405 for another method', async () => {
    const { status, headers } = await request(app).get('/ledger/receipts/1b671a64');
    expect([status, headers['content-type']]).toEqual([404, 'application/problem+json']);
    expect((await request(app).post(`/ledger/receipts/${id}`)).status).toBe(405);
  });
});
