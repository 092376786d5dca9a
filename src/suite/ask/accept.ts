/** Accept headers as most clients send them. */
export const accept = {
  json: 'application/dicom+json',
  xml: 'multipart/related; type="application/dicom+xml"',
  dicom: 'multipart/related; type="application/dicom"',
  stored: 'multipart/related; type="application/dicom"; transfer-syntax=*',
  singleDicom: 'application/dicom',
  bulk: 'multipart/related; type="application/octet-stream"',
} as const;
