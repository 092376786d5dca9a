/** Why a row is not met: the answer is wrong, or the server does not offer what the standard leaves to it. */
export type UnmetKind = 'wrong' | 'not-offered';

/** What a check throws. `message` is a sentence on what came instead. */
export class Unmet extends Error {
  constructor(
    message: string,
    readonly kind: UnmetKind = 'wrong',
  ) {
    super(message);
    this.name = 'Unmet';
  }
}
