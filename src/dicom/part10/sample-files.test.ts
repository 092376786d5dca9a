import { describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { fileSource } from '../../base/byte-source.js';
import { decodeHeader, encodeHeader } from '../metadata/encode-header.js';
import { toDicomJson } from '../metadata/json.js';
import { scanPart10 } from './part10.js';
import { sampleFiles, sampleFolder, unstorable } from '../testing/sample-files.js';
import type { ScanResult } from '../data-set/validate.js';

async function scan(file: string): Promise<ScanResult> {
  const handle = await open(path.join(sampleFolder, file));
  const result = await scanPart10(fileSource(handle, (await handle.stat()).size));
  await handle.close();
  return result;
}

(existsSync(sampleFolder) || process.env['CI'] ? describe : describe.skip)(
  'The sample files beside the checkout',
  () => {
    const files = ['mr-structural', 'wg04', 'pydicom'].flatMap(sampleFiles);

    it('are read but for six, and 263 of them are the first with their UID', async () => {
      const refused: string[] = [];
      const uids = new Map<string, string>();
      let same = 0;
      for (const file of files) {
        const result = await scan(file);
        if (result.kind === 'refused') {
          refused.push(file);
          continue;
        }
        const { header, identity } = result;
        expect(decodeHeader(encodeHeader(header))).toEqual(header);
        expect(Object.keys(toDicomJson(header, { bulkDataUri: (at) => at })).length).toBeGreaterThan(10);
        const content = header.transferSyntaxUID + header.dataSetSha256;
        if (uids.get(identity.SOPInstanceUID) === content) same++;
        if (!uids.has(identity.SOPInstanceUID)) uids.set(identity.SOPInstanceUID, content);
      }
      expect(refused).toEqual(unstorable);
      expect({ files: files.length, first: uids.size, same }).toEqual({ files: 286, first: 263, same: 2 });
    });
  },
);
