import { describe, expect, it } from '@jest/globals';
import type { Request } from 'express';
import { negotiate, type Offer } from './negotiate.js';

const explicitLE = '1.2.840.10008.1.2.1';
const jpeg = '1.2.840.10008.1.2.4.50';

const jsonOffers: Offer<string>[] = ['application/dicom+json', 'application/json'].map((mediaType) => ({
  mediaType,
  multipart: false,
  value: mediaType,
}));

/** Of an instance stored as JPEG baseline that can also be decoded. */
const objectOffers: Offer<string>[] = [true, false].flatMap((multipart) => {
  const form = multipart ? 'multipart' : 'single';
  const mediaType = 'application/dicom';
  return [
    { mediaType, multipart, transferSyntaxes: [], value: `${form} best` },
    { mediaType, multipart, transferSyntaxes: ['', explicitLE], value: `${form} explicit` },
    { mediaType, multipart, transferSyntaxes: ['*', jpeg], value: `${form} stored` },
  ];
});

const frameOffers: Offer<string>[] = [true, false].flatMap((multipart) => {
  const form = multipart ? 'multipart' : 'single';
  const opaque = 'application/octet-stream';
  return [
    { mediaType: opaque, multipart, transferSyntaxes: ['', explicitLE], value: `${form} explicit` },
    { mediaType: 'image/jpeg', multipart, transferSyntaxes: ['', '*', jpeg], preferred: true, value: `${form} jpeg` },
    { mediaType: opaque, multipart, transferSyntaxes: ['*', jpeg], value: `${form} stored` },
  ];
});

const pictureOffers: Offer<string>[] = [
  { mediaType: 'image/jpeg', multipart: false, value: 'jpeg' },
  { mediaType: 'image/png', multipart: false, value: 'png' },
  { mediaType: 'application/octet-stream', multipart: true, value: 'jpeg for bulk' },
];

const related = 'multipart/related';

