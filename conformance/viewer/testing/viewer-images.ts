import sharp from 'sharp';
import { ctSlice, newUid } from '../../testing/make-dicom.js';

/** What of a study a test looks for in the viewer. */
export interface SampleSeries {
  StudyInstanceUID: string;
  SeriesInstanceUID: string;
  /** In the order of InstanceNumber. */
  SOPInstanceUIDs: string[];
  files: Buffer[];
}

/** A CT series of `count` slices, 2.5 mm apart; each has another window, so that no two previews are equal. */
export function ctSeries({
  count,
  ...patient
}: {
  count: number;
  PatientID: string;
  PatientName: object[];
}): SampleSeries {
  const [StudyInstanceUID, SeriesInstanceUID, FrameOfReferenceUID] = [newUid(), newUid(), newUid()];
  const SOPInstanceUIDs = Array.from({ length: count }, newUid);
  const files = SOPInstanceUIDs.map((SOPInstanceUID, at) =>
    ctSlice(
      {
        ...patient,
        StudyInstanceUID,
        SeriesInstanceUID,
        FrameOfReferenceUID,
        SOPInstanceUID,
        InstanceNumber: String(at + 1),
        ImagePositionPatient: ['-80', '-80', String(at * 2.5)],
        ImageOrientationPatient: ['1', '0', '0', '0', '1', '0'],
        PixelSpacing: ['1.25', '1.25'],
        SliceThickness: '2.5',
        RescaleIntercept: '0',
        WindowCenter: String(1000 + 50 * at),
        WindowWidth: '2000',
      },
      { size: 128 },
    ),
  );
  return { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUIDs, files };
}

/** A gray JPEG that looks somewhat like a chest X-ray: two dark lungs, a spine, a heart. */
export function chestLikeJpeg(): Promise<Buffer> {
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="768">
    <defs><radialGradient id="lung"><stop offset="0" stop-color="#181818"/><stop offset="1" stop-color="#6a6a6a"/></radialGradient></defs>
    <rect width="640" height="768" fill="#8c8c8c"/>
    <ellipse cx="190" cy="380" rx="120" ry="270" fill="url(#lung)"/>
    <ellipse cx="450" cy="380" rx="120" ry="270" fill="url(#lung)"/>
    <rect x="295" y="40" width="50" height="700" fill="#d0d0d0"/>
    <ellipse cx="380" cy="500" rx="110" ry="130" fill="#c0c0c0"/>
  </svg>`;
  return sharp(Buffer.from(drawing)).grayscale().jpeg({ quality: 90 }).toBuffer();
}
