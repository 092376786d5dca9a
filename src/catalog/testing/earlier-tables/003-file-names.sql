-- One uploaded file by its name, however many its patient has; one without a name goes by its UID.
CREATE INDEX instance_file_name ON instance (PatientID, coalesce(file_name, SOPInstanceUID), id)
  WHERE media_type <> 'application/dicom';
