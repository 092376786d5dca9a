"""highdicom: segmentations and parametric maps, stored, fetched back and read. Arguments: the files of MR slices."""

from io import BytesIO

from mr_slices import COLUMNS, ROWS, came_back, frames_of, numbers, sources, store_sources

import numpy
from checks import run, written
from highdicom import pm, seg
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, JPEGLSLossless, RLELossless

RANDOM = numpy.random.default_rng(1500)


def segmentation(pixels, kind, syntax=ExplicitVRLittleEndian):
    descriptions = [
        seg.SegmentDescription(
            segment_number=number,
            segment_label=f"Segment {number}",
            segmented_property_category=codes.SCT.Organ,
            segmented_property_type=codes.SCT.Brain,
            algorithm_type="MANUAL",
        )
        for number in (1, 2)
    ]
    return seg.Segmentation(
        sources,
        pixels,
        kind,
        descriptions,
        **numbers(),
        device_serial_number="1",
        transfer_syntax_uid=syntax,
        omit_empty_frames=False,
    )


def compare_segmentation(check, what, made, expected):
    of_instance, of_metadata = came_back(check, made)
    names = [source.SOPInstanceUID for source in sources]
    for way, read in {
        "instance": seg.segread(BytesIO(written(of_instance))),
        "data set": seg.Segmentation.from_dataset(of_instance),
        "metadata": seg.Segmentation.from_dataset(of_metadata),
    }.items():
        pixels = read.get_pixels_by_source_instance(names)
        check.true(f"{what} by {way} has other pixels", numpy.array_equal(pixels, expected))
        labels = [read.get_segment_description(number).segment_label for number in read.segment_numbers]
        check.true(f"{what} by {way} has the segments {labels}", labels[-2:] == ["Segment 1", "Segment 2"])


def binary_segmentation(check):
    """One bit a pixel."""
    masks = RANDOM.integers(0, 2, (len(sources), ROWS, COLUMNS, 2), dtype=numpy.uint8)
    made = segmentation(masks, "BINARY")
    check.equal("BitsAllocated", made.BitsAllocated, 1)
    compare_segmentation(check, "binary", made, masks)
    frames = frames_of(made)
    check.equal("the frames", len(frames), made.NumberOfFrames)
    expected = made.pixel_array
    for at, frame in enumerate(frames):
        check.equal("bytes of a frame", len(frame), (ROWS * COLUMNS + 7) // 8)
        bits = numpy.unpackbits(numpy.frombuffer(frame, numpy.uint8), bitorder="little")[: ROWS * COLUMNS]
        check.true(f"frame {at + 1} has other bits", numpy.array_equal(bits.reshape(ROWS, COLUMNS), expected[at]))


def fractional_segmentation(check):
    for syntax in (ExplicitVRLittleEndian, RLELossless, JPEG2000Lossless, JPEGLSLossless):
        # Multiples of 1/255, which is how they are stored.
        parts = RANDOM.integers(0, 256, (len(sources), ROWS, COLUMNS, 2)) / 255
        made = segmentation(parts, "FRACTIONAL", syntax)
        compare_segmentation(check, f"fractional, {syntax.name},", made, parts.astype(numpy.float32))
        for at, frame in enumerate(frames_of(made)):
            pixels = numpy.frombuffer(frame, numpy.uint8)[: ROWS * COLUMNS].reshape(ROWS, COLUMNS)
            check.true(f"frame {at + 1} in {syntax.name} differs", numpy.array_equal(pixels, made.pixel_array[at]))


def label_map(check):
    labels = RANDOM.integers(0, 3, (len(sources), ROWS, COLUMNS), dtype=numpy.uint8)
    made = segmentation(labels, "LABELMAP", RLELossless)
    expected = numpy.stack([labels == number for number in (1, 2)], axis=-1).astype(numpy.uint8)
    compare_segmentation(check, "label map", made, expected)


def parametric_map(check):
    for kind in ("uint16", "float32", "float64"):
        values = (RANDOM.random((len(sources), ROWS, COLUMNS)) * 1000).astype(kind)
        mapping = pm.RealWorldValueMapping(
            lut_label="1",
            lut_explanation="as it is",
            unit=codes.UCUM.NoUnits,
            value_range=(0, 1000) if kind == "uint16" else (0.0, 1000.0),
            slope=1,
            intercept=0,
        )
        made = pm.ParametricMap(
            sources,
            values,
            **numbers(),
            device_serial_number="1",
            contains_recognizable_visual_features=False,
            real_world_value_mappings=[mapping],
            window_center=500,
            window_width=1000,
        )
        # highdicom puts the planes in the order of their places.
        expected = made.pixel_array
        check.true("the map has other values", {plane.tobytes() for plane in expected} == {v.tobytes() for v in values})
        of_instance, of_metadata = came_back(check, made)
        for way, dataset in {"instance": of_instance, "metadata": of_metadata}.items():
            read = pm.ParametricMap.from_dataset(dataset)
            check.true(f"map of {kind} by {way} differs", numpy.array_equal(read.pixel_array, expected))
            mapped = read.get_frames(apply_real_world_transform=True)
            check.true(f"{way}: highdicom maps {kind} otherwise", numpy.array_equal(mapped, expected))
        for at, frame in enumerate(frames_of(made)):
            pixels = numpy.frombuffer(frame, kind, ROWS * COLUMNS).reshape(ROWS, COLUMNS)
            check.true(f"frame {at + 1} of {kind} differs", numpy.array_equal(pixels, expected[at]))


run(store_sources, binary_segmentation, fractional_segmentation, label_map, parametric_map)
