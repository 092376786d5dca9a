"""Streams of JPEG-LS (.80 .81) by two releases of CharLS and by dcmtk's: what has lost something is as CharLS finds it."""

import imagecodecs
import jpeg_ls
import numpy
import pydicom

from pictures import attributes, dataset, decoded, described, emit, first_frame, picture, run, written

LOSSLESS, NEAR = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"
KINDS = ("smooth", "noise", "flat", "patches", "extremes")


def found_in(stream, array, near):
    """What CharLS decodes, by pixel; the original where nothing may be lost."""
    if near == 0:
        return array
    found = imagecodecs.jpegls_decode(bytes(stream)).reshape(array.shape)
    assert numpy.abs(found.astype("int64") - array).max() <= near
    return found


def by_charls(name, array, bits, *, near=0, interleave=2):
    # The bits of signed samples are coded as they are.
    plain = (array.astype("int64") & (2**bits - 1)).astype(f"u{array.dtype.itemsize}")
    rows, columns = array.shape[:2]
    samples = array.shape[2] if array.ndim == 3 else 1
    # Colours that are not interleaved are given by plane.
    source = numpy.ascontiguousarray(plain if samples == 1 or interleave else plain.transpose(2, 0, 1)).tobytes()
    mode = interleave if samples > 1 else None
    # Its buffer is twice the picture: too small for a few pixels.
    if samples == 1 and bits in (8, 16):
        stream = imagecodecs.jpegls_encode(plain, level=near)
    else:
        stream = bytes(jpeg_ls.encode_buffer(source, rows, columns, samples, bits, near, mode))
    found = found_in(stream, plain, near)
    emit(f"{name}, near {near}, interleave {mode}", NEAR if near else LOSSLESS, attributes(array, bits), stream, found)


def by_dcmtk(name, array, bits, *options):
    made = pydicom.dcmread(run("dcmcjpls", *options, written(dataset(array, bits))))
    found = decoded(pydicom.dcmread(run("dcmdjpls", made.filename)))
    assert "+en" in options or (found == array).all(), name
    assert (found_in(first_frame(made), array, 5) == found).all() if "+en" in options else True, name
    emit(f"dcmtk, {name} {' '.join(map(str, options))}", made.file_meta.TransferSyntaxUID, described(made), first_frame(made), found)


def parts(stream):
    """What comes before the scan header, that header, and the scan."""
    start = stream.index(b"\xff\xda")
    end = start + 2 + int.from_bytes(stream[start + 2 : start + 4], "big")
    return stream[:start], stream[start:end], stream[end : stream.rindex(b"\xff\xd9")]


def with_restarts(array, bits, lines, near, interleave):
    """No encoder at hand writes restart markers, but each interval is coded as a picture of its own would be."""
    samples = array.shape[2] if array.ndim == 3 else 1
    strips = [numpy.ascontiguousarray(array[row : row + lines]) for row in range(0, len(array), lines)]
    made = [
        parts(bytes(jpeg_ls.encode_buffer(strip.tobytes(), len(strip), strip.shape[1], samples, bits, near, interleave)))
        for strip in strips
    ]
    header, scan_header, _ = made[0]
    rows = header.index(b"\xff\xf7") + 5
    header = header[:rows] + len(array).to_bytes(2, "big") + header[rows + 2 :]
    scans = b"".join(scan + (bytes([0xFF, 0xD0 + at % 8]) if at + 1 < len(made) else b"") for at, (*_, scan) in enumerate(made))
    stream = header + b"\xff\xdd\x00\x04" + lines.to_bytes(2, "big") + scan_header + scans + b"\xff\xd9"
    # CharLS reads them.
    found = imagecodecs.jpegls_decode(stream).reshape(array.shape)
    assert numpy.abs(found.astype("int64") - array).max() <= near
    name = f"{bits} bits, {samples} samples, a restart marker each {lines} lines, near {near}, interleave {interleave}"
    emit(name, NEAR if near else LOSSLESS, attributes(array, bits), stream, found)


