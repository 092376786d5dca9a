/** Values that have hurt programs before. */
export const NUMBERS = [
  0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 4095, 4096, 32767, 32768, 65534, 65535,
];

export const LENGTHS = [
  0, 1, 2, 3, 7, 4095, 4096, 4097, 65534, 65535, 65536, 0x7ffffffe, 0x7fffffff, 0x80000000, 0xfffffff0, 0xfffffffe,
  0xffffffff,
];

export const VRS = (
  'AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV ' +
  'ob ZZ ?? 00'
).split(' ');

export const TRANSFER_SYNTAXES = (
  '1.2.840.10008.1.2 1.2.840.10008.1.2.1 1.2.840.10008.1.2.2 1.2.840.10008.1.2.1.99 1.2.840.10008.1.2.5 ' +
  '1.2.840.10008.1.2.4.50 1.2.840.10008.1.2.4.51 1.2.840.10008.1.2.4.57 1.2.840.10008.1.2.4.70 ' +
  '1.2.840.10008.1.2.4.80 1.2.840.10008.1.2.4.81 1.2.840.10008.1.2.4.90 1.2.840.10008.1.2.4.91 ' +
  '1.2.840.10008.1.2.4.100 1.2.840.10008.1.2.4.102 1.2.840.10008.1.2.4.201 1.2.840.10008.1.2.4.202 ' +
  '1.2.840.10008.1.2.4.203 1.2.840.10008.1.2.1.98 1.2.3 __proto__'
).split(' ');

/** Tags that much depends on: identity, character set, pixels, counts, sequences, private creators, delimiters. */
export const TAGS = [
  0x00000000, 0x00020010, 0x00080005, 0x00080016, 0x00080018, 0x00080060, 0x00080201, 0x00100010, 0x00100020,
  0x0020000d, 0x0020000e, 0x00200013, 0x00280002, 0x00280004, 0x00280006, 0x00280008, 0x00280010, 0x00280011,
  0x00280100, 0x00280101, 0x00280102, 0x00280103, 0x00281050, 0x00281053, 0x00281101, 0x00281201, 0x00281221,
  0x00283000, 0x00283006, 0x00283010, 0x00420011, 0x00420012, 0x00090010, 0x00091001, 0x52009229, 0x52009230,
  0x54000100, 0x60000010, 0x60003000, 0x7fe00001, 0x7fe00008, 0x7fe00009, 0x7fe00010, 0xfffee000, 0xfffee00d,
  0xfffee0dd, 0xffffffff,
];

const of = (text: string, count: number): string => text.repeat(count);

export const TEXTS = [
  '',
  ' ',
  '\0',
  '\\',
  of('\\', 500),
  '=',
  of('=', 500),
  of('^', 500),
  `${of(' ', 3000)}x`,
  `${of('9', 3000)}x`,
  `${of('0', 3000)}1`,
  '*',
  `${of('*a', 40)}b`,
  of('a', 3000),
  of('?', 500),
  '[',
  '[!a',
  '-',
  '--',
  '20200101-',
  '-20200101',
  '99999999-00000000',
  '19000000000000.000000-9999',
  '000000.000000-999999.999999',
  '__proto__',
  'constructor',
  'toString',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' OR 1=1 --",
  '../../../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  'C:\\windows\\system32',
  '%00',
  '\r\nSet-Cookie: a=b',
  '\u001b$B',
  '\u001b-F\xff',
  '\u001b$)C\xb1\xe8',
  'é\u0301\ufeff\u202e',
  '\ud800',
  '1e999',
  '-1e-999',
  'NaN',
  'Infinity',
  '0x10',
  '99999999999999999999',
  '-2147483649',
  '1.2.840.10008.5.1.4.1.1.7',
  '1..2',
  '.',
  of('1.', 40),
  'ISO_IR 192',
  'ISO_IR 100',
  '\\ISO 2022 IR 87',
  'ISO 2022 IR 149',
  'GB18030',
  'ISO_IR 6\\ISO_IR 999',
  'SIGMOID',
  'PALETTE COLOR',
  'YBR_FULL_422',
  'YBR_RCT',
  'MONOCHROME1',
  'RGB',
];
