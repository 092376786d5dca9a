"""The colours of decoded frames, as a program shows them that has /metadata and /frames alone.

Arguments: the files to store. Python's dicomweb-client asks for frames in Explicit VR Little Endian; pydicom makes
pictures of them by what the metadata says (PhotometricInterpretation, PlanarConfiguration, palette), and of the file
that was stored by what that says. Both have to be the same picture.
"""

import sys
from io import BytesIO

import numpy
import pydicom
from checks import DECODED, client, run, uids, written
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import apply_color_lut, convert_color_space, pixel_array
from pydicom.uid import (
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
    SecondaryCaptureImageStorage,
    generate_uid,
)

# pydicom makes no picture of these, or a wrong one.
NOT_FOR_PYDICOM = [
    # None of its decoders reads the codestream.
    "JPEG-lossy.dcm",
    # It asks for numbers where there are none.
    "badVR.dcm",
    # It counts the empty fragment as a frame.
    "empty-fragment-before-the-first-frame.dcm",
    # It takes the second File Meta, and so RLE for native pixels. The first ends at its length (PS3.10 section 7.1).
    "second-file-meta-in-data-set.dcm",
]
api = client()
RANDOM = numpy.random.default_rng(14)


def picture(dataset):
    """RGB, or gray, as pydicom shows it."""
    if dataset.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian and dataset.get("SamplesPerPixel") == 3:
        samples = int(dataset.get("NumberOfFrames") or 1) * dataset.Rows * dataset.Columns * 3
        # pydicom refuses native YBR_FULL_422 of three samples a pixel, and proposes this.
        if dataset.PhotometricInterpretation == "YBR_FULL_422" and len(dataset.PixelData) >= samples:
            dataset.PhotometricInterpretation = "YBR_FULL"
    pixels = pixel_array(dataset)
    return apply_color_lut(pixels, dataset) if dataset.PhotometricInterpretation == "PALETTE COLOR" else pixels


def from_service(dataset):
    """The picture of an instance by its metadata and its decoded frames alone."""
    answer = api.retrieve_instance_metadata(*uids(dataset))
    made = Dataset.from_json(answer, lambda tag, vr, uri: b"" if tag == "7FE00010" else api.retrieve_bulkdata(uri)[0])
    numbers = range(1, int(made.get("NumberOfFrames") or 1) + 1)
    frames = api.retrieve_instance_frames(*uids(dataset), frame_numbers=numbers, media_types=DECODED)
    whole = b"".join(frames)
    made.PixelData = whole + b"\0" * (len(whole) % 2)
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return picture(made)


def store(dataset):
    answer = api.store_instances([dataset])
    assert len(answer.ReferencedSOPSequence) == 1 and not answer.get("FailedSOPSequence"), answer


def compare(check, name, dataset, expected, is_lossy=False):
    """Decoders of codestreams with loss differ a little, in rounding and in how they smooth colours."""
    store(dataset)
    ours = from_service(dataset)
    if ours.shape != expected.shape:
        check.true(f"{name} has the shape {ours.shape}, not {expected.shape}", False)
        return
    difference = numpy.abs(ours.astype(float) - expected.astype(float))
    check.true(
        f"{name} differs by up to {difference.max()}, {difference.mean():.2f} on average",
        difference.max() <= 8 and difference.mean() <= 1 if is_lossy else not difference.any(),
    )


def read(file):
    dataset = pydicom.dcmread(file)
    # Some samples share their UIDs with others.
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    return dataset


def sample_files(check):
    for file in sys.argv[1:]:
        name = file.rsplit("/", 1)[1]
        dataset = read(file)
        if "PixelData" not in dataset or name in NOT_FOR_PYDICOM:
            continue
        is_lossy = dataset.file_meta.TransferSyntaxUID in (
            "1.2.840.10008.1.2.4.50",
            "1.2.840.10008.1.2.4.51",
            "1.2.840.10008.1.2.4.91",
        )
        expected = picture(pydicom.dcmread(file))
        compare(check, name, dataset, expected, is_lossy)


# ---------------------------------------------------------------- made objects, whose right colours are known


