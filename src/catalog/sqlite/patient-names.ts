import { type MatchingKeys } from '../matching/matching-keys.js';
import { nameWords } from '../matching/fold-name.js';
import { soundex } from '../matching/soundex.js';
import { TAGS } from '../matching/tags.js';
import type { Connection } from './database.js';

/** Prepares keeping the names of patients by section, as they are written and as their words sound. */
export function preparePatientNames(db: Connection) {
  const addName = db.prepare(`
    INSERT INTO patient_name AS n (name, section_id, since) VALUES (?, ?, ?)
    ON CONFLICT (name, section_id) DO UPDATE SET since = min(n.since, excluded.since)`);
  const addSound = db.prepare(`
    INSERT INTO patient_sound AS n (sound, section_id, since) VALUES (?, ?, ?)
    ON CONFLICT (sound, section_id) DO UPDATE SET since = min(n.since, excluded.since)`);
  const drop = ['patient_name', 'patient_sound'].map((table) =>
    db.prepare(`DELETE FROM ${table} WHERE section_id = ?`),
  );
  return {
    add: (keys: MatchingKeys, sectionId: number, since: number): void => {
      const names = (keys[TAGS.PatientName] ?? []).filter((name) => typeof name === 'string');
      for (const name of names) addName.run(name, sectionId, since);
      const sounds = new Set(names.flatMap(nameWords).flatMap((word) => soundex(word) ?? []));
      for (const sound of sounds) addSound.run(sound, sectionId, since);
    },
    drop: (sectionId: number): void => {
      for (const statement of drop) statement.run(sectionId);
    },
  };
}
