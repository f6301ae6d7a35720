//! The command line: doc comments are the help text.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// The compiler for Models-as-a-Service policy: who may call which model, how much they may spend, and who agreed.
#[derive(Debug, Parser)]
#[command(name = "maasc", version, max_term_width = 100, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Report every finding in a workspace.
    Check(CheckArgs),
    /// Write manifests, bundle and gateway configuration.
    Build(BuildArgs),
    /// Show what a change means: who gains or loses what, and what breaks a gate.
    Plan(PlanArgs),
    /// Run the policy tests on the compiled policy.
    Test(TestArgs),
    /// Ask the policy about recorded requests: who would have been refused, what it would have cost.
    Replay(ReplayArgs),
    /// Explain a decision with every line that made it.
    Why(WhyArgs),
    /// List who can use a model.
    WhoCan(WhoCanArgs),
    /// Print the access matrix.
    Matrix(MatrixArgs),
    /// Print the page of a rule.
    Explain(ExplainArgs),
    /// Bind an approval to what it approves.
    Approve(ApproveArgs),
    /// Bring documents into the canonical layout; comments are kept.
    Fmt(FmtArgs),
    /// Print the JSON Schema of a kind, for editors.
    Schema(SchemaArgs),
    /// Compile a workspace and run the gateway on it; reloads on save.
    Up(UpArgs),
}

/// What every verb that reads a workspace takes.
#[derive(Args, Clone, Debug)]
pub struct WorkspaceArgs {
    /// A folder or file of the workspace: the nearest `maasc.yaml` at or above it counts.
    #[arg(default_value = ".")]
    pub path: PathBuf,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a group of flags")]
    pub compile: CompileArgs,
}

/// How a workspace is compiled.
#[derive(Args, Clone, Debug)]
pub struct CompileArgs {
    /// Compile for this date, time or `today`; default: the head commit's time.
    #[arg(long, value_name = "DATE|TIME|today")]
    pub at: Option<String>,
    /// Only this environment (a `Gateway` document).
    #[arg(long, value_name = "NAME")]
    pub gateway: Option<String>,
    /// Largest file that is read, in bytes.
    #[arg(long, value_name = "BYTES", hide_short_help = true)]
    pub max_file_size: Option<u64>,
    /// Most YAML nodes in one file, aliases expanded.
    #[arg(long, value_name = "N", hide_short_help = true)]
    pub max_nodes: Option<u32>,
    /// Deepest nesting in one file.
    #[arg(long, value_name = "N", hide_short_help = true)]
    pub max_depth: Option<u32>,
}

/// Formats of findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FindingFormat {
    /// With source lines and fixes.
    #[default]
    Full,
    /// One line each.
    Concise,
    /// In sentences, for screen readers.
    Narrated,
    /// For programs.
    Json,
    /// For code scanning.
    Sarif,
    /// Workflow commands of GitHub.
    Github,
    /// Code quality report of GitLab.
    Gitlab,
    /// For test reports.
    Junit,
}

/// Arguments of `check`.
#[derive(Args, Clone, Debug)]
pub struct CheckArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "a group of flags")]
    pub workspace: WorkspaceArgs,
    /// How findings are printed.
    #[arg(long, value_enum, default_value_t)]
    pub format: FindingFormat,
    /// Exit with 3 from this level on.
    #[arg(long, value_enum, default_value_t)]
    pub fail_level: FailLevel,
    /// Make the edits that are surely right.
    #[arg(long)]
    pub fix: bool,
    /// Make also the edits that change what is granted.
    #[arg(long, requires = "fix")]
    pub unsafe_fixes: bool,
}

/// From which level on `check` fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FailLevel {
    /// Errors only.
    #[default]
    Error,
    /// Warnings too.
    Warn,
    /// Notes too.
    Note,
}

/// Arguments of `build`.
#[derive(Args, Clone, Debug)]
pub struct BuildArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "a group of flags")]
    pub workspace: WorkspaceArgs,
    /// Folder to write; it becomes exactly what was built.
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// Commit to note in the provenance; left out, the output depends on the sources only.
    #[arg(long, value_name = "ID")]
    pub commit: Option<String>,
}

/// Arguments of `test`.
#[derive(Args, Clone, Debug)]
pub struct TestArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "a group of flags")]
    pub workspace: WorkspaceArgs,
    /// How results are printed.
    #[arg(long, value_enum, default_value_t)]
    pub format: TestFormat,
    /// Change the policy in small ways and list the changes that no test notices.
    #[arg(long)]
    pub mutants: bool,
}

/// Formats of test results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// For a terminal.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For test reports.
    Junit,
}

