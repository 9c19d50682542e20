//! What can be wrong with a policy file, each with its place and what to write instead.
//!
//! A policy is law, not data: its own names and words may stand in a message.

use crate::terms::Text;

room_error! {
    /// Why a policy can't be loaded, or does not answer. A policy is never half loaded.
    pub enum PolicyError {
        /// No bundled policy has this id.
        NotBundled { known: String } = "KF-POLICY-01",
            en "no bundled policy has this id; bundled: {known}",
            zh "没有该标识的内置政策;内置的有:{known}";
        /// The file can't be read.
        Unreadable { kind: Text } = "KF-POLICY-02",
            en "the policy file can't be read: {kind}",
            zh "无法读取政策文件:{kind:#}";
        /// Not TOML, or not the shape of a policy.
        Shape { what: Text, line: usize, column: usize } = "KF-POLICY-03",
            en "not a policy file: {what}",
            zh "不是政策文件:{what:#}", at "line {line}, column {column}";
        /// A condition that can't be read.
        Condition { what: Text, instead: Text, line: usize, column: usize } = "KF-POLICY-04",
            en "the condition can't be read: {what}; {instead}",
            zh "条件无法解析:{what:#};{instead:#}", at "line {line}, column {column}";
        /// A condition or a rule names something that is not declared.
        UnknownName { name: String, instead: Text, line: usize, column: usize } = "KF-POLICY-05",
            en "{name} is not declared; {instead}",
            zh "{name} 未声明;{instead:#}", at "line {line}, column {column}";
        /// A fact is used as another kind than it is.
        Type { name: String, instead: Text, line: usize, column: usize } = "KF-POLICY-06",
            en "{name} is used as another kind than it is; {instead}",
            zh "{name} 的用法与其类型不符;{instead:#}", at "line {line}, column {column}";
        /// A value that the fact or interpretation does not have.
        UnknownValue { name: String, instead: Text, line: usize, column: usize } = "KF-POLICY-07",
            en "{name} has no such value; {instead}",
            zh "{name} 没有该取值;{instead:#}", at "line {line}, column {column}";
        /// An id that stands for two things.
        Duplicate { what: Text, name: String, line: usize, column: usize } = "KF-POLICY-08",
            en "the {what} {name} is declared twice; give each its own id",
            zh "{what:#} {name} 重复声明;请各用一个标识", at "line {line}, column {column}";
        /// Two reliefs of one ground hold together and neither yields.
        ReliefOrder { ground: String, first: String, second: String, witness: String, line: usize, column: usize } = "KF-POLICY-09",
            en "the reliefs {first} and {second} both reach the ground {ground} when {witness}; write `yields_to` in one of them",
            zh "当 {witness} 时,缓和规则 {first} 与 {second} 同时作用于依据 {ground};请在其中之一写明 yields_to", at "line {line}, column {column}";
        /// Reliefs that yield to each other in a circle.
        ReliefCircle { relief: String, line: usize, column: usize } = "KF-POLICY-10",
            en "the relief {relief} yields to itself by way of others; break the circle of `yields_to`",
            zh "缓和规则 {relief} 经由其他规则让位于自身;请断开 yields_to 的循环", at "line {line}, column {column}";
        /// A set of classes that is empty or names a class twice.
        Classes { rule: String, line: usize, column: usize } = "KF-POLICY-11",
            en "the set of classes of {rule} is empty or names a class twice; write each permitted class once",
            zh "{rule} 的开放属性集合为空或有重复;请将每个允许的属性各写一次", at "line {line}, column {column}";
        /// A citation that is not an article.
        Citation { rule: String, line: usize, column: usize } = "KF-POLICY-12",
            en "the citation of {rule} is not an article; write A18, A18.2 or A22.1(4)",
            zh "{rule} 的引用不是条款编号;请写 A18、A18.2 或 A22.1(4)", at "line {line}, column {column}";
        /// A denial whose article has no place in `article_order`.
        NoHeadlineOrder { rule: String, line: usize, column: usize } = "KF-POLICY-13",
            en "the article of the denial {rule} is not in `article_order`; add it where it belongs",
            zh "拒绝事由 {rule} 的条款不在 article_order 中;请在相应位置补上", at "line {line}, column {column}";
        /// An id that is not an identifier, or a reserved word.
        Identifier { what: Text, instead: Text, line: usize, column: usize } = "KF-POLICY-14",
            en "the id of a {what} can't be used; {instead}",
            zh "{what:#}的标识不合规;{instead:#}", at "line {line}, column {column}";
        /// A domain, a list of options or a text that is not usable.
        Declaration { name: String, instead: Text, line: usize, column: usize } = "KF-POLICY-15",
            en "the declaration of {name} is incomplete; {instead}",
            zh "{name} 的声明不完整;{instead:#}", at "line {line}, column {column}";
        /// The policy is larger than the library accepts.
        Limit { what: Text, limit: usize } = "KF-POLICY-16",
            en "the policy has more than {limit} {what}",
            zh "政策的{what:#}超过 {limit}";
        /// No such interpretation.
        NoSuchInterpretation { known: String } = "KF-POLICY-17",
            en "the policy has no such interpretation; it has: {known}",
            zh "政策没有该解释开关;现有:{known}";
        /// No such option of an interpretation.
        NoSuchOption { interpretation: String, options: String } = "KF-POLICY-18",
            en "the interpretation {interpretation} has no such option; it has: {options}",
            zh "解释开关 {interpretation} 没有该选项;现有:{options}";
        /// The date is outside the time in which the policy is in force.
        NotInForce { policy: String, at: jiff::civil::Date, from: jiff::civil::Date, until: String } = "KF-POLICY-19",
            en "no policy in force: {policy} holds from {from}{until}, the date is {at}",
            zh "该日期没有有效的政策:{policy} 自 {from} 起{until}施行,所问日期为 {at}";
        /// A rule cites what is not a provision of the policy.
        NoSuchProvision { rule: String, cite: String, instead: Text, line: usize, column: usize } = "KF-POLICY-20",
            en "the citation {cite} of {rule} is not a provision of the policy; {instead}",
            zh "{rule} 引用的 {cite} 不在政策的条款清单内;{instead:#}", at "line {line}, column {column}";
        /// A provision that says why no rule cites it, and a rule cites it.
        RuleAndNoRule { provision: String, kind: Text, rule: String, line: usize, column: usize } = "KF-POLICY-21",
            en "the provision {provision} has `no_rule`, and the rule {rule} ({kind}) cites it; take `no_rule` out, or mend the citation",
            zh "条款 {provision} 写有 no_rule,但规则 {rule}({kind:#})引用了它;请删去 no_rule,或改正引用", at "line {line}, column {column}";
        /// A text of the law in which no article begins.
        NoArticles = "KF-POLICY-22",
            en "the text has no article; give the instrument's whole text, in which a line begins with `第一条`",
            zh "文本中没有条文;请提供文件全文,其中应有以“第一条”开头的行";
        /// A text of the law that is larger than the library accepts.
        TextLimit { what: Text, limit: usize } = "KF-POLICY-23",
            en "the text of the law has more than {limit} {what}; give the instrument's text alone",
            zh "法规文本的{what:#}超过 {limit};请只提供该文件的文本";
        /// A condition that decides looks at the answer.
        AnswerWord { name: String, line: usize, column: usize } = "KF-POLICY-24",
            en "{name} is a word of the answer, and only a property may look at the answer; write facts and definitions",
            zh "{name} 是结论用语,只有性质(properties)可以引用结论;请改写事实或定义", at "line {line}, column {column}";
        /// A property that says nothing, or two things.
        PropertyShape { property: String, instead: Text, line: usize, column: usize } = "KF-POLICY-25",
            en "the property {property} can't be proved as written; {instead}",
            zh "性质 {property} 的写法无法证明;{instead:#}", at "line {line}, column {column}";
        /// A deadline whose condition looks at facts.
        DeadlineCondition { code: String, line: usize, column: usize } = "KF-POLICY-26",
            en "the deadline {code} can only depend on readings; write interpretation.NAME = OPTION",
            zh "期限 {code} 只能取决于解释开关;请写 interpretation.NAME = OPTION", at "line {line}, column {column}";
        /// Two deadlines of one code hold under one reading.
        DeadlineOverlap { code: String, witness: String, line: usize, column: usize } = "KF-POLICY-27",
            en "two deadlines {code} hold together when {witness}; write a `when` in each so that one holds",
            zh "当 {witness} 时,期限 {code} 有两条同时成立;请在两条中写明互不重叠的 when", at "line {line}, column {column}";
        /// Two duties of one code hold at a permitted access.
        DutyOverlap { code: String, first: String, second: String, witness: String, line: usize, column: usize } = "KF-POLICY-28",
            en "the duties {first} and {second} both give {code} to an access that is permitted when {witness}; write conditions of which one holds",
            zh "当 {witness} 时允许访问,而义务 {first} 与 {second} 同时给出 {code};请写互不重叠的条件", at "line {line}, column {column}";
        /// A name that is a fact's and a word of the answer.
        TwoMeanings { name: String, line: usize, column: usize } = "KF-POLICY-29",
            en "{name} is declared and is a word of the answer too; give the declared one another id, or write a definition of another name",
            zh "{name} 既是已声明的名称,又是结论用语;请为所声明的另取标识,或另立一个定义", at "line {line}, column {column}";
    }
}

