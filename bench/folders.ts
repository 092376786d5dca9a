import path from 'node:path';
import { PROJECT_ROOT } from '../src/base/project-root.js';

/** Where reports are committed. */
export const REPORTS_FOLDER = path.join(PROJECT_ROOT, 'bench', 'reports');

/** Images for tests and benches, which lie beside the project. */
export const SAMPLES_FOLDER = path.join(PROJECT_ROOT, '..', 'shared', 'data');
