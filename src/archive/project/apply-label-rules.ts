import type { Annotations } from '../../catalog/annotations.js';
import type { Change, InstanceRecord } from '../../catalog/catalog.js';
import { type LabelRule, type LabelRuleFacts, labelsByRules } from '../../catalog/label-rules.js';

/**
 * Sets the labels that the rules have for what a block announces, before the block is applied: nobody sees a study without them. One
 * that was taken away by hand is not set again.
 */
export async function applyLabelRules(
  { annotations, labelRules }: { annotations: Annotations; labelRules: readonly LabelRule[] },
  changes: readonly Change[],
): Promise<void> {
  if (labelRules.length === 0) return;
  for (const change of changes) {
    if (change.kind !== 'announced') continue;
    const { record } = change;
    const labels = labelsByRules(labelRules, factsOf(record));
    const { StudyInstanceUID } = record;
    await annotations.addLabels({ StudyInstanceUID, labels, setBy: 'rule' }, { unlessRemoved: true });
  }
}

const TAGS = {
  Modality: '00080060',
  BodyPartExamined: '00180015',
  IssuerOfPatientID: '00100021',
  InstitutionName: '00080080',
} as const;

function factsOf({ siteId, study, series, instance }: InstanceRecord): LabelRuleFacts {
  const value = (tag: string): string => {
    const [first] = (series[tag] ?? study[tag] ?? instance[tag])?.Value ?? [];
    return typeof first === 'string' ? first.trim() : '';
  };
  return {
    Modality: value(TAGS.Modality),
    BodyPartExamined: value(TAGS.BodyPartExamined),
    IssuerOfPatientID: value(TAGS.IssuerOfPatientID),
    InstitutionName: value(TAGS.InstitutionName),
    siteId: String(siteId),
  };
}
