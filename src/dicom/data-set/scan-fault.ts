import { LedgerError } from '../../base/errors.js';

/** One instance cannot be read. Becomes a refused value in `scanPart10`; elsewhere it is what it extends: `corrupt`. */
export class ScanFault extends LedgerError {
  constructor(message: string) {
    super('corrupt', message);
    this.name = 'ScanFault';
  }
}
