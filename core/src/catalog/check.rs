//! What is missing or contradictory in an entry, all of it at once, each with its article.
//! This file must never change an entry.

use serde::{Deserialize, Serialize};

use super::{CatalogError, Channel, Entry, Level};
use crate::terms::{AccessWay, Openness, Word};

/// One thing that is missing or contradictory in an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Problem {
    /// The stable code: `missing`, or what is contradicted.
    pub code: String,
    /// The article.
    pub cite: String,
    /// The field of the entry.
    pub field: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Entry {
    /// Everything that keeps the entry from being opened, in the order of the document; empty when it is whole.
    #[must_use]
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Problems(Vec::new());
        self.check_fields(&mut problems);
        self.check_duties(&mut problems);
        self.check_contradictions(&mut problems);
        problems.0
    }

    /// The same as an error that names every field.
    ///
    /// # Errors
    /// [`CatalogError::Incomplete`], and what [`Entry::well_formed`] refuses.
    pub fn ready(&self) -> Result<(), CatalogError> {
        self.well_formed()?;
        let problems = self.check();
        if problems.is_empty() {
            return Ok(());
        }
        let mut fields: Vec<String> = Vec::new();
        for problem in problems {
            if !fields.contains(&problem.field) {
                fields.push(problem.field);
            }
        }
        Err(CatalogError::Incomplete { id: self.id.clone(), fields: fields.join(", ") })
    }

    /// The seven fields of A19.2.
    fn check_fields(&self, problems: &mut Problems) {
        let text = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
        let body = self.body.as_ref().is_some_and(|body| !body.id.trim().is_empty() && !body.name.trim().is_empty());
        problems.require(text(&self.name), "A19.2", "name", "数据名称", "its name");
        problems.require(body, "A19.2", "body", "数据开放主体", "its opening body");
        problems.require(self.openness.is_some(), "A19.2", "openness", "数据开放属性", "its openness");
        problems.require(self.format.is_some(), "A19.2", "format", "数据格式", "its format");
        problems.require(self.data_type.is_some(), "A19.2", "data_type", "数据类型", "its data type");
        // What is withheld is opened in no way.
        let ways = !self.access_ways.is_empty() || self.openness == Some(Openness::Withheld);
        problems.require(ways, "A19.2", "access_ways", "数据开放方式", "its ways of access");
        let frequency = self.update_frequency.is_some();
        problems.require(frequency, "A19.2", "update_frequency", "数据更新频率", "its update frequency");
    }

    /// What other articles ask of an entry.
    fn check_duties(&self, problems: &mut Problems) {
        problems.require(
            self.level.is_some(),
            "A8",
            "level",
            "市级或区县级",
            "whether it is municipal or a district's",
        );
        if self.level == Some(Level::District) {
            problems.require(self.district.is_some(), "A8", "district", "所属区县", "the district");
        }
        problems.require(self.grade.is_some(), "A4", "grade", "数据分级", "its data grade");
        for (office, field, zh, en) in [
            (&self.responsible.first, "responsible.first", "第一责任人", "the first responsible person"),
            (&self.responsible.leader, "responsible.leader", "分管负责人", "the leader in charge"),
            (&self.responsible.contact, "responsible.contact", "联系人", "the contact"),
        ] {
            let named = |office: &super::Office| !office.role.trim().is_empty() && !office.contact.trim().is_empty();
            problems.require(office.as_ref().is_some_and(named), "A9.3", field, zh, en);
        }
        problems.require(self.channel.is_some(), "A12", "channel", "开放渠道", "its channel");
        problems.require(self.assessment.is_some(), "A9.2", "assessment", "开放前的评估", "its assessment");
        let content = "the digest of the assessed content";
        problems.require(self.content.is_some(), "A9.2", "content", "经评估内容的摘要值", content);
    }

    fn check_contradictions(&self, problems: &mut Problems) {
        let ways = &self.access_ways;
        if self.openness == Some(Openness::Conditional) && ways.contains(&AccessWay::Download) {
            problems.contradiction(
                ("conditional_no_download", "A22.2", "access_ways"),
                "有条件开放的数据不得通过下载方式开放",
                "conditional data is never opened by download",
            );
        }
        if self.openness == Some(Openness::Withheld) && !ways.is_empty() {
            problems.contradiction(
                ("withheld_has_ways", "A18.2", "access_ways"),
                "不予开放的数据不应列有开放方式",
                "withheld data is opened in no way, yet ways are listed",
            );
        }
        let repeated = ways.iter().enumerate().any(|(index, way)| ways.iter().take(index).any(|other| other == way));
        if repeated {
            let code = ("way_twice", "A19.2", "access_ways");
            problems.contradiction(code, "同一开放方式重复列出", "a way of access is listed twice");
        }
        let basis = |basis: &Option<String>| basis.as_ref().is_some_and(|basis| !basis.trim().is_empty());
        if ways.contains(&AccessWay::Other) && !basis(&self.other_way_basis) {
            problems.contradiction(
                ("other_way_no_basis", "A22.1(4)", "other_way_basis"),
                "采用其他开放方式须有法律、法规或规范性文件依据",
                "another way of access needs a provision that it rests on",
            );
        }
        if self.channel == Some(Channel::ApprovedException) && !basis(&self.channel_basis) {
            problems.contradiction(
                ("channel_no_basis", "A12", "channel_basis"),
                "使用自有渠道开放须注明批准依据",
                "an own channel needs the approval that it rests on",
            );
        }
        if self.channel == Some(Channel::Other) {
            problems.contradiction(
                ("not_via_platform", "A12", "channel"),
                "数据应通过统一开放平台开放",
                "data is opened through the unified platform",
            );
        }
        let period = self.metadata.as_ref().and_then(|metadata| metadata.period);
        if period.is_some_and(|period| period.until.is_some_and(|until| until < period.from)) {
            let code = ("period_reversed", "A21", "metadata.period");
            problems.contradiction(code, "数据时间范围的终止日期早于起始日期", "the period ends before it begins");
        }
        if let Some(format) = self.format.filter(|format| !format.machine_readable()) {
            problems.contradiction(
                ("not_machine_readable", "A3(4)", "format"),
                &format!("{}不是机器可读格式", format.zh()),
                &format!("{} is not machine-readable", format.en()),
            );
        }
    }
}

