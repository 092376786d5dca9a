import { describeAttacks } from './testing/attack-suite.js';
import { startEmbedded } from './testing/attacked-chains.js';

describeAttacks('One member against three sites, on an embedded chain', startEmbedded);
