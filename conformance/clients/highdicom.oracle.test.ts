import path from 'node:path';
import { sampleFolder } from '../../src/dicom/testing/sample-files.js';
import { describePythonClient } from '../testing/python-client.js';

const slices = (): string[] =>
  [100, 101, 102, 103].map((number) => path.join(sampleFolder, `mr-structural/N2D_0${number}.dcm`));

describePythonClient("highdicom's segmentations and maps", {
  script: 'highdicom-pixels.py',
  parameters: slices,
  checks: {
    store_sources: 1,
    binary_segmentation: 26,
    fractional_segmentation: 64,
    label_map: 8,
    parametric_map: 33,
  },
});

describePythonClient("highdicom's reports, captures, presentation states and key objects", {
  script: 'highdicom-documents.py',
  parameters: slices,
  checks: { store_sources: 1, structured_report: 19, secondary_capture: 20, presentation_state: 6, key_objects: 4 },
});
