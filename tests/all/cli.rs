//! The verbs as a user runs them: output, exit codes, Git.
#![expect(clippy::disallowed_methods, reason = "writes workspaces and runs Git in temporary folders")]

use std::ffi::OsString;
use std::path::Path;

use maas_tests::workspaces::{root, texts};
use maasc::io::{Io, Terminal};

/// What a run came to.
struct Run {
    code: u8,
    out: String,
    err: String,
}

fn maasc(folder: &Path, arguments: &[&str]) -> Run {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = std::iter::once("maasc").chain(arguments.iter().copied()).map(OsString::from).collect();
    let terminal = Terminal { width: 80, colour: false };
    let mut io = Io { out: &mut out, err: &mut err, cwd: folder.to_owned(), terminal, now_ms: 1_796_083_200_000 };
    let code = maasc::run(arguments, &mut io).code();
    Run { code, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

fn git(folder: &Path, arguments: &[&str]) {
    let status = std::process::Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .env("GIT_COMMITTER_DATE", "2026-12-01T00:00:00Z")
        .env("GIT_AUTHOR_DATE", "2026-12-01T00:00:00Z")
        .output()
        .unwrap();
    assert!(status.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&status.stderr));
}

/// Writes `examples/acme` into a folder; the function may change each file's path and text.
fn acme(folder: &Path, change: impl Fn(usize, String, String) -> (String, String)) {
    for (index, (path, text)) in texts("examples/acme").into_iter().enumerate() {
        let (path, text) = change(index, path, text);
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

fn as_is(_: usize, path: String, text: String) -> (String, String) {
    (path, text)
}

fn edit(folder: &Path, path: &str, from: &str, to: &str) {
    let path = folder.join(path);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{} does not hold `{from}`", path.display());
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

const AT: [&str; 2] = ["--at", "2026-12-01"];

#[test]
fn the_example_is_silent() {
    let run = maasc(&root(), &["check", "examples/acme", AT[0], AT[1]]);
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "", ""));
}

#[test]
fn three_mistakes_in_three_files_are_three_findings() {
    let folder = tempfile::tempdir().unwrap();
    acme(folder.path(), as_is);
    edit(folder.path(), "subscriptions/retail.yaml", "models: [gpt-4o, llama-3-70b]", "models: [gpt-4x, llama-3-70b]");
    edit(folder.path(), "teams/corporate.yaml", "parent: corporate", "parent: coporate");
    edit(folder.path(), "quotas/quotas.yaml", "tokens: 20k", "tokens: 20kk");
    let run = maasc(folder.path(), &["check", AT[0], AT[1], "--format", "concise"]);
    assert_eq!(run.code, 3);
    let errors: Vec<&str> = run.out.lines().filter(|line| line.contains("error")).collect();
    assert!(run.out.contains("subscriptions/retail.yaml") && run.out.contains("`gpt-4x`"), "{}", run.out);
    assert!(run.out.contains("teams/corporate.yaml") && run.out.contains("`coporate`"), "{}", run.out);
    assert!(run.out.contains("quotas/quotas.yaml") && run.out.contains("20kk"), "{}", run.out);
    let full = maasc(folder.path(), &["check", AT[0], AT[1]]);
    assert!(full.out.contains("gpt-4o") && full.out.contains("^^^^^^"), "{}", full.out);
    assert_eq!(errors.iter().filter(|line| line.contains("error[")).count(), 3, "{}", run.out);
}

#[test]
fn bad_files_are_findings() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::write(
        path.join("maasc.yaml"),
        "apiVersion: maasc.dev/v1alpha1\nkind: Organization\nmetadata: {name: a}\n",
    )
    .unwrap();
    std::fs::write(path.join("latin1.yaml"), b"name: caf\xe9\n").unwrap();
    std::fs::write(path.join("broken.yaml"), "a: [1,\nb: }\n").unwrap();
    std::fs::write(path.join("kind.yaml"), "apiVersion: maasc.dev/v1alpha1\nkind: Modle\nmetadata: {name: x}\n")
        .unwrap();
    let bomb: String = (1..12)
        .map(|n| format!("a{n}: &a{n} [*a{m},*a{m},*a{m},*a{m},*a{m},*a{m},*a{m},*a{m},*a{m}]\n", m = n - 1))
        .collect();
    std::fs::write(path.join("bomb.yaml"), format!("a0: &a0 [x]\n{bomb}")).unwrap();
    std::fs::write(path.join("huge.yaml"), vec![b'#'; 17 << 20]).unwrap();
    let run = maasc(path, &["check", AT[0], AT[1], "--format", "concise"]);
    assert_eq!(run.code, 3, "{}", run.out);
    for name in ["latin1.yaml", "broken.yaml", "kind.yaml", "bomb.yaml", "huge.yaml"] {
        assert!(run.out.contains(name), "{name} is not named in\n{}", run.out);
    }
    assert!(run.out.contains("--max-file-size") || maasc(path, &["check"]).out.contains("--max-file-size"));
}

#[test]
fn an_empty_workspace_and_no_workspace_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let run = maasc(folder.path(), &["check"]);
    assert_eq!(run.code, 1);
    assert!(run.err.contains("maasc.yaml"), "{}", run.err);
    std::fs::write(folder.path().join("maasc.yaml"), "").unwrap();
    let run = maasc(folder.path(), &["check", AT[0], AT[1]]);
    assert_eq!(run.code, 3, "{}{}", run.out, run.err);
}

