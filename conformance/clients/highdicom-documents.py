"""highdicom: reports, captures, presentation states, key objects; stored, fetched back and read.

Arguments: the files of MR slices.
"""

from io import BytesIO

from mr_slices import api, came_back, numbers, sources, store_sources

import numpy
from checks import DECODED, run, uids, written
from highdicom import pr, sc, sr
from highdicom.ko import KeyObjectSelection, KeyObjectSelectionDocument
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, JPEGLSLossless, RLELossless, generate_uid

RANDOM = numpy.random.default_rng(1500)


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
        **numbers(),
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
        check.equal(
            f"{way}: the lengths", [one.value for one in found.get_measurements(codes.SCT.Length)], [12.75, 0.125]
        )
        check.equal(f"{way}: the unit", found.get_measurements()[0].unit, millimetre)
        check.equal(f"{way}: the finding", found.finding_type, codes.SCT.Brain)
        check.equal(f"{way}: tracked as", found.tracking_identifier, "Läsion 1")
        check.true(f"{way}: the region differs", numpy.array_equal(found.roi.value, points))
    page = api.retrieve_instance_rendered(*uids(made), media_types=("text/html",))
    check.true(f"the page is {type(page)}, and does not say 12.75", "12.75" in str(page))
    key = {"SOPClassUID": made.SOPClassUID, "ConceptNameCodeSequence.CodeValue": "126000"}
    (found,) = api.search_for_instances(search_filters=key)
    check.equal("found by its title", found["00080018"]["Value"], [made.SOPInstanceUID])


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
        check.equal(
            "its images", [image.ReferencedSOPInstanceUID for image in of_series], [s.SOPInstanceUID for s in sources]
        )


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


run(store_sources, structured_report, secondary_capture, presentation_state, key_objects)
