/**
 * One UID that several sites have: a study's, or that of an instance which they have in different studies. Instances of one study that
 * several sites have say no more than the study. It is none, and only listed, when all that is not shown is an addition.
 */
export interface Conflict {
  level: 'study' | 'instance';
  uid: string;
  /** Each site that has it, the one that is shown first. */
  sites: readonly {
    siteId: number;
    isShown: boolean;
    /** Of a study: all of its series are found in the one that is shown. */
    isAddition: boolean;
    instanceCount: number;
  }[];
}
