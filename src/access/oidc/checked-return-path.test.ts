import { describe, expect, it } from '@jest/globals';
import { checkedReturnPath } from './checked-return-path.js';

describe('checkedReturnPath', () => {
  it.each(['/', '/viewer?StudyInstanceUIDs=1.2', '/a/b#c', '/dicom-web/studies?x=%2F%2Fy'])(
    'leads back to %s',
    (path) => {
      expect(checkedReturnPath(path)).toBe(path);
    },
  );

  it.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/.//evil.example',
    '/x/..//evil.example',
    'javascript:alert(1)',
    'evil.example',
    '',
    '/http://[',
    `/${'x'.repeat(2000)}`,
    undefined,
    7,
    ['/a'],
  ])('leads to / and not to %p', (given) => {
    const path = checkedReturnPath(given);
    expect(new URL(path, 'https://here.example').origin).toBe('https://here.example');
    if (given !== '/http://[') expect(path).toBe('/');
  });
});
