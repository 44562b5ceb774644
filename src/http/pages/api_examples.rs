//! Examples of a request in curl, Python, Java and JavaScript, generated from the API's description.
//!
//! Each runs as pasted: curl in a shell, Python 3 without packages, Java 11 or later as a file `Example.java`, JavaScript in Node 18 or
//! later (as a module) or in a browser. A token is taken from the environment variable `TIEZHENG_TOKEN`.

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

/// A literal that Python, Java and JavaScript read alike.
fn literal(text: &str) -> String {
    Value::from(text).to_string()
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
        let mut code = String::from("import os\nimport urllib.request\n\n");
        if !self.needs_token {
            code = code.replace("import os\n", "");
        }
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
        code += ")\nwith urllib.request.urlopen(request) as answer:\n    print(answer.status)\n    print(answer.read().decode(errors=\"replace\"))";
        code
    }

    fn java(&self) -> String {
        let mut code = String::from(
            "import java.net.URI;\nimport java.net.http.HttpClient;\nimport java.net.http.HttpRequest;\nimport java.net.http.HttpRequest.BodyPublishers;\nimport java.net.http.HttpResponse.BodyHandlers;\nimport java.nio.file.Path;\n\npublic class Example {\n    public static void main(String[] args) throws Exception {\n",
        );
        let publisher = match &self.body {
            ExampleBody::None => "BodyPublishers.noBody()".to_owned(),
            ExampleBody::Text(text) => format!("BodyPublishers.ofString({})", literal(text)),
            ExampleBody::File(name) => format!("BodyPublishers.ofFile(Path.of({}))", literal(name)),
        };
        let _ = writeln!(code, "        var request = HttpRequest.newBuilder(URI.create({}))", literal(&self.url));
        if self.needs_token {
            code += "            .header(\"Authorization\", \"Bearer \" + System.getenv(\"TIEZHENG_TOKEN\"))\n";
        }
        for (name, value) in &self.headers {
            let _ = writeln!(code, "            .header({}, {})", literal(name), literal(value));
        }
        let _ = writeln!(code, "            .method({}, {publisher})\n            .build();", literal(&self.method));
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
}
