import { accept } from '../ask/accept.js';
import { partsOf } from '../ask/multipart.js';
import { dataSetsOf, firstOf, itemsOf, type JsonDataSet, personName } from '../judge/data-sets.js';
import { must, requireStatus } from '../judge/require-status.js';
import { MAIN_STUDY } from '../made/made-data.js';
import { type MadeInstance, pathOf } from '../made/made-instance.js';
import type { Checked, Group, Row } from '../row.js';

async function metadataOf({ server }: Checked, made: MadeInstance): Promise<JsonDataSet> {
  const dataSets = dataSetsOf(requireStatus(await server.get(`${pathOf(made)}/metadata`, accept.json), 200));
  must(dataSets.length === 1 && dataSets[0], `The array has ${dataSets.length} data sets, not 1.`);
  return dataSets[0];
}

/** A row that judges the metadata of the first slice. */
const of = (
  name: string,
  section: string,
  sentence: string,
  judge: (dataSet: JsonDataSet) => void,
  level: Row['level'] = 'MUST',
): Row => ({
  name,
  level,
  section,
  sentence,
  check: async (checked) => judge(await metadataOf(checked, checked.data.main.first)),
});

const LEVELS = {
  study: ({ data: { main } }: Checked) => ({ path: `/studies/${main.study}`, made: main.all }),
  series: ({ data: { main } }: Checked) => ({
    path: `/studies/${main.study}/series/${main.first.series}`,
    made: [main.first, main.second],
  }),
  instance: ({ data: { main } }: Checked) => ({ path: pathOf(main.first), made: [main.first] }),
};

const LEVEL_ROWS: Row[] = Object.entries(LEVELS).map(([level, asked]) => ({
  name: `metadata-${level}`,
  level: 'MUST',
  section: 'PS3.18 §10.4.1.1.2, §F.2.1',
  sentence: `Metadata of a ${level} are one array with a data set for each instance.`,
  check: async (checked) => {
    const { path, made } = asked(checked);
    const dataSets = dataSetsOf(requireStatus(await checked.server.get(`${path}/metadata`, accept.json), 200));
    const uids = dataSets.map((one) => firstOf(one, '00080018')).sort();
    must(
      uids.join() ===
        made
          .map(({ instance }) => instance)
          .sort()
          .join(),
      `The array has ${dataSets.length} data sets, or not those of the ${made.length} instances.`,
    );
  },
}));

const NAME_ROWS: Row[] = ['ISO_IR 100', 'ISO_IR 192', 'ISO 2022 IR 87'].map((characterSet, index) => ({
  name: `metadata-name-${characterSet.toLowerCase().replace(/[ _]/g, '-')}`,
  level: 'MUST',
  section: 'PS3.18 §F.2, §8.8',
  sentence: `A PatientName in ${characterSet} comes in UTF-8, in its component group.`,
  check: async (checked) => {
    const named = checked.data.named[index];
    must(named, 'Nothing was made.');
    const dataSet = await metadataOf(checked, named.instance);
    const name = personName(dataSet['00100010']?.Value?.[0], named.part);
    must(name === named.name, `The ${named.part} part is "${name}", not "${named.name}".`);
  },
}));

