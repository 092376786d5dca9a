import { readFile } from 'node:fs/promises';
import { LedgerError } from '../base/errors.js';
import { isLabel } from './annotations.js';

/** What a rule can ask of an instance that is announced, at this site or another. */
export const LABEL_RULE_FACTS = [
  'Modality',
  'BodyPartExamined',
  'IssuerOfPatientID',
  'InstitutionName',
  'siteId',
] as const;

/** By keyword; `siteId` is that of the announcement, in decimal. Empty for what the instance does not say. */
export type LabelRuleFacts = Readonly<Record<(typeof LABEL_RULE_FACTS)[number], string>>;

/** Sets a label on the study of an instance of which every fact that is named has one of the values that are named. */
export interface LabelRule {
  label: string;
  when: Partial<Record<keyof LabelRuleFacts, readonly string[]>>;
}

const MAX_RULES = 1000;

/** The labels that the rules set for an instance. Values are compared whole, and upper and lower case differ. */
export function labelsByRules(rules: readonly LabelRule[], facts: LabelRuleFacts): string[] {
  const isMet = ({ when }: LabelRule): boolean =>
    LABEL_RULE_FACTS.every((fact) => when[fact] === undefined || when[fact].includes(facts[fact]));
  return [...new Set(rules.filter(isMet).map(({ label }) => label))];
}

/**
 * Reads `[{"label": "trial-7", "when": {"Modality": ["MR"], "siteId": ["2"]}}]`. Throws `misconfigured`, with the number of the rule
 * that is wrong.
 */
export async function readLabelRules(file: string): Promise<LabelRule[]> {
  const wrong = (why: string, cause?: unknown): LedgerError =>
    new LedgerError('misconfigured', `LABEL_RULES_FILE ${file} ${why}; correct it and start again.`, { cause });
  let found: unknown;
  try {
    found = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw wrong(code === undefined ? 'is no JSON' : `cannot be read (${code})`, error);
  }
  if (!Array.isArray(found)) throw wrong('has to be a list of rules');
  if (found.length > MAX_RULES) throw wrong(`has ${found.length} rules; there may be ${MAX_RULES}`);
  return found.map((rule, index) => {
    const fault = faultOf(rule);
    if (fault !== undefined) throw wrong(`is wrong in rule ${index + 1}: ${fault}`);
    return rule as LabelRule;
  });
}

function faultOf(rule: unknown): string | undefined {
  const { label, when, ...rest } = (typeof rule === 'object' && rule !== null ? rule : {}) as Record<string, unknown>;
  if (typeof label !== 'string' || !isLabel(label))
    return '"label" has to be 1 to 64 letters, digits, dots, dashes or underscores';
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) return `"${unknown}" is unknown; a rule has "label" and "when"`;
  if (typeof when !== 'object' || when === null || Array.isArray(when) || Object.keys(when).length === 0)
    return '"when" has to name at least one attribute';
  for (const [fact, values] of Object.entries(when)) {
    if (!LABEL_RULE_FACTS.some((known) => known === fact))
      return `"${fact}" is unknown; "when" can name ${LABEL_RULE_FACTS.join(', ')}`;
    if (!Array.isArray(values) || !values.every((value) => typeof value === 'string'))
      return `"${fact}" has to be a list of texts`;
  }
  return undefined;
}
