//! Examples of a request in curl, Python, Java and JavaScript, generated from the API's description.
//!
//! Each runs as pasted: curl in a shell, Python 3.9 or later without packages, Java 11 or later as a file `Example.java`, JavaScript in
//! Node 18 or later (as a module) or, without a token and a file, in a browser. A token is taken from the environment variable
//! `TIEZHENG_TOKEN`. Status and answer are printed, also if the request is refused. `tests/interop/examples.sh` runs them all.

use std::fmt::Write as _;

use serde_json::Value;

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleRequest {
    /// The method.
    pub method: String,
    /// The whole address.
    pub url: String,
    /// Headers beside the token.
    pub headers: Vec<(String, String)>,
    /// Whether it needs a token.
    pub needs_token: bool,
    /// What it sends.
    pub body: ExampleBody,
}

/// The body of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExampleBody {
    /// None.
    None,
    /// This text.
    Text(String),
    /// The bytes of this file.
    File(&'static str),
}

/// An example in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The language.
    pub label: &'static str,
    /// The code.
    pub code: String,
}

/// For a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A literal that Python and JavaScript read alike, and Java if it is ASCII.
fn literal(text: &str) -> String {
    Value::from(text).to_string()
}

/// A literal in Java. Before Java 18 the compiler reads a file in the charset of the system, which may have no Chinese characters.
fn java_literal(text: &str) -> String {
    let mut ascii = String::new();
    for c in literal(text).chars() {
        if c.is_ascii() {
            ascii.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string does not fail.
                let _ = write!(ascii, "\\u{unit:04x}");
            }
        }
    }
    ascii
}

impl ExampleRequest {
    /// The request in each language.
    #[must_use]
    pub fn examples(&self) -> Vec<Example> {
        let code = |label, code| Example { label, code };
        vec![
            code("curl", self.curl()),
            code("Python", self.python()),
            code("Java", self.java()),
            code("JavaScript", self.javascript()),
        ]
    }

    fn curl(&self) -> String {
        let mut parts = vec![format!("curl -sS {}", quoted(&self.url))];
        let has_body = self.body != ExampleBody::None;
        if self.method != "GET" && !(self.method == "POST" && has_body) {
            parts.push(format!("-X {}", self.method));
        }
        if self.needs_token {
            parts.push("-H \"Authorization: Bearer $TIEZHENG_TOKEN\"".to_owned());
        }
        parts.extend(self.headers.iter().map(|(name, value)| format!("-H {}", quoted(&format!("{name}: {value}")))));
        match &self.body {
            ExampleBody::None => {}
            ExampleBody::Text(text) => parts.push(format!("--data-binary {}", quoted(text))),
            ExampleBody::File(name) => parts.push(format!("--data-binary @{name}")),
        }
        parts.join(" \\\n  ")
    }

    fn python(&self) -> String {
        let mut code = String::from(if self.needs_token { "import os\n" } else { "" });
        code += "import urllib.error\nimport urllib.request\n\n";
        // Writing to a string does not fail.
        let _ = writeln!(code, "request = urllib.request.Request(\n    {},", literal(&self.url));
        let _ = writeln!(code, "    method={},", literal(&self.method));
        let mut headers: Vec<String> = Vec::new();
        if self.needs_token {
            headers.push("\"Authorization\": \"Bearer \" + os.environ[\"TIEZHENG_TOKEN\"]".to_owned());
        }
        headers.extend(self.headers.iter().map(|(name, value)| format!("{}: {}", literal(name), literal(value))));
        if !headers.is_empty() {
            let _ = writeln!(code, "    headers={{{}}},", headers.join(", "));
        }
        match &self.body {
            ExampleBody::None => {}
            ExampleBody::Text(text) => {
                let _ = writeln!(code, "    data={}.encode(),", literal(text));
            }
            ExampleBody::File(name) => {
                let _ = writeln!(code, "    data=open({}, \"rb\").read(),", literal(name));
            }
        }
        code += ")\ntry:\n    answer = urllib.request.urlopen(request)\nexcept urllib.error.HTTPError as refusal:\n    answer = refusal\nwith answer:\n    print(answer.status)\n    print(answer.read().decode(errors=\"replace\"))";
        code
    }

