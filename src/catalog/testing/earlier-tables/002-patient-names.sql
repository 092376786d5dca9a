-- Groups of PatientName by section, folded as they are searched: a name is found without reading the JSON of every study.
CREATE TABLE patient_name (
  name TEXT NOT NULL,
  section_id INTEGER NOT NULL REFERENCES section,
  since INTEGER NOT NULL,
  PRIMARY KEY (name, section_id)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO patient_name (name, section_id, since)
  SELECT n.value, x.id, x.since FROM section x, json_each(x.keys, '$."00100010"') n;
CREATE INDEX patient_name_since ON patient_name (since);

CREATE INDEX study_section ON study (section_id) WHERE instance_count > 0;
CREATE INDEX patient_section ON patient (section_id) WHERE instance_count > 0;
