import { crc32, deflateSync } from 'node:zlib';

/** Bytes of a JPEG marker segment after its length. */
const MAX_SEGMENT_BYTES = 65_533;
const PNG_HEADER_BYTES = 33;

/** The PNG or JPEG with an ICC profile in it (PNG §11.3.2.3, ICC.1 §B.4). A profile is of at most 16 MB. */
export function embedIcc(file: Buffer, profile: Uint8Array): Buffer {
  const isPng = file[0] === 0x89;
  const at = isPng ? PNG_HEADER_BYTES : jfifEnd(file);
  return Buffer.concat([
    file.subarray(0, at),
    ...(isPng ? [pngChunk(profile)] : jpegSegments(profile)),
    file.subarray(at),
  ]);
}

/** A JFIF marker stands before all others. */
function jfifEnd(jpeg: Buffer): number {
  return jpeg.readUInt16BE(2) === 0xffe0 ? 4 + jpeg.readUInt16BE(4) : 2;
}

function jpegSegments(profile: Uint8Array): Buffer[] {
  const name = Buffer.from('ICC_PROFILE\0');
  const partBytes = MAX_SEGMENT_BYTES - name.length - 2;
  const count = Math.ceil(profile.length / partBytes);
  return Array.from({ length: count }, (_, index) => {
    const part = profile.subarray(index * partBytes, (index + 1) * partBytes);
    const head = Buffer.from([0xff, 0xe2, 0, 0]);
    head.writeUInt16BE(2 + name.length + 2 + part.length, 2);
    return Buffer.concat([head, name, Buffer.from([index + 1, count]), part]);
  });
}

function pngChunk(profile: Uint8Array): Buffer {
  const data = Buffer.concat([Buffer.from('iCCPicc\0\0', 'latin1'), deflateSync(profile)]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length - 4);
  check.writeUInt32BE(crc32(data));
  return Buffer.concat([length, data, check]);
}
