//! Profiles of a step: a table for people, objects for JSON, events for Chrome's trace viewer. Not here: measuring
//! (`ganymede-gan`), the peak (`ganymede-kernels`).

use crate::numbers::bytes;
use ganymede_gan::profile::{KernelProfile, Profile};
use serde_json::{Value, json};

/// Kernels in a table.
const ROWS: usize = 30;
/// Missed fusions in a table.
const MISSED: usize = 10;
/// Letters of a kernel's name in a table: a region of an optimizer has dozens of primitives.
const LETTERS: usize = 48;

/// The most expensive kernels and the largest values that were not fused, a line each. `peak` is in GFLOPS.
pub fn table(profile: &Profile, peak: f64) -> Vec<String> {
    let (steps, s) = (profile.steps, if profile.steps == 1 { "" } else { "s" });
    let mut lines = vec![
        format!(
            "profile     {steps} step{s} of {} kernels that take {:.2} ms; measured peak {peak:.1} GFLOPS",
            profile.kernels.len(),
            profile.ms()
        ),
        "      ms   share  GFLOPS  of peak    GB/s  kernel".into(),
    ];
    let (shown, rest) = profile.kernels.split_at(ROWS.min(profile.kernels.len()));
    lines.extend(shown.iter().map(|kernel| row(kernel, peak)));
    if !rest.is_empty() {
        let (ms, share) = rest.iter().fold((0.0, 0.0), |(ms, share), k| (ms + k.ms, share + k.share));
        lines.push(format!("{ms:8.3} {:6.1}%{:36} more", share * 100.0, rest.len()));
    }
    if !profile.missed.is_empty() {
        lines.push("not fused   values that go through memory between two kernels, the largest first".into());
    }
    lines.extend(profile.missed.iter().take(MISSED).map(|m| {
        let end = |name: &str, scope: &str| format!("{}{}", short(name), place(scope));
        let (from, to) = (end(&m.writer, &m.writer_scope), end(&m.reader, &m.reader_scope));
        format!("{:>10}  {from} -> {to}: {}", bytes(m.bytes), m.reason)
    }));
    lines
}

fn row(kernel: &KernelProfile, peak: f64) -> String {
    let algorithm = match (&kernel.algorithm, &kernel.reason) {
        (Some(name), Some(reason)) => format!("  [{name}: {reason}]"),
        _ => String::new(),
    };
    format!(
        "{:8.3} {:6.1}% {:7.1} {:7.1}% {:7.1}  {} {}{}{algorithm}",
        kernel.ms,
        kernel.share * 100.0,
        kernel.gflops,
        percent(kernel.gflops, peak),
        kernel.gb_per_s,
        kernel.program,
        short(&kernel.name),
        place(&kernel.scope),
    )
}

/// At most so many letters of a list of primitives.
fn short(name: &str) -> String {
    match name.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{} …", name[..end].rsplit_once(' ').map_or(&name[..end], |(whole, _)| whole)),
        None => name.into(),
    }
}

fn place(scope: &str) -> String {
    if scope.is_empty() { String::new() } else { format!(" ({scope})") }
}

fn percent(rate: f64, peak: f64) -> f64 {
    100.0 * rate / peak.max(1e-12)
}

/// The kernels as JSON objects, the most expensive first.
pub fn kernels(profile: &Profile, peak: f64) -> Vec<Value> {
    let object = |kernel: &KernelProfile| {
        let mut value = json!(kernel);
        value["percent_of_peak"] = json!(percent(kernel.gflops, peak));
        value
    };
    profile.kernels.iter().map(object).collect()
}

/// What was not fused as JSON objects, the largest first.
pub fn missed(profile: &Profile) -> Vec<Value> {
    let objects = profile.missed.iter().map(|m| {
        json!({
            "writer": m.writer, "writer_scope": m.writer_scope, "reader": m.reader, "reader_scope": m.reader_scope,
            "bytes": m.bytes, "reason": m.reason,
        })
    });
    objects.collect()
}

/// Every run of a kernel as a complete event of the trace event format: an array that `chrome://tracing` and Perfetto
/// open. Microseconds count from the first.
pub fn trace(profile: &Profile) -> Value {
    let Some(first) = profile.events.first().map(|event| event.start) else { return json!([]) };
    let event = |event: &ganymede_gan::profile::KernelEvent| {
        json!({
            "name": event.name, "cat": event.program, "ph": "X", "pid": 1, "tid": 1,
            "ts": event.start.duration_since(first).as_secs_f64() * 1e6, "dur": event.time.as_secs_f64() * 1e6,
            "args": { "program": event.program, "scope": event.scope },
        })
    };
    profile.events.iter().map(event).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ganymede_gan::profile::KernelEvent;
    use std::time::{Duration, Instant};

    fn profile() -> Profile {
        let kernel = |name: &str, ms: f64| KernelProfile {
            program: "d".into(),
            name: name.into(),
            scope: "net/layer".into(),
            ms,
            share: ms / 4.0,
            gflops: 25.0,
            gb_per_s: 2.0,
            algorithm: Some("direct".into()),
            reason: Some("why".into()),
        };
        let start = Instant::now();
        let event = |name: &str, after: u64| KernelEvent {
            program: "d".into(),
            name: name.into(),
            scope: "net".into(),
            start: start + Duration::from_micros(after),
            time: Duration::from_micros(5),
        };
        Profile {
            steps: 1,
            kernels: vec![kernel("conv", 3.0), kernel(&"add ".repeat(40), 1.0)],
            missed: Vec::new(),
            events: vec![event("conv", 0), event("add", 7)],
        }
    }

    #[test]
    fn rates_are_compared_with_the_peak() {
        let lines = table(&profile(), 50.0);
        assert_eq!(lines[2], "   3.000   75.0%    25.0    50.0%     2.0  d conv (net/layer)  [direct: why]");
        assert!(lines[3].contains(" … (net/layer)") && lines[3].chars().count() < 130, "{}", lines[3]);
        assert_eq!(kernels(&profile(), 50.0)[0]["percent_of_peak"], 50.0);
    }

    #[test]
    fn a_trace_has_complete_events_from_zero_on() {
        let trace = trace(&profile());
        let times: Vec<_> = trace.as_array().unwrap().iter().map(|e| (e["ts"].as_f64(), e["dur"].as_f64())).collect();
        assert_eq!(times, [(Some(0.0), Some(5.0)), (Some(7.0), Some(5.0))]);
        assert!(trace.as_array().unwrap().iter().all(|e| e["ph"] == "X"));
    }
}