#[test]
fn wrong_usage_is_1_and_help_is_0() {
    assert_eq!(maasc(&root(), &["chekc"]).code, 1);
    assert_eq!(maasc(&root(), &["--help"]).code, 0);
    assert_eq!(maasc(&root(), &["explain", "unknown-modle"]).code, 1);
    assert_eq!(maasc(&root(), &["check", "examples/acme", "--at", "soon"]).code, 1);
}

#[test]
fn files_renamed_and_shuffled_give_equal_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("workspace");
    acme(&other, |index, path, text| {
        if path == "maasc.yaml" {
            return (path, text);
        }
        // Documents in reverse order, files under other names in other folders.
        let mut documents: Vec<&str> = text.split("\n---\n").collect();
        documents.reverse();
        (format!("{}/{}.yml", if index % 2 == 0 { "z" } else { "a" }, 900 - index), documents.join("\n---\n"))
    });
    for gateway in ["dev", "prod-us"] {
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        let build = |source: &str, out: &Path| {
            maasc(&root(), &["build", source, "-o", out.to_str().unwrap(), "--gateway", gateway, AT[0], AT[1]])
        };
        let first = build("examples/acme", &one);
        assert_eq!(first.code, 0, "{}", first.err);
        assert_eq!(build(other.to_str().unwrap(), &two).code, 0);
        let (mut left, mut right) = (Vec::new(), Vec::new());
        read(&one, &one, &mut left);
        read(&two, &two, &mut right);
        assert!(left.len() >= 4);
        for ((left, left_bytes), (right, right_bytes)) in left.iter().zip(&right) {
            assert_eq!(left, right);
            assert!(left.ends_with("provenance.json") || left_bytes == right_bytes, "{left} differs");
        }
        assert_eq!(left.len(), right.len());
    }
}

