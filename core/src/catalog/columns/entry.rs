//! The columns of an entry, in the order of the Measures, then of the national guide, then what the library fills in.
//! This file is a table; it must never hold a way of reading a cell.

use super::{
    Column, body, category, metadata, named, of_category, of_metadata, office, put, put_list, shown, some, some_of,
    text,
};
use crate::catalog::cells::{date, digest, history, history_cell, items, items_cell, join, names, word};
use crate::catalog::{Channel, DataFormat, DataType, Entry, Level, Period, UpdateFrequency};
use crate::terms::{AccessWay, DataGrade, Openness, Text, Word};

const GUIDE: &str = "GB/T 21063.3";

/// The fields of an entry.
pub(in crate::catalog) const ENTRY: &[Column<Entry>] = &[
    Column::<Entry>::new(
        ("id", "数据集标识", "A19.2"),
        ("1 至 64 个 a-z、0-9、-、_ 字符,目录内不重复", "1 to 64 of a-z, 0-9, -, _; once in a catalog"),
        |entry| entry.id.clone(),
        |entry, cell| put(&mut entry.id, cell),
    ),
    Column::<Entry>::new(
        ("name", "数据名称", "A19.2"),
        ("数据集的规范名称", "the dataset's name"),
        |entry| text(entry.name.as_ref()),
        |entry, cell| some(&mut entry.name, cell),
    ),
    Column::<Entry>::new(
        ("body.id", "数据开放主体代码", "A19.2"),
        ("统一社会信用代码", "the unified social credit code"),
        |entry| entry.body.as_ref().map(|body| body.id.clone()).unwrap_or_default(),
        |entry, cell| put(&mut body(&mut entry.body).id, cell),
    ),
    Column::<Entry>::new(
        ("body.name", "数据开放主体", "A19.2"),
        ("单位全称", "the body's whole name"),
        |entry| entry.body.as_ref().map(|body| body.name.clone()).unwrap_or_default(),
        |entry, cell| put(&mut body(&mut entry.body).name, cell),
    ),
    Column::<Entry>::new(
        ("openness", "数据开放属性", "A19.2"),
        ("经评估确定;从下拉列表选择", "as it was assessed, from the list"),
        |entry| named(entry.openness),
        |entry, cell| some_of(&mut entry.openness, word(cell)),
    )
    .words(names::<Openness>),
    Column::<Entry>::new(
        ("format", "数据格式", "A19.2"),
        ("从下拉列表选择;应为机器可读格式", "from the list; it has to be machine-readable"),
        |entry| named(entry.format),
        |entry, cell| some_of(&mut entry.format, word(cell)),
    )
    .words(names::<DataFormat>),
    Column::<Entry>::new(
        ("data_type", "数据类型", "A19.2"),
        ("从下拉列表选择", "from the list"),
        |entry| named(entry.data_type),
        |entry, cell| some_of(&mut entry.data_type, word(cell)),
    )
    .words(names::<DataType>),
    Column::<Entry>::new(
        ("access_ways", "数据开放方式", "A19.2"),
        (
            "从下拉列表选择,多种方式以 | 分隔;有条件开放的数据不得下载",
            "from the list, several joined by |; conditional data is never downloaded",
        ),
        |entry| join(entry.access_ways.iter().map(|way| way.zh()), '|'),
        |entry, cell| put_list(&mut entry.access_ways, cell, |way| word(&way)),
    )
    .words(names::<AccessWay>)
    .several(),
    Column::<Entry>::new(
        ("update_frequency", "数据更新频率", "A19.2"),
        ("从下拉列表选择", "from the list"),
        |entry| named(entry.update_frequency),
        |entry, cell| some_of(&mut entry.update_frequency, word(cell)),
    )
    .words(names::<UpdateFrequency>),
    Column::<Entry>::new(
        ("level", "所属级别", "A8"),
        ("从下拉列表选择", "from the list"),
        |entry| named(entry.level),
        |entry, cell| some_of(&mut entry.level, word(cell)),
    )
    .words(names::<Level>),
    Column::<Entry>::new(
        ("district", "所属区县代码", "A8"),
        ("区县级数据填写六位行政区划代码", "the six digits of the district, for a district's data"),
        |entry| text(entry.district.as_ref()),
        |entry, cell| some(&mut entry.district, cell),
    ),
    Column::<Entry>::new(
        ("grade", "数据分级", "A4"),
        ("从下拉列表选择", "from the list"),
        |entry| named(entry.grade),
        |entry, cell| some_of(&mut entry.grade, word(cell)),
    )
    .words(names::<DataGrade>),
    Column::<Entry>::new(
        ("responsible.first.role", "第一责任人岗位", "A9.3"),
        ("填写岗位,不填个人姓名", "the office, not a person's name"),
        |entry| entry.responsible.first.as_ref().map(|office| office.role.clone()).unwrap_or_default(),
        |entry, cell| put(&mut office(&mut entry.responsible.first).role, cell),
    ),
    Column::<Entry>::new(
        ("responsible.first.contact", "第一责任人联系方式", "A9.3"),
        ("办公电话或邮箱,不填个人手机", "the office's telephone or mailbox, no private number"),
        |entry| entry.responsible.first.as_ref().map(|office| office.contact.clone()).unwrap_or_default(),
        |entry, cell| put(&mut office(&mut entry.responsible.first).contact, cell),
    ),
    Column::<Entry>::new(
        ("responsible.leader.role", "分管负责人岗位", "A9.3"),
        ("填写岗位,不填个人姓名", "the office, not a person's name"),
        |entry| entry.responsible.leader.as_ref().map(|office| office.role.clone()).unwrap_or_default(),
        |entry, cell| put(&mut office(&mut entry.responsible.leader).role, cell),
    ),
    Column::<Entry>::new(
        ("responsible.leader.contact", "分管负责人联系方式", "A9.3"),
        ("办公电话或邮箱,不填个人手机", "the office's telephone or mailbox, no private number"),
        |entry| entry.responsible.leader.as_ref().map(|office| office.contact.clone()).unwrap_or_default(),
        |entry, cell| put(&mut office(&mut entry.responsible.leader).contact, cell),
    ),
    Column::<Entry>::new(
        ("responsible.contact.role", "联系人岗位", "A9.3"),
        ("填写岗位,不填个人姓名", "the office, not a person's name"),
        |entry| entry.responsible.contact.as_ref().map(|office| office.role.clone()).unwrap_or_default(),
        |entry, cell| put(&mut office(&mut entry.responsible.contact).role, cell),
    ),
    Column::<Entry>::new(
        ("responsible.contact.contact", "联系人联系方式", "A9.3"),
        ("办公电话或邮箱,不填个人手机", "the office's telephone or mailbox, no private number"),
        |entry| entry.responsible.contact.as_ref().map(|office| office.contact.clone()).unwrap_or_default(),
        |entry, cell| put(&mut office(&mut entry.responsible.contact).contact, cell),
    ),
    Column::<Entry>::new(
        ("channel", "开放渠道", "A12"),
        ("从下拉列表选择", "from the list"),
        |entry| named(entry.channel),
        |entry, cell| some_of(&mut entry.channel, word(cell)),
    )
    .words(names::<Channel>),
    Column::<Entry>::new(
        ("channel_basis", "自有渠道批准依据", "A12"),
        ("使用经批准的自有渠道时填写文号", "the approval's number, for an own channel"),
        |entry| text(entry.channel_basis.as_ref()),
        |entry, cell| some(&mut entry.channel_basis, cell),
    ),
    Column::<Entry>::new(
        ("other_way_basis", "其他方式依据", "A22.1(4)"),
        ("采用其他方式时填写依据的规定", "the provision on which another way rests"),
        |entry| text(entry.other_way_basis.as_ref()),
        |entry, cell| some(&mut entry.other_way_basis, cell),
    ),
    Column::<Entry>::new(
        ("summary", "数据摘要", GUIDE),
        ("内容概述", "what the data is about"),
        |entry| text(entry.summary.as_ref()),
        |entry, cell| some(&mut entry.summary, cell),
    ),
    Column::<Entry>::new(
        ("items", "信息项", GUIDE),
        (
            "名称:含义:类型,多个信息项以 | 分隔,如 zm:站名:文本|jd:经度:数值",
            "name:meaning:type, joined by |, such as zm:station:text|jd:longitude:number",
        ),
        |entry| items_cell(&entry.items),
        |entry, cell| items(cell).map(|items| entry.items = items),
    ),
    Column::<Entry>::new(
        ("updated", "数据更新日期", "A23"),
        ("内容最近一次更新的日期,如 2026-11-23", "when its content last changed, such as 2026-11-23"),
        |entry| shown(entry.updated),
        |entry, cell| some_of(&mut entry.updated, date(cell)),
    ),
    Column::<Entry>::new(
        ("metadata.code", "信息资源代码", GUIDE),
        ("按编制指南编码", "by the national guide"),
        |entry| of_metadata(entry, |metadata| text(metadata.code.as_ref())),
        |entry, cell| some(&mut metadata(entry).code, cell),
    ),
    Column::<Entry>::new(
        ("metadata.category.class", "信息资源分类:类", GUIDE),
        ("按编制指南填写", "by the national guide"),
        |entry| of_category(entry, |category| &category.class),
        |entry, cell| some(&mut category(entry).class, cell),
    ),
    Column::<Entry>::new(
        ("metadata.category.division", "信息资源分类:项", GUIDE),
        ("按编制指南填写", "by the national guide"),
        |entry| of_category(entry, |category| &category.division),
        |entry, cell| some(&mut category(entry).division, cell),
    ),
    Column::<Entry>::new(
        ("metadata.category.group", "信息资源分类:目", GUIDE),
        ("按编制指南填写", "by the national guide"),
        |entry| of_category(entry, |category| &category.group),
        |entry, cell| some(&mut category(entry).group, cell),
    ),
    Column::<Entry>::new(
        ("metadata.category.subgroup", "信息资源分类:细目", GUIDE),
        ("按编制指南填写", "by the national guide"),
        |entry| of_category(entry, |category| &category.subgroup),
        |entry, cell| some(&mut category(entry).subgroup, cell),
    ),
    Column::<Entry>::new(
        ("metadata.provider_code", "信息资源提供方代码", GUIDE),
        ("按编制指南填写", "by the national guide"),
        |entry| of_metadata(entry, |metadata| text(metadata.provider_code.as_ref())),
        |entry, cell| some(&mut metadata(entry).provider_code, cell),
    ),
    Column::<Entry>::new(
        ("metadata.keywords", "关键字", GUIDE),
        ("多个以 | 分隔", "several are joined by |"),
        |entry| of_metadata(entry, |metadata| join(&metadata.keywords, '|')),
        |entry, cell| put_list(&mut metadata(entry).keywords, cell, Ok),
    ),
    Column::<Entry>::new(
        ("metadata.subject", "主题", GUIDE),
        ("国家主题分类", "the national subject"),
        |entry| of_metadata(entry, |metadata| text(metadata.subject.as_ref())),
        |entry, cell| some(&mut metadata(entry).subject, cell),
    ),
    Column::<Entry>::new(
        ("metadata.domain", "数据领域", GUIDE),
        ("如 交通运输", "such as transport"),
        |entry| of_metadata(entry, |metadata| text(metadata.domain.as_ref())),
        |entry, cell| some(&mut metadata(entry).domain, cell),
    ),
    Column::<Entry>::new(
        ("metadata.first_published", "首次发布日期", GUIDE),
        ("如 2026-11-23", "such as 2026-11-23"),
        |entry| of_metadata(entry, |metadata| shown(metadata.first_published)),
        |entry, cell| some_of(&mut metadata(entry).first_published, date(cell)),
    ),
    Column::<Entry>::new(
        ("metadata.period.from", "数据起始日期", GUIDE),
        ("数据所涉时间的起始日期", "the first day that the data speaks of"),
        |entry| of_metadata(entry, |metadata| shown(metadata.period.map(|period| period.from))),
        |entry, cell| some_of(&mut metadata(entry).period, date(cell).map(|from| Period { from, until: None })),
    ),
    Column::<Entry>::new(
        ("metadata.period.until", "数据终止日期", GUIDE),
        ("持续更新的数据不填", "nothing where it goes on"),
        |entry| of_metadata(entry, |metadata| shown(metadata.period.and_then(|period| period.until))),
        |entry, cell| match &mut metadata(entry).period {
            Some(period) => some_of(&mut period.until, date(cell)),
            None => Err(Text::new("须先填写数据起始日期", "nothing without the first day")),
        },
    ),
    Column::<Entry>::new(
        ("metadata.related", "关联资源代码", GUIDE),
        ("多个以 | 分隔", "several are joined by |"),
        |entry| of_metadata(entry, |metadata| join(&metadata.related, '|')),
        |entry, cell| put_list(&mut metadata(entry).related, cell, Ok),
    ),
    Column::<Entry>::new(
        ("assessed", "评估日期", "A21"),
        ("最近一次评估的日期", "the day of the last assessment"),
        |entry| shown(entry.assessed),
        |entry, cell| some_of(&mut entry.assessed, date(cell)),
    ),
    Column::<Entry>::new(
        ("assessment", "评估结论摘要值", "A9.2"),
        ("由软件填写", "filled in by the software"),
        |entry| shown(entry.assessment),
        |entry, cell| some_of(&mut entry.assessment, digest(cell)),
    )
    .computed(),
    Column::<Entry>::new(
        ("content", "内容摘要值", "A9.2"),
        ("由软件填写", "filled in by the software"),
        |entry| shown(entry.content),
        |entry, cell| some_of(&mut entry.content, digest(cell)),
    )
    .computed(),
    Column::<Entry>::new(
        ("previous_openness", "原开放属性", "A9.2"),
        ("由软件填写", "filled in by the software"),
        |entry| named(entry.previous_openness),
        |entry, cell| some_of(&mut entry.previous_openness, word(cell)),
    )
    .computed(),
    Column::<Entry>::new(
        ("history", "评估历史", "A9.2"),
        ("由软件填写", "filled in by the software"),
        |entry| history_cell(&entry.history),
        |entry, cell| history(cell).map(|history| entry.history = history),
    )
    .computed(),
];
