import { describe, expect, it } from '@jest/globals';
import { bufferSource } from '../../base/byte-source.js';
import { object, part10, sequence, text, type HandMade } from '../testing/hand-made.js';
import { scanPart10 } from '../part10/part10.js';
import { readReport, type Report } from './report.js';
import { reportHtml, reportText, reportXml } from './report-text.js';

const code = (tag: number, meaning: string, value = 'C-1') =>
  sequence(tag, [[text(0x00080100, 'SH', value), text(0x00080102, 'SH', '99TEST'), text(0x00080104, 'LO', meaning)]]);
const item = (type: string, name: string, ...more: HandMade[]): HandMade[] =>
  [text(0x0040a040, 'CS', type), code(0x0040a043, name), ...more].sort((a, b) => a.tag - b.tag);

async function read(items: HandMade[][], ...more: HandMade[]): Promise<Report> {
  const content = [
    text(0x00100010, 'PN', 'Muster^Erika'),
    text(0x0040a491, 'CS', 'COMPLETE'),
    code(0x0040a043, 'Chest report'),
    sequence(0x0040a730, items),
    ...more,
  ];
  const file = part10(object(...content));
  const result = await scanPart10(bufferSource(file));
  if (result.kind === 'refused') throw new Error(result.message);
  return readReport(result.header, bufferSource(file));
}

describe('readReport', () => {
  it('reads each type of content item', async () => {
    const { title, facts, items } = await read([
      item('TEXT', 'Finding', text(0x0040a160, 'UT', 'Clear lungs.')),
      item(
        'NUM',
        'Diameter',
        sequence(0x0040a300, [[code(0x004008ea, 'millimeter', 'mm'), text(0x0040a30a, 'DS', '12.50')]]),
      ),
      item('NUM', 'Count', sequence(0x0040a300, [[code(0x004008ea, 'no units', '1'), text(0x0040a30a, 'DS', '3')]])),
      item('CODE', 'Side', code(0x0040a168, 'Left')),
      item('DATE', 'On', text(0x0040a121, 'DA', '20240131')),
      item('PNAME', 'By', text(0x0040a123, 'PN', 'Doe^Jane')),
      item('UIDREF', 'Of', text(0x0040a124, 'UI', '1.2.3')),
      item('IMAGE', 'Source', sequence(0x00081199, [[text(0x00081155, 'UI', '1.2.9')]])),
      item('CONTAINER', 'More', sequence(0x0040a730, [item('TEXT', 'Inner', text(0x0040a160, 'UT', 'deep'))])),
    ]);
    expect(title).toBe('Chest report');
    expect(facts).toEqual([
      ['Patient', 'Muster Erika'],
      ['Completion', 'COMPLETE'],
    ]);
    expect(items.map(({ name, text: value }) => [name, value])).toEqual([
      ['Finding', 'Clear lungs.'],
      ['Diameter', '12.5 millimeter'],
      ['Count', '3'],
      ['Side', 'Left'],
      ['On', '2024-01-31'],
      ['By', 'Doe Jane'],
      ['Of', '1.2.3'],
      ['Source', 'IMAGE 1.2.9'],
      ['More', ''],
    ]);
    expect(items.at(-1)?.items).toEqual([{ name: 'Inner', text: 'deep', items: [] }]);
  });

  it('reads texts that are too long for the header', async () => {
    const long = 'Nothing unusual. '.repeat(500).trim();
    const { items } = await read([
      item('CONTAINER', 'All', sequence(0x0040a730, [item('TEXT', 'Finding', text(0x0040a160, 'UT', long))])),
    ]);
    expect(items[0]?.items[0]?.text).toBe(long);
  });
});

describe('reportHtml', () => {
  it('writes every value as text, whatever it holds', async () => {
    const evil = `<script>alert("1")</script><img src=x onerror='alert(1)'>&amp;\u0007`;
    const report = await read(
      [item('TEXT', evil, text(0x0040a160, 'UT', evil)), item('PNAME', 'By', text(0x0040a123, 'PN', evil))],
      text(0x00100020, 'LO', evil),
    );
    const html = reportHtml({ ...report, title: evil });
    expect(
      html.match(/<(?!\/?(html|head|meta|title|style|body|h1|table|tr|th|td|ul|li|p|b)[ >]|!DOCTYPE)/g),
    ).toBeNull();
    expect(html.match(/&lt;script&gt;alert\(&quot;1&quot;\)/g)).toHaveLength(6);
    expect(html).toContain('&amp;amp;');
    expect(html).not.toContain('\u0007');
  });

  it('is the same as XML that an XML parser reads, whatever it holds', async () => {
    const evil = `<a b="1">&amp;\u0007]]>\ufffe`;
    const report = await read([
      item('CONTAINER', 'All', sequence(0x0040a730, [item('TEXT', evil, text(0x0040a160, 'UT', evil))])),
    ]);
    const xml = reportXml(report);
    const quoted = '&lt;a b=&quot;1&quot;&gt;&amp;amp;\ufffd]]&gt;\ufffd';
    expect(xml).toBe(
      `<?xml version="1.0" encoding="UTF-8"?>\n<report>\n<title>Chest report</title>\n` +
        `<fact><name>Patient</name><text>Muster Erika</text></fact>\n<fact><name>Completion</name><text>COMPLETE</text></fact>\n` +
        `<item><name>All</name><text></text><item><name>${quoted}</name><text>${quoted}</text></item>\n</item>\n</report>\n`,
    );
  });

  it('is the same as text, indented', async () => {
    const report = await read([
      item('CONTAINER', 'All', sequence(0x0040a730, [item('TEXT', 'Finding', text(0x0040a160, 'UT', 'One\r\ntwo'))])),
    ]);
    expect(reportText(report)).toBe(
      'Chest report\nPatient: Muster Erika\nCompletion: COMPLETE\n\nAll\n  Finding: One\n    two\n',
    );
  });
});