/// Arguments of `why`.
#[derive(Args, Clone, Debug)]
pub struct WhyArgs {
    /// A team, `provider:subject`, or `namespace/name`.
    pub who: String,
    /// A model or alias.
    pub model: String,
    /// A group that the token would list (`provider:group`); may repeat.
    #[arg(long = "group", value_name = "PROVIDER:GROUP")]
    pub groups: Vec<String>,
    /// What is called; default: the model's first endpoint.
    #[arg(long)]
    pub endpoint: Option<String>,
    /// The subscription that the caller names.
    #[arg(long)]
    pub subscription: Option<String>,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t)]
    pub format: AnswerFormat,
    /// The workspace.
    #[arg(short = 'C', long = "workspace", default_value = ".", value_name = "DIR")]
    pub path: PathBuf,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a group of flags")]
    pub compile: CompileArgs,
}

/// Formats of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum AnswerFormat {
    /// For a terminal.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// Arguments of `who-can`.
#[derive(Args, Clone, Debug)]
pub struct WhoCanArgs {
    /// A model or alias.
    pub model: String,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t)]
    pub format: AnswerFormat,
    /// The workspace.
    #[arg(short = 'C', long = "workspace", default_value = ".", value_name = "DIR")]
    pub path: PathBuf,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a group of flags")]
    pub compile: CompileArgs,
}

/// Arguments of `matrix`.
#[derive(Args, Clone, Debug)]
pub struct MatrixArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "a group of flags")]
    pub workspace: WorkspaceArgs,
    /// How the matrix is printed.
    #[arg(long, value_enum, default_value_t)]
    pub format: MatrixFormat,
}

/// Formats of the matrix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum MatrixFormat {
    /// For a terminal.
    #[default]
    Table,
    /// For spreadsheets.
    Csv,
    /// For documents.
    Markdown,
    /// A page.
    Html,
    /// For programs.
    Json,
}

/// Arguments of `explain`.
#[derive(Args, Clone, Debug)]
pub struct ExplainArgs {
    /// A rule's name or code; left out, all rules are listed.
    pub rule: Option<String>,
}

/// Arguments of `approve`.
#[derive(Args, Clone, Debug)]
pub struct ApproveArgs {
    /// Name of the `Approval`.
    pub name: String,
    /// The workspace.
    #[arg(short = 'C', long = "workspace", default_value = ".", value_name = "DIR")]
    pub path: PathBuf,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a group of flags")]
    pub compile: CompileArgs,
}

/// Arguments of `schema`.
#[derive(Args, Clone, Debug)]
pub struct SchemaArgs {
    /// A kind; left out, the kinds are listed.
    pub kind: Option<String>,
}

/// Arguments of `plan`.
#[derive(Args, Clone, Debug)]
pub struct PlanArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "a group of flags")]
    pub workspace: WorkspaceArgs,
    /// What to compare with: a Git revision (its merge base with HEAD), or a folder.
    /// Default: the remote's default branch, without a remote HEAD.
    #[arg(long, value_name = "REF|DIR")]
    pub base: Option<String>,
    /// How the plan is printed.
    #[arg(long, value_enum, default_value_t)]
    pub format: PlanFormat,
    /// Exit with 2 when there is an effective change.
    #[arg(long)]
    pub detailed_exitcode: bool,
}

/// Formats of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// For a terminal.
    #[default]
    Text,
    /// For a comment on a pull request.
    Markdown,
    /// For programs.
    Json,
    /// A page.
    Html,
}

/// Arguments of `up`.
#[derive(Args, Clone, Debug)]
pub struct UpArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "a group of flags")]
    pub workspace: WorkspaceArgs,
    /// Address and port for clients.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// Address and port for health, metrics and bundle status; default: a free port on loopback.
    #[arg(long, value_name = "ADDRESS")]
    pub admin: Option<String>,
    /// Folder for keys, counters and ledger; default: `.maasc` in the workspace.
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Folder of credentials: `<folder>/<secret>/<key>`.
    #[arg(long, value_name = "DIR")]
    pub credentials: Option<PathBuf>,
    /// Ask providers for real; without it a provider whose credential is missing is simulated.
    #[arg(long)]
    pub no_simulator: bool,
}

/// Arguments of `fmt`.
#[derive(Args, Clone, Debug)]
pub struct FmtArgs {
    /// The workspace.
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// Write nothing; exit with 3 when a file would change.
    #[arg(long)]
    pub check: bool,
}

/// Arguments of `replay`.
#[derive(Args, Clone, Debug)]
pub struct ReplayArgs {
    /// A file of the gateway's ledger, or its folder: `.maasc/ledger` of `up`.
    pub ledger: PathBuf,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t)]
    pub format: AnswerFormat,
    /// The workspace.
    #[arg(short = 'C', long = "workspace", default_value = ".", value_name = "DIR")]
    pub path: PathBuf,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a group of flags")]
    pub compile: CompileArgs,
}
