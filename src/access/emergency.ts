/** HL7 v3 ActReason: emergency treatment, and break the glass. */
export const EMERGENCY_PURPOSES = ['ETREAT', 'BTG'] as const;

/** Why somebody sees more than is theirs. For the record of use; the reason may name a patient, so no log has it. */
export interface Emergency {
  purpose: (typeof EMERGENCY_PURPOSES)[number];
  reason: string;
  /** When that of a session is over, in milliseconds since 1970; one without it is that of a single request. */
  endsAt?: number;
}

/** How long the emergency of a session lasts, unless it is ended before. */
export const EMERGENCY_MINUTES = 60;