export const retrieveMetadata: Group = {
  title: 'Retrieve: metadata',
  rows: [
    ...LEVEL_ROWS,
    of('metadata-keys', 'PS3.18 §F.2.2', 'Keys are tags of eight upper-case hexadecimal digits.', (dataSet) => {
      const wrong = Object.keys(dataSet).find((key) => !/^[0-9A-F]{8}$/.test(key));
      must(wrong === undefined, `A key is "${wrong}".`);
    }),
    of('metadata-order', 'PS3.18 §F.2.2', 'Keys are in ascending order.', (dataSet) => {
      const keys = Object.keys(dataSet);
      must(keys.join() === [...keys].sort().join(), 'They are not.');
    }),
    of(
      'metadata-no-group-2',
      'PS3.18 §10.4.1.1.2',
      'There is no File Meta Information (group 0002) in it.',
      (dataSet) => {
        const own = Object.keys(dataSet).filter((key) => key.startsWith('0002'));
        must(own.length === 0, `There is ${own.join(', ')}.`);
      },
    ),
    of('metadata-no-group-length', 'PS3.18 §F.2.2', 'There are no group lengths (gggg,0000) in it.', (dataSet) => {
      const own = Object.keys(dataSet).filter((key) => key.endsWith('0000'));
      must(own.length === 0, `There is ${own.join(', ')}.`);
    }),
    of('metadata-vr', 'PS3.18 §F.2.2', 'Each attribute has its VR.', (dataSet) => {
      const wrong = Object.entries(dataSet).find(([, attribute]) => !/^[A-Z]{2}$/.test(String(attribute?.vr)));
      must(!wrong, `${wrong?.[0]} has the VR ${String(wrong?.[1]?.vr)}.`);
    }),
    of(
      'metadata-one-form',
      'PS3.18 §F.2.2',
      'Each attribute has at most one of Value, BulkDataURI and InlineBinary.',
      (dataSet) => {
        const forms = ['Value', 'BulkDataURI', 'InlineBinary'];
        const wrong = Object.entries(dataSet).find(([, own]) => forms.filter((form) => form in (own ?? {})).length > 1);
        must(!wrong, `${wrong?.[0]} has several.`);
      },
    ),
    of('metadata-text', 'PS3.18 §F.2.3', 'Text and codes are those that were stored.', (dataSet) => {
      must(
        firstOf(dataSet, '00081030') === MAIN_STUDY.StudyDescription,
        `StudyDescription is "${firstOf(dataSet, '00081030')}".`,
      );
      must(
        (dataSet['00080008']?.Value ?? []).join() === 'ORIGINAL,PRIMARY,AXIAL',
        'ImageType has not its three values.',
      );
    }),
    of('metadata-person-name', 'PS3.18 §F.2.2', 'A person name is an object with its component groups.', (dataSet) => {
      const name = personName(dataSet['00100010']?.Value?.[0], 'Alphabetic');
      must(name === MAIN_STUDY.PatientName, `Alphabetic is "${name}".`);
    }),
    of('metadata-numbers', 'PS3.18 Table F.2.3-1', 'Values of US are numbers.', (dataSet) => {
      must(dataSet['00280010']?.Value?.[0] === 24, `Rows is ${JSON.stringify(dataSet['00280010'])}.`);
    }),
    of(
      'metadata-number-strings',
      'PS3.18 Table F.2.3-1',
      'Values of DS and IS are numbers or strings, each value of its own.',
      (dataSet) => {
        const { Value: position = [] } = dataSet['00200032'] ?? {};
        must(
          position.map(Number).join() === '-16,-12,2.5',
          `ImagePositionPatient is ${JSON.stringify(dataSet['00200032'])}.`,
        );
        must(Number(firstOf(dataSet, '00200013')) === 1, `InstanceNumber is ${JSON.stringify(dataSet['00200013'])}.`);
      },
    ),
    of('metadata-empty', 'PS3.18 §F.2.5', 'An attribute without a value is there, without Value.', (dataSet) => {
      const empty = dataSet['00181030'];
      must(empty, 'ProtocolName (0018,1030), which was stored empty, is missing.');
      must(empty.Value === undefined, `It has the Value ${JSON.stringify(empty.Value)}.`);
    }),
    of('metadata-sequence', 'PS3.18 §F.2.2', 'A sequence is an array of its items.', (dataSet) => {
      const [item] = itemsOf(dataSet, '00400275');
      must(
        firstOf(item, '00400009') === 'STEP1',
        'ScheduledProcedureStepID is not in the item of RequestAttributesSequence.',
      );
    }),
    of('metadata-private', 'PS3.18 §10.4.1.1.2', 'Private attributes are in it, with their creator.', (dataSet) => {
      must(firstOf(dataSet, '00090010') === 'DICOMWEB SUITE', 'The private creator (0009,0010) is missing.');
      const value = dataSet['00091001'];
      const { InlineBinary } = value ?? {};
      const bytes = Buffer.from(typeof InlineBinary === 'string' ? InlineBinary : '', 'base64');
      const text = firstOf(dataSet, '00091001') ?? bytes.toString().trim();
      must(text === 'private value' || value?.BulkDataURI, `(0009,1001) is ${JSON.stringify(value)}.`);
    }),
    of(
      'metadata-no-pixels',
      'PS3.18 §10.4.1.1.2',
      'Pixel Data are a BulkDataURI in it, or not in it at all.',
      (dataSet) => {
        const pixels = dataSet['7FE00010'];
        must(
          !pixels || (pixels.Value === undefined && pixels.InlineBinary === undefined),
          'They stand in it as a value.',
        );
      },
    ),
    ...NAME_ROWS,
    {
      name: 'metadata-xml',
      level: 'MUST',
      section: 'PS3.18 Table 8.7.3-2, PS3.19 §A.1',
      sentence: 'Metadata come in XML, one part for each instance, when Accept asks for it.',
      check: async ({ server, data: { main } }) => {
        const answer = requireStatus(
          await server.get(`/studies/${main.study}/series/${main.first.series}/metadata`, accept.xml),
          200,
        );
        const parts = partsOf(answer).map(({ body }) => body.toString('utf8'));
        must(parts.length === 2, `There are ${parts.length} parts for two instances.`);
        for (const text of parts)
          must(
            /<NativeDicomModel[\s>]/.test(text) && text.includes('keyword="PatientName"'),
            'A part is no NativeDicomModel with a PatientName.',
          );
      },
    },
  ],
};
