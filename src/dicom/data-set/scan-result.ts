import type { Identity } from './attributes.js';
import type { InstanceHeader } from './header.js';

/** What became of reading a Part 10 file; what is wrong with it is a value. Messages are sentences without patient attributes. */
export type ScanResult =
  | { kind: 'header'; header: InstanceHeader; identity: Identity; warnings: string[] }
  | {
      kind: 'refused';
      reason: 'cannot-understand' | 'data-set-mismatch';
      message: string;
      SOPClassUID?: string;
      SOPInstanceUID?: string;
    };
