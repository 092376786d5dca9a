// The order in which Jest starts test files: as Jest has it, and before all others those that say of themselves in their first line how
// long they take: `// About 270 s.` A machine that has never run them would start the longest of them last, and wait for it alone.
import { readFileSync } from 'node:fs';
import Sequencer from '@jest/test-sequencer';

const secondsOf = (file) => Number(/^\/\/ About (\d+) s\./.exec(readFileSync(file, 'utf8'))?.[1] ?? 0);

export default class SlowestFirst extends Sequencer {
  sort(tests) {
    const seconds = new Map(tests.map(({ path }) => [path, secondsOf(path)]));
    return super.sort(tests).sort((one, other) => seconds.get(other.path) - seconds.get(one.path));
  }
}
