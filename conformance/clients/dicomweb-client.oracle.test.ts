// About 90 s.
import { describePythonClient, filesForPydicom } from '../testing/python-client.js';

// Thumbnails are not in the API of this client.
describePythonClient("What Python's dicomweb-client retrieves", {
  script: 'dicomweb-client-retrieve.py',
  parameters: filesForPydicom,
  checks: {
    store_instances: 8,
    retrieve_instance: 160,
    retrieve_series: 250,
    retrieve_study: 250,
    retrieve_study_decoded: 50,
    retrieve_metadata: 280,
    retrieve_bulkdata: 120,
    retrieve_decoded_bulkdata: 4,
    retrieve_frames: 8,
    retrieve_rendered: 29,
    lookup: 75,
  },
});

describePythonClient("What Python's dicomweb-client stores, finds and deletes", {
  script: 'dicomweb-client-search.py',
  parameters: () => filesForPydicom().filter((file) => !/(RG2|SC1|NM1|VL1)_/.test(file)),
  checks: {
    store_instances: 8,
    store_without_preamble: 5,
    search_for_studies: 125,
    search_fuzzily: 8,
    search_for_fields: 6,
    search_for_series: 45,
    search_for_instances: 85,
    delete: 8,
  },
});

describePythonClient('Pictures that pydicom makes of metadata and decoded frames', {
  script: 'dicomweb-client-colours.py',
  parameters: () => filesForPydicom().filter((file) => !/(RG2|SC1)_UNC/.test(file)),
  checks: { sample_files: 70, rgb: 8, ybr_full: 4, ybr_full_422: 1, palette: 6, gray_of_other_depths: 3 },
});
