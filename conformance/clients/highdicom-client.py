"""highdicom: makes objects of images that came from the server, stores them, and reads what comes back.

Arguments: the files of one series of MR slices. The slices are cut to 45 by 67 pixels, so that a frame of one bit a
pixel does not end with a byte.
"""

import sys
from io import BytesIO

# gdcm, which pydicom would ask first, ends the process where an RLE frame has an odd number of pixels.
sys.modules["gdcm"] = None

import numpy
import pydicom
from checks import DECODED, client, run, uids, written
from highdicom import pm, pr, sc, seg, sr
from highdicom.ko import KeyObjectSelection, KeyObjectSelectionDocument
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.uid import (
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)

api = client()
RANDOM = numpy.random.default_rng(1500)
ROWS, COLUMNS = 45, 67
MADE_BY = {"manufacturer": "Nobody", "manufacturer_model_name": "Model", "software_versions": "1"}
ORGAN = {"category": codes.SCT.Organ, "kind": codes.SCT.Brain}


def smaller(file):
    dataset = pydicom.dcmread(file)
    dataset.PixelData = dataset.pixel_array[100 : 100 + ROWS, 100 : 100 + COLUMNS].tobytes() + b"\0" * 0
    dataset.Rows, dataset.Columns = ROWS, COLUMNS
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    return dataset


cut = [smaller(file) for file in sys.argv[1:]]
series = cut[0].StudyInstanceUID, cut[0].SeriesInstanceUID
sources = []


def numbers():
    """What highdicom asks for each object."""
    return {
        "series_instance_uid": generate_uid(),
        "series_number": 100,
        "sop_instance_uid": generate_uid(),
        "instance_number": 1,
        **MADE_BY,
    }


def came_back(check, made):
    """Stores an object. It as it came back, once as an instance and once from its metadata and bulk data."""
    answer = api.store_instances([made])
    check.true(f"{made.SOPClassUID.name} is refused: {answer}", len(answer.get("ReferencedSOPSequence", [])) == 1)
    instance = api.retrieve_instance(*uids(made))
    check.true(f"{made.SOPClassUID.name} came back otherwise", bare(instance) == bare(made))
    metadata = api.retrieve_instance_metadata(*uids(made))
    described = Dataset.from_json(metadata, lambda tag, vr, uri: bytes(api.retrieve_bulkdata(uri)[0]))
    described.file_meta = FileMetaDataset()
    described.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return pydicom.dcmread(BytesIO(written(instance)), force=True), described


def bare(dataset):
    """A data set and its File Meta Information, without the preamble, which the server adds where there is none."""
    return written(dataset).removeprefix(b"\0" * 128 + b"DICM")


def frames_of(made):
    return api.retrieve_instance_frames(
        *uids(made), frame_numbers=range(1, int(made.NumberOfFrames) + 1), media_types=DECODED
    )


def place(dataset):
    """Along the axis of the series, in millimetres."""
    axis = numpy.cross(dataset.ImageOrientationPatient[:3], dataset.ImageOrientationPatient[3:])
    return float(axis @ numpy.array(dataset.ImagePositionPatient, dtype=float))


def store_sources(check):
    api.store_instances(cut)
    sources.extend(sorted(api.iter_series(*series), key=place))
    check.equal("the slices", {s.SOPInstanceUID for s in sources}, {s.SOPInstanceUID for s in cut})


# ---------------------------------------------------------------- segmentations


