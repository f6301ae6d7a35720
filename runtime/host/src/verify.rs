//! Static verification: the module has the sections, exports, memory and tables of the ABI, and a program that this
//! release knows or that is checked instruction by instruction (`verify/program.rs`).

mod program;
mod tables;

use std::ops::Range;

use maas_schemas::abi::{
    MAX_MODULE, REQUEST_ADDRESS, REQUEST_CAPACITY, RESULT_ADDRESS, RESULT_CAPACITY, TABLES_ADDRESS, TABLES_PADDING,
    export,
};
use maas_schemas::bundle::{SECTION_MANIFEST, SECTION_VECTORS};
use sha2::{Digest, Sha256};
use wasmparser::{
    ConstExpr, DataKind, ExternalKind, FuncType, FunctionBody, Operator, Parser, Payload, TypeRef, ValType, Validator,
    WasmFeatures,
};

use crate::LoadError;

/// What the later steps need to know of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Structure {
    /// Where the manifest is in the file.
    pub(crate) manifest: Range<usize>,
    /// Where the self-test is in the file.
    pub(crate) vectors: Range<usize>,
    /// `sha256:` of the program.
    pub(crate) code_digest: String,
    /// The declared memory.
    pub(crate) memory_bytes: usize,
    /// Entries of the tables.
    pub(crate) n_principals: usize,
    /// Entries of the tables.
    pub(crate) n_models: usize,
}

/// Verifies a module and describes it.
pub(crate) fn structure(bytes: &[u8]) -> Result<Structure, LoadError> {
    if bytes.len() > MAX_MODULE {
        return Err(refused(format!("it has {} bytes, more than {MAX_MODULE}", bytes.len())));
    }
    let features = WasmFeatures::GC_TYPES | WasmFeatures::BULK_MEMORY;
    Validator::new_with_features(features).validate_all(bytes).map_err(|error| refused(error.to_string()))?;
    let module = Module::read(bytes, features)?;
    module.check_imports()?;
    module.check_exports()?;
    let memory_bytes = module.check_memory()?;
    let tables = tables::check(module.data)?;
    let code_digest = format!("sha256:{}", module.digest);
    program::check(&module, &code_digest)?;
    let section = |name: &str, range: &Option<Range<usize>>| {
        range.clone().ok_or_else(|| refused(format!("there is no section `{name}`")))
    };
    Ok(Structure {
        manifest: section(SECTION_MANIFEST, &module.manifest)?,
        vectors: section(SECTION_VECTORS, &module.vectors)?,
        code_digest,
        memory_bytes,
        n_principals: tables.n_principals,
        n_models: tables.n_models,
    })
}

fn refused(why: impl Into<String>) -> LoadError {
    LoadError::Verify(why.into())
}

#[expect(clippy::needless_pass_by_value, reason = "given to `map_err`")]
fn unreadable(error: wasmparser::BinaryReaderError) -> LoadError {
    LoadError::Verify(error.to_string())
}

/// A valid module taken apart.
#[derive(Default)]
struct Module<'a> {
    types: Vec<FuncType>,
    /// Name and type of each imported function.
    imports: Vec<(String, u32)>,
    /// Type of each own function.
    functions: Vec<u32>,
    bodies: Vec<FunctionBody<'a>>,
    memory: Option<(u64, Option<u64>)>,
    /// The value of each immutable global; `None` for a mutable one.
    globals: Vec<Option<i32>>,
    exports: Vec<(String, ExternalKind, u32)>,
    /// The data segment from [`TABLES_ADDRESS`] on.
    data: &'a [u8],
    manifest: Option<Range<usize>>,
    vectors: Option<Range<usize>>,
    digest: String,
}

