// About 270 s.
import { startEmbedded } from './testing/attacked-chains.js';
import { describeAttacks } from './testing/attack-suite.js';

describeAttacks('One member against three sites, on an embedded chain', {
  startChain: startEmbedded,
  makesEmptyBlocks: false,
});
