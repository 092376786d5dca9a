// About 40 s.
import { embeddedBed } from './testing/embedded-ledger.js';
import { describeLedgerConviction } from './testing/ledger-conviction-suite.js';
import { describeLedgerRivals } from './testing/ledger-rivals-suite.js';
import { describeLedger } from './testing/ledger-suite.js';
import { describeLedgerTrust } from './testing/ledger-trust-suite.js';

describeLedger('Ledger on the embedded chain, a block at once', embeddedBed(0));
describeLedger('Ledger on the embedded chain, a block a second', embeddedBed(1_000));
describeLedgerTrust('Trust of a Ledger on the embedded chain', embeddedBed(0));
describeLedgerConviction('Convictions of a Ledger on the embedded chain', embeddedBed(0));
describeLedgerRivals('Rivals of a Ledger on the embedded chain', embeddedBed(0));