    fn java(&self) -> String {
        let mut code = String::from(
            "import java.net.URI;\nimport java.net.http.HttpClient;\nimport java.net.http.HttpRequest;\nimport java.net.http.HttpRequest.BodyPublishers;\nimport java.net.http.HttpResponse.BodyHandlers;\n",
        );
        if matches!(self.body, ExampleBody::File(_)) {
            code += "import java.nio.file.Path;\n";
        }
        code += "\npublic class Example {\n    public static void main(String[] args) throws Exception {\n";
        let publisher = match &self.body {
            ExampleBody::None => "BodyPublishers.noBody()".to_owned(),
            ExampleBody::Text(text) => format!("BodyPublishers.ofString({})", java_literal(text)),
            ExampleBody::File(name) => format!("BodyPublishers.ofFile(Path.of({}))", java_literal(name)),
        };
        let _ = writeln!(code, "        var request = HttpRequest.newBuilder(URI.create({}))", java_literal(&self.url));
        if self.needs_token {
            code += "            .header(\"Authorization\", \"Bearer \" + System.getenv(\"TIEZHENG_TOKEN\"))\n";
        }
        for (name, value) in &self.headers {
            let _ = writeln!(code, "            .header({}, {})", java_literal(name), java_literal(value));
        }
        let _ =
            writeln!(code, "            .method({}, {publisher})\n            .build();", java_literal(&self.method));
        code += "        var answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());\n        System.out.println(answer.statusCode());\n        System.out.println(answer.body());\n    }\n}";
        code
    }

    fn javascript(&self) -> String {
        let mut code = String::new();
        if let ExampleBody::File(_) = self.body {
            code += "import { readFile } from \"node:fs/promises\";\n\n";
        }
        let mut headers: Vec<String> = Vec::new();
        if self.needs_token {
            headers.push("\"Authorization\": \"Bearer \" + process.env.TIEZHENG_TOKEN".to_owned());
        }
        headers.extend(self.headers.iter().map(|(name, value)| format!("{}: {}", literal(name), literal(value))));
        let _ = writeln!(code, "const answer = await fetch({}, {{", literal(&self.url));
        let _ = writeln!(code, "  method: {},", literal(&self.method));
        if !headers.is_empty() {
            let _ = writeln!(code, "  headers: {{ {} }},", headers.join(", "));
        }
        match &self.body {
            ExampleBody::None => {}
            ExampleBody::Text(text) => {
                let _ = writeln!(code, "  body: {},", literal(text));
            }
            ExampleBody::File(name) => {
                let _ = writeln!(code, "  body: await readFile({}),", literal(name));
            }
        }
        code += "});\nconsole.log(answer.status);\nconsole.log(await answer.text());";
        code
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_leave_their_quotes() {
        let request = ExampleRequest {
            method: "POST".into(),
            url: "http://a'b.example/\"x".into(),
            headers: vec![("Content-Type".into(), "application/json".into())],
            needs_token: true,
            body: ExampleBody::Text("{\"a\":\"it's\"}\n".into()),
        };
        let [curl, python, java, javascript] = &request.examples()[..] else { panic!() };
        assert!(curl.code.starts_with("curl -sS 'http://a'\\''b.example/\"x' \\\n"), "{}", curl.code);
        assert!(curl.code.contains("--data-binary '{\"a\":\"it'\\''s\"}\n'"), "{}", curl.code);
        for example in [python, java, javascript] {
            assert!(example.code.contains("\"http://a'b.example/\\\"x\""), "{}", example.code);
            assert!(example.code.contains("\"{\\\"a\\\":\\\"it's\\\"}\\n\""), "{}", example.code);
            assert!(example.code.contains("TIEZHENG_TOKEN"));
        }
    }

    #[test]
    fn java_is_ascii_for_compilers_of_any_charset() {
        let request = ExampleRequest {
            method: "POST".into(),
            url: "http://a.example/".into(),
            headers: Vec::new(),
            needs_token: false,
            body: ExampleBody::Text("\"证据\u{1f4c4}\\".into()),
        };
        let [_, python, java, _] = &request.examples()[..] else { panic!() };
        assert!(
            java.code.contains(r#"ofString("\"\u8bc1\u636e\ud83d\udcc4\\")"#) && java.code.is_ascii(),
            "{}",
            java.code
        );
        assert!(python.code.contains("证据"), "{}", python.code);
        assert!(!java.code.contains("java.nio"), "{}", java.code);
    }
}
