"""Python's dicomweb-client: what its API retrieves. Arguments: the files to store, those of one folder in a row."""

import pydicom
from checks import DECODED, run, status_of, uids, written
from pydicom.uid import ExplicitVRLittleEndian
from stored_files import api, of_file, store_instances, stored, studies, value

STORED = (("application/dicom", "*"),)


# ---------------------------------------------------------------- WADO-RS: instances


def came_back(check, call, instances, datasets):
    """That these instances are those data sets, byte by byte as pydicom writes them."""
    ours = {str(instance.SOPInstanceUID): instance for instance in instances}
    check.equal(f"the instances of {call}", sorted(ours), sorted(str(dataset.SOPInstanceUID) for dataset in datasets))
    for dataset in datasets:
        instance = ours.get(str(dataset.SOPInstanceUID))
        check.true(
            f"{call}: {dataset.SOPInstanceUID} came back otherwise",
            instance is not None and same(instance, dataset),
        )


def same(instance, dataset):
    if not getattr(dataset, "preamble", None):
        return instance == dataset and instance.file_meta == dataset.file_meta
    return written(instance) == written(dataset)


def retrieve_instance(check):
    for dataset in stored.values():
        came_back(check, "retrieve_instance", [api.retrieve_instance(*uids(dataset))], [dataset])


def retrieve_series(check):
    for study, datasets in studies().items():
        for series in {dataset.SeriesInstanceUID for dataset in datasets}:
            within = [dataset for dataset in datasets if dataset.SeriesInstanceUID == series]
            came_back(check, "retrieve_series", api.retrieve_series(study, series, media_types=STORED), within)
            came_back(check, "iter_series", api.iter_series(study, series, media_types=STORED), within)


def retrieve_study(check):
    for study, datasets in studies().items():
        came_back(check, "retrieve_study", api.retrieve_study(study, media_types=STORED), datasets)
        came_back(check, "iter_study", api.iter_study(study, media_types=STORED), datasets)


def retrieve_study_decoded(check):
    """What the client asks for unless told otherwise is Explicit VR Little Endian."""
    for name in ("SC_rgb_rle.dcm", "MR_small_bigendian.dcm", "CT1_J2KR.dcm", "MR_small_jpeg_ls_lossless.dcm"):
        dataset = of_file(name)
        for instance in api.iter_series(dataset.StudyInstanceUID, dataset.SeriesInstanceUID):
            original = stored[str(instance.SOPInstanceUID)]
            check.equal("the transfer syntax", instance.file_meta.TransferSyntaxUID, ExplicitVRLittleEndian)
            check.true(f"{name} has other pixels", (instance.pixel_array == original.pixel_array).all())


# ---------------------------------------------------------------- WADO-RS: metadata and bulk data


def retrieve_metadata(check):
    for study, datasets in studies().items():
        of_study = {value(one, "SOPInstanceUID"): one for one in api.retrieve_study_metadata(study)}
        check.equal("the study's metadata", sorted(of_study), sorted(str(d.SOPInstanceUID) for d in datasets))
        for series in {dataset.SeriesInstanceUID for dataset in datasets}:
            for one in api.retrieve_series_metadata(study, series):
                check.true("metadata of series and study differ", one == of_study[value(one, "SOPInstanceUID")])
        for dataset in datasets:
            one = api.retrieve_instance_metadata(*uids(dataset))
            check.true("metadata of instance and study differ", one == of_study[str(dataset.SOPInstanceUID)])
            tags = {f"{tag:08X}" for tag in dataset.keys() if tag.element != 0}
            check.equal(f"tags of {dataset.SOPInstanceUID}", set(one) ^ tags, set())


def retrieve_bulkdata(check):
    for dataset in stored.values():
        little = dataset.original_encoding[1] is not False
        for tag, element in api.retrieve_instance_metadata(*uids(dataset)).items():
            uri = element.get("BulkDataURI")
            if uri is None:
                continue
            if tag == "7FE00010" and dataset.file_meta.TransferSyntaxUID.is_compressed:
                continue
            (data,) = api.retrieve_bulkdata(uri)
            where = f"{tag} of {dataset.SOPInstanceUID}"
            check.equal(f"{where} as octet-stream", api.retrieve_bulkdata(uri, ("application/octet-stream",)), [data])
            check.equal(f"{where} in chunks", list(api.iter_bulkdata(uri)), [data])
            raw = dataset.get_item(int(tag, 16)).value
            if little and isinstance(raw, bytes):
                check.true(f"{where} has other bytes", data == raw)


