import { describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import { createStatements } from './statements.js';

describe('createStatements', () => {
  it('keeps the two hundred that were used last', () => {
    const { prepared } = createStatements(new Database(':memory:'));
    const [first, second] = [prepared('SELECT 1'), prepared('SELECT 2')];
    for (let number = 3; number <= 200; number++) prepared(`SELECT ${number}`);
    expect(prepared('SELECT 1')).toBe(first);
    prepared('SELECT 201');
    expect(prepared('SELECT 1')).toBe(first);
    expect(prepared('SELECT 2')).not.toBe(second);
  });
});
