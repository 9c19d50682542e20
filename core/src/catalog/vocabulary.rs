//! The closed vocabularies of an entry (A3(4), A8, A12, A19.2). This file holds words; it must never hold what follows
//! from them.

use crate::terms::words;

words! {
    /// 数据格式 (A19.2).
    pub enum DataFormat {
        /// CSV
        Csv = "csv", "CSV", "CSV";
        /// JSON
        Json = "json", "JSON", "JSON";
        /// XML
        Xml = "xml", "XML", "XML";
        /// XLSX
        Xlsx = "xlsx", "XLSX", "XLSX";
        /// XLS
        Xls = "xls", "XLS", "XLS";
        /// Parquet
        Parquet = "parquet", "Parquet", "Parquet";
        /// Arrow IPC
        Arrow = "arrow", "Arrow", "Arrow";
        /// RDF
        Rdf = "rdf", "RDF", "RDF";
        /// GeoJSON
        Geojson = "geojson", "GeoJSON", "GeoJSON";
        /// Shapefile
        Shapefile = "shapefile", "Shapefile", "Shapefile";
        /// Plain text
        Text = "text", "纯文本", "plain text";
        /// PDF
        Pdf = "pdf", "PDF", "PDF";
        /// A word processor's document
        Document = "document", "文字处理文档", "word processor document";
        /// A picture or a scan
        Image = "image", "图片或扫描件", "picture or scan";
    }

    /// 数据类型 (A19.2).
    pub enum DataType {
        /// 结构化数据
        Structured = "structured", "结构化数据", "structured data";
        /// 空间数据
        Spatial = "spatial", "空间数据", "spatial data";
        /// 文本
        Text = "text", "文本", "text";
        /// 图像
        Image = "image", "图像", "images";
        /// 音视频
        Media = "media", "音视频", "audio and video";
        /// 实时流
        Stream = "stream", "实时流数据", "stream";
    }

    /// 数据更新频率 (A19.2, A23).
    pub enum UpdateFrequency {
        /// 实时
        Realtime = "realtime", "实时", "in real time";
        /// 每日
        Daily = "daily", "每日", "daily";
        /// 每周
        Weekly = "weekly", "每周", "weekly";
        /// 每月
        Monthly = "monthly", "每月", "monthly";
        /// 每季度
        Quarterly = "quarterly", "每季度", "quarterly";
        /// 每半年
        HalfYearly = "half_yearly", "每半年", "half-yearly";
        /// 每年
        Yearly = "yearly", "每年", "yearly";
        /// 不定期
        Irregular = "irregular", "不定期", "irregularly";
        /// 不更新
        Never = "never", "不更新", "never";
    }

    /// Whose catalog the entry belongs to (A8, A19.2): who reviews applications depends on it.
    pub enum Level {
        /// 市级
        Municipal = "municipal", "市级", "municipal";
        /// 区县(开发区)级
        District = "district", "区县(开发区)级", "district";
    }

    /// The channel through which the data is opened (A12).
    pub enum Channel {
        /// 统一开放平台
        Platform = "platform", "统一开放平台", "the unified platform";
        /// 经批准的自有渠道
        ApprovedException = "approved_exception", "经批准的自有渠道", "an own channel, approved";
        /// 其他渠道
        Other = "other", "其他渠道", "another channel";
    }
}

impl DataFormat {
    /// Whether society can process it by machine (A3(4)): a document made for eyes is not.
    #[must_use]
    pub fn machine_readable(self) -> bool {
        !matches!(self, DataFormat::Pdf | DataFormat::Document | DataFormat::Image)
    }
}
