import type { QuarantinedAnnouncement } from '../../archive/archive.js';

/** Why something is in quarantine, for people; `docs/operations/quarantine.md` says what to do. */
export const REASONS: Record<QuarantinedAnnouncement['reason'], string> = {
  unreadable: 'It cannot be read',
  'too-large': 'Its header is too large',
  'image-key': 'Its key is that of another image',
  'patient-key': 'Its key is that of another patient',
  'study-key': 'Its study key is that of another study or patient',
  'foreign-issuer': 'Another site speaks for the issuer of its patient ID',
  preview: 'Its preview is no picture',
  'timed-out': 'Reading it took too long',
  'stopped-the-server': 'The server ended while it read it, twice',
  bytes: 'Its bytes are not what was announced',
  picture: 'Its preview does not look like its picture',
};
