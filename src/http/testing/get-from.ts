import type { Express } from 'express';
import request from 'supertest';

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Asks an application for a path below its DICOMweb root; whatever comes is text. */
export function getFrom(app: Express): (path: string, headers?: Record<string, string>) => Promise<Answer> {
  return async (path, headers = {}) => {
    const response = await request(app)
      .get(`/dicom-web${path}`)
      .set(headers)
      .buffer(true)
      .parse((answer, done) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => done(null, Buffer.concat(chunks)));
      });
    return {
      status: response.status,
      headers: response.headers,
      body: String(response.body),
    };
  };
}