def colours(rows=48, columns=64, frames=2):
    """RGB pictures with flat areas and noise: frames, rows, columns, samples."""
    made = RANDOM.integers(0, 256, (frames, rows, columns, 3), dtype=numpy.uint8)
    made[:, : rows // 2, : columns // 2] = (96, 207, 28)
    made[:, rows // 2 :, columns // 2 :] = (200, 10, 90)
    return made


def made(pixels, interpretation, planar=0, samples=3):
    """A multi-frame object; pixels are frames, rows, columns and samples."""
    frames, rows, columns = pixels.shape[:3]
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
    dataset.PatientID, dataset.Modality = "COLOURS", "OT"
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = frames, rows, columns
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = samples, interpretation
    if samples == 3:
        dataset.PlanarConfiguration = planar
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    ordered = pixels.transpose(0, 3, 1, 2) if planar else pixels
    dataset.PixelData = ordered.tobytes()
    return dataset


def compressed(dataset, syntax):
    """As pydicom compresses it: by pixel, whatever the Planar Configuration."""
    dataset.compress(syntax, generate_instance_uid=False)
    return pydicom.dcmread(BytesIO(written(dataset)), force=True)


def rgb(check):
    for planar in (0, 1):
        pixels = colours()
        compare(check, f"native RGB, planar {planar}", made(pixels, "RGB", planar), pixels)
        for syntax in (RLELossless, JPEGLSLossless, JPEG2000Lossless):
            dataset = compressed(made(pixels, "RGB"), syntax)
            dataset.PlanarConfiguration = planar
            compare(check, f"RGB, planar {planar}, {syntax.name}", dataset, pixels)


def ybr_full(check):
    for planar in (0, 1):
        pixels = colours()
        turned = numpy.stack([convert_color_space(frame, "RGB", "YBR_FULL") for frame in pixels])
        expected = numpy.stack([convert_color_space(frame, "YBR_FULL", "RGB") for frame in turned])
        compare(check, f"native YBR_FULL, planar {planar}", made(turned, "YBR_FULL", planar), expected)
        dataset = compressed(made(turned, "YBR_FULL"), RLELossless)
        dataset.PlanarConfiguration = planar
        compare(check, f"YBR_FULL, planar {planar}, RLE", dataset, expected)


def ybr_full_422(check):
    """Native: Y1 Y2 CB CR of each two pixels (PS3.3 section C.7.6.3.1.2)."""
    pixels = colours()
    turned = numpy.stack([convert_color_space(frame, "RGB", "YBR_FULL") for frame in pixels])
    # Two neighbours share their colour differences.
    turned[:, :, 1::2, 1:] = turned[:, :, ::2, 1:]
    expected = numpy.stack([convert_color_space(frame, "YBR_FULL", "RGB") for frame in turned])
    dataset = made(turned, "YBR_FULL_422")
    first, second = turned[:, :, ::2], turned[:, :, 1::2]
    dataset.PixelData = numpy.stack([first[..., 0], second[..., 0], first[..., 1], first[..., 2]], axis=-1).tobytes()
    compare(check, "native YBR_FULL_422", dataset, expected)


def palette(check):
    for bits in (8, 16):
        indices = RANDOM.integers(0, 256, (2, 48, 64, 1), dtype=numpy.uint8)
        tables = RANDOM.integers(0, 1 << bits, (3, 256)).astype(f"uint{bits}")
        for syntax in (ExplicitVRLittleEndian, RLELossless, JPEGLSLossless):
            dataset = made(indices, "PALETTE COLOR", samples=1)
            for colour, table in zip(("Red", "Green", "Blue"), tables):
                setattr(dataset, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, bits])
                setattr(dataset, f"{colour}PaletteColorLookupTableData", table.tobytes())
            if syntax.is_compressed:
                dataset = compressed(dataset, syntax)
            expected = numpy.stack([table[indices[..., 0]] for table in tables], axis=-1)
            compare(check, f"palette of {bits} bits, {syntax.name}", dataset, expected)


def gray_of_other_depths(check):
    """16 bits with sign, and 1 bit, whose frames do not end at a byte."""
    values = RANDOM.integers(-2000, 2000, (3, 45, 67, 1)).astype("<i2")
    dataset = made(values, "MONOCHROME2", samples=1)
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 1
    dataset.PixelData = values.tobytes()
    for syntax in (ExplicitVRLittleEndian, RLELossless, JPEG2000Lossless):
        one = pydicom.dcmread(BytesIO(written(dataset)), force=True)
        one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        if syntax.is_compressed:
            one = compressed(one, syntax)
        compare(check, f"16 bits with sign, {syntax.name}", one, values[..., 0])


run(sample_files, rgb, ybr_full, ybr_full_422, palette, gray_of_other_depths)
