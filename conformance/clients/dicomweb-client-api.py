"""Python's dicomweb-client, each function of its API. Arguments: the files to store, those of one folder in a row."""

import itertools
import os
import sys
from io import BytesIO

import pydicom
from checks import DECODED, client, run, status_of, uids, written
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

FILES = sys.argv[1:]
STORED = (("application/dicom", "*"),)
api = client()
stored = {}
names = {}


def read(file, known):
    """A file as pydicom has it; a SOP Instance UID that another file has too becomes one of its own."""
    dataset = pydicom.dcmread(file)
    if dataset.SOPInstanceUID in known:
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    return dataset


def studies():
    """The data sets of each study, by its UID."""
    found = {}
    for dataset in stored.values():
        found.setdefault(dataset.StudyInstanceUID, []).append(dataset)
    return found


def value(answer, keyword):
    """The first value of an attribute in DICOM JSON; None where it has none."""
    return (answer.get(api.lookup_tag(keyword), {}).get("Value") or [None])[0]


def listed(answers, keyword):
    return sorted(value(answer, keyword) for answer in answers)


# ---------------------------------------------------------------- STOW-RS


def store_instances(check):
    for folder, files in itertools.groupby(FILES, os.path.dirname):
        datasets = []
        for file in files:
            dataset = read(file, stored)
            # What is stored is what the client sends: pydicom writes some things otherwise than it has read them.
            stored[str(dataset.SOPInstanceUID)] = pydicom.dcmread(BytesIO(written(dataset)))
            names[os.path.basename(file)] = str(dataset.SOPInstanceUID)
            datasets.append(dataset)
        answer = api.store_instances(datasets)
        done = [item.ReferencedSOPInstanceUID for item in answer.ReferencedSOPSequence]
        check.equal(f"what was stored of {folder}", sorted(done), sorted(d.SOPInstanceUID for d in datasets))
        check.true(f"{folder} has failures: {answer.get('FailedSOPSequence')}", not answer.get("FailedSOPSequence"))


