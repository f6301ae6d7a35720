//! Puts program, tables, manifest and vectors together as a module.

use maas_schemas::abi::{
    REQUEST_ADDRESS, REQUEST_CAPACITY, RESULT_ADDRESS, RESULT_CAPACITY, TABLES_ADDRESS, TABLES_PADDING, export,
};
use maas_schemas::bundle::{SECTION_MANIFEST, SECTION_VECTORS};
use maasc_ir::digest::sha256;
use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, DataSection, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, GlobalType, MemorySection, MemoryType, Section, TypeSection, ValType,
};

use super::Exports;
use super::codegen::{self, Functions};
use super::layout::PAGE;

/// The part of a module that is the same for every policy, and its digest.
pub(super) struct Program {
    before_memory: Vec<u8>,
    after_memory: Vec<u8>,
    /// `sha256:` over (id, u32 length, content) of these sections.
    pub(super) digest: String,
}

/// A function of the module.
struct Declared {
    parameters: Vec<ValType>,
    results: Vec<ValType>,
    body: Function,
}

/// Returns the program.
pub(super) fn program(exports: Exports) -> Program {
    let Exports::Maas = exports;
    let functions = Functions::after(0);
    let declared: Vec<Declared> = functions
        .bodies()
        .into_iter()
        .map(|(n, body)| Declared { parameters: codegen::parameters(n), results: vec![ValType::I32], body })
        .collect();
    let mut digested = Vec::new();
    let mut before_memory = Vec::new();
    let mut after_memory = Vec::new();
    add(&types(&declared), &mut before_memory, &mut digested);
    add(&function_types(&declared), &mut before_memory, &mut digested);
    add(&globals(), &mut after_memory, &mut digested);
    add(&exported(functions), &mut after_memory, &mut digested);
    add(&code(&declared), &mut after_memory, &mut digested);
    Program { before_memory, after_memory, digest: sha256(&digested) }
}

/// Appends a section, and what the digest covers of it.
fn add(section: &impl Section, bytes: &mut Vec<u8>, digested: &mut Vec<u8>) {
    section.append_to(bytes);
    let mut encoded = Vec::new();
    section.encode(&mut encoded);
    // The content stands behind its length in LEB 128: bytes with the top bit set, then one without.
    let n_length = encoded.iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
    let content = encoded.get(n_length..).unwrap_or_default();
    digested.push(section.id());
    digested.extend_from_slice(&u32::try_from(content.len()).unwrap_or(u32::MAX).to_le_bytes());
    digested.extend_from_slice(content);
}

/// One type for each function: types are few, and nobody counts them.
fn types(declared: &[Declared]) -> TypeSection {
    let mut section = TypeSection::new();
    for function in declared {
        section.ty().function(function.parameters.iter().copied(), function.results.iter().copied());
    }
    section
}

fn function_types(declared: &[Declared]) -> FunctionSection {
    let mut section = FunctionSection::new();
    for (index, _) in (0..).zip(declared) {
        section.function(index);
    }
    section
}

/// The names and values of the exported constants.
const CONSTANTS: [(&str, u32); 4] = [
    (export::REQUEST, REQUEST_ADDRESS),
    (export::REQUEST_CAPACITY, REQUEST_CAPACITY),
    (export::RESULT, RESULT_ADDRESS),
    (export::RESULT_CAPACITY, RESULT_CAPACITY),
];

fn globals() -> GlobalSection {
    let mut section = GlobalSection::new();
    let constant = GlobalType { val_type: ValType::I32, mutable: false, shared: false };
    for (_, value) in CONSTANTS {
        section.global(constant, &ConstExpr::i32_const(value.cast_signed()));
    }
    section
}

fn exported(functions: Functions) -> ExportSection {
    let mut section = ExportSection::new();
    section.export(export::MEMORY, ExportKind::Memory, 0);
    for (index, (name, _)) in (0..).zip(CONSTANTS) {
        section.export(name, ExportKind::Global, index);
    }
    for (name, callee) in [
        (export::ABI, functions.abi()),
        (export::DECIDE, functions.decide()),
        (export::VISIBLE, functions.visible()),
        (export::TEAMS, functions.teams()),
    ] {
        section.export(name, ExportKind::Func, callee.0);
    }
    section
}

fn code(declared: &[Declared]) -> CodeSection {
    let mut section = CodeSection::new();
    for function in declared {
        section.function(&function.body);
    }
    section
}

/// Returns the module.
pub(super) fn module(program: &Program, tables: &[u8], manifest: &[u8], vectors: &[u8]) -> Vec<u8> {
    let mut bytes = wasm_encoder::Module::HEADER.to_vec();
    bytes.extend_from_slice(&program.before_memory);
    let pages = (TABLES_ADDRESS as usize + tables.len() + TABLES_PADDING as usize).div_ceil(PAGE);
    let pages = u64::try_from(pages).unwrap_or(u64::MAX);
    let mut memory = MemorySection::new();
    memory.memory(MemoryType {
        minimum: pages,
        maximum: Some(pages),
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    memory.append_to(&mut bytes);
    bytes.extend_from_slice(&program.after_memory);
    let mut data = DataSection::new();
    data.active(0, &ConstExpr::i32_const(TABLES_ADDRESS.cast_signed()), tables.iter().copied());
    data.append_to(&mut bytes);
    for (name, content) in [(SECTION_MANIFEST, manifest), (SECTION_VECTORS, vectors)] {
        CustomSection { name: name.into(), data: content.into() }.append_to(&mut bytes);
    }
    bytes
}
