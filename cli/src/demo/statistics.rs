//! The harmless dataset of the demo: totals of the national population censuses, as published in the statistical
//! yearbooks. Persons are in units of ten thousand; the household size is the published average.

/// The CSV, UTF-8.
pub(crate) const CENSUSES: &str = "\
普查年份,总人口(万人),平均家庭户规模(人)
1953,59435,4.33
1964,69458,4.43
1982,100818,4.41
1990,113368,3.96
2000,126583,3.44
2010,133972,3.10
2020,141178,2.62
";
