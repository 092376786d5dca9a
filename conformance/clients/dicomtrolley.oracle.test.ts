import path from 'node:path';
import { sampleFolder } from '../../src/dicom/testing/sample-files.js';
import { describePythonClient } from '../testing/python-client.js';

describePythonClient('dicomtrolley', {
  script: 'dicomtrolley-client.py',
  parameters: () =>
    [
      'pydicom/CT_small.dcm',
      'pydicom/MR_small_RLE.dcm',
      'pydicom/SC_rgb_rle.dcm',
      'wg04/CT1_J2KR.dcm',
      'mr-structural/N2D_0001.dcm',
      'mr-structural/N2D_0002.dcm',
    ].map((name) => path.join(sampleFolder, name)),
  checks: {
    store: 1,
    find_studies: 19,
    find_by_date: 6,
    find_fields: 10,
    find_levels: 17,
    wado_rs: 180,
    wado_rs_metadata: 12,
    wado_uri_one_by_one: 46,
    wado_uri_in_threads: 19,
    download: 38,
  },
});
