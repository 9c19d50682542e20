"""Catalogs: checked, merged, listed by body, filled in and published."""

import copy
import json
import zipfile

import frictionless
import pytest
from conftest import ROOT, refused
from jsonschema import Draft202012Validator

import kaifang
from kaifang import catalog

OFFICE = {"role": "数据科", "contact": "029-86780000"}
ON = "2026-11-23"


def entry(dataset, **more):
    return {
        "v": 1,
        "id": dataset,
        "name": f"数据 {dataset}",
        "body": {"id": "11610100013300000X", "name": "西安市示例局"},
        "openness": "unconditional",
        "format": "csv",
        "data_type": "structured",
        "access_ways": ["download"],
        "update_frequency": "yearly",
        "updated": "2026-06-30",
        "level": "municipal",
        "grade": "general",
        "responsible": {"first": OFFICE, "leader": OFFICE, "contact": OFFICE},
        "channel": "platform",
        "assessed": "2026-06-01",
        "assessment": "sha256:" + "0" * 64,
        "content": "sha256:" + dataset.encode().hex().ljust(64, "0"),
        **more,
    }


def city(*entries, **more):
    document = {"v": 1, "id": "xa", "level": "municipal", "entries": list(entries), **more}
    return catalog.Catalog.from_dict(document)


def fits(schema, document):
    schema = json.loads((ROOT / "docs" / "schemas" / f"{schema}.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(document)


def test_a_catalog_is_checked_merged_and_listed():
    late = city(entry("a"), entry("late", updated="2025-01-01"))
    (problem,) = late.check(at=ON)
    assert (problem["entry"]["id"], problem["problem"]["cite"]) == ("late", "A23")
    fits("catalog", late.to_dict())
    fits("catalog-problems", late.check(at=ON))
    assert city(entry("a")).check(at=ON) == []

    merged = city(entry("a")).merge(city(entry("a", summary="另一说明"), entry("b")))
    assert [conflict["kind"] for conflict in merged.conflicts] == ["same_id_differs"]
    assert [one["id"] for one in merged.catalog.entries] == ["b"]
    fits("catalog-merged", merged.to_dict())

    listed = late.responsibility_list(at=ON)
    (body,) = listed.bodies
    assert body["updates_overdue"] == 1 and body["responsible"]["leader"] == OFFICE
    assert "逾期" in listed._repr_html_() and "late" in repr(late.entries)
    fits("responsibility-list", listed.to_dict())


def test_the_day_of_a_decision_and_what_was_before_are_kept():
    policy = kaifang.Policy.builtin("xian-2022-013")
    classification = policy.classify({}, at=ON)
    once = catalog.rest_on(entry("a"), classification, "withheld", "sha256:" + "1" * 64, at=ON)
    assert (once["assessed"], once["previous_openness"]) == (ON, "unconditional")
    assert [past["openness"] for past in once["history"]] == ["unconditional"]
    assert once["history"][0]["date"] == "2026-06-01"
    fits("entry", once)


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
def test_a_catalog_comes_back_from_a_file(tmp_path, form):
    written = city(entry("a", name="=1+1", items=[{"name": "zm", "title": "站名"}]), name="全市目录")
    path = tmp_path / f"catalog.{form}"
    if form == "json":
        path.write_text(written.to_json(), encoding="utf-8")
    else:
        {"csv": written.to_csv, "xlsx": written.to_xlsx}[form](path)
        assert catalog.read_sheet(path).problems == []
    assert catalog.Catalog.load(path) == written


def test_the_template_names_what_is_not_filled_in(tmp_path):
    path = tmp_path / "template.xlsx"
    catalog.template(path)
    assert "有条件开放" in zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml").decode()
    filled = catalog.read_sheet(path)
    assert [cell["column"] for cell in filled.problems] == ["目录标识", "目录级别"]
    fits("catalog-filled", filled.to_dict())
    with pytest.raises(kaifang.CatalogError) as caught:
        catalog.Catalog.load(path)
    assert caught.value.code == "KF-CATALOG-09"


def test_dcat_cites_the_instrument():
    conditional = entry("b", openness="conditional", access_ways=["api"])
    document = city(entry("a"), conditional).to_dcat(base="https://data.xa.example/", legislation="https://law.example/1")
    first, second = document["dcat:dataset"]
    assert first["@id"] == "https://data.xa.example/a"
    assert first["dcatap:applicableLegislation"]["@id"] == "https://law.example/1"
    assert "西规〔2022〕013" in first["dcatap:applicableLegislation"]["dct:title"][0]["@value"]
    assert [one["dct:accessRights"]["@id"].rsplit("/", 1)[1] for one in (first, second)] == ["PUBLIC", "RESTRICTED"]


def test_a_data_package_is_one_for_frictionless(tmp_path):
    items = [{"name": "zm", "title": "站名", "data_type": "文本"}, {"name": "rs", "data_type": "整数"}, {"name": "bz"}]
    whole = city(entry("a", items=items), entry("b", openness="conditional", access_ways=["api"]), name="全市目录")
    package = whole.to_frictionless()
    (tmp_path / "a.csv").write_text("zm,rs,bz\n钟楼,12,\n", encoding="utf-8")

    def report(document):
        path = tmp_path / "datapackage.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        return frictionless.validate(str(path))

    assert report(package).valid
    # The package says enough to tell a table that is not the one it describes.
    (tmp_path / "a.csv").write_text("zm,rs,bz\n钟楼,十二,\n", encoding="utf-8")
    assert not report(package).valid
    broken = copy.deepcopy(package)
    broken["resources"][0]["schema"]["fields"][0]["type"] = "文本"
    assert not report(broken).valid
    with pytest.raises(kaifang.CatalogError) as caught:
        city(entry("b", openness="conditional", access_ways=["api"])).to_frictionless()
    assert caught.value.code == "KF-CATALOG-12"


def test_bad_input_is_refused(tmp_path):
    for document in ({}, {"v": 1, "id": "xa", "level": "municipal", "entries": [{"v": 1, "id": "A"}]}):
        with pytest.raises(kaifang.CatalogError) as caught:
            catalog.Catalog.from_dict(document)
        refused(caught.value, kaifang.CatalogError)
    with pytest.raises(TypeError):
        catalog.Catalog.from_dict(object())
    with pytest.raises(ValueError):
        city().check(at="23 November")
    with pytest.raises(OverflowError):
        city().check(at=ON, reassess_months=-1)
    (tmp_path / "twice.json").write_text('{"v": 1, "id": "xa", "id": "xb", "level": "municipal", "entries": []}')
    with pytest.raises(kaifang.CatalogError):
        catalog.Catalog.load(tmp_path / "twice.json")
    (tmp_path / "torn.xlsx").write_bytes(b"PK\x03\x04")
    with pytest.raises(kaifang.CatalogError):
        catalog.Catalog.load(tmp_path / "torn.xlsx")
    with pytest.raises(kaifang.TableError):
        catalog.read_sheet(tmp_path / "no-such-file.csv")
