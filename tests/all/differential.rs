//! The compiled policy gives the answers of the reference evaluator, byte for byte.
//!
//! `MAAS_DIFFERENTIAL_TABLES` says how many random tables are compiled (default 400, each asked 50 requests).

mod decode;

use maas_host::{Bundle, Engine, EvaluateError, Evaluator, Policy};
use maas_schemas::decision::Request;
use maas_tests::random::{self, Random};
use maasc_backend::wasm::{self, Exports, Module};
use maasc_diagnostics::Diagnostics;
use maasc_ir::Built;
use maasc_ir::eval::Reference;
use maasc_ir::evaluate::Evaluate;
use maasc_ir::ir::Ir;

/// More than the worst request of these tables takes: hundreds of groups, each of which names hundreds of teams.
const FUEL: u64 = 500_000_000;
const REQUESTS: u64 = 50;

fn n_tables() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "how long to search, not what is found")]
    let set = std::env::var("MAAS_DIFFERENTIAL_TABLES");
    set.ok().and_then(|text| text.parse().ok()).unwrap_or(400)
}

/// Compiles a table that is known to fit.
pub(crate) fn compile(ir: &Ir) -> Module {
    let built = Built { ir: ir.clone(), rules: Vec::new() };
    let mut acc = Diagnostics::default();
    let module = wasm::compile(&built, Exports::Maas, &mut Reference::new(ir), &mut acc);
    module.unwrap_or_else(|| panic!("{:?}", acc.iter().map(|finding| &finding.message).collect::<Vec<_>>()))
}

/// A module that has a model, a team and vectors.
pub(crate) fn small_module() -> Vec<u8> {
    let is_small = |ir: &Ir| (1..4).contains(&ir.models.len()) && !ir.teams.is_empty() && ir.access.grants.len() < 6;
    let ir = (0..).map(random::ir).find(is_small).unwrap();
    compile(&ir).bytes
}

fn load(engine: &Engine, module: &Module) -> Evaluator {
    let bundle = Bundle::read(module.bytes.clone()).unwrap();
    Policy::load(engine, &bundle).unwrap().evaluator().unwrap()
}

/// Asks both all three questions.
fn check(seed: u64, reference: &mut Reference<'_>, evaluator: &mut Evaluator, request: &Request) {
    let expected = reference.decide(request);
    match evaluator.decide(request) {
        Ok(decision) => {
            assert_eq!(decision.encode(), expected.encode(), "seed {seed}: {request:?}\n{decision:?}\n{expected:?}");
        }
        Err(error) => {
            assert!(matches!(error, EvaluateError::Request(_)), "seed {seed}: {request:?}: {error}");
            assert_eq!(expected.reason, maas_schemas::abi::Reason::Malformed, "seed {seed}: {request:?}");
            return;
        }
    }
    assert_eq!(evaluator.teams(request).unwrap(), reference.teams(request), "seed {seed}: {request:?}");
    assert_eq!(evaluator.visible(request).unwrap(), reference.visible(request), "seed {seed}: {request:?}");
}

#[test]
fn random_tables_and_random_requests() {
    let engine = Engine::with_fuel(FUEL).unwrap();
    let n_tables = n_tables();
    std::thread::scope(|scope| {
        for part in 0..4 {
            let engine = &engine;
            scope.spawn(move || (part..n_tables).step_by(4).for_each(|seed| check_table(engine, seed)));
        }
    });
}

fn check_table(engine: &Engine, seed: u64) {
    let ir = random::ir(seed);
    let module = compile(&ir);
    let mut reference = Reference::new(&ir);
    let mut evaluator = load(engine, &module);
    let random = &mut Random::new(seed ^ 0x5EED);
    for _ in 0..REQUESTS {
        let request = random::request(&ir, random);
        check(seed, &mut reference, &mut evaluator, &request);
    }
    decode::check(&ir, &module.bytes);
}
