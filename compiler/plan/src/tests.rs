//! Plans of whole policies: by example, and against brute force.

mod brute;
mod cases;
mod random;
mod scale;

use std::collections::BTreeMap;

use maas_schemas::plan::{Plan, Revision};
use maas_schemas::provenance::Provenance;
use maasc_diagnostics::{Level, SourceMap};
use maasc_hir::ids::GatewayId;
use maasc_hir::units::Time;
use maasc_ir::Built;
use maasc_ir::eval::Reference;

use crate::{Disagreement, Files, Gateway, Input, Side, plan};

/// 2026-06-01T00:00:00Z
const AT: i64 = 1_780_272_000_000;

/// A compiled policy.
struct World {
    gateways: BTreeMap<String, (Built, Provenance)>,
}

/// What every policy of these tests starts with.
const HEAD: &str = "\
apiVersion: maasc.dev/v1alpha1
kind: Organization
metadata: {name: acme}
spec:
  currency: USD
  timeZone: Europe/Berlin
  identityProviders: [{name: corp, preset: keycloak, issuer: https://sso.example, audiences: [maas]}]
";

/// Compiles documents without mistakes, one file for each text.
fn world(files: &[(&str, &str)]) -> World {
    let (world, errors) = compile(files);
    assert!(errors.is_empty(), "{errors:?}");
    world
}

/// Compiles documents with or without mistakes.
fn compile(files: &[(&str, &str)]) -> (World, Vec<String>) {
    let mut sources = SourceMap::default();
    let mut documents = Vec::new();
    for (name, text) in files {
        let file = sources.add(*name, *text);
        let parse = maasc_syntax::parse(file, text, &maasc_syntax::Limits::default());
        let errors: Vec<_> = parse.diagnostics.iter().map(|found| found.message.clone()).collect();
        assert!(errors.is_empty(), "{errors:?}\n{text}");
        documents.extend(parse.documents);
    }
    let (hir, found) = maasc_hir::lower(&documents);
    let errors: Vec<_> =
        found.iter().filter(|found| found.level == Level::Error).map(|found| found.message.clone()).collect();
    let gateways = (0..u32::try_from(hir.gateways.len()).unwrap()).map(|number| {
        let (built, _) = maasc_ir::build(&hir, GatewayId(number), Time(AT));
        let provenance = maasc_ir::provenance(&built, &sources, None);
        (built.ir.gateway.name.clone(), (built, provenance))
    });
    (World { gateways: gateways.collect() }, errors)
}

fn single(text: &str) -> World {
    world(&[("policy.yaml", text)])
}

fn lenient(text: &str) -> World {
    compile(&[("policy.yaml", text)]).0
}

fn revision(reference: &str) -> Revision {
    Revision { reference: reference.to_owned(), ..Revision::default() }
}

fn try_compare(before: &World, after: &World) -> Result<Plan, Box<Disagreement>> {
    let names: std::collections::BTreeSet<&String> = before.gateways.keys().chain(after.gateways.keys()).collect();
    let side = |world: &'static str| world;
    let (base, head) = (side("base"), side("head"));
    let mut judges: Vec<(&String, Option<Reference<'_>>, Option<Reference<'_>>)> = names
        .iter()
        .map(|name| {
            let judge = |world: &World| world.gateways.contains_key(*name);
            let before_judge = judge(before).then(|| Reference::new(&before.gateways[*name].0.ir));
            let after_judge = judge(after).then(|| Reference::new(&after.gateways[*name].0.ir));
            (*name, before_judge, after_judge)
        })
        .collect();
    let gateways = judges
        .iter_mut()
        .map(|(name, before_judge, after_judge)| Gateway {
            name,
            base: before_judge.as_mut().map(|evaluate| Side {
                ir: &before.gateways[*name].0.ir,
                provenance: &before.gateways[*name].1,
                evaluate,
                files: Files::new(),
            }),
            head: after_judge.as_mut().map(|evaluate| Side {
                ir: &after.gateways[*name].0.ir,
                provenance: &after.gateways[*name].1,
                evaluate,
                files: Files::new(),
            }),
        })
        .collect();
    plan(Input { base: revision(base), head: revision(head), at_ms: AT, gateways, gates: Vec::new() })
}

fn compare(before: &World, after: &World) -> Plan {
    try_compare(before, after).unwrap_or_else(|disagreement| panic!("{disagreement}"))
}