fn read(root: &Path, folder: &Path, acc: &mut Vec<(String, Vec<u8>)>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            read(root, &path, acc);
        } else {
            acc.push((path.strip_prefix(root).unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn a_target_without_manifests_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let arguments = ["build", "examples/acme", "-o", out.to_str().unwrap(), "--gateway", "prod-eu", AT[0], AT[1]];
    let run = maasc(&root(), &arguments);
    assert_eq!(run.code, 3, "{}", run.out);
    assert!(run.err.contains("prod-eu"), "{}", run.err);
    assert!(!out.exists());
}

#[test]
fn an_output_folder_with_foreign_files_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    let out = folder.path().to_str().unwrap();
    let run = maasc(&root(), &["build", "examples/acme", "-o", out, "--gateway", "dev", AT[0], AT[1]]);
    assert_eq!(run.code, 1);
    assert!(run.err.contains("notes.txt"), "{}", run.err);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_plan_says_who_gains_what_and_nothing_for_a_new_layout() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    acme(path, as_is);
    git(path, &["init", "-q"]);
    git(path, &["add", "-A"]);
    git(path, &["commit", "-qm", "base"]);
    git(path, &["checkout", "-qb", "change"]);
    edit(path, "subscriptions/retail.yaml", "teams: [stores]", "teams: [stores, legal]");
    let run = maasc(path, &["plan", "--base", "main", "--detailed-exitcode"]);
    assert_eq!(run.code, 2, "{}{}", run.out, run.err);
    assert!(run.out.contains("legal") && run.out.contains("granite-8b"), "{}", run.out);
    assert!(run.out.contains("250"), "the limits are not named:\n{}", run.out);
    assert!(run.out.lines().all(|line| line.chars().count() <= 80), "a line is wider than 80 columns:\n{}", run.out);
    let json = maasc(path, &["plan", "--base", "main", "--format", "json"]);
    assert_eq!(json.code, 0);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["equivalent"], serde_json::Value::Bool(false));

    // The same documents in other files, another order, another layout.
    git(path, &["checkout", "-q", "--", "."]);
    let text = std::fs::read_to_string(path.join("subscriptions/retail.yaml")).unwrap();
    let mut documents: Vec<&str> = text.split("\n---\n").collect();
    documents.reverse();
    std::fs::write(
        path.join("subscriptions/moved.yaml"),
        documents.join("\n---\n").replace("teams: [payments]", "teams:\n    - payments"),
    )
    .unwrap();
    std::fs::remove_file(path.join("subscriptions/retail.yaml")).unwrap();
    let run = maasc(path, &["plan", "--base", "main", "--detailed-exitcode"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(run.out.to_lowercase().contains("no effective change"), "{}", run.out);
}

#[test]
fn a_base_that_is_not_there_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    acme(folder.path(), as_is);
    let run = maasc(folder.path(), &["plan", "--base", "main", AT[0], AT[1]]);
    assert_eq!(run.code, 1);
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-qm", "base"]);
    let run = maasc(folder.path(), &["plan", "--base", "mian"]);
    assert_eq!(run.code, 1);
    assert!(run.err.contains("mian"), "{}", run.err);
}

#[test]
fn the_policy_tests_of_the_example_pass_on_the_compiled_policy() {
    let run = maasc(&root(), &["test", "examples/acme", AT[0], AT[1]]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
}

#[test]
fn why_names_the_lines() {
    let run = maasc(&root(), &["why", "payments", "claude-sonnet", "-C", "examples/acme", AT[0], AT[1]]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("not-granted") || run.out.contains("denied") || run.out.contains("no"), "{}", run.out);
    assert!(run.out.contains(".yaml:"), "{}", run.out);
    let matrix = maasc(&root(), &["matrix", "examples/acme", "--gateway", "dev", AT[0], AT[1]]);
    assert_eq!(matrix.code, 0);
    assert!(matrix.out.contains("payments"), "{}", matrix.out);
}

#[test]
fn a_masked_secret_is_never_written_over_what_it_hides() {
    let folder = tempfile::tempdir().unwrap();
    acme(folder.path(), as_is);
    let url = ["https://user:", "hunter2hunter2", "@api.mistral.ai/v1"].concat();
    edit(folder.path(), "providers/external.yaml", "https://api.mistral.ai/v1", &url);
    let run = maasc(folder.path(), &["check", AT[0], AT[1], "--fix", "--unsafe-fixes"]);
    assert_eq!(run.code, 3, "{}", run.out);
    assert!(run.out.contains("MAAS0601") && !run.out.contains("hunter2"), "{}", run.out);
    let text = std::fs::read_to_string(folder.path().join("providers/external.yaml")).unwrap();
    assert!(text.contains(&url), "{text}");
}

#[test]
fn replay_reads_a_ledger_or_says_which_line_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("2026-12-01.jsonl");
    std::fs::write(&ledger, "").unwrap();
    let replay = |path: &Path| maasc(&root(), &["replay", path.to_str().unwrap(), "-C", "examples/acme", AT[0], AT[1]]);
    let run = replay(folder.path());
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    std::fs::write(&ledger, "no record\n").unwrap();
    let run = replay(&ledger);
    assert_eq!(run.code, 1);
    assert!(run.err.contains("line 1"), "{}", run.err);
    assert_eq!(replay(&folder.path().join("nothing")).code, 1);
}

#[test]
fn mutants_that_no_test_notices_are_listed() {
    let run = maasc(&root(), &["test", "examples/acme", "--mutants", AT[0], AT[1]]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(run.out.contains("nobody notices: "), "{}", run.out);
}
