import type { Group } from './row.js';
import { capabilitiesRows } from './rows/capabilities-rows.js';
import { commitmentRows } from './rows/commitment-rows.js';
import { httpRules } from './rows/http-rules.js';
import { mediaTypes } from './rows/media-types.js';
import { otherServices } from './rows/other-services.js';
import { retrieveBulkData } from './rows/retrieve-bulk-data.js';
import { retrieveFrames } from './rows/retrieve-frames.js';
import { retrieveInstances } from './rows/retrieve-instances.js';
import { retrieveMetadata } from './rows/retrieve-metadata.js';
import { retrieveRendered } from './rows/retrieve-rendered.js';
import { retrieveThumbnails } from './rows/retrieve-thumbnails.js';
import { searchMatching } from './rows/search-matching.js';
import { searchPaging } from './rows/search-paging.js';
import { searchTargets } from './rows/search-targets.js';
import { storeForms } from './rows/store-forms.js';
import { storeMetadata } from './rows/store-metadata.js';
import { storeRefusals } from './rows/store-refusals.js';
import { storeRows } from './rows/store-rows.js';
import { uriService } from './rows/uri-service.js';
import { worklistRows } from './rows/worklist-rows.js';

/** All of the suite, in the order in which it is checked: what is stored first is asked for later. */
export const GROUPS: readonly Group[] = [
  storeRows,
  storeForms,
  storeRefusals,
  storeMetadata,
  mediaTypes,
  httpRules,
  capabilitiesRows,
  uriService,
  retrieveInstances,
  retrieveFrames,
  retrieveMetadata,
  retrieveBulkData,
  retrieveRendered,
  retrieveThumbnails,
  searchTargets,
  searchMatching,
  searchPaging,
  worklistRows,
  otherServices,
  commitmentRows,
];
