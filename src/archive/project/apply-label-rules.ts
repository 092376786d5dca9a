import type { Annotations } from '../../catalog/annotations.js';
import type { InstanceRecord } from '../../catalog/change.js';
import { type LabelRule, type LabelRuleFacts, labelsByRules } from '../../catalog/label-rules.js';

/**
 * Sets the labels that the rules have for the study of what is announced, before it is in the catalogue: nobody sees a study without
 * them. One that was taken away by hand is not set again.
 */
export async function applyLabelRules(
  { annotations, labelRules }: { annotations: Annotations; labelRules: readonly LabelRule[] },
  siteId: number,
  record: InstanceRecord,
): Promise<void> {
  if (labelRules.length === 0) return;
  const labels = labelsByRules(labelRules, factsOf(siteId, record));
  const { StudyInstanceUID } = record;
  await annotations.addLabels({ siteId, StudyInstanceUID, labels, setBy: 'rule' }, { unlessRemoved: true });
}

const TAGS = {
  Modality: '00080060',
  BodyPartExamined: '00180015',
  IssuerOfPatientID: '00100021',
  InstitutionName: '00080080',
} as const;

function factsOf(siteId: number, { study, series, instance }: InstanceRecord): LabelRuleFacts {
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