def retrieve_decoded_bulkdata(check):
    """Compressed pixels are by their URI what the decoded frames are, one after the other."""
    for name in ("SC_rgb_rle.dcm", "examples_ybr_color.dcm", "MR_small_RLE.dcm", "rle-planar-configuration-1.dcm"):
        dataset = of_file(name)
        uri = api.retrieve_instance_metadata(*uids(dataset))["7FE00010"]["BulkDataURI"]
        numbers = range(1, int(dataset.get("NumberOfFrames") or 1) + 1)
        frames = api.retrieve_instance_frames(*uids(dataset), frame_numbers=numbers, media_types=DECODED)
        (data,) = api.retrieve_bulkdata(uri)
        whole = b"".join(frames)
        check.true(f"{name}: bulk data and frames differ", data[: len(whole)] == whole and len(data) - len(whole) < 2)


# ---------------------------------------------------------------- WADO-RS: frames and renderings


def retrieve_frames(check):
    dataset = of_file("examples_ybr_color.dcm")
    jpeg = [("image/jpeg", "1.2.840.10008.1.2.4.50")]
    codestreams = list(pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=dataset.NumberOfFrames))
    for numbers in ([1], [3, 1, 2], [dataset.NumberOfFrames]):
        expected = [codestreams[number - 1].rstrip(b"\0") for number in numbers]
        for call in (api.retrieve_instance_frames, api.iter_instance_frames):
            frames = [frame.rstrip(b"\0") for frame in call(*uids(dataset), numbers, media_types=jpeg)]
            check.true(f"{call.__name__} gives other codestreams of {numbers}", frames == expected)
    check.equal(
        "the status for a frame that is not there",
        status_of(lambda: api.retrieve_instance_frames(*uids(dataset), [dataset.NumberOfFrames + 1])),
        404,
    )
    both = (("image/jpeg", "1.2.840.10008.1.2.4.50"), ("application/octet-stream", ExplicitVRLittleEndian))
    (frame,) = api.retrieve_instance_frames(*uids(dataset), [1], media_types=both)
    check.true("of two media types the first is not given", frame.rstrip(b"\0") == codestreams[0].rstrip(b"\0"))


def retrieve_rendered(check):
    starts = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG", "image/gif": b"GIF8"}
    for name in ("CT1_UNC.dcm", "examples_palette.dcm", "examples_ybr_color.dcm", "SC_rgb_rle.dcm"):
        study, series, instance = uids(of_file(name))
        for media_type, start in starts.items():
            for what, picture in {
                "instance": api.retrieve_instance_rendered(study, series, instance, (media_type,)),
                "frame": api.retrieve_instance_frames_rendered(study, series, instance, [1], (media_type,)),
            }.items():
                check.true(f"{name} {what} as {media_type} begins with {picture[:8]}", picture.startswith(start))
    study, series, instance = uids(of_file("CT1_UNC.dcm"))
    for media_type, start in starts.items():
        picture = api.retrieve_series_rendered(study, series, (media_type,))
        check.true(f"series as {media_type}: {picture[:40]}", start in picture[:400])
    rough, fine = (
        api.retrieve_instance_rendered(study, series, instance, ("image/jpeg",), {"quality": quality})
        for quality in (10, 95)
    )
    check.true("quality makes no difference", len(rough) < len(fine))
    text = of_file("test-SR.dcm")
    page = api.retrieve_instance_rendered(*uids(text), ("text/html",))
    check.true(f"the report is no page: {page[:60]}", "<html" in str(page).lower())


def lookup(check):
    for tag in api.retrieve_instance_metadata(*uids(of_file("CT_small.dcm"))):
        if int(tag[:4], 16) % 2 == 0:
            check.equal("the tag", api.lookup_tag(api.lookup_keyword(tag)), tag)


run(
    store_instances,
    retrieve_instance,
    retrieve_series,
    retrieve_study,
    retrieve_study_decoded,
    retrieve_metadata,
    retrieve_bulkdata,
    retrieve_decoded_bulkdata,
    retrieve_frames,
    retrieve_rendered,
    lookup,
)