impl PolicyError {
    /// Line and column in the policy file, both from 1, where the error has a place there.
    #[must_use]
    pub fn position(&self) -> Option<(usize, usize)> {
        use PolicyError as E;
        match self {
            E::Shape { line, column, .. }
            | E::Condition { line, column, .. }
            | E::UnknownName { line, column, .. }
            | E::Type { line, column, .. }
            | E::UnknownValue { line, column, .. }
            | E::Duplicate { line, column, .. }
            | E::ReliefOrder { line, column, .. }
            | E::ReliefCircle { line, column, .. }
            | E::Classes { line, column, .. }
            | E::Citation { line, column, .. }
            | E::NoHeadlineOrder { line, column, .. }
            | E::Identifier { line, column, .. }
            | E::Declaration { line, column, .. }
            | E::NoSuchProvision { line, column, .. }
            | E::RuleAndNoRule { line, column, .. }
            | E::AnswerWord { line, column, .. }
            | E::PropertyShape { line, column, .. }
            | E::DeadlineCondition { line, column, .. }
            | E::DeadlineOverlap { line, column, .. }
            | E::DutyOverlap { line, column, .. }
            | E::TwoMeanings { line, column, .. } => Some((*line, *column)),
            E::NotBundled { .. }
            | E::Unreadable { .. }
            | E::Limit { .. }
            | E::NoSuchInterpretation { .. }
            | E::NoSuchOption { .. }
            | E::NotInForce { .. }
            | E::NoArticles
            | E::TextLimit { .. } => None,
        }
    }
}
