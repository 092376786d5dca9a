import type { RequestHandler } from 'express';
import type { QueryLevel } from './qido/qido-keys.js';
import { countMatches, search } from './qido/search.js';
import type { KeptAnswers } from './message/kept-answers.js';
import { missing, routesOf, type Answer, type Route } from './route.js';
import { STUDIES_DESCRIPTION } from './studies-description.js';
import { listImages, sendImage } from './uploads/store-images.js';
import { retrieveAllBulkData, retrievePixelData } from './wado/retrieve-all-bulk-data.js';
import { retrieveBulkData } from './wado/retrieve-bulk-data.js';
import { retrieveByUri } from './wado/retrieve-by-uri.js';
import { retrieveFrames } from './wado/retrieve-frames.js';
import { retrieveInstances } from './wado/retrieve-instances.js';
import { retrieveMetadata } from './wado/retrieve-metadata.js';
import { retrieveRendered } from './wado/retrieve-rendered.js';
import { retrieveThumbnail } from './wado/retrieve-thumbnail.js';

const ACCESS = { permission: 'read', writes: false, audit: 'access' } as const;
const QUERY = { work: 'search', permission: 'read', writes: false, audit: 'query' } as const;

/**
 * The rows by which images are found and read below a DICOMweb root: that of all sites, and that of each one. They are one list, so that
 * the two cannot differ. `by` says of which archive they answer; `answers` are kept for all of them.
 */
