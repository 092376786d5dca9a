import type { DataSet } from '../../testing/dicomweb-client.js';

const text = (vr: string, ...Value: unknown[]) => ({ vr, ...(Value.length > 0 && { Value }) });
const code = (value: string, meaning: string): DataSet => ({
  '00080100': text('SH', value),
  '00080102': text('SH', '99TEST'),
  '00080104': text('LO', meaning),
});

/** A workitem as PS3.4 Table CC.2.5-3 wants it for N-CREATE; `over` replaces or adds attributes. */
export function newWorkitem(over: DataSet = {}): DataSet {
  return {
    '00081080': text('LO'),
    '00081084': text('SQ'),
    '00100010': text('PN', { Alphabetic: 'Muster^Erika' }),
    '00100020': text('LO', 'P-1'),
    '00100030': text('DA', '19700102'),
    '00100040': text('CS', 'F'),
    '00101002': text('SQ'),
    '0020000D': text('UI', '2.25.7'),
    '00380010': text('LO'),
    '00380014': text('SQ'),
    '00400400': text('LT'),
    '00404005': text('DT', '20260131101500'),
    '00404018': text('SQ', code('110005', 'Interpretation')),
    '00404021': text('SQ'),
    '00404025': text('SQ'),
    '00404026': text('SQ'),
    '00404027': text('SQ'),
    '00404041': text('CS', 'READY'),
    '0040A370': text('SQ', { '00080050': text('SH', 'A-17') }),
    '00741000': text('CS', 'SCHEDULED'),
    '00741002': text('SQ'),
    '00741200': text('CS', 'MEDIUM'),
    '00741202': text('LO', 'Reading'),
    '00741204': text('LO', 'Read the CT'),
    '00741210': text('SQ'),
    '00741216': text('SQ'),
    ...over,
  };
}

/** What was done, as a workitem needs it before it is COMPLETED (PS3.4 §CC.2.5.1.1). */
export const performed: DataSet = {
  '00741216': text('SQ', {
    '00404019': text('SQ', code('110005', 'Interpretation')),
    '00404028': text('SQ', code('ST1', 'Station 1')),
    '00404033': text('SQ', { '0020000D': text('UI', '2.25.8') }),
    '00404050': text('DT', '20260131102000'),
    '00404051': text('DT', '20260131103000'),
  }),
};

/** Why it was not done, as a workitem needs it before it is CANCELED. */
export const discontinued: DataSet = {
  '00741002': text('SQ', {
    '00404052': text('DT', '20260131102500'),
    '0074100E': text('SQ', code('110514', 'Incorrect worklist entry selected')),
  }),
};

/** The payload of a change of state (PS3.4 Table CC.2.1-1). */
export const stateOf = (state: string, transactionUID?: string): DataSet => ({
  '00741000': text('CS', state),
  ...(transactionUID !== undefined && { '00081195': text('UI', transactionUID) }),
});
