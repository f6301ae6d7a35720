//! Bundles that nobody should run: damaged ones, hostile ones, ones for another host. Each is refused or fails with an
//! error; none of them panics, hangs or answers.

use std::collections::BTreeMap;

use maas_host::{Bundle, Engine, EvaluateError, LoadError, Policy, Ticker};
use maas_schemas::abi::{ABI_VERSION, Endpoint, KNOWN_PROGRAMS, TABLE_STRIDES};
use maas_schemas::bundle::{FORMAT, Manifest, OnStoreFailure, SECTION_MANIFEST, SECTION_VECTORS};
use maas_schemas::decision::Request;
use maas_tests::random::{self, Random};
use maas_tests::wasm::{program_digest, sections};
use maasc_backend::wasm::{self, Exports};

use crate::differential::{compile, small_module};

const FUEL: u64 = 1_000_000;

fn request() -> Request {
    Request {
        endpoint: Some(Endpoint::Chat),
        model: Some("m".to_owned()),
        teams: vec!["t".to_owned()],
        ..Request::default()
    }
}

#[test]
fn the_program_is_the_same_for_every_policy_and_released() {
    let programs: Vec<String> = [3, 9, 10].map(|seed| compile(&random::ir(seed)).code_digest).into();
    assert_eq!(programs, vec![wasm::code_digest(Exports::Maas); 3]);
    let digest = wasm::code_digest(Exports::Maas);
    assert!(KNOWN_PROGRAMS.contains(&digest.as_str()), "the program changed: audit it, then add {digest}");
}

#[test]
fn equal_tables_give_equal_bytes() {
    for seed in 0..20 {
        let ir = random::ir(seed);
        assert_eq!(compile(&ir), compile(&ir));
    }
}

#[test]
fn every_truncation_is_refused() {
    let module = small_module();
    for length in 0..module.len() {
        let bundle = Bundle::read(&module[..length]);
        // Without its last section the module is a valid one, but not a bundle.
        assert!(bundle.is_err(), "{length} of {} bytes", module.len());
    }
}

#[test]
fn damaged_bytes_never_panic_or_hang() {
    let engine = Engine::with_fuel(FUEL).unwrap();
    let module = small_module();
    let random = &mut Random::new(1);
    let mut refused = 0;
    let n = 600;
    for _ in 0..n {
        let mut damaged = module.clone();
        for _ in 0..random.between(1, 3) {
            let at = random.below(damaged.len());
            damaged[at] = u8::try_from(random.below(256)).unwrap();
        }
        let loaded = Bundle::read(damaged).and_then(|bundle| Policy::load(&engine, &bundle));
        match loaded {
            Ok(policy) => {
                // Damage that the self-test does not meet: a text, a record that no vector touches.
                let mut evaluator = policy.evaluator().unwrap();
                let _answer =
                    (evaluator.decide(&request()), evaluator.visible(&request()), evaluator.teams(&request()));
            }
            Err(_) => refused += 1,
        }
    }
    assert!(refused > n / 2, "only {refused} of {n} were refused");
}

#[test]
fn random_tables_behind_the_real_program_trap_at_worst() {
    let engine = Engine::with_fuel(FUEL).unwrap();
    let module = small_module();
    let start = module.windows(4).position(|window| window == b"MAAS").unwrap();
    let vectors = module.windows(12).position(|window| window == SECTION_VECTORS.as_bytes()).unwrap();
    for seed in 0..100 {
        let random = &mut Random::new(seed);
        let mut damaged = module.clone();
        // The directory stays, the tables are noise; the self-test is emptied, so that they are reached.
        let end = start + 16 + 16 * TABLE_STRIDES.len();
        let manifest = module.windows(13).position(|window| window == SECTION_MANIFEST.as_bytes()).unwrap();
        for byte in &mut damaged[end..manifest - 4] {
            if random.percent(30) {
                *byte = u8::try_from(random.below(256)).unwrap();
            }
        }
        damaged.truncate(vectors - 1);
        let n_length = leb_length(&module[..vectors - 1]);
        damaged.truncate(damaged.len() - n_length);
        let mut section = vec![u8::try_from(SECTION_VECTORS.len()).unwrap()];
        section.extend_from_slice(SECTION_VECTORS.as_bytes());
        damaged.push(u8::try_from(section.len()).unwrap());
        damaged.extend(section);
        let bundle = Bundle::read(damaged).unwrap();
        let mut evaluator = Policy::load(&engine, &bundle).unwrap().evaluator().unwrap();
        for request in [request(), Request { user: Some("p:a".to_owned()), teams: Vec::new(), ..request() }] {
            let _answer = (evaluator.decide(&request), evaluator.visible(&request), evaluator.teams(&request));
        }
    }
}