export function readingRoutes(
  root: string,
  {
    by,
    answers,
    compressesFrames,
  }: { by: (answer: Answer) => RequestHandler; answers: KeptAnswers; compressesFrames: boolean },
): Route[] {
  const compressed = compressesFrames ? answers : undefined;
  const metadata = by((seen, call) => retrieveMetadata(seen, { ...call, answers }));
  const searchOf = (level: QueryLevel): RequestHandler => by((seen, call) => search(seen, { ...call, level }));
  const countOf = (level: QueryLevel): RequestHandler => by((seen, call) => countMatches(seen, { ...call, level }));
  const studies = `${root}/studies`;
  const study = `${studies}/:study`;
  const series = `${study}/series/:series`;
  const instance = `${series}/instances/:instance`;
  const frames = `${instance}/frames/:frames`;
  const images = `${root}/patients/:PatientID/images`;
  return [
    ...routesOf({ service: 'Count matches', ...QUERY, ...STUDIES_DESCRIPTION.count }, [
      ['GET', `${root}/patients/count`, countOf('patient')],
      ['GET', `${studies}/count`, countOf('study')],
      ['GET', `${root}/series/count`, countOf('series')],
      ['GET', `${root}/instances/count`, countOf('instance')],
      ['GET', `${study}/series/count`, countOf('series')],
      ['GET', `${study}/instances/count`, countOf('instance')],
      ['GET', `${series}/instances/count`, countOf('instance')],
    ]),

    ...routesOf({ service: 'Search (PS3.18 §10.6)', ...QUERY, ...STUDIES_DESCRIPTION.search }, [
      ['GET', studies, searchOf('study')],
      ['GET', `${root}/series`, searchOf('series')],
      ['GET', `${root}/instances`, searchOf('instance')],
      ['GET', `${study}/series`, searchOf('series')],
      ['GET', `${study}/instances`, searchOf('instance')],
      ['GET', `${series}/instances`, searchOf('instance')],
    ]),

    ...routesOf({ service: 'Search for patients', ...QUERY, ...STUDIES_DESCRIPTION.search }, [
      ['GET', `${root}/patients`, searchOf('patient')],
    ]),

    ...routesOf({ service: 'Retrieve (PS3.18 §10.4.1.1.1)', ...ACCESS, ...STUDIES_DESCRIPTION.instances }, [
      ['GET', study, by(retrieveInstances)],
      ['GET', series, by(retrieveInstances)],
    ]),
    ...routesOf({ service: 'Retrieve (PS3.18 §10.4.1.1.1)', ...ACCESS, ...STUDIES_DESCRIPTION.instance }, [
      ['GET', instance, by(retrieveInstances)],
    ]),

    ...routesOf({ service: 'Retrieve metadata (PS3.18 §10.4.1.1.2)', ...ACCESS, ...STUDIES_DESCRIPTION.metadata }, [
      ['GET', `${study}/metadata`, metadata],
      ['GET', `${series}/metadata`, metadata],
      ['GET', `${instance}/metadata`, metadata],
    ]),

    ...routesOf({ service: 'Retrieve rendered (PS3.18 §10.4.1.1.3)', ...ACCESS, ...STUDIES_DESCRIPTION.rendered }, [
      ['GET', `${study}/rendered`, by(retrieveRendered)],
      ['GET', `${series}/rendered`, by(retrieveRendered)],
      ['GET', `${instance}/rendered`, by(retrieveRendered)],
      ['GET', `${frames}/rendered`, by(retrieveRendered)],
    ]),

    ...routesOf({ service: 'Retrieve thumbnails (PS3.18 §10.4.1.1.4)', ...ACCESS, ...STUDIES_DESCRIPTION.thumbnails }, [
      ['GET', `${study}/thumbnail`, by(retrieveThumbnail)],
      ['GET', `${series}/thumbnail`, by(retrieveThumbnail)],
      ['GET', `${instance}/thumbnail`, by(retrieveThumbnail)],
      ['GET', `${frames}/thumbnail`, by(retrieveThumbnail)],
    ]),

    ...routesOf({ service: 'Retrieve bulk data (PS3.18 §10.4.1.1.5)', ...ACCESS, ...STUDIES_DESCRIPTION.allBulkData }, [
      ['GET', `${study}/bulkdata`, by(retrieveAllBulkData)],
      ['GET', `${series}/bulkdata`, by(retrieveAllBulkData)],
      ['GET', `${instance}/bulkdata`, by(retrieveAllBulkData)],
    ]),
    ...routesOf({ service: 'Retrieve bulk data (PS3.18 §10.4.1.1.5)', ...ACCESS, ...STUDIES_DESCRIPTION.bulkData }, [
      ['GET', `${instance}/bulkdata/*path`, by(retrieveBulkData)],
    ]),

    ...routesOf(
      { service: 'Retrieve pixel data (PS3.18 §10.4.1.1.6)', ...ACCESS, ...STUDIES_DESCRIPTION.allBulkData },
      [
        ['GET', `${study}/pixeldata`, by(retrievePixelData)],
        ['GET', `${series}/pixeldata`, by(retrievePixelData)],
      ],
    ),
    ...routesOf({ service: 'Retrieve pixel data (PS3.18 §10.4.1.1.6)', ...ACCESS, ...STUDIES_DESCRIPTION.frames }, [
      ['GET', `${instance}/pixeldata`, by(retrievePixelData)],
    ]),

    ...routesOf({ service: 'Retrieve frames (PS3.18 §10.4.1.1.6)', ...ACCESS, ...STUDIES_DESCRIPTION.frames }, [
      ['GET', frames, by((seen, call) => retrieveFrames(seen, { ...call, compressed }))],
    ]),

    ...routesOf({ service: 'Images (JPG and PNG)', ...ACCESS, ...STUDIES_DESCRIPTION.listOfPictures }, [
      ['GET', images, by(listImages)],
    ]),
    ...routesOf({ service: 'Images (JPG and PNG)', ...ACCESS, ...STUDIES_DESCRIPTION.picture }, [
      ['GET', `${images}/:name`, by(sendImage)],
    ]),

    ...routesOf({ service: 'URI service (PS3.18 §9)', ...ACCESS, ...STUDIES_DESCRIPTION.byUri }, [
      ['GET', `${root}/wado`, by(retrieveByUri), 'RetrieveByUri'],
    ]),

    ...missing(
      'Rendering of reformatted planes (PS3.18 §10.4.1.1.7)',
      [study, series, instance, frames].map((parent) => `${parent}/renderedMPR`),
    ),
    ...missing(
      'Rendering of volumes (PS3.18 §10.4.1.1.8)',
      [study, series, instance, frames].map((parent) => `${parent}/rendered3D`),
    ),
  ];
}
