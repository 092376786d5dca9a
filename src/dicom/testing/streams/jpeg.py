"""Streams of JPEG (.50 .51 .57 .70): dcmtk and libjpeg-turbo write, dcmtk reads, the originals are what is without loss."""

import io

import imagecodecs
import pydicom
from PIL import Image
from pydicom.encaps import encapsulate

from pictures import attributes, dataset, decoded, described, emit, first_frame, picture, run, written

BASELINE, EXTENDED, LOSSLESS, SV1 = [f"1.2.840.10008.1.2.4.{end}" for end in (50, 51, 57, 70)]

pictures = {
    "8 bits": (picture(29, 37, 8), 8),
    "12 bits": (picture(31, 23, 12), 12),
    "12 bits, signed": (picture(17, 40, 12, signed=True), 12),
    "16 bits": (picture(33, 19, 16), 16),
    "16 bits, signed": (picture(18, 27, 16, signed=True), 16),
    "16 bits of noise": (picture(16, 16, 16, kind="noise"), 16),
    "16 bits of extremes": (picture(16, 16, 16, kind="extremes"), 16),
    "colour": (picture(21, 34, 8, samples=3), 8),
    "one pixel": (picture(1, 1, 12), 12),
    "one row": (picture(1, 45, 8, kind="patches"), 8),
    "one column": (picture(45, 1, 16, kind="patches"), 16),
}


def by_dcmtk(name, array, bits, *options, photometric=None):
    made = pydicom.dcmread(run("dcmcjpeg", *options, written(dataset(array, bits, photometric=photometric))))
    syntax = made.file_meta.TransferSyntaxUID
    plain = pydicom.dcmread(run("dcmdjpeg", made.filename))
    found = decoded(plain)
    if syntax in (LOSSLESS, SV1) and "+pt" not in options:
        assert (found == array).all(), name
    # Selection values that .70 does not allow come under its name too.
    for said in {syntax, SV1 if syntax == LOSSLESS else syntax}:
        emit(name, said, described(made), first_frame(made), found, photometric=plain.PhotometricInterpretation)


for kind, (array, bits) in pictures.items():
    by_dcmtk(f"lossless, {kind}, selection value 1", array, bits, "+e1")
    for value in range(1, 8):
        by_dcmtk(f"lossless, {kind}, selection value {value}", array, bits, "+el", "+sv", value)
    for shift in (1, 3):
        by_dcmtk(f"lossless, {kind}, point transform {shift}", array, bits, "+el", "+sv", 6, "+pt", shift)
        by_dcmtk(f"lossless, {kind}, point transform {shift}", array, bits, "+e1", "+pt", shift)

gray, colour = picture(37, 45, 8), picture(37, 45, 8, samples=3)
for quality in (30, 90, 100):
    by_dcmtk(f"baseline, quality {quality}", gray, 8, "+eb", "+q", quality)
    for sampling in ("+s2", "+s4", "+n2", "+n1", "+np", "+cr"):
        by_dcmtk(f"baseline, colour {sampling}, quality {quality}", colour, 8, "+eb", sampling, "+q", quality)
by_dcmtk("baseline, standard tables", colour, 8, "+eb", "-ho")
by_dcmtk("extended, 8 bits", gray, 8, "+ee", "+be")
by_dcmtk("extended, 8 bits in colour", colour, 8, "+ee", "+be")
for bits in (10, 12, 16):
    for quality in (50, 95):
        by_dcmtk(f"extended, 12 bits of {bits}, quality {quality}", picture(41, 26, bits), bits, "+ee", "+bt", "+q", quality)


def by_libjpeg(name, stream, *, photometric, said=None, syntax=BASELINE):
    """A stream of libjpeg-turbo as dcmdjpeg decodes it when the data set says `photometric`; ours says `said`."""
    made = dataset(colour, 8, photometric=photometric)
    made.file_meta.TransferSyntaxUID = syntax
    made.PixelData = encapsulate([stream + bytes(len(stream) % 2)])
    plain = pydicom.dcmread(run("dcmdjpeg", written(made)))
    found = decoded(plain)
    image = attributes(colour, 8, photometric=said or photometric)
    emit(name, syntax, image, stream, found, photometric=plain.PhotometricInterpretation)


def pillow(**options):
    file = io.BytesIO()
    Image.fromarray(colour).save(file, "JPEG", **options)
    return file.getvalue()


def without_markers(stream):
    """Neither JFIF nor Adobe say what the components are."""
    at = 2
    while stream[at + 1] in (0xE0, 0xEE):
        at += 2 + int.from_bytes(stream[at + 2 : at + 4], "big")
    return stream[:2] + stream[at:]


for subsampling in ("4:4:4", "4:2:2", "4:2:0", "4:1:1"):
    for name, more in {
        "": {},
        ", restart markers": {"restart_marker_blocks": 2},
        ", optimized": {"optimize": True},
        ", progressive, which is not allowed but seen": {"progressive": True},
    }.items():
        by_libjpeg(f"baseline {subsampling}{name}", pillow(subsampling=subsampling, **more), photometric="YBR_FULL_422")
    stream = without_markers(pillow(subsampling=subsampling))
    by_libjpeg(f"baseline {subsampling} without markers", stream, photometric="YBR_FULL_422")
    by_libjpeg(f"baseline {subsampling} as YBR_FULL", stream, photometric="YBR_FULL")
    # Pillow and pydicom believe JFIF and subsampling; dcmtk and gdcm believe the data set.
    by_libjpeg(f"baseline {subsampling}, said to be RGB", pillow(subsampling=subsampling), photometric="YBR_FULL", said="RGB")
rgb = pillow(keep_rgb=True)
by_libjpeg("baseline RGB with the Adobe marker", rgb, photometric="RGB")
by_libjpeg("baseline RGB without markers", without_markers(rgb), photometric="RGB")
# dcmdjpeg believes the data set and shows other colours; gdcm, pylibjpeg and Pillow believe the stream.
said = attributes(colour, 8, photometric="YBR_FULL")
emit("baseline RGB, said to be YBR_FULL", BASELINE, said, rgb, decoded(said, BASELINE, rgb, "gdcm"), photometric="RGB")

# Another encoder, of every precision from 2 bits on.
for bits in range(2, 17):
    for value in range(1, 8):
        array = picture(13, 22, bits, kind="noise" if value == 4 else "smooth")
        stream = imagecodecs.jpeg8_encode(array, lossless=True, predictor=value, bitspersample=bits)
        syntax = SV1 if value == 1 else LOSSLESS
        emit(f"libjpeg-turbo, {bits} bits, selection value {value}", syntax, attributes(array, bits), stream, array)
