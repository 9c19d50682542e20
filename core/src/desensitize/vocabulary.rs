//! The words of a plan.

use crate::terms::words;

words! {
    /// 变换: what is done to a column (techniques of GB/T 37964-2019, annex A).
    pub enum Transform {
        /// 保留: as it is.
        Keep = "keep", "保留", "keep";
        /// 删除列
        Drop = "drop", "删除", "drop";
        /// 屏蔽: every value becomes [`super::REDACTED`].
        Redact = "redact", "屏蔽", "redact";
        /// 置空
        Null = "null", "置空", "null";
        /// 部分屏蔽: hidden characters become `*`.
        Mask = "mask", "掩码", "mask";
        /// 密码假名化: a keyed token.
        Token = "token", "假名令牌", "token";
        /// 保留格式加密
        Fpe = "fpe", "保留格式加密", "format-preserving encryption";
        /// 泛化
        Generalize = "generalize", "泛化", "generalize";
        /// 取整
        Round = "round", "取整", "round";
        /// 顶层与底层编码
        TopBottom = "top_bottom", "顶层底层编码", "top and bottom coding";
        /// 日期偏移
        DateShift = "date_shift", "日期偏移", "date shift";
        /// 噪声
        Noise = "noise", "噪声添加", "noise";
        /// 置换
        Shuffle = "shuffle", "置换", "shuffle";
        /// 抽样
        Sample = "sample", "抽样", "sample";
        /// 记录抑制
        Suppress = "suppress", "抑制", "suppress";
        /// 加密
        Encrypt = "encrypt", "加密", "encrypt";
        /// 文本片段处理
        Text = "text", "文本处理", "text";
    }

    /// 泛化层级: to what a generalization widens.
    pub enum Level {
        /// 年: `1990`
        Year = "year", "年", "year";
        /// 月: `1990-03`
        Month = "month", "月", "month";
        /// 季度: `1990-Q1`
        Quarter = "quarter", "季度", "quarter";
        /// 十年: `1990s`
        Decade = "decade", "十年", "decade";
        /// 年龄: completed years at a date
        Age = "age", "年龄", "age";
        /// 省级
        Province = "province", "省", "province";
        /// 市级
        City = "city", "市", "city";
        /// 区县级
        District = "district", "区县", "district";
    }

    /// 无效值的处理: what happens to a value that a transform can't treat.
    pub enum Invalid {
        /// 屏蔽并计数: the marker (null where the column isn't text), counted.
        Redact = "redact", "屏蔽并计数", "redact";
        /// 报错: the whole treatment fails.
        Error = "error", "报错", "error";
    }

    /// 消息鉴别码: what a token is made by.
    pub enum Mac {
        /// HMAC-SHA-256 (RFC 2104, FIPS 180-4)
        HmacSha256 = "hmac_sha256", "HMAC-SHA-256", "HMAC-SHA-256";
        /// HMAC-SM3 (RFC 2104, GB/T 32905)
        HmacSm3 = "hmac_sm3", "HMAC-SM3", "HMAC-SM3";
    }

    /// 令牌形式: how a token is written.
    pub enum TokenForm {
        /// The key id, a dot, and 26 characters of base32: 128 bits.
        Text = "text", "文本", "text";
        /// 16 bytes. The key id is in the proof only.
        Bytes16 = "bytes16", "16 字节", "16 bytes";
        /// 32 bytes, the whole code. The key id is in the proof only.
        Bytes32 = "bytes32", "32 字节", "32 bytes";
    }

    /// 密码算法: the block cipher of `fpe` (FF1) and `encrypt` (Galois/counter mode).
    pub enum Cipher {
        /// AES-128 (FIPS 197)
        Aes128 = "aes_128", "AES-128", "AES-128";
        /// AES-192
        Aes192 = "aes_192", "AES-192", "AES-192";
        /// AES-256
        Aes256 = "aes_256", "AES-256", "AES-256";
        /// SM4 (GB/T 32907)
        Sm4 = "sm4", "SM4", "SM4";
    }

    /// 保留部分: what format-preserving encryption leaves as it is.
    pub enum Kept {
        /// 省级: the first two digits of a resident id.
        Province = "province", "省", "province";
        /// 行政区划: its first six.
        Region = "region", "行政区划", "region";
        /// 出生年: the year of birth in it.
        BirthYear = "birth_year", "出生年", "year of birth";
    }

    /// 噪声分布, all of them over the whole numbers.
    pub enum Distribution {
        /// 离散均匀分布: every whole number from -scale to scale alike.
        Uniform = "uniform", "离散均匀分布", "discrete uniform";
        /// 离散拉普拉斯分布: probability proportional to e^(-|x|/scale).
        Laplace = "laplace", "离散拉普拉斯分布", "discrete Laplace";
        /// 离散高斯分布: probability proportional to e^(-x^2/(2*scale^2)).
        Gaussian = "gaussian", "离散高斯分布", "discrete Gaussian";
    }
}
