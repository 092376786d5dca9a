// About 500 s.
import { startThreeGeths } from './testing/attacked-chains.js';
import { describeAttacks } from './testing/attack-suite.js';

describeAttacks('One member against three sites, on three geth nodes', {
  startChain: startThreeGeths,
  makesEmptyBlocks: true,
});