def segmentation(pixels, kind, syntax=ExplicitVRLittleEndian):
    descriptions = [
        seg.SegmentDescription(
            segment_number=number,
            segment_label=f"Segment {number}",
            segmented_property_category=ORGAN["category"],
            segmented_property_type=ORGAN["kind"],
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


# ---------------------------------------------------------------- structured report of TID 1500


def structured_report(check):
    person = sr.PersonObserverIdentifyingAttributes(name="Doe^John")
    context = sr.ObservationContext(
        observer_person_context=sr.ObserverContext(codes.DCM.Person, observer_identifying_attributes=person)
    )
    # A closed polygon, in millimetres of the frame of reference.
    points = numpy.array([[165, 200, 134], [170, 200, 134], [170, 220, 134], [165, 200, 134]], dtype=float)
    region = sr.ImageRegion3D("POLYGON", points, sources[0].FrameOfReferenceUID)
    millimetre = codes.UCUM.Millimeter
    measured = [sr.Measurement(name=codes.SCT.Length, value=value, unit=millimetre) for value in (12.75, 0.125)]
    group = sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(generate_uid(), "Läsion 1"),
        referenced_region=region,
        finding_type=codes.SCT.Brain,
        measurements=measured,
    )
    report = sr.MeasurementReport(
        observation_context=context,
        procedure_reported=codes.LN.CTUnspecifiedBodyRegion,
        imaging_measurements=[group],
        title=codes.DCM.ImagingMeasurementReport,
    )
    made = sr.Comprehensive3DSR(
        evidence=sources,
        content=report,
        **{key: value for key, value in numbers().items() if key in ("series_instance_uid", "series_number", "sop_instance_uid", "instance_number", "manufacturer")},
        is_complete=True,
        is_final=False,
    )
    of_instance, of_metadata = came_back(check, made)
    for way, read in {
        "instance": sr.srread(BytesIO(written(of_instance))),
        "data set": sr.Comprehensive3DSR.from_dataset(of_instance),
        "metadata": sr.Comprehensive3DSR.from_dataset(of_metadata),
    }.items():
        (found,) = read.content.get_planar_roi_measurement_groups()
        check.equal(f"{way}: the lengths", [one.value for one in found.get_measurements(codes.SCT.Length)], [12.75, 0.125])
        check.equal(f"{way}: the unit", found.get_measurements()[0].unit, millimetre)
        check.equal(f"{way}: the finding", found.finding_type, codes.SCT.Brain)
        check.equal(f"{way}: tracked as", found.tracking_identifier, "Läsion 1")
        check.true(f"{way}: the region differs", numpy.array_equal(found.roi.value, points))
    page = api.retrieve_instance_rendered(*uids(made), media_types=("text/html",))
    check.true(f"the page is {type(page)}, and does not say 12.75", "12.75" in str(page))
    key = {"SOPClassUID": made.SOPClassUID, "ConceptNameCodeSequence.CodeValue": "126000"}
    (found,) = api.search_for_instances(search_filters=key)
    check.equal("found by its title", found["00080018"]["Value"], [made.SOPInstanceUID])


# ---------------------------------------------------------------- maps, captures, presentation states, key objects


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


def secondary_capture(check):
    for syntax in (ExplicitVRLittleEndian, RLELossless, JPEG2000Lossless, JPEGLSLossless):
        pixels = RANDOM.integers(0, 256, (64, 80, 3), dtype=numpy.uint8)
        made = sc.SCImage.from_ref_dataset(
            sources[0],
            pixels,
            photometric_interpretation="YBR_RCT" if syntax == JPEG2000Lossless else "RGB",
            bits_allocated=8,
            coordinate_system="PATIENT",
            series_instance_uid=generate_uid(),
            series_number=1,
            sop_instance_uid=generate_uid(),
            instance_number=1,
            manufacturer="Nobody",
            patient_orientation=("L", "P"),
            transfer_syntax_uid=syntax,
        )
        of_instance, of_metadata = came_back(check, made)
        check.true(f"capture in {syntax.name} differs", numpy.array_equal(of_instance.pixel_array, pixels))
        (frame,) = api.retrieve_instance_frames(*uids(made), frame_numbers=[1], media_types=DECODED)
        check.true(f"its frame differs in {syntax.name}", frame[: pixels.size] == pixels.tobytes())
        check.true(f"its bulk data differ in {syntax.name}", of_metadata.PixelData[: pixels.size] == pixels.tobytes())


def presentation_state(check):
    made = pr.GrayscaleSoftcopyPresentationState(
        referenced_images=sources,
        **numbers(),
        device_serial_number="1",
        content_label="WINDOW",
        voi_lut_transformations=[pr.SoftcopyVOILUTTransformation(window_center=123.5, window_width=77.0)],
    )
    of_instance, of_metadata = came_back(check, made)
    for dataset in (of_instance, of_metadata):
        check.equal("its window", dataset.SoftcopyVOILUTSequence[0].WindowWidth, 77)
        of_series = dataset.ReferencedSeriesSequence[0].ReferencedImageSequence
        check.equal("its images", [image.ReferencedSOPInstanceUID for image in of_series], [s.SOPInstanceUID for s in sources])


def key_objects(check):
    made = KeyObjectSelectionDocument(
        evidence=sources,
        content=KeyObjectSelection(document_title=codes.DCM.OfInterest, referenced_objects=sources[:1]),
        **{key: value for key, value in numbers().items() if key != "software_versions"},
    )
    for dataset in came_back(check, made):
        read = KeyObjectSelectionDocument.from_dataset(dataset)
        (reference,) = read.content.get_references()
        check.equal("the key object", reference.referenced_sop_instance_uid, sources[0].SOPInstanceUID)


run(
    store_sources,
    binary_segmentation,
    fractional_segmentation,
    label_map,
    structured_report,
    parametric_map,
    secondary_capture,
    presentation_state,
    key_objects,
)
