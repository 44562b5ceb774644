//! `tiezheng case records`: prints hearings, transcripts, mediation agreements and their confirmation rounds.

use serde_json::Value;

use crate::cli::case::case_screen::erasable_text;
use crate::cli::case::connection::{CourtConnection, bilingual, encoded, text};
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::screen::{FAINT, GOOD, HEADING, Screen, WARNING};
use crate::cli::terminal::escaped_name;

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn field(value: &Value, pointer: &str) -> String {
    text(value, pointer).unwrap_or_default()
}

/// Shows the records of a case. The access is recorded.
///
/// # Errors
///
/// [`CliError`].
pub async fn show(case: &str, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    let path = format!("/v1/cases/{}/records", encoded(case));
    let answer = connection.client.get(&path).await.map_err(CliError::from)?;
    let screen = connection.screen;
    screen.document(&answer)?;
    for hearing in list(&answer, "hearings") {
        print_hearing(screen, hearing)?;
    }
    for transcript in list(&answer, "transcripts") {
        let head = format!("{} {}", bilingual(screen, transcript.get("kind")), field(transcript, "/transcript"));
        heading(screen, &head, transcript)?;
        line(screen, "阅读至", "to be read until", &field(transcript, "/reading_until"))?;
        line(screen, "定稿", "final since", &field(transcript, "/finalised/at"))?;
        line(screen, "核对", "comparison", &bilingual(screen, transcript.get("comparison")))?;
        for one in list(transcript, "corrections") {
            let decision = bilingual(screen, one.get("decision"));
            let decision =
                if decision.is_empty() { screen.pick("待处理", "undecided").to_owned() } else { decision };
            let wording = erasable_text(screen, one.get("wording"));
            let what = format!("{} · {wording} · {decision}", bilingual(screen, one.get("ground")));
            line(screen, "补正申请", "request for correction", &what)?;
        }
        papers(screen, transcript)?;
    }
    let end = field(&answer, "/mediation/last_day");
    if !end.is_empty() {
        line(screen, "调解期限至", "mediation until", &end)?;
    }
    for agreement in list(&answer, "agreements") {
        let head = format!("{} {}", screen.pick("调解协议", "agreement"), field(agreement, "/agreement"));
        heading(screen, &head, agreement)?;
        line(screen, "类型", "kind", &bilingual(screen, agreement.get("track")))?;
        let statement = bilingual(screen, agreement.get("statement"));
        if !statement.is_empty() {
            screen.line(format!("  {}", screen.paint(GOOD, &statement)))?;
        }
        moment(screen, agreement)?;
        line(screen, "调解书", "mediation document", &field(agreement, "/document"))?;
        line(screen, "终止", "ended", &bilingual(screen, agreement.pointer("/ended/reason")))?;
        for one in list(agreement, "ways_out") {
            let what =
                format!("{} · {} {}", bilingual(screen, one.get("way")), field(one, "/party"), field(one, "/act/at"));
            line(screen, "后续", "next", &what)?;
        }
        papers(screen, agreement)?;
    }
    Ok(ExitStatus::Good)
}

/// The times of the last required act, each with its own name, and the authorities of the trusted time.
fn moment(screen: &Screen, agreement: &Value) -> anyhow::Result<()> {
    let Some(times) = agreement.get("in_force_times") else { return Ok(()) };
    for name in ["tx_submitted_at", "block_generated_at"] {
        let label = bilingual(screen, times.pointer(&format!("/{name}/label")));
        screen.line(format!("  {label}: {}", field(times, &format!("/{name}/time"))))?;
    }
    let Some(trusted) = times.get("trusted_time") else { return Ok(()) };
    let authorities: Vec<String> =
        list(trusted, "tokens").map(|token| escaped_name(&field(token, "/authority"))).collect();
    let (label, until) = (bilingual(screen, trusted.get("label")), field(trusted, "/not_later_than"));
    let zh = format!("不晚于 {until}（{}）", authorities.join("、"));
    let en = format!("not later than {until} ({})", authorities.join(", "));
    Ok(screen.line(format!("  {label}: {}", screen.pick(&zh, &en)))?)
}

fn heading(screen: &Screen, head: &str, paper: &Value) -> anyhow::Result<()> {
    screen.line("")?;
    Ok(screen.line(format!("{}  {}", screen.paint(HEADING, head), bilingual(screen, paper.get("state"))))?)
}

fn line(screen: &Screen, zh: &str, en: &str, value: &str) -> anyhow::Result<()> {
    if !value.is_empty() {
        screen.line(format!("  {}: {value}", screen.pick(zh, en)))?;
    }
    Ok(())
}

fn print_hearing(screen: &Screen, hearing: &Value) -> anyhow::Result<()> {
    let head = format!("{} {}", screen.pick("庭审", "hearing"), field(hearing, "/hearing"));
    screen.line("")?;
    screen.line(screen.paint(HEADING, &head))?;
    line(screen, "开庭", "begun", &field(hearing, "/begun/at"))?;
    let end = format!("{} {}", bilingual(screen, hearing.get("end")), field(hearing, "/ended/at"));
    line(screen, "结束", "ended", end.trim())?;
    line(screen, "录像分段", "segments", &list(hearing, "segments").count().to_string())?;
    line(screen, "录像清单根哈希", "root of the recording", &field(hearing, "/manifest/root"))
}

/// The versions of a paper, and who has confirmed them.
fn papers(screen: &Screen, paper: &Value) -> anyhow::Result<()> {
    for version in list(paper, "versions") {
        let source = bilingual(screen, version.get("source"));
        let what = format!("{} {source} {}", field(version, "/version"), field(version, "/deposit_number"));
        line(screen, "版本", "version", &what)?;
    }
    for round in list(paper, "rounds") {
        let what = format!("{} · {}", field(round, "/version"), bilingual(screen, round.get("state")));
        line(screen, "确认轮（版本）", "round (version)", &what)?;
        let mut rows = Vec::new();
        for person in list(round, "people") {
            let step = list(person, "steps").last().cloned().unwrap_or_default();
            let state = bilingual(screen, person.get("state"));
            let done = field(person, "/state/code") == "confirmed";
            rows.push(vec![
                format!("    {}", field(person, "/person")),
                bilingual(screen, person.get("label")),
                erasable_text(screen, person.get("name")),
                screen.paint(if done { GOOD } else { WARNING }, &state),
                bilingual(screen, step.get("method")),
                field(&step, "/actor/at"),
                screen.paint(FAINT, &field(&step, "/digest_prefix")),
            ]);
        }
        screen.table(&rows)?;
    }
    Ok(())
}
