//! Packages of `PyPI` in a virtual environment of the tests' own, made once in Cargo's folder for temporary files.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A Python that can import these packages, each written `name==version`.
pub(crate) fn python_with(packages: &[&str]) -> PathBuf {
    let name = format!("python-{}", packages.join("+").replace("==", "-"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let python = folder.join("bin/python3");
    // Tests of several processes may need it at the same time. The lock ends with its file.
    let lock = File::create(folder.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    let complete = folder.join("complete");
    if !complete.exists() {
        let _ = fs::remove_dir_all(&folder);
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        run(Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(packages));
        fs::write(complete, "").unwrap();
    }
    python
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
