//! Loads the settings of a node from its configuration file and the environment.

use std::ffi::OsString;
use std::path::Path;

use crate::cli::exit::CliError;
use crate::cli::node_config::config::NodeConfig;
use crate::cli::node_config::file::{self, Assignment};
use crate::cli::node_config::settings::{SETTINGS, Setting, VARIABLE_PREFIX};
use crate::files::regular;
use crate::wire::bilingual::Bilingual;

/// From this similarity on (Jaro-Winkler), a setting is suggested for an unknown key.
const SIMILAR: f64 = 0.8;
/// Most bytes of a configuration file.
const FILE_MAX: usize = 1 << 20;

impl NodeConfig {
    /// Reads the configuration file, if there is one, and the environment. [`Self::check`] is for the caller, once options of the
    /// command line are applied.
    ///
    /// # Errors
    ///
    /// [`CliError`], which names the file and the line, or the variable.
    pub fn load(
        path: Option<&Path>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, CliError> {
        let mut config = Self::default();
        if let Some(path) = path {
            let bytes = regular::read(path, FILE_MAX).map_err(|error| CliError::io(path, &error))?;
            let text = String::from_utf8(bytes).map_err(|error| {
                let line =
                    1 + error.as_bytes().iter().take(error.utf8_error().valid_up_to()).filter(|b| **b == b'\n').count();
                in_file(path, line, &Bilingual::new("不是 UTF-8 文本", "this is not UTF-8 text"))
            })?;
            config.read_file(path, &text)?;
        }
        config.read_environment(environment)?;
        Ok(config)
    }

    /// Applies a configuration file. Relative paths are relative to the file's folder.
    fn read_file(&mut self, path: &Path, text: &str) -> Result<(), CliError> {
        let assignments = file::parse(text).map_err(|(line, reason)| in_file(path, line, &reason))?;
        for Assignment { key, values, is_list, line } in assignments {
            let failed = |reason: &Bilingual| in_file(path, line, reason);
            let Some(setting) = Setting::named(&key) else {
                let is_table = SETTINGS.iter().any(|setting| setting.key.starts_with(&format!("{key}.")));
                if is_table && values.is_empty() {
                    continue;
                }
                return Err(failed(&unknown(&key)));
            };
            if is_list && !setting.is_list {
                let reason =
                    Bilingual::new(format!("{key} 只取一个值，不是列表"), format!("{key} takes one value, no list"));
                return Err(failed(&reason));
            }
            // Of a setting that stands for many keys, those that name files.
            let is_path = setting.is_path || (setting.key.ends_with('*') && key.ends_with("_file"));
            let values = if is_path { values.iter().map(|value| relative_to(path, value)).collect() } else { values };
            setting.apply(self, &key, &values).map_err(|reason| failed(&reason))?;
        }
        Ok(())
    }

    fn read_environment(
        &mut self,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<(), CliError> {
        let own = environment.into_iter().filter_map(|(name, value)| {
            name.to_str().filter(|name| name.starts_with(VARIABLE_PREFIX)).map(str::to_owned).zip(Some(value))
        });
        let mut variables: Vec<_> = own.collect();
        variables.sort();
        for (name, value) in variables {
            let failed = |reason: &Bilingual| {
                CliError::usage(
                    "bad_setting",
                    format!("环境变量 {name}：{}", reason.zh),
                    format!("{name}: {}", reason.en),
                )
            };
            let Some(setting) = SETTINGS.iter().find(|setting| setting.variable() == name) else {
                return Err(failed(&Bilingual::new("没有这项设置", "there is no such setting")));
            };
            let Ok(value) = value.into_string() else {
                return Err(failed(&Bilingual::new("不是 UTF-8 文本", "this is not UTF-8 text")));
            };
            let values: Vec<_> = if setting.is_list {
                value.split(',').map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()).collect()
            } else {
                vec![value]
            };
            setting.apply(self, setting.key, &values).map_err(|reason| failed(&reason))?;
        }
        Ok(())
    }
}

/// A path in a configuration file, relative to the file's folder. An empty one is left for the setting to reject.
fn relative_to(file: &Path, value: &str) -> String {
    if value.is_empty() {
        return String::new();
    }
    let folder = file.parent().unwrap_or(Path::new(""));
    folder.join(value).to_string_lossy().into_owned()
}

fn in_file(path: &Path, line: usize, reason: &Bilingual) -> CliError {
    let path = path.display();
    let (zh, en) = (format!("{path} 第 {line} 行：{}", reason.zh), format!("{path}, line {line}: {}", reason.en));
    CliError::usage("bad_setting", zh, en)
}

fn unknown(key: &str) -> Bilingual {
    let similar = SETTINGS.iter().map(|setting| (strsim::jaro_winkler(setting.key, key), setting.key));
    match similar.filter(|(score, _)| *score > SIMILAR).max_by(|one, other| one.0.total_cmp(&other.0)) {
        Some((_, known)) => Bilingual::new(
            format!("没有设置 {key}；是否为 {known}？全部设置见 tiezheng config sample"),
            format!("there is no setting {key}; did you mean {known}? `tiezheng config sample` lists all"),
        ),
        None => Bilingual::new(
            format!("没有设置 {key}；全部设置见 tiezheng config sample"),
            format!("there is no setting {key}; `tiezheng config sample` lists all"),
        ),
    }
}
