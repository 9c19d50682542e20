//! 姓名: Chinese names, names of minorities with a middle dot, and Latin names of two words or more.
//!
//! A name has no checksum, so [`canonical`](super::canonical) accepts what can be a name, and detection asks
//! `has_surname` besides, for the most of a column. Canonical form: folded, no spaces between Chinese characters.

use std::borrow::Cow;

use super::{ethnicity, fold, region};

/// Single surnames in use, common ones first.
const SINGLE: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦傅方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况那宿鲜印逯隆茹诺战慕危玉银亢嵇公哈湛宾戎勾茅利於呼居揭干但尉冶斯元束檀衣信展阴昝智幸奉植衡富尧闭由龔趙陳劉張楊黃馬";

/// Compound surnames.
const COMPOUND: [&str; 32] = [
    "欧阳", "上官", "司马", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯", "长孙", "宇文",
    "轩辕", "端木", "独孤", "南宫", "西门", "闻人", "申屠", "太史", "公羊", "澹台", "呼延", "淳于", "单于", "钟离",
    "濮阳", "宗政", "司空", "拓跋",
];

/// Characters that end the names of places, offices and measures, and hardly ever those of persons.
const NOT_LAST: &str = "区市县省镇乡村局厅部院校厂司店所类额率值费税品病症炎癌";

/// A Chinese character, those beyond the basic plane and the private ones that old encodings used for names included.
#[must_use]
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3007}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{e000}'..='\u{f8ff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

fn is_dot(c: char) -> bool {
    matches!(c, '·' | '•' | '・' | '‧' | '∙' | '．' | '.')
}

/// How many bytes of a Chinese name are its surname: two characters for a compound one, else one. `None` if it does
/// not begin with a Chinese character.
///
/// ```
/// use kaifang::kinds::person_name::surname;
/// assert_eq!(surname("欧阳娜娜"), Some("欧阳"));
/// assert_eq!(surname("张三"), Some("张"));
/// ```
#[must_use]
pub fn surname(name: &str) -> Option<&str> {
    if let Some(compound) = COMPOUND.iter().find(|compound| name.starts_with(**compound) && name.len() > compound.len())
    {
        return name.get(..compound.len());
    }
    let first = name.chars().next().filter(|c| is_han(*c))?;
    name.get(..first.len_utf8())
}

/// The text is a known surname and nothing else.
pub(crate) fn is_surname(text: &str) -> bool {
    COMPOUND.contains(&text) || text.chars().count() == 1 && SINGLE.contains(text)
}

/// The text begins with a known surname and has the length of a name, and is no division or nationality.
pub(super) fn has_surname(value: &str) -> bool {
    let Some(name) = canonical(value) else { return false };
    let count = name.chars().count();
    if name.contains('·') {
        let parts = name.split('·').all(|part| (1..=8).contains(&part.chars().count()) && part.chars().all(is_han));
        return parts && count >= 4;
    }
    if !name.chars().all(is_han) {
        return false;
    }
    let Some(surname) = surname(&name) else { return false };
    let known = match surname.chars().count() {
        1 => SINGLE.contains(surname) && (2..=3).contains(&count) || count == 4 && has_two_surnames(&name),
        _ => (3..=4).contains(&count),
    };
    let personal = !name.chars().next_back().is_some_and(|last| NOT_LAST.contains(last));
    known && personal && !ethnicity::is_word(&name) && region::canonical(&name).is_none()
}

/// 王李小明: the surnames of both parents.
fn has_two_surnames(name: &str) -> bool {
    name.chars().take(2).all(|c| SINGLE.contains(c))
}

pub(super) fn canonical(value: &str) -> Option<Cow<'_, str>> {
    let folded = fold::text(value);
    let plain = folded.chars().all(is_han);
    let han = folded.chars().filter(|c| is_han(*c)).count();
    if plain {
        return (2..=20).contains(&han).then_some(folded);
    }
    if han >= 2 {
        // Spaces between the characters (张 三) and the many middle dots.
        let tidy: String =
            folded.chars().filter(|c| !c.is_whitespace()).map(|c| if is_dot(c) { '·' } else { c }).collect();
        let valid = tidy.chars().all(|c| is_han(c) || c == '·')
            && tidy.chars().count() <= 30
            && tidy.split('·').all(|part| !part.is_empty());
        return valid.then_some(Cow::Owned(tidy));
    }
    let words: Vec<&str> = folded.split_whitespace().collect();
    let letters = |word: &&str| {
        word.starts_with(char::is_alphabetic)
            && word.chars().all(|c| (c.is_alphabetic() && !is_han(c)) || matches!(c, '.' | '\'' | '-' | ','))
    };
    let valid = han == 0 && (2..=6).contains(&words.len()) && folded.len() <= 80 && words.iter().all(letters);
    valid.then(|| Cow::Owned(words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_other_words() {
        for name in ["张三", "欧阳娜娜", "司马光", "买买提·艾力", "王李小明", "张 伟", "龚\u{20bb7}"]
        {
            assert!(has_surname(name), "{name}");
        }
        for other in
            ["高新区", "安康市", "汉族", "满族", "男", "1978年", "固定资产投资", "张*", "北京", "东方红大街九号"]
        {
            assert!(!has_surname(other), "{other}");
        }
    }

    #[test]
    fn one_name_has_one_spelling() {
        assert_eq!(canonical("张　三").as_deref(), Some("张三"));
        assert_eq!(canonical("买买提•艾力"), canonical("买买提・艾力"));
        assert_eq!(canonical(" John  Smith ").as_deref(), Some("John Smith"));
        for bad in ["张*", "张3", "null", "a", "··", "·张三"] {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }
}