def made(study):
    """A data set as programs make it: pydicom writes it without a preamble."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study, generate_uid()
    dataset.PatientID, dataset.PatientName, dataset.Modality = "MADE-1", "Mustermann^Jürgen", "OT"
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = 2, 3, 1
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.PixelData = bytes(range(6))
    return dataset


def store_without_preamble(check):
    study = generate_uid()
    datasets = [made(study), made(study)]
    check.true("pydicom writes a preamble", written(datasets[0])[:2] == b"\x02\x00")
    answer = api.store_instances(datasets, study_instance_uid=study)
    check.equal("the number stored", len(answer.ReferencedSOPSequence), 2)
    for dataset in datasets:
        check.true(f"{dataset.SOPInstanceUID} came back otherwise", api.retrieve_instance(*uids(dataset)) == dataset)
    # Of another study than the URL says: the server refuses both, and the client raises.
    status = status_of(lambda: api.store_instances(datasets, study_instance_uid=generate_uid()))
    check.equal("the status for another study", status, 409)
    for dataset in datasets:
        stored[str(dataset.SOPInstanceUID)] = dataset


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


def of_file(name):
    return stored[names[name]]


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


# ---------------------------------------------------------------- QIDO-RS


def search_for_studies(check):
    known = sorted(map(str, studies()))
    check.equal("all studies", listed(api.search_for_studies(), "StudyInstanceUID"), known)
    everything = api.search_for_studies(limit=7, get_remaining=True)
    check.equal("studies by sevens", listed(everything, "StudyInstanceUID"), known)
    check.equal("limit and offset", api.search_for_studies(limit=4, offset=3), everything[3:7])
    check.equal("beyond the end", api.search_for_studies(offset=len(known)), [])
    for study, datasets in studies().items():
        found = api.search_for_studies(search_filters={"StudyInstanceUID": study, "PatientID": "*"})
        check.equal("found by UID", listed(found, "StudyInstanceUID"), [str(study)])
        check.equal("its instances", value(found[0], "NumberOfStudyRelatedInstances"), len(datasets))
        modalities = {dataset.Modality for dataset in datasets if dataset.get("Modality")}
        check.equal("its modalities", set(found[0].get("00080061", {}).get("Value", [])), modalities)
    found = api.search_for_studies(search_filters={"PatientID": "MADE-1"})
    check.equal("its name", value(found[0], "PatientName"), {"Alphabetic": "Mustermann^Jürgen"})


def search_fuzzily(check):
    def found(name, **more):
        return len(api.search_for_studies(search_filters={"PatientName": name}, **more))

    check.equal("found exactly", found("Mustermann^Jürgen"), 1)
    check.equal("a part of a name", found("Juerg"), 0)
    for name in ("Muster", "jürgen", "Jurgen", "Mustermann Jürgen", "Musterman"):
        check.equal(f"{name} fuzzily", found(name, fuzzymatching=True), 1)
    check.equal("another name fuzzily", found("Schneider", fuzzymatching=True), 0)


def search_for_fields(check):
    fields = ["StudyDescription", "00081070", "PatientWeight"]
    dataset = of_file("CT_small.dcm")
    filters = {"StudyInstanceUID": dataset.StudyInstanceUID}
    for level in ("studies", "series", "instances"):
        search = getattr(api, f"search_for_{level}")
        (first, *_) = search(search_filters=filters, fields=fields)
        check.equal(f"{level}: StudyDescription", value(first, "StudyDescription"), dataset.StudyDescription)
        check.equal(f"{level}: PatientWeight", value(first, "PatientWeight"), float(dataset.PatientWeight))


def search_for_series(check):
    known = {str(dataset.SeriesInstanceUID) for dataset in stored.values()}
    check.equal("all series", listed(api.search_for_series(), "SeriesInstanceUID"), sorted(known))
    check.equal(
        "by fives", listed(api.search_for_series(limit=5, get_remaining=True), "SeriesInstanceUID"), sorted(known)
    )
    for study, datasets in studies().items():
        series = sorted({str(dataset.SeriesInstanceUID) for dataset in datasets})
        check.equal("of a study", listed(api.search_for_series(study), "SeriesInstanceUID"), series)
    for modality in ("CT", "MR", "OT"):
        of_modality = {str(d.SeriesInstanceUID) for d in stored.values() if d.get("Modality") == modality}
        found = api.search_for_series(search_filters={"Modality": modality}, fuzzymatching=True)
        check.equal(modality, listed(found, "SeriesInstanceUID"), sorted(of_modality))


def search_for_instances(check):
    check.equal("all", listed(api.search_for_instances(), "SOPInstanceUID"), sorted(stored))
    check.equal(
        "by tens", listed(api.search_for_instances(limit=10, get_remaining=True), "SOPInstanceUID"), sorted(stored)
    )
    for study, datasets in studies().items():
        expected = sorted(str(dataset.SOPInstanceUID) for dataset in datasets)
        check.equal("of a study", listed(api.search_for_instances(study), "SOPInstanceUID"), expected)
        for series in {dataset.SeriesInstanceUID for dataset in datasets}:
            expected = sorted(str(d.SOPInstanceUID) for d in datasets if d.SeriesInstanceUID == series)
            check.equal("of a series", listed(api.search_for_instances(study, series), "SOPInstanceUID"), expected)
    dataset = of_file("CT_small.dcm")
    filters = {"SOPClassUID": dataset.SOPClassUID, "SOPInstanceUID": dataset.SOPInstanceUID}
    (found,) = api.search_for_instances(search_filters=filters, fields=["AvailableTransferSyntaxUID"])
    check.true("its transfer syntax", dataset.file_meta.TransferSyntaxUID in found["00083002"]["Value"])


def lookup(check):
    for tag in api.retrieve_instance_metadata(*uids(of_file("CT_small.dcm"))):
        if int(tag[:4], 16) % 2 == 0:
            check.equal("the tag", api.lookup_tag(api.lookup_keyword(tag)), tag)


# ---------------------------------------------------------------- DELETE, the last


def delete(check):
    dataset = of_file("CT1_UNC.dcm")
    study, series, instance = uids(dataset)
    api.delete_instance(study, series, instance)
    check.equal("the status after delete_instance", status_of(api.retrieve_instance, study, series, instance), 410)
    check.true("is still found", instance not in listed(api.search_for_instances(study), "SOPInstanceUID"))
    study, series, _ = uids(of_file("CT_small.dcm"))
    api.delete_series(study, series)
    check.equal("the status after delete_series", status_of(api.retrieve_series, study, series), 410)
    check.equal("series found", api.search_for_series(search_filters={"SeriesInstanceUID": series}), [])
    study = of_file("N2D_0001.dcm").StudyInstanceUID
    check.true("is not found before", study in listed(api.search_for_studies(), "StudyInstanceUID"))
    api.delete_study(study)
    check.equal("the status after delete_study", status_of(api.retrieve_study, study), 410)
    check.equal("studies found", api.search_for_studies(search_filters={"StudyInstanceUID": study}), [])
    check.equal("the status of a second time", status_of(api.delete_study, study), 410)


run(
    store_instances,
    store_without_preamble,
    retrieve_instance,
    retrieve_series,
    retrieve_study,
    retrieve_study_decoded,
    retrieve_metadata,
    retrieve_bulkdata,
    retrieve_decoded_bulkdata,
    retrieve_frames,
    retrieve_rendered,
    search_for_studies,
    search_fuzzily,
    search_for_fields,
    search_for_series,
    search_for_instances,
    lookup,
    delete,
)
