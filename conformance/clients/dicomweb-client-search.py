"""Python's dicomweb-client: storing, searching and deleting by its API.

Arguments: the files to store, those of one folder in a row.
"""

from checks import run, status_of, uids, written
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid
from stored_files import api, of_file, store_instances, stored, studies, value


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


# ---------------------------------------------------------------- QIDO-RS


def listed(answers, keyword):
    return sorted(value(answer, keyword) for answer in answers)


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
    search_for_studies,
    search_fuzzily,
    search_for_fields,
    search_for_series,
    search_for_instances,
    delete,
)
