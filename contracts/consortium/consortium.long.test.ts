import { describe, it } from '@jest/globals';
import fc from 'fast-check';
import { consortiumSteps, expectAsModel } from '../testing/consortium-property.js';

describe('the consortium', () => {
  it('answers any sequence of calls as its model does: governors, proposals, replacements, roles', async () => {
    await fc.assert(fc.asyncProperty(consortiumSteps, expectAsModel), { numRuns: 40 });
  });
});