/// Returns how many bytes of a LEB 128 number end here.
fn leb_length(bytes: &[u8]) -> usize {
    1 + bytes.iter().rev().skip(1).take_while(|byte| **byte & 0x80 != 0).count()
}

/// The parts of a hand-written module.
struct Hostile {
    decide: &'static str,
    memory: &'static str,
    extra: &'static str,
    vectors: Vec<u8>,
    manifest: fn(&mut Manifest),
}

impl Default for Hostile {
    fn default() -> Self {
        Self { decide: "(i32.const 0)", memory: "2 2", extra: "", vectors: Vec::new(), manifest: |_| {} }
    }
}

impl Hostile {
    fn bytes(&self) -> Vec<u8> {
        let text = format!(
            r#"(module
                (memory (export "memory") {memory})
                (global (export "maas_req") i32 (i32.const 0x1000))
                (global (export "maas_req_cap") i32 (i32.const 16384))
                (global (export "maas_res") i32 (i32.const 0x400))
                (global (export "maas_res_cap") i32 (i32.const 3072))
                (func (export "maas_abi") (result i32) (i32.const 65536))
                (func $decide (export "maas_decide") (param i32) (result i32) {decide})
                (func (export "maas_visible") (param i32) (result i32) (i32.const 0))
                (func (export "maas_teams") (param i32) (result i32) (i32.const 0))
                {extra}
                (data (i32.const 0x10000) "{directory}"))"#,
            memory = self.memory,
            decide = self.decide,
            extra = self.extra,
            directory = directory(),
        );
        let mut bytes = without_names(&wat::parse_str(text).unwrap());
        let mut manifest = manifest(program_digest(&bytes));
        (self.manifest)(&mut manifest);
        for (name, content) in
            [(SECTION_MANIFEST, serde_json::to_vec(&manifest).unwrap()), (SECTION_VECTORS, self.vectors.clone())]
        {
            bytes.push(0);
            leb(1 + name.len() + content.len(), &mut bytes);
            leb(name.len(), &mut bytes);
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend(content);
        }
        bytes
    }

    fn load(&self, engine: &Engine) -> Result<Policy, LoadError> {
        Policy::load(engine, &Bundle::read(self.bytes())?)
    }

    fn decide(&self) -> EvaluateError {
        let engine = Engine::with_fuel(FUEL).unwrap();
        let mut evaluator = self.load(&engine).unwrap().evaluator().unwrap();
        evaluator.decide(&request()).unwrap_err()
    }

    #[track_caller]
    fn refused(&self, step: &str, why: &str) {
        let error = self.load(&Engine::with_fuel(FUEL).unwrap()).unwrap_err();
        assert_eq!(error.step(), step, "{error}");
        assert!(error.to_string().contains(why), "{error}");
    }
}

/// Leaves out the section with the names of functions: no bundle has one.
fn without_names(module: &[u8]) -> Vec<u8> {
    let mut bytes = module[..8].to_vec();
    for (id, content) in sections(module) {
        if !content.starts_with(b"\x04name") {
            bytes.push(id);
            leb(content.len(), &mut bytes);
            bytes.extend_from_slice(content);
        }
    }
    bytes
}

