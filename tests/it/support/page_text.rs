//! The text of an HTML page in its language: without code, data and what is marked as being in another language.

/// Elements without an end.
const VOID: [&str; 7] = ["meta", "link", "input", "br", "wbr", "img", "hr"];
/// Elements with code or data.
const DATA: [&str; 5] = ["code", "pre", "bdi", "script", "title"];
/// Attributes whose text is presented to people.
const SPOKEN: [&str; 3] = ["aria-label", "placeholder", "alt"];

/// The texts and spoken attributes in the body of `page`, whose language is `lang`. Names given by users are in `bdi`, and all
/// other data is in `code` or under `translate="no"`.
pub(crate) fn own_texts(page: &str, lang: &str) -> Vec<String> {
    let body = page.split_once("<body>").expect("a body").1;
    let (mut texts, mut rest) = (Vec::new(), body);
    // The open elements, and the one below which nothing is read.
    let (mut open, mut hidden): (Vec<String>, Option<usize>) = (Vec::new(), None);
    while let Some((text, after)) = rest.split_once('<') {
        if hidden.is_none() && !text.trim().is_empty() {
            texts.push(text.trim().to_owned());
        }
        let (tag, after) = after.split_once('>').expect("a tag ends");
        rest = after;
        let name: String = tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        if tag.starts_with('/') {
            while let Some(last) = open.pop() {
                if hidden == Some(open.len()) {
                    hidden = None;
                }
                if last == name {
                    break;
                }
            }
            continue;
        }
        let attribute = |wanted: &str| {
            let at = tag.find(&format!(" {wanted}=\""))? + wanted.len() + 3;
            tag[at..].split('"').next()
        };
        let is_other = attribute("lang").is_some_and(|own| own != lang);
        if hidden.is_none() && !is_other {
            texts.extend(SPOKEN.into_iter().filter_map(attribute).map(str::to_owned));
        }
        if VOID.contains(&name.as_str()) || tag.ends_with('/') {
            continue;
        }
        if hidden.is_none() && (is_other || DATA.contains(&name.as_str()) || attribute("translate") == Some("no")) {
            hidden = Some(open.len());
        }
        open.push(name);
    }
    texts
}

/// The first text that holds Chinese characters.
pub(crate) fn chinese_in(texts: &[String]) -> Option<&String> {
    texts.iter().find(|text| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)))
}

/// The first text with four or more English words in a row.
pub(crate) fn english_in(texts: &[String]) -> Option<&String> {
    let is_word = |word: &str| word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase() || c == '\'');
    let is_english = |text: &String| {
        let mut run = 0;
        text.split_whitespace().any(|word| {
            run = if is_word(word.trim_end_matches([',', ';', ':', '.'])) { run + 1 } else { 0 };
            run >= 4
        })
    };
    texts.iter().find(|text| is_english(text))
}

#[test]
fn only_the_texts_of_the_page_are_read() {
    let page = "<body><p>One <code>存证</code> two <span lang=\"zh-CN\">三<b>四</b></span> five<br>six</p>\
                <input aria-label=\"seven\" value=\"八\"><pre>九</pre><bdi>十</bdi> end</body>";
    let texts = own_texts(page, "en");
    assert_eq!(texts, ["One", "two", "five", "six", "seven", "end"]);
    assert_eq!(chinese_in(&texts), None);
    let wrong = own_texts("<body><p>存证 the node of this ledger</p></body>", "en");
    assert!(chinese_in(&wrong).is_some() && english_in(&wrong).is_some());
    assert_eq!(english_in(&["使用 RFC 3161 和 JSON 格式".to_owned(), "the node".to_owned()]), None);
}