function ask(offers: Offer<string>[], accept: string | undefined, query = ''): string {
  const request = { headers: { accept }, originalUrl: `/x${query}` } as unknown as Request;
  try {
    return negotiate(request, offers).value;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('negotiate', () => {
  it('asks whether an offer can be had only where a request wants it, and takes the next one if not', () => {
    const asked: string[] = [];
    const offers = ['image/jls', 'image/jp2', 'image/jpeg'].map((mediaType) => ({
      ...{ mediaType, multipart: false, value: mediaType },
      isPossible: () => {
        asked.push(mediaType);
        return mediaType !== 'image/jls';
      },
    }));
    expect(ask(offers, 'image/jls, image/jpeg;q=0.5')).toBe('image/jpeg');
    expect(asked).toEqual(['image/jls', 'image/jpeg']);
    expect(() => negotiate({ headers: { accept: 'a/b' }, originalUrl: '/' } as unknown as Request, offers)).toThrow(
      /Ask for one of: image\/jp2, image\/jpeg\.$/,
    );
  });

  it.each<[string | undefined, string]>([
    [undefined, 'application/dicom+json'],
    ['', 'application/dicom+json'],
    ['*/*', 'application/dicom+json'],
    ['*', 'application/dicom+json'],
    ['application/*', 'application/dicom+json'],
    ['application/json', 'application/json'],
    ['APPLICATION/DICOM+JSON', 'application/dicom+json'],
    ['application/json, application/dicom+json', 'application/json'],
    ['application/json;q=0.5, application/dicom+json;q=0.9', 'application/dicom+json'],
    ['application/json;q=0.5, */*;q=0.1', 'application/json'],
    ['application/dicom+json;q=0, */*', 'application/json'],
    ['text/html, */*;q=0.8', 'application/dicom+json'],
    [`application/dicom+json, ${related}; type=application/octet-stream; transfer-syntax=*`, 'application/dicom+json'],
    [`${related}; type="application/octet-stream", application/dicom+json`, 'application/dicom+json'],
    ['application/dicom+json; transfer-syntax=*', 'application/dicom+json'],
    ['nonsense, application/json', 'application/json'],
    ['application/json;q=2, application/dicom+json;q=0.1', 'application/dicom+json'],
    [`${related}; type="application/dicom+xml"`, 'not-acceptable'],
    ['application/dicom+xml', 'not-acceptable'],
    ['application/dicom+json;q=0, application/json;q=0', 'not-acceptable'],
    ['nonsense', 'not-acceptable'],
  ])('chooses for metadata with Accept %j: %s', (accept, expected) => {
    expect(ask(jsonOffers, accept)).toBe(expected);
  });

  it.each<[string | undefined, string]>([
    [undefined, 'multipart best'],
    ['*/*', 'multipart best'],
    ['application/*', 'single best'],
    ['application/dicom', 'single explicit'],
    ['application/dicom; transfer-syntax=*', 'single stored'],
    [`application/dicom; transfer-syntax="${jpeg}"`, 'single stored'],
    [`application/dicom; transfer-syntax=1.2.3`, 'not-acceptable'],
    [related, 'multipart best'],
    [`${related}; type=application/dicom`, 'multipart explicit'],
    [`${related}; type="application/dicom"`, 'multipart explicit'],
    [`Multipart/Related; Type="Application/DICOM"`, 'multipart explicit'],
    [`${related};type = "application/dicom" ; transfer-syntax = * `, 'multipart stored'],
    [`${related}; type=" application/dicom "; transfer-syntax="*"`, 'multipart stored'],
    [`${related}; type="application/dicom"; transfer-syntax=${explicitLE}`, 'multipart explicit'],
    [`${related}; type="application/dicom; transfer-syntax=${jpeg}"`, 'multipart stored'],
    [`${related}; type="application/dicom;transfer-syntax=*"`, 'multipart stored'],
    [`${related}; type="application/\\dicom"; transfer-syntax=*`, 'multipart stored'],
    [`${related}; type="application/dicom"; transfer-syntax=1.2.3; transfer-syntax=*`, 'multipart stored'],
    [`${related}; type="application/dicom"; transfer-syntax=*; transfer-syntax=${explicitLE}`, 'multipart stored'],
    [`${related}; type="application/dicom"; transfer-syntax=1.2.3`, 'not-acceptable'],
    [`${related}; type="application/dicom"; q=0.1, application/dicom`, 'single explicit'],
    [`${related}; type="application/octet-stream"`, 'not-acceptable'],
  ])('chooses for an instance with Accept %j: %s', (accept, expected) => {
    expect(ask(objectOffers, accept)).toBe(expected);
  });

  it.each<[string | undefined, string]>([
    [undefined, 'multipart explicit'],
    [`${related}; type=application/octet-stream; transfer-syntax=*`, 'multipart stored'],
    [`${related}; type="application/octet-stream"; transfer-syntax="*"`, 'multipart stored'],
    [`${related}; type="image/*"`, 'multipart jpeg'],
    [`${related}; type=image/*; transfer-syntax=*`, 'multipart jpeg'],
    [`${related}; type="image/jpeg"; transfer-syntax="${jpeg}"; transfer-syntax="*"`, 'multipart jpeg'],
    [`${related}; type=image/dicom+jpeg`, 'multipart jpeg'],
    [`${related}; type="image/jls", ${related}; type="image/jpeg"`, 'multipart jpeg'],
    [`${related}; type=application/octet-stream, ${related}; type=image/jpeg`, 'multipart jpeg'],
    [`${related}; type=application/octet-stream, ${related}; type=image/jpeg;q=0.9`, 'multipart explicit'],
    ['application/octet-stream', 'single explicit'],
    ['application/octet-stream; transfer-syntax=*', 'single stored'],
    ['image/jpeg', 'single jpeg'],
    ['image/png', 'not-acceptable'],
    [`image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.70`, 'not-acceptable'],
  ])('chooses for a frame with Accept %j: %s', (accept, expected) => {
    expect(ask(frameOffers, accept)).toBe(expected);
  });

  it.each<[string | undefined, string, string]>([
    ['image/jpeg', '?viewport=256%2C256', 'jpeg'],
    ['image/jxl,image/avif,image/webp,*/*;q=0.8', '', 'jpeg'],
    ['image/*', '', 'jpeg'],
    ['image/png,image/jpeg', '', 'png'],
    [`${related}; type="application/octet-stream"`, '', 'jpeg for bulk'],
    [`${related}; type="application/octet-stream"`, '?accept=image%2Fjpeg', 'jpeg'],
    ['image/jpeg', '?accept=image/png', 'png'],
    ['image/jpeg', '?accept=image/gif', 'jpeg'],
    ['image/jpeg', '?accept=image/gif,image/png', 'png'],
    ['image/jpeg', '?accept=image/gif&accept=image/png', 'png'],
    ['image/gif', '?accept=image/tiff', 'not-acceptable'],
  ])('lets the accept parameter win over Accept %j: %j gives %s', (accept, query, expected) => {
    expect(ask(pictureOffers, accept, query)).toBe(expected);
  });

  it('reads a raw plus in the accept parameter', () => {
    expect(ask([...jsonOffers].reverse(), '*/*', '?accept=application/dicom+json')).toBe('application/dicom+json');
  });

  it('takes the transferSyntax parameter when the media type names none', () => {
    expect(ask(objectOffers, 'application/dicom', '?transferSyntax=*')).toBe('single stored');
    expect(ask(objectOffers, `application/dicom;transfer-syntax=${explicitLE}`, '?transferSyntax=*')).toBe(
      'single explicit',
    );
    expect(ask(objectOffers, 'application/dicom', '?transferSyntax=1.2.3')).toBe('not-acceptable');
  });

  it('gives no other type for one that there is, in a transfer syntax that there is not', () => {
    const query = '?accept=application/dicom;transfer-syntax=1.2.3';
    expect(ask(objectOffers, '*/*', query)).toBe('not-acceptable');
    expect(ask(objectOffers, '*/*', `${query},${related};type=application/dicom`)).toBe('multipart explicit');
    expect(ask(objectOffers, '*/*', '?accept=text/html')).toBe('multipart best');
  });

  it('says what is available', () => {
    const request = { headers: { accept: 'image/gif' }, originalUrl: '/x' } as unknown as Request;
    expect(() => negotiate(request, objectOffers)).toThrow(
      /image\/gif.*multipart\/related; type="application\/dicom"; transfer-syntax=\*.*application\/dicom; transfer-syntax=\*/,
    );
  });
});