fn leb(mut value: usize, bytes: &mut Vec<u8>) {
    while value >= 0x80 {
        bytes.push(u8::try_from(value & 0x7F).unwrap() | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap());
}

/// A directory of empty tables.
fn directory() -> String {
    let mut bytes = b"MAAS\x01\x00\x14\x00\0\0\0\0\0\0\0\0".to_vec();
    for stride in TABLE_STRIDES {
        for word in [0x1_0000 + 16 + 320, 0, u32::from(stride), 0] {
            bytes.extend(word.to_le_bytes());
        }
    }
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

fn manifest(code_digest: String) -> Manifest {
    Manifest {
        format: FORMAT.to_owned(),
        abi: ABI_VERSION,
        requires: Vec::new(),
        compiler: String::new(),
        ir_digest: String::new(),
        code_digest,
        gateway: "default".to_owned(),
        organization: "acme".to_owned(),
        currency: "USD".to_owned(),
        time_zone: "UTC".to_owned(),
        on_store_failure: OnStoreFailure::Deny,
        next_breakpoint_ms: None,
        identity_providers: Vec::new(),
        administrators: Vec::new(),
        teams: Vec::new(),
        subscriptions: Vec::new(),
        models: Vec::new(),
        providers: Vec::new(),
        upstreams: Vec::new(),
        prices: Vec::new(),
        names: Vec::new(),
    }
}

#[test]
fn an_endless_loop_ends_by_fuel_and_by_deadline() {
    let endless = Hostile { decide: "(loop (br 0)) (i32.const 0)", ..Hostile::default() };
    assert_eq!(endless.decide(), EvaluateError::Deadline);

    let engine = Engine::with_deadline().unwrap();
    let _ticker = Ticker::start(&engine).unwrap();
    let mut evaluator = endless.load(&engine).unwrap().evaluator().unwrap();
    // The second call runs in a new instance.
    assert_eq!(evaluator.decide(&request()).unwrap_err(), EvaluateError::Deadline);
    assert_eq!(evaluator.decide(&request()).unwrap_err(), EvaluateError::Deadline);
}

#[test]
fn a_module_may_not_ask_for_memory() {
    let memory = |memory| Hostile { memory, ..Hostile::default() };
    memory("2").refused("verify", "no fixed size");
    memory("2 3").refused("verify", "pages");
    memory("65536 65536").refused("verify", "pages");
    memory("1 1").refused("verify", "does not hold its tables");
    let grow = Hostile { decide: "(memory.grow (i32.const 1000))", ..Hostile::default() };
    grow.refused("verify", "instruction");
}

#[test]
fn a_module_may_not_have_what_the_abi_does_not_say() {
    let decide = |decide| Hostile { decide, ..Hostile::default() };
    decide("(call $decide (local.get 0))").refused("verify", "calls itself");
    decide("(unreachable)").refused("verify", "instruction");
    decide("(i32.trunc_f32_s (f32.const 1))").refused("verify", "floating-point");
    let extra = |extra| Hostile { extra, ..Hostile::default() };
    extra("(func $begin) (start $begin)").refused("verify", "section");
    extra("(table 1 funcref)").refused("verify", "section");
    extra(r#"(func (export "other"))"#).refused("verify", "exports `other`");
    extra(r#"(@custom "other" "")"#).refused("verify", "unknown section");
    extra(r#"(data (i32.const 0) "x")"#).refused("verify", "data segment");
    extra(r#"(func $a (call $b)) (func $b (call $a))"#).refused("verify", "calls itself");
}

#[test]
fn a_bundle_for_another_host_is_refused() {
    let manifest = |manifest| Hostile { manifest, ..Hostile::default() };
    manifest(|found| found.abi = 2 << 16).refused("abi", "ABI 2.0");
    manifest(|found| found.requires = vec!["teleport".to_owned()]).refused("abi", "teleport");
    manifest(|found| found.format = "maas.bundle/v9".to_owned()).refused("manifest", "maas.bundle/v9");
    manifest(|found| found.code_digest = "sha256:0".to_owned()).refused("manifest", "codeDigest");
    // A later minor version is one more field at an end: it loads.
    manifest(|found| found.abi += 1).load(&Engine::with_fuel(FUEL).unwrap()).unwrap();
}

#[test]
fn results_that_do_not_follow_the_abi_are_errors() {
    let is_result = |decide: &'static str| {
        let error = Hostile { decide, ..Hostile::default() }.decide();
        assert!(matches!(error, EvaluateError::Result(_)), "{decide}: {error}");
    };
    is_result("(i32.const 0)");
    is_result("(i32.store (i32.const 0x400) (i32.const 3073)) (i32.const 0)");
    is_result("(i32.store (i32.const 0x400) (i32.const -1)) (i32.const 0)");
    is_result("(i32.store (i32.const 0x400) (i32.const 48)) (i32.const 7)");
    // 32,767 limits in 48 bytes.
    is_result(
        "(i32.store (i32.const 0x400) (i32.const 48)) (i32.store (i32.const 0x428) (i32.const 0x7FFF)) (i32.const 0)",
    );
    let trap = Hostile { decide: "(i32.load (i32.const 0x7FFFFFFF))", ..Hostile::default() }.decide();
    assert!(matches!(&trap, EvaluateError::Trap(why) if why.contains("out of bounds")), "{trap}");
}

#[test]
fn after_a_trap_the_next_call_gets_a_new_instance() {
    // Answers `malformed` the first time and traps ever after in the same instance.
    let module = Hostile {
        decide: "(if (i32.load (i32.const 0x6000)) (then (i32.store (i32.const 0x7FFFFFFF) (i32.const 0))))
            (i32.store (i32.const 0x6000) (i32.const 1))
            (i32.store (i32.const 0x400) (i32.const 48)) (i32.store (i32.const 0x404) (i32.const 1)) (i32.const 1)",
        ..Hostile::default()
    };
    let engine = Engine::with_fuel(FUEL).unwrap();
    let mut evaluator = module.load(&engine).unwrap().evaluator().unwrap();
    let answers: Vec<bool> = (0..4).map(|_| evaluator.decide(&request()).is_ok()).collect();
    assert_eq!(answers, [true, false, true, false]);
}

#[test]
fn a_wrong_self_test_is_refused() {
    let vectors = |vectors: Vec<u8>| Hostile { vectors, ..Hostile::default() };
    vectors(vec![1, 0, 0]).refused("self-test", "truncated");
    vectors(vec![255, 255, 255, 255, 0]).refused("self-test", "truncated");
    let mut pair = vec![1, 0, 0, 0, 9];
    pair.extend([2, 0, 0, 0, 1, 2]);
    vectors(pair).refused("self-test", "differs from byte 0");
    let endless = Hostile { decide: "(loop (br 0)) (i32.const 0)", vectors: vec![0; 8], ..Hostile::default() };
    endless.refused("self-test", "too long");
    let module = small_module();
    let marker = module.windows(12).position(|window| window == SECTION_VECTORS.as_bytes()).unwrap();
    let engine = Engine::with_fuel(FUEL).unwrap();
    let mut wrong = module;
    // The status of the last answer but in its last byte.
    let last = wrong.len() - 1;
    wrong[last] ^= 1;
    assert!(last > marker);
    let error = Policy::load(&engine, &Bundle::read(wrong).unwrap()).unwrap_err();
    assert_eq!(error.step(), "self-test", "{error}");
}

#[test]
fn a_policy_is_shared_by_threads() {
    let engine = Engine::with_fuel(FUEL).unwrap();
    let policy = Policy::load(&engine, &Bundle::read(small_module()).unwrap()).unwrap();
    let expected = policy.evaluator().unwrap().decide(&request()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let policy = policy.clone();
            let expected = &expected;
            scope.spawn(move || {
                let mut evaluator = policy.evaluator().unwrap();
                for _ in 0..100 {
                    assert_eq!(&evaluator.decide(&request()).unwrap(), expected);
                }
            });
        }
    });
    let other = Policy::load(&engine, policy.bundle()).unwrap();
    assert!(!policy.is_same(&other));
}

#[test]
fn the_manifest_is_read_back() {
    let ir = random::ir(9);
    let bundle = Bundle::read(compile(&ir).bytes).unwrap();
    let manifest = bundle.manifest();
    let names: BTreeMap<&str, bool> = manifest.teams.iter().map(|team| (team.name.as_str(), team.user)).collect();
    assert_eq!(names.len(), ir.n_principals());
    assert_eq!(names.values().filter(|user| **user).count(), ir.users.len());
    assert_eq!(manifest.models.len(), ir.models.len());
    assert_eq!(manifest.ir_digest, wasm::ir_digest(&ir));
}

#[test]
fn two_limits_with_one_counter_key_are_not_compiled() {
    let compiled = maas_tests::workspaces::from_folder("examples/acme");
    let mut built = compiled.built[0].clone();
    let mut acc = maasc_diagnostics::Diagnostics::default();
    let compile = |built: &maasc_ir::Built, acc: &mut maasc_diagnostics::Diagnostics| {
        let mut reference = maasc_ir::eval::Reference::new(&built.ir);
        maasc_backend::wasm::compile(built, maasc_backend::wasm::Exports::Maas, &mut reference, acc)
    };
    assert!(compile(&built, &mut acc).is_some() && acc.is_empty());
    let first = built.ir.limits[0].clone();
    let other = built.ir.limits.iter_mut().find(|limit| limit.owner != first.owner).unwrap();
    other.key = first.key;
    assert!(compile(&built, &mut acc).is_none());
    assert!(acc.iter().any(|finding| finding.message.contains("would share one counter")));
}