struct Problems(Vec<Problem>);

impl Problems {
    fn require(&mut self, present: bool, cite: &str, field: &str, zh: &str, en: &str) {
        if !present {
            let (zh, en) = (format!("缺少{zh}"), format!("the entry lacks {en}"));
            self.0.push(Problem { code: "missing".into(), cite: cite.into(), field: field.into(), zh, en });
        }
    }

    fn contradiction(&mut self, (code, cite, field): (&str, &str, &str), zh: &str, en: &str) {
        let (zh, en) = (zh.to_owned(), en.to_owned());
        self.0.push(Problem { code: code.into(), cite: cite.into(), field: field.into(), zh, en });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{DataFormat, Office};

    const WHOLE: &str = r#"{
        "v": 1, "id": "xa-resident", "name": "常住人口基本信息(去标识化)",
        "body": {"id": "11610100013300000X", "name": "西安市示例局"},
        "openness": "conditional", "format": "parquet", "data_type": "structured", "access_ways": ["api"],
        "update_frequency": "yearly", "level": "municipal", "grade": "general",
        "responsible": {"first": {"role": "局长", "contact": "029-86780000"},
            "leader": {"role": "分管副局长", "contact": "029-86780001"},
            "contact": {"role": "数据科", "contact": "029-86780002"}},
        "channel": "platform",
        "assessment": "sha256:0000000000000000000000000000000000000000000000000000000000000000",
        "content": "sha256:1111111111111111111111111111111111111111111111111111111111111111"}"#;

    fn fields(entry: &Entry) -> Vec<String> {
        entry.check().into_iter().map(|problem| format!("{} {}", problem.cite, problem.field)).collect()
    }

    #[test]
    fn a_whole_entry_has_no_problem() {
        let entry = Entry::from_json(WHOLE).unwrap();
        assert_eq!(entry.check(), []);
        assert_eq!(entry.ready(), Ok(()));
    }

