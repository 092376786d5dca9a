import { describePythonClient, filesForPydicom } from '../testing/python-client.js';

// Thumbnails are not in the API of this client.
describePythonClient("Python's dicomweb-client", {
  script: 'dicomweb-client-api.py',
  parameters: filesForPydicom,
  checks: {
    store_instances: 8,
    store_without_preamble: 5,
    retrieve_instance: 160,
    retrieve_series: 250,
    retrieve_study: 250,
    retrieve_study_decoded: 50,
    retrieve_metadata: 290,
    retrieve_bulkdata: 120,
    retrieve_decoded_bulkdata: 4,
    retrieve_frames: 8,
    retrieve_rendered: 29,
    search_for_studies: 140,
    search_fuzzily: 8,
    search_for_fields: 6,
    search_for_series: 50,
    search_for_instances: 90,
    lookup: 75,
    delete: 8,
  },
});