impl<'a> Module<'a> {
    fn read(bytes: &'a [u8], features: WasmFeatures) -> Result<Self, LoadError> {
        let mut module = Self::default();
        let mut hasher = Sha256::new();
        let mut parser = Parser::new(0);
        parser.set_features(features);
        let mut end = 0;
        for payload in parser.parse_all(bytes) {
            let payload = payload.map_err(unreadable)?;
            if let Some((id, range)) = payload.as_section() {
                end = range.end;
                if is_of_program(&payload) {
                    let content = bytes.get(range).unwrap_or_default();
                    hasher.update([id]);
                    hasher.update(u32::try_from(content.len()).unwrap_or(u32::MAX).to_le_bytes());
                    hasher.update(content);
                }
            }
            module.add(payload)?;
        }
        if end != bytes.len() {
            return Err(refused("there are bytes behind the last section"));
        }
        module.digest = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(module)
    }

    fn add(&mut self, payload: Payload<'a>) -> Result<(), LoadError> {
        match payload {
            Payload::TypeSection(reader) => {
                for found in reader.into_iter_err_on_gc_types() {
                    self.types.push(found.map_err(unreadable)?);
                }
            }
            Payload::ImportSection(reader) => {
                for import in reader.into_imports() {
                    let import = import.map_err(unreadable)?;
                    let (export::PROXY_MODULE, TypeRef::Func(kind)) = (import.module, import.ty) else {
                        return Err(refused(format!("it imports `{}.{}`", import.module, import.name)));
                    };
                    self.imports.push((import.name.to_owned(), kind));
                }
            }
            Payload::FunctionSection(reader) => {
                for kind in reader {
                    self.functions.push(kind.map_err(unreadable)?);
                }
            }
            Payload::MemorySection(reader) => {
                for memory in reader {
                    let memory = memory.map_err(unreadable)?;
                    self.memory = Some((memory.initial, memory.maximum));
                }
            }
            Payload::GlobalSection(reader) => {
                for global in reader {
                    let global = global.map_err(unreadable)?;
                    let value = constant(&global.init_expr)?;
                    self.globals.push((!global.ty.mutable).then_some(value));
                }
            }
            Payload::ExportSection(reader) => {
                for found in reader {
                    let found = found.map_err(unreadable)?;
                    self.exports.push((found.name.to_owned(), found.kind, found.index));
                }
            }
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            Payload::DataSection(reader) => {
                let mut segments = reader.into_iter();
                let (Some(segment), None) = (segments.next(), segments.next()) else {
                    return Err(refused("it does not have one data segment"));
                };
                let segment = segment.map_err(unreadable)?;
                let DataKind::Active { memory_index: 0, offset_expr } = segment.kind else {
                    return Err(refused("its data segment is not active"));
                };
                if constant(&offset_expr)?.cast_unsigned() != TABLES_ADDRESS {
                    return Err(refused("its data segment lies elsewhere"));
                }
                self.data = segment.data;
            }
            Payload::CustomSection(reader) => {
                let place = match reader.name() {
                    SECTION_MANIFEST => &mut self.manifest,
                    SECTION_VECTORS => &mut self.vectors,
                    other => return Err(refused(format!("it has an unknown section `{other}`"))),
                };
                let range = reader.data_offset()..reader.data_offset() + reader.data().len();
                if place.replace(range).is_some() {
                    return Err(refused(format!("it has two sections `{}`", reader.name())));
                }
            }
            Payload::Version { .. } | Payload::CodeSectionStart { .. } | Payload::End(_) => {}
            other => return Err(refused(format!("it has a section that no bundle has: {other:?}"))),
        }
        Ok(())
    }

    /// Either all imports of Envoy's ABI that we use, or none.
    fn check_imports(&self) -> Result<(), LoadError> {
        if self.imports.is_empty() {
            return Ok(());
        }
        let found = self.imports.iter().map(|(name, kind)| (name.as_str(), *kind));
        let matches = found
            .zip(export::PROXY_IMPORTS)
            .all(|((name, kind), (expected, n_parameters))| name == *expected && self.has_type(kind, *n_parameters, 1));
        if !matches || self.imports.len() != export::PROXY_IMPORTS.len() {
            return Err(refused("its imports are not those of a bundle for Envoy"));
        }
        Ok(())
    }

