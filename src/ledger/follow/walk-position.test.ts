import { describe, expect, it } from '@jest/globals';
import type { BlockRef } from '../ethereum/block-ref.js';
import type { BlockStep, ChainStep } from '../ledger.js';
import { createWalkPosition, type WalkPosition } from './walk-position.js';

const blockOf = (number: bigint, branch = 'a'): BlockRef => ({ number, hash: `0x${branch.repeat(62)}0${number}` });
const stepTo = (block: BlockRef): BlockStep => ({
  ...{ kind: 'block', block, parentHash: '0x00', timestamp: block.number, events: [] },
});
async function* stepsOf(...steps: ChainStep[]): AsyncGenerator<ChainStep> {
  yield* steps;
}
const positionOf = ({ lastBlock, branch }: WalkPosition) => ({ lastBlock, branch });

describe('createWalkPosition', () => {
  it('moves on when the next step is asked for, and is on another branch after a rollback', async () => {
    const position = createWalkPosition();
    expect(position.lastBlock).toBeUndefined();
    const [two, other] = [blockOf(2n), blockOf(2n, 'b')];
    const rollback: ChainStep = { kind: 'rollback', to: blockOf(1n), blocks: [stepTo(other)] };
    const steps = position.along(undefined, stepsOf(stepTo(blockOf(1n)), stepTo(two), rollback));
    const { branch } = position;
    const seen = [];
    for await (const step of steps) seen.push([step.kind, positionOf(position)]);
    expect(seen).toEqual([
      ['block', { lastBlock: undefined, branch }],
      ['block', { lastBlock: blockOf(1n), branch }],
      ['rollback', { lastBlock: two, branch }],
    ]);
    expect(position.lastBlock).toEqual(other);
    expect(position.branch).not.toBe(branch);
  });

  it('is on the same branch when a walk goes on where another has ended, and else on another', async () => {
    const position = createWalkPosition();
    for await (const step of position.along(undefined, stepsOf(stepTo(blockOf(1n))))) expect(step.kind).toBe('block');
    const { branch } = position;
    for await (const step of position.along(blockOf(1n), stepsOf(stepTo(blockOf(2n))))) expect(step.kind).toBe('block');
    expect(position.branch).toBe(branch);
    // Its step was taken in, but it broke off before it could say so.
    for await (const step of position.along(blockOf(2n), stepsOf(stepTo(blockOf(3n))))) if (step.kind) break;
    await position.along(blockOf(3n), stepsOf()).next();
    expect(positionOf(position)).toEqual({ lastBlock: blockOf(3n), branch: expect.any(Number) as unknown });
    expect(position.branch).not.toBe(branch);
  });
});
