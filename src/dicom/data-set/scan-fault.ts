import { LedgerError } from '../../base/errors.js';

/** Says why one instance cannot be read. `scanPart10` turns it into a refusal; anywhere else it is a `corrupt` error. */
export class ScanFault extends LedgerError {
  constructor(message: string) {
    super('corrupt', message);
    this.name = 'ScanFault';
  }
}