    #[test]
    fn everything_missing_is_named_at_once() {
        let entry = Entry::new("x");
        assert_eq!(
            fields(&entry),
            [
                "A19.2 name",
                "A19.2 body",
                "A19.2 openness",
                "A19.2 format",
                "A19.2 data_type",
                "A19.2 access_ways",
                "A19.2 update_frequency",
                "A8 level",
                "A4 grade",
                "A9.3 responsible.first",
                "A9.3 responsible.leader",
                "A9.3 responsible.contact",
                "A12 channel",
                "A9.2 assessment",
                "A9.2 content"
            ]
        );
        assert!(matches!(entry.ready(), Err(CatalogError::Incomplete { .. })));
    }

    #[test]
    fn every_part_of_a_whole_entry_is_needed() {
        let whole: serde_json::Map<String, serde_json::Value> = serde_json::from_str(WHOLE).unwrap();
        for key in whole.keys().filter(|key| !["v", "id"].contains(&key.as_str())) {
            let mut less = whole.clone();
            less.remove(key);
            let entry = Entry::from_json(&serde_json::to_string(&less).unwrap()).unwrap();
            assert!(fields(&entry).iter().all(|problem| problem.contains(key.as_str())), "{key}");
            assert!(!fields(&entry).is_empty(), "{key}");
        }
    }

    #[test]
    fn contradictions_cite_their_article() {
        let whole = Entry::from_json(WHOLE).unwrap();
        let codes = |change: fn(&mut Entry)| {
            let mut entry = whole.clone();
            change(&mut entry);
            entry.check().into_iter().map(|problem| (problem.code, problem.cite)).collect::<Vec<_>>()
        };
        let one = |code: &str, cite: &str| vec![(code.to_owned(), cite.to_owned())];
        let download = codes(|entry| entry.access_ways.push(AccessWay::Download));
        assert_eq!(download, one("conditional_no_download", "A22.2"));
        assert_eq!(codes(|entry| entry.access_ways.push(AccessWay::Api)), one("way_twice", "A19.2"));
        assert_eq!(codes(|entry| entry.access_ways.push(AccessWay::Other)), one("other_way_no_basis", "A22.1(4)"));
        assert_eq!(codes(|entry| entry.openness = Some(Openness::Withheld)), one("withheld_has_ways", "A18.2"));
        assert_eq!(codes(|entry| entry.channel = Some(Channel::Other)), one("not_via_platform", "A12"));
        let exception = codes(|entry| entry.channel = Some(Channel::ApprovedException));
        assert_eq!(exception, one("channel_no_basis", "A12"));
        assert_eq!(codes(|entry| entry.format = Some(DataFormat::Pdf)), one("not_machine_readable", "A3(4)"));
        assert_eq!(codes(|entry| entry.level = Some(Level::District)), one("missing", "A8"));
        let unconditional = codes(|entry| {
            entry.openness = Some(Openness::Unconditional);
            entry.access_ways.push(AccessWay::Download);
        });
        assert_eq!(unconditional, []);
    }

    #[test]
    fn bad_documents_are_refused_without_their_values() {
        for (json, code) in [
            ("", "KF-CATALOG-01"),
            (r#"{"v":1}"#, "KF-CATALOG-01"),
            (r#"{"v":2,"id":"x"}"#, "KF-CATALOG-01"),
            (r#"{"v":1,"id":"x","phone":"13800138000"}"#, "KF-CATALOG-01"),
            (r#"{"v":1,"id":"x","openness":"13800138000"}"#, "KF-CATALOG-01"),
            (r#"{"v":1,"id":"x","id":"y"}"#, "KF-CATALOG-01"),
            (r#"{"v":1,"id":""}"#, "KF-CATALOG-03"),
            (r#"{"v":1,"id":"A"}"#, "KF-CATALOG-03"),
            (r#"{"v":1,"id":"13800138000"}"#, "KF-CATALOG-03"),
        ] {
            let error = Entry::from_json(json).unwrap_err();
            assert_eq!(crate::error::Explain::code(&error), code, "{json}");
            assert!(!format!("{error} {error:?}").contains("13800138000"), "{error}");
        }
        let mut entry = Entry::from_json(WHOLE).unwrap();
        entry.responsible.contact = Some(Office { role: "联系人".into(), contact: "13800138000".into() });
        assert_eq!(entry.well_formed(), Err(CatalogError::Personal { field: "responsible.contact".into() }));
    }
}
