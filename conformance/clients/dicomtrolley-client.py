"""dicomtrolley: finds studies by QIDO-RS, and downloads by WADO-RS and WADO-URI. Arguments: the files to store."""

import os
import sys
import tempfile
from datetime import datetime

import pydicom
from checks import ROOT, client, run, session, uids
from dicomtrolley.core import InstanceReference, Query, QueryLevels, SeriesReference, StudyReference
from dicomtrolley.qido_rs import HierarchicalQuery, QidoRS, RelationalQuery
from dicomtrolley.trolley import Trolley
from dicomtrolley.wado_rs import WadoRS, WadoRSMetaData
from dicomtrolley.wado_uri import WadoURI

stored = {str(dataset.SOPInstanceUID): dataset for dataset in map(pydicom.dcmread, sys.argv[1:])}
searcher = QidoRS(session(), ROOT)
wado_uri = ROOT.rsplit("/", 1)[0] + "/wado"


def studies():
    found = {}
    for dataset in stored.values():
        found.setdefault(str(dataset.StudyInstanceUID), set()).add(str(dataset.SOPInstanceUID))
    return found


def store(check):
    client().store_instances(list(stored.values()))
    check.equal("the studies", sorted(s.uid for s in searcher.find_studies(Query())), sorted(studies()))


def find_studies(check):
    for dataset in stored.values():
        for criteria in (
            {"PatientID": dataset.PatientID},
            {"StudyInstanceUID": dataset.StudyInstanceUID},
            {"PatientName": f"{str(dataset.PatientName)[:4]}*", "PatientID": dataset.PatientID},
        ):
            expected = {
                str(one.StudyInstanceUID)
                for one in stored.values()
                if (one.StudyInstanceUID if "StudyInstanceUID" in criteria else one.PatientID) in criteria.values()
            }
            found = {study.uid for study in searcher.find_studies(Query(**criteria))}
            check.equal(f"found by {criteria}", found, expected)
    check.equal("another patient's", list(searcher.find_studies(Query(PatientID="NOBODY"))), [])


def find_by_date(check):
    for dataset in stored.values():
        day = datetime.strptime(dataset.StudyDate, "%Y%m%d")
        found = searcher.find_studies(Query(min_study_date=day, max_study_date=day))
        of_day = {str(one.StudyInstanceUID) for one in stored.values() if one.StudyDate == dataset.StudyDate}
        check.equal(f"of {day}", {study.uid for study in found}, of_day)


def find_fields(check):
    for study in searcher.find_studies(Query(include_fields=["StudyDescription", "PatientWeight"])):
        datasets = [dataset for dataset in stored.values() if dataset.StudyInstanceUID == study.uid]
        for keyword in ("StudyDescription", "PatientWeight"):
            values = [dataset.get(keyword) for dataset in datasets]
            check.true(f"{keyword} is {study.data.get(keyword)}, not {values}", study.data.get(keyword) in values)


def find_levels(check):
    """Series and instances below their study, and all of them at once."""
    for uid, names in studies().items():
        by_series = searcher.find_study(HierarchicalQuery(StudyInstanceUID=uid, query_level=QueryLevels.SERIES))
        check.equal("the instances that a query of series gives", [len(s.instances) for s in by_series.series], [0])
        below = searcher.find_study(
            HierarchicalQuery(
                StudyInstanceUID=uid, SeriesInstanceUID=by_series.series[0].uid, query_level=QueryLevels.INSTANCE
            )
        )
        related = searcher.find_study(RelationalQuery(StudyInstanceUID=uid, query_level=QueryLevels.INSTANCE))
        for study in (below, related):
            check.equal(f"of {uid}", {i.uid for series in study.series for i in series.instances}, names)
    everything = searcher.find_studies(RelationalQuery(query_level=QueryLevels.INSTANCE))
    found = {study.uid: {i.uid for series in study.series for i in series.instances} for study in everything}
    check.equal("all instances", found, studies())
    window = searcher.find_studies(RelationalQuery(query_level=QueryLevels.INSTANCE, limit=2, offset=1))
    check.equal("a window", sum(len(series.instances) for study in window for series in study.series), 2)


def same(check, what, datasets, names, is_decoded=False):
    """Compressed pixels come decoded to who names no transfer syntax, as dicomtrolley does not."""
    got = {str(dataset.SOPInstanceUID): dataset for dataset in datasets}
    check.equal(f"the instances of {what}", set(got), set(names))
    for name, dataset in got.items():
        original = stored[name]
        check.equal(f"{what}: its patient", dataset.PatientName, original.PatientName)
        check.equal(f"{what}: its elements", set(dataset.keys()) ^ set(original.keys()), set())
        check.true(f"{what}: {name} has other pixels", (dataset.pixel_array == original.pixel_array).all())


def references(names):
    return [InstanceReference(*map(str, uids(stored[name]))) for name in names]


def wado_rs(check):
    for is_per_series in (True, False):
        trolley = Trolley(WadoRS(session(), ROOT, request_per_series=is_per_series), searcher)
        for uid, names in studies().items():
            what = f"WadoRS, by series: {is_per_series},"
            same(check, f"{what} a study", trolley.fetch_all_datasets([StudyReference(study_uid=uid)]), names)
            found = searcher.find_studies(Query(StudyInstanceUID=uid))
            same(check, f"{what} a study found", trolley.fetch_all_datasets(found), names)
            series = SeriesReference(study_uid=uid, series_uid=str(stored[min(names)].SeriesInstanceUID))
            same(check, f"{what} a series", trolley.fetch_all_datasets([series]), names)
            same(check, f"{what} instances", trolley.fetch_all_datasets(references(names)), names)


def wado_rs_metadata(check):
    downloader = WadoRSMetaData(session(), ROOT)
    for uid, names in studies().items():
        for reference in (StudyReference(study_uid=uid), *references(names)):
            for dataset in downloader.datasets([reference]):
                original = stored[str(dataset.SOPInstanceUID)]
                tags = {tag for tag in original.keys() if tag.element != 0}
                check.equal("tags of metadata", set(dataset.keys()) ^ tags, set())


def wado_uri_one_by_one(check):
    trolley = Trolley(WadoURI(session(), wado_uri), searcher)
    for uid, names in studies().items():
        same(check, "WadoURI, a study", trolley.fetch_all_datasets([StudyReference(study_uid=uid)]), names)
        same(check, "WadoURI, instances", trolley.fetch_all_datasets(references(names)), names)


def wado_uri_in_threads(check):
    downloader = WadoURI(session(), wado_uri, use_async=True, max_workers=4)
    same(check, "WadoURI in threads", downloader.datasets(references(stored)), stored)


def download(check):
    """To a folder, as its own storage arranges it."""
    with tempfile.TemporaryDirectory() as folder:
        for downloader in (WadoRS(session(), ROOT), WadoURI(session(), wado_uri)):
            output = os.path.join(folder, type(downloader).__name__)
            Trolley(downloader, searcher).download(list(searcher.find_studies(Query())), output)
            files = [os.path.join(at, name) for at, _, found in os.walk(output) for name in found]
            same(check, f"files of {type(downloader).__name__}", map(pydicom.dcmread, files), stored)


run(
    store,
    find_studies,
    find_by_date,
    find_fields,
    find_levels,
    wado_rs,
    wado_rs_metadata,
    wado_uri_one_by_one,
    wado_uri_in_threads,
    download,
)