for lines in (1, 3, 8, 40):
    for near in (0, 2):
        with_restarts(picture(40, 31, 8), 8, lines, near, None)
        with_restarts(picture(41, 31, 12, kind="patches"), 12, lines, near, None)
        with_restarts(picture(40, 31, 8, samples=3), 8, lines, near, 1)
        with_restarts(picture(40, 31, 8, samples=3, kind="patches"), 8, lines, near, 2)

for bits in range(2, 17):
    for kind in KINDS:
        for near in {0, min(3, (2**bits - 1) // 2)}:
            by_charls(f"{bits} bits, {kind}", picture(23, 31, bits, kind=kind), bits, near=near)
    for interleave in (0, 1, 2):
        for kind in ("smooth", "patches"):
            for near in {0, min(2, (2**bits - 1) // 2)}:
                array = picture(14, 19, bits, samples=3, kind=kind)
                by_charls(f"{bits} bits in colour, {kind}", array, bits, near=near, interleave=interleave)
for bits in (8, 12, 16):
    for near in (1, 7, 40, 127):
        by_charls(f"{bits} bits", picture(40, 33, bits, kind="patches"), bits, near=near)
    for kind in KINDS:
        by_charls(f"{bits} bits, signed, {kind}", picture(20, 21, bits, signed=True, kind=kind), bits)
    for rows, columns in ((1, 1), (1, 2), (2, 1), (1, 50), (50, 1), (1, 3000), (3000, 1), (5, 1500), (2, 2), (3, 129)):
        if bits == 12 and rows * columns < 50:
            continue
        for kind in ("flat", "patches", "noise"):
            for near in (0, 3):
                by_charls(f"{bits} bits, {columns} × {rows}, {kind}", picture(rows, columns, bits, kind=kind), bits, near=near)
    for rows, columns in ((1, 300), (300, 1), (5, 1500)):
        for interleave in (0, 1, 2):
            array = picture(rows, columns, bits, samples=3, kind="flat")
            array[rows // 2, columns // 2] = 1, 2, 3
            by_charls(f"{bits} bits in colour, {columns} × {rows}", array, bits, interleave=interleave)
    array = numpy.zeros((300, 300), dtype="u1" if bits == 8 else "u2")
    by_charls(f"{bits} bits, black", array, bits)
    array[150, 170] = 2**bits - 1
    by_charls(f"{bits} bits, black but for a point", array, bits)

for kind, (array, bits) in {
    "8 bits": (picture(33, 27, 8, kind="patches"), 8),
    "12 bits": (picture(33, 27, 12), 12),
    "16 bits": (picture(33, 27, 16, kind="patches"), 16),
    "16 bits of noise": (picture(33, 27, 16, kind="noise"), 16),
    "colour": (picture(33, 27, 8, samples=3, kind="patches"), 8),
}.items():
    for mode in ("+il", "+is", "+in"):
        for coding in (["+el"], ["+el", "+pc"], ["+en", "+md", 1], ["+en", "+md", 5]):
            # Where nothing is gained it writes streams that nobody reads, itself included.
            if kind == "16 bits of noise" and coding != ["+el"]:
                continue
            by_dcmtk(kind, array, bits, *coding, mode)
    if kind == "16 bits of noise":
        continue
    by_dcmtk(kind, array, bits, "+el", "+t1", 9, "+t2", 20, "+t3", 60, "+rs", 40)
    by_dcmtk(kind, array, bits, "+el", "+pc", "+t1", 2, "+t2", 3, "+t3", 4, "+rs", 3)
    by_dcmtk(kind, array, bits, "+en", "+md", 3, "+t1", 30, "+t2", 40, "+t3", 50, "+rs", 255)

for bits, samples, rows, columns in ((8, 1, 37, 22), (16, 1, 37, 22), (8, 3, 37, 22), (16, 3, 37, 22), (8, 3, 1, 1), (16, 3, 1, 1)):
    for near in (0, 4):
        array = picture(rows, columns, bits, samples=samples)
        stream = imagecodecs.jpegls_encode(array, level=near)
        found = numpy.frombuffer(jpeg_ls.decode_buffer(stream)[0], array.dtype).reshape(array.shape)
        emit(f"with SPIFF, {bits} bits, {samples}, near {near}", NEAR if near else LOSSLESS, attributes(array, bits), stream, found)
