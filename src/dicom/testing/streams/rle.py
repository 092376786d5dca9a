"""Streams of RLE Lossless (.5) by dcmtk and by pydicom."""

import pydicom
from pydicom.uid import RLELossless

from pictures import attributes, dataset, decoded, emit, first_frame, picture, run, written

for bits, samples, signed in ((8, 1, False), (16, 1, False), (16, 1, True), (32, 1, False), (32, 1, True), (8, 3, False), (16, 3, False)):
    for kind in ("smooth", "noise", "flat", "patches", "extremes"):
        for rows, columns in ((1, 1), (1, 3), (7, 1), (13, 27), (3, 129), (2, 500)):
            array = picture(rows, columns, bits, samples=samples, signed=signed, kind=kind)
            name = f"{bits} bits, {samples} samples, {'signed, ' if signed else ''}{columns} × {rows}, {kind}"
            # pydicom writes no 32 bits; dcmtk takes 20 ms each time.
            if bits < 32:
                made = dataset(array, bits)
                made.compress(RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
                emit(f"pydicom, {name}", RLELossless, attributes(array, bits), first_frame(made), array)
            if bits == 32 or rows == 13:
                made = pydicom.dcmread(run("dcmcrle", written(dataset(array, bits))))
                assert (decoded(made) == array).all()
                emit(f"dcmcrle, {name}", RLELossless, attributes(array, bits), first_frame(made), array)
