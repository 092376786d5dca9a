import { elementOf, type DataSet } from './data-set.js';
import { tagHex } from './dictionary.js';

/** A data set within a header's, with the path of what it holds (as in `BulkValue.path`). */
export interface Place {
  dataSet: DataSet;
  /** Empty at the top, else ends in `/`. */
  path: string;
}

/** Item `index`, from 0, of a sequence. */
export function itemAt({ dataSet, path }: Place, tag: number, index = 0): Place | undefined {
  const item = elementOf(dataSet, tag)?.items?.[index];
  return item && { dataSet: item, path: `${path}${tagHex(tag)}/${index}/` };
}
