/** One instance cannot be read. Becomes a refused value in `scanPart10`; the message is a sentence without patient attributes. */
export class ScanFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ScanFault';
  }
}
