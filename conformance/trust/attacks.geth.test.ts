import { describeAttacks } from './testing/attack-suite.js';
import { startThreeGeths } from './testing/attacked-chains.js';

describeAttacks('One member against three sites, on three geth nodes', startThreeGeths);