    fn check_exports(&self) -> Result<(), LoadError> {
        let mut expected = vec![export::MEMORY];
        self.check_export(export::MEMORY, ExternalKind::Memory)?;
        for (name, value) in [
            (export::REQUEST, REQUEST_ADDRESS),
            (export::REQUEST_CAPACITY, REQUEST_CAPACITY),
            (export::RESULT, RESULT_ADDRESS),
            (export::RESULT_CAPACITY, RESULT_CAPACITY),
        ] {
            let index = self.check_export(name, ExternalKind::Global)?;
            if self.globals.get(index) != Some(&Some(value.cast_signed())) {
                return Err(refused(format!("`{name}` is not {value}")));
            }
            expected.push(name);
        }
        let ours = [(export::ABI, 0, 1), (export::DECIDE, 1, 1), (export::VISIBLE, 1, 1), (export::TEAMS, 1, 1)];
        let proxy = if self.imports.is_empty() { &[] } else { export::PROXY_EXPORTS };
        for (name, n_parameters, n_results) in ours.iter().chain(proxy) {
            let index = self.check_export(name, ExternalKind::Func)?;
            let own = index.checked_sub(self.imports.len());
            let kind = own.and_then(|own| self.functions.get(own));
            if !kind.is_some_and(|kind| self.has_type(*kind, *n_parameters, *n_results)) {
                return Err(refused(format!("`{name}` has another type")));
            }
            expected.push(name);
        }
        match self.exports.iter().find(|(name, ..)| !expected.contains(&name.as_str())) {
            Some((name, ..)) => Err(refused(format!("it exports `{name}`"))),
            None => Ok(()),
        }
    }

    fn check_export(&self, name: &str, kind: ExternalKind) -> Result<usize, LoadError> {
        let found = self.exports.iter().find(|(other, ..)| other == name);
        let index = found.filter(|(_, other, _)| *other == kind).map(|(.., index)| *index as usize);
        index.ok_or_else(|| refused(format!("it does not export `{name}`")))
    }

    fn has_type(&self, index: u32, n_parameters: usize, n_results: usize) -> bool {
        self.types.get(index as usize).is_some_and(|found| {
            let all_words = found.params().iter().chain(found.results()).all(|kind| *kind == ValType::I32);
            all_words && found.params().len() == n_parameters && found.results().len() == n_results
        })
    }

    /// The memory has a fixed size that holds the tables and the padding behind them.
    fn check_memory(&self) -> Result<usize, LoadError> {
        let Some((initial, Some(maximum))) = self.memory else {
            return Err(refused("its memory has no fixed size"));
        };
        let bytes = usize::try_from(initial).ok().and_then(|pages| pages.checked_mul(0x1_0000));
        let fits = bytes.filter(|bytes| initial == maximum && *bytes <= MAX_MODULE + 0x2_0000);
        let bytes = fits.ok_or_else(|| refused(format!("its memory has {initial} to {maximum} pages")))?;
        if bytes < (TABLES_ADDRESS + TABLES_PADDING) as usize + self.data.len() {
            return Err(refused("its memory does not hold its tables"));
        }
        Ok(bytes)
    }
}

/// Says whether a section counts for the digest of the program: all but memory, tables and texts.
fn is_of_program(payload: &Payload<'_>) -> bool {
    matches!(
        payload,
        Payload::TypeSection(_)
            | Payload::ImportSection(_)
            | Payload::FunctionSection(_)
            | Payload::GlobalSection(_)
            | Payload::ExportSection(_)
            | Payload::CodeSectionStart { .. }
    )
}

/// Returns the value of `i32.const N`.
fn constant(expression: &ConstExpr<'_>) -> Result<i32, LoadError> {
    let mut reader = expression.get_operators_reader();
    match (reader.read().map_err(unreadable)?, reader.read().map_err(unreadable)?) {
        (Operator::I32Const { value }, Operator::End) => Ok(value),
        _ => Err(refused("a constant is not written as a number")),
    }
}
